/**
 * Lands the real merges of a history by the whole product, one after the other: a branch at the second parent, three
 * facts, and then whatever becomes of it is held against git's own answer.
 *
 * In order: main only ever grows. What history has between two merges, and what the author of a merge did by hand, comes
 * in as a foreign commit with the tree and the ancestry of the next merge's first parent; so each merge has the very
 * bases that it had in history. Each for itself: main is rewritten to the first parent every time.
 */
import type { Product } from "../ground/product.ts";
import type { HistoricMerge, Selection } from "./merges.ts";
import type { Source } from "./source.ts";
import { type Counts, counted, type GitAnswer, type Landed, noCounts, verdictOf } from "./verdict.ts";

export type Difference = HistoricMerge & { main: string; git: GitAnswer; ours: Landed };

export type Replayed = { counts: Counts; differences: Difference[] };

const main = "refs/heads/main";
const outcomeWithinMs = 120_000;

export async function replayMerges(
  { product, source, progress }: { product: Product; source: Source; progress: (line: string) => void },
  { mode, merges }: Selection,
): Promise<Replayed> {
  let counts = noCounts;
  const differences: Difference[] = [];
  for (const [at, one] of merges.entries()) {
    const before = await bringMain(source, one.first, mode);
    const git = await source.ask(before, one.second);
    const ours = await land(product, source, { one, before });
    const historyTree = await source.git("rev-parse", `${one.merge}^{tree}`);
    counts = counted(counts, { git, ours, historyTree });
    if (verdictOf(git, ours) === "differs") differences.push({ ...one, main: before, git, ours });
    if ((at + 1) % 25 === 0) progress(`${at + 1} of ${merges.length} merges`);
  }
  return { counts, differences };
}

/** Main is where this merge finds it: at its first parent, or at a commit with its tree and ancestry. */
async function bringMain(source: Source, first: string, mode: Selection["mode"]): Promise<string> {
  const now = await source.git("rev-parse", main);
  if (now === first) return now;
  if (mode === "each") {
    await source.git("update-ref", main, first);
    return first;
  }
  const who = "-c user.name=History -c user.email=history@example.org".split(" ");
  const message = "What history did in between";
  const args = ["commit-tree", `${first}^{tree}`, "-p", now, "-p", first, "-m", message];
  const foreign = await source.git(...who, ...args);
  await source.git("update-ref", main, foreign, now);
  return foreign;
}

type Step = { one: HistoricMerge; before: string };

async function land(product: Product, source: Source, { one, before }: Step): Promise<Landed> {
  const name = `merge-${one.merge.slice(0, 16)}`;
  await source.git("update-ref", `refs/heads/${name}`, one.second);
  const candidate = { slug: name, branch: name, sha: one.second };
  await product.review([candidate]);
  await product.finalize(candidate);
  const outcome = await product.outcomes.of(name, outcomeWithinMs);
  if (outcome.kind !== "integrated") return { kind: "blocked", reason: outcome.reason ?? outcome.kind };
  const commit = outcome.mergeCommit ?? "";
  const [tree = "", ...parents] = (await source.git("show", "--no-patch", "--format=%T %P", commit)).split(
    " ",
  );
  if (parents[0] !== before || parents[1] !== one.second) return { kind: "already_on_main" };
  const isOnMain = await source.git("rev-list", "--max-count=2", "--first-parent", main);
  if (!isOnMain.split("\n").includes(commit)) throw new Error(`${commit} was announced and is not on main`);
  return { kind: "merged", tree };
}
