/** Pure. How the way of an item ends for an orchestrator, and what that means for who has started it. */
import type { Failure } from "../../errors.ts";

export type Outcome =
  /** It is the line's now. */
  | { kind: "handed_over"; branch: string; sha: string; attempt: number }
  | { kind: "delivered"; mergeCommit: string }
  /** The line has given it back. */
  | { kind: "blocked"; reason: string; nextAction: string; followUpSlug: string | null }
  /** A person was asked. */
  | { kind: "asked"; reason: string; question: string; nextAction: string }
  | { kind: "dropped"; by: string; reason: string }
  /** Nothing that an orchestrator could do: other work comes first, or somebody has it in hand. */
  | { kind: "waiting"; why: string; nextAction: string }
  /** Another orchestrator walks it. */
  | { kind: "busy"; holder: string }
  | { kind: "failed"; failure: Failure }
  /** Called off; what runs runs on. */
  | { kind: "stopped" };

const exitOf: Readonly<Record<Outcome["kind"], number>> = {
  handed_over: 0,
  delivered: 0,
  blocked: 3,
  asked: 3,
  dropped: 3,
  waiting: 3,
  busy: 75,
  failed: 1,
  stopped: 75,
};

/** The exit status of them together: what failed before what needs somebody, before what may be tried again. */
export function exitCodeOf(outcomes: readonly Outcome[]): number {
  const [only] = outcomes;
  if (only?.kind === "failed" && outcomes.length === 1) return only.failure.exitCode;
  const codes = new Set(outcomes.map(({ kind }) => exitOf[kind]));
  return [1, 3, 75].find((code) => codes.has(code)) ?? 0;
}
