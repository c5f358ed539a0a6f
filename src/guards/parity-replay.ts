/**
 * Judges the merges of a history: what git makes of each, in batches over all cores, and, for the few that are not the
 * same, why. Whoever is stopped goes on where it was: a verdict never changes, and is handed over as soon as it is known.
 */
import { availableParallelism } from "node:os";
import { monotonicMs } from "../clock.ts";
import type { HistoricMerge, RemergeAnswer, Replay } from "../git/replay.ts";
import { attributesOf } from "../git/root-attributes.ts";
import {
  type DifferingFile,
  foreignAttribute,
  otherSettings,
  pathsKept,
  settledVerdict,
  type Verdict,
  whyDiffers,
} from "./parity.ts";

/** `ms`: its share of the time that git took. */
export type Told = { commit: string; verdict: Verdict; ms: number };

/** So many in one process: a stopped run loses no more than that. */
const batchSize = 16;

/** Tells the verdict of each merge, in no order. Throws Failure `git_failed` where it is stopped. */
export async function judgeMerges(
  replay: Replay,
  merges: readonly HistoricMerge[],
  { tell, stop }: { tell(told: Told[]): Promise<void>; stop: AbortSignal },
): Promise<void> {
  const batches = await batchesOf(replay, merges);
  let next = 0;
  const worker = async () => {
    for (let batch = batches[next++]; batch !== undefined; batch = batches[next++]) {
      if (stop.aborted) return;
      await tell(await judgeBatch(replay, batch, stop));
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
}

type Batch = { attributes: string; merges: HistoricMerge[] };

/** Merges in a row that have the same attributes: one process each. */
async function batchesOf(replay: Replay, merges: readonly HistoricMerge[]): Promise<Batch[]> {
  const batches: Batch[] = [];
  for (const merge of merges) {
    const attributes = (await attributesOf(replay, merge.parents[0] ?? merge.id)) ?? "";
    const last = batches.at(-1);
    if (last?.attributes === attributes && last.merges.length < batchSize) last.merges.push(merge);
    else batches.push({ attributes, merges: [merge] });
  }
  return batches;
}

async function judgeBatch(
  replay: Replay,
  { attributes, merges }: Batch,
  signal: AbortSignal,
): Promise<Told[]> {
  const begunMs = monotonicMs();
  const answers = await replay.remerge({ pairs: merges.map(pairOf), attributes, signal });
  const ms = (monotonicMs() - begunMs) / merges.length;
  const rows = merges.map((merge, at): Row => {
    const answer = answers[at] ?? { kind: "failed", detail: "git gave no answer" };
    return { merge, answer, settled: settledVerdict(merge, answer) };
  });
  const doubtful = rows.filter(({ settled }) => settled === null || settled.kind === "both_conflict");
  const strategies = await strategiesOf(replay, doubtful, { attributes, signal });
  const told: Told[] = [];
  for (const row of rows) {
    const strategy = strategies.get(row.merge.id) ?? null;
    const verdict =
      strategy === null && row.settled !== null
        ? row.settled
        : await explain(replay, row, { attributes, strategy });
    told.push({ commit: row.merge.id, verdict, ms });
  }
  return told;
}

type Row = { merge: HistoricMerge; answer: RemergeAnswer; settled: Verdict | null };

/** Those that git makes just as history has them when it is told to merge in another way: by their ids, why. */
async function strategiesOf(
  replay: Replay,
  rows: readonly Row[],
  how: { attributes: string; signal: AbortSignal },
): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  if (rows.length === 0) return found;
  const pairs = rows.map(({ merge }) => pairOf(merge));
  for (const { config, why } of otherSettings) {
    const answers = await replay.remerge({ ...how, pairs, config });
    for (const [at, { merge }] of rows.entries()) {
      const answer = answers[at];
      const isSame = answer?.kind === "clean" && answer.tree === merge.tree;
      if (isSame && !found.has(merge.id)) found.set(merge.id, why);
    }
  }
  return found;
}

/** A merge of several is never asked about, but has its place in the stream. */
function pairOf({ parents }: HistoricMerge): readonly [string, string] {
  return [parents[0] ?? "", parents[1] ?? ""];
}

type Found = { attributes: string; strategy: string | null };

async function explain(replay: Replay, row: Row, { attributes, strategy }: Found): Promise<Verdict> {
  const { merge, answer } = row;
  if (answer.kind === "conflicted" && strategy !== null)
    return { kind: "differs", paths: answer.paths.slice(0, pathsKept), why: strategy };
  if (answer.kind !== "clean") throw new Error(`a merge that is ${answer.kind} is settled`);
  const changed = await replay.changedPaths(answer.tree, merge.tree, pathsKept);
  const paths = changed.map(({ path }) => path);
  if (strategy !== null) return { kind: "differs", paths, why: strategy };
  const [main, branch] = await Promise.all(pairOf(merge).map((id) => replay.objects.readCommit(id)));
  if (main === undefined || branch === undefined) throw new Error("a merge has two parents");
  const files = await Promise.all(
    changed.map(async ({ path, before, after }): Promise<DifferingFile> => {
      const [mains, branchs] = await Promise.all(
        [main.tree, branch.tree].map((tree) => replay.objects.entryAt(tree, path)),
      );
      return {
        path,
        history: after?.id ?? null,
        main: mains?.id ?? null,
        branch: branchs?.id ?? null,
        sameButForLineEnds: await isSameButForLineEnds(replay, before?.id ?? null, after?.id ?? null),
        attribute: foreignAttribute(attributes, path),
      };
    }),
  );
  const trees = { history: merge.tree, main: main.tree, branch: branch.tree };
  return { kind: "differs", paths, why: whyDiffers(trees, files) };
}

const comparedBytesMax = 4_000_000;

async function isSameButForLineEnds(replay: Replay, a: string | null, b: string | null): Promise<boolean> {
  if (a === null || b === null || a === b) return false;
  const texts: string[] = [];
  for (const id of [a, b]) {
    // A submodule's commit is no object here; a large file is not worth the look.
    const bytes = await replay.objects.size(id);
    if (bytes === null || bytes > comparedBytesMax) return false;
    texts.push((await replay.objects.readBlob(id)).toString("latin1").replaceAll("\r\n", "\n"));
  }
  return texts[0] === texts[1];
}
