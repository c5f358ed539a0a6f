/** Views of an item for the tests of what is decided on them. */
import type { Attempt, Fate } from "../../../src/orchestration/orchestrator/attempt.ts";
import type { View } from "../../../src/orchestration/orchestrator/next-step.ts";
import { phases, statuses } from "../../../src/orchestration/phases.ts";
import type { Verdict } from "../../../src/orchestration/sessions/verdict.ts";

/** An item at a step (`build started`), with everything as one would wish. */
export function viewAt(name: string, more: Partial<View> = {}): View {
  const [first, second] = name.split(" ");
  const phase = phases.find((each) => each === first);
  const status = statuses.find((each) => each === second);
  if (phase === undefined || status === undefined) throw new Error(`no step is called ${name}`);
  return {
    slug: "login",
    standing: "open",
    phase,
    status,
    roundsLeft: 3,
    state: { asked: null, blocked: null, delivered: null, dropped: null, finalize: null },
    inHandOf: null,
    prepared: true,
    prepareFailures: [],
    finalizeTrouble: null,
    attempts: [],
    strays: [],
    commands: { build: true, review: true, fix: true, finalize: false },
    left: { dirty: null, hasCommit: true, isReviewed: true },
    stale: null,
    ...more,
  };
}

/** A worker, with what became of it and what it said last. */
export function attempt(fate: Fate | Fate["kind"], said: Verdict["kind"] = "none", id = "s1"): Attempt {
  const whole: Fate =
    typeof fate !== "string"
      ? fate
      : fate === "failed"
        ? { kind: "failed", why: "exit 1" }
        : fate === "called_off"
          ? { kind: "called_off", by: "ada" }
          : { kind: fate };
  return {
    sessionId: id,
    fate: whole,
    said: said === "finalize_ready" ? { kind: said, slug: "login" } : { kind: said },
  };
}
