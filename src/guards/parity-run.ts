/** Parity over a history, from its merges to a report. Reads objects and writes its own notes; touches nothing else. */
import { isoTime, wallMs } from "../clock.ts";
import type { LineRepository } from "../git/line-repository.ts";
import { type HistoricMerge, openReplay, type Replay } from "../git/replay.ts";
import type { Git } from "../git/run.ts";
import { countVerdicts, digestOf, type Judged } from "./parity.ts";
import {
  noteParityReport,
  openVerdicts,
  type ParityReport,
  parityFolder,
  type Verdicts,
} from "./parity-records.ts";
import { judgeMerges } from "./parity-replay.ts";
import { compareShadow, type ShadowComparison, type ShadowedCandidate } from "./parity-shadow.ts";

export type ParityRequest = {
  line: LineRepository;
  git: Git;
  privateDir: string;
  /** Main. */
  tip: string;
  /** The newest so many merges; null: all. */
  last: number | null;
  /** What the line decided in shadow. */
  shadowed: readonly ShadowedCandidate[];
  progress(done: number, total: number): void;
  stop: AbortSignal;
};

export type ParityAnswer =
  | { kind: "done"; report: ParityReport; seconds: number; shadow: ShadowComparison }
  /** Asked to stop: the next run goes on from there. */
  | { kind: "stopped"; done: number; total: number };

/** Judges what was not judged before, and reports on all. */
export async function runParity(request: ParityRequest): Promise<ParityAnswer> {
  const { line, git, privateDir, tip, last, stop } = request;
  const version = (await git.must(["version"], { cwd: line.directory })).stdout.toString("utf8").trim();
  const verdicts = await openVerdicts(privateDir, version);
  const folder = parityFolder(privateDir);
  await using replay = await openReplay({ git, directory: line.directory, format: line.format, folder });
  const merges = await replay.merges(tip, last);
  if (!(await judge(request, { replay, verdicts, merges })))
    return {
      kind: "stopped",
      done: merges.filter(({ id }) => verdicts.known.has(id)).length,
      total: merges.length,
    };
  const told = merges.map(({ id }) => verdicts.known.get(id)).filter((one) => one !== undefined);
  const judged: Judged[] = told.map(({ commit, verdict }) => ({ commit, verdict }));
  const report: ParityReport = {
    from: merges[0]?.id ?? null,
    to: merges.at(-1)?.id ?? null,
    ...countVerdicts(judged),
    digest: digestOf(judged),
    at: isoTime(wallMs()),
  };
  await noteParityReport(privateDir, report);
  const verdictOf = async (merge: HistoricMerge) => {
    await judgeMerges(replay, [merge], { tell: (found) => verdicts.add(found), stop });
    return verdicts.known.get(merge.id)?.verdict ?? null;
  };
  const shadow = await compareShadow(request.shadowed, { line, tip, verdictOf });
  return { kind: "done", report, seconds: told.reduce((sum, { ms }) => sum + ms, 0) / 1000, shadow };
}

type Work = { replay: Replay; verdicts: Verdicts; merges: readonly HistoricMerge[] };

/** False where it was stopped before the last one. */
async function judge(
  { progress, stop }: ParityRequest,
  { replay, verdicts, merges }: Work,
): Promise<boolean> {
  const open = merges.filter(({ id }) => !verdicts.known.has(id));
  let done = merges.length - open.length;
  progress(done, merges.length);
  try {
    await judgeMerges(replay, open, {
      stop,
      async tell(told) {
        await verdicts.add(told);
        done += told.length;
        progress(done, merges.length);
      },
    });
  } catch (error) {
    if (!stop.aborted) throw error;
  }
  return !stop.aborted;
}
