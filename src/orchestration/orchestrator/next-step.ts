/**
 * Pure. An item and what its workers did → what an orchestrator does next, on the way from its start to the hand-over.
 * Nothing is remembered between two looks but what is written down: so whoever looks, also after a crash, goes on the
 * same way.
 */
import type { ItemState } from "../item.ts";
import { nameOf, type Phase, type Standing, type Status, type Step } from "../phases.ts";
import { type Attempt, type WorkerRole, type WorkPhase, workerRoles } from "./attempt.ts";
import type { Outcome } from "./outcome.ts";
import {
  prepareQuestion,
  type Question,
  roundsQuestion,
  trialsQuestion,
  troubleQuestion,
} from "./questions.ts";

export type View = {
  slug: string;
  standing: Standing;
  phase: Phase;
  status: Status;
  roundsLeft: number;
  state: Pick<ItemState, "asked" | "blocked" | "delivered" | "dropped" | "finalize"> | null;
  /** Who works on it outside of any orchestrator; null: nobody. */
  inHandOf: string | null;
  /** Since its last worker ended, or since we look. */
  prepared: boolean;
  /** Why preparing failed, each time since we look. */
  prepareFailures: readonly PrepareFailure[];
  /** What stood against finalizing; null: nothing, or it was not tried. */
  finalizeTrouble: { why: string; cure: string | null } | null;
  /** The workers of this step, the newest last. */
  attempts: readonly Attempt[];
  /** Sessions of the item that still run, and belong to a step that is over. */
  strays: readonly string[];
  /** Which workers are configured. */
  commands: Readonly<Record<WorkPhase, boolean>>;
  /** What the last worker has left behind; asked where it has finished. */
  left: { dirty: string | null; hasCommit: boolean; isReviewed: boolean } | null;
  /** Why the approval does not cover the branch; null where it does, or where that is no question. */
  stale: string | null;
};

export type PrepareFailure = { why: string; log: string };

export type Next =
  | { do: "end_sessions"; ids: readonly string[] }
  | { do: "prepare" }
  /** `by`: the session that concluded it; null: the orchestrator itself. */
  | { do: "mark"; step: Step; by: string | null; why: string | null }
  | { do: "start_worker"; role: WorkerRole; phase: WorkPhase; attempt: number; because: string | null }
  | { do: "watch"; sessionId: string }
  | { do: "end_silent"; sessionId: string }
  | { do: "settle"; sessionId: string }
  | { do: "finalize" }
  | { do: "hand_over"; sessionId: string }
  | { do: "ask"; question: Question }
  | { do: "stop"; outcome: Outcome };

/** How often a step's worker is started before a person is asked. */
export const trialsMax = 2;
/** And how often at all, where workers end before they run. */
const startsMax = 6;

/** The one next thing to do. */
export function nextStep(view: View): Next {
  if (view.strays.length > 0) return { do: "end_sessions", ids: view.strays };
  const over = overWith(view);
  if (over !== null) return { do: "stop", outcome: over };
  switch (view.phase) {
    case "prepare":
      return beginning(view, { phase: "build", status: "started" });
    case "build":
    case "fix":
      return onWork(view, view.phase);
    case "review":
      return onReview(view);
    case "finalize":
      return onFinalize(view);
    default:
      return view.phase satisfies never;
  }
}

function onWork(view: View, phase: "build" | "fix"): Next {
  if (view.status === "complete") return reviewing(view);
  if (view.status === "started") return working(view, phase);
  return beginning(view, { phase, status: "started" });
}

function onReview(view: View): Next {
  switch (view.status) {
    case "started":
      return working(view, "review");
    case "approved":
      return onFinalize(view);
    case "changes_requested":
      return beginning(view, { phase: "fix", status: "started" });
    case "pending":
    case "complete":
      return reviewing(view);
    default:
      return view.status satisfies never;
  }
}

function onFinalize(view: View): Next {
  if (view.stale !== null) return reviewing(view, `the approval is stale: ${view.stale}`);
  if (view.finalizeTrouble !== null)
    return { do: "ask", question: troubleQuestion(view, view.finalizeTrouble) };
  return view.commands.finalize ? working(view, "finalize") : { do: "finalize" };
}

/** Another review round, where one is left. */
function reviewing(view: View, why: string | null = null): Next {
  if (view.roundsLeft <= 0) return { do: "ask", question: roundsQuestion(view, why) };
  return beginning(view, { phase: "review", status: "started" }, why);
}

/** Begins a worker's phase, in a place that is ready for it. */
function beginning(view: View, step: Step & { phase: WorkPhase }, why: string | null = null): Next {
  if (!view.commands[step.phase]) return { do: "stop", outcome: noWorker(view, step.phase) };
  const first = preparing(view);
  if (first !== null) return first;
  // What a crash, or a command that leaves files behind, has left half done leads on only from its beginning.
  if (nameOf(view) === "prepare started")
    return { do: "mark", step: { phase: "prepare", status: "pending" }, by: null, why: null };
  return { do: "mark", step, by: null, why };
}

function preparing(view: View): Next | null {
  if (view.prepared) return null;
  const { prepareFailures } = view;
  if (prepareFailures.length < trialsMax) return { do: "prepare" };
  return { do: "ask", question: prepareQuestion(view, prepareFailures) };
}

/** A phase that a worker is to bring to its end. */
function working(view: View, phase: WorkPhase): Next {
  const last = view.attempts.at(-1);
  if (last === undefined || last.fate.kind === "never_ran") return starting(view, phase, null);
  const { sessionId, fate } = last;
  switch (fate.kind) {
    case "at_work":
      return isReadyToGo(view, phase) ? { do: "end_sessions", ids: [sessionId] } : { do: "watch", sessionId };
    case "silent":
      return { do: "end_silent", sessionId };
    case "lost":
      return { do: "settle", sessionId };
    case "called_off":
      return { do: "ask", question: trialsQuestion(view, phase, `${fate.by} ended it`) };
    case "failed":
      return isReadyToGo(view, phase) && last.said.kind === "finalize_ready"
        ? { do: "hand_over", sessionId }
        : again(view, phase, fate.why);
    case "finished":
      return concluding(view, phase, last);
    default:
      return fate satisfies never;
  }
}

/** A finalizer that has said that the item is ready has nothing left to do, also where it stays. */
function isReadyToGo({ state }: View, phase: WorkPhase): boolean {
  return phase === "finalize" && state?.finalize?.status === "ready";
}

function starting(view: View, phase: WorkPhase, because: string | null): Next {
  if (!view.commands[phase]) return { do: "stop", outcome: noWorker(view, phase) };
  if (view.attempts.length >= startsMax)
    return { do: "ask", question: trialsQuestion(view, phase, "its session does not come up") };
  const attempt = view.attempts.length + 1;
  return preparing(view) ?? { do: "start_worker", role: workerRoles[phase], phase, attempt, because };
}

/** Once more, or a person. */
function again(view: View, phase: WorkPhase, why: string): Next {
  const trials = view.attempts.filter(({ fate }) => fate.kind !== "never_ran").length;
  if (trials < trialsMax) return starting(view, phase, why);
  return { do: "ask", question: trialsQuestion(view, phase, why) };
}

/** What the work of a worker that has finished comes to. */
function concluding(view: View, phase: WorkPhase, { sessionId, said }: Attempt): Next {
  const { left } = view;
  if (left === null) throw new Error(`what ${sessionId} has left behind was not looked at`);
  const conclude = (status: Status, why: string | null = null): Next => ({
    do: "mark",
    step: { phase, status },
    by: sessionId,
    why,
  });
  if (phase === "finalize")
    return said.kind === "finalize_ready" && said.slug === view.slug
      ? { do: "hand_over", sessionId }
      : again(view, phase, `it ended without FINALIZE_READY: ${view.slug}`);
  if (phase === "review") {
    if (said.kind === "request_changes") return conclude("changes_requested");
    if (said.kind !== "approve") return again(view, phase, "it ended without a verdict");
    if (left.dirty !== null)
      return again(view, phase, `it approved and left the worktree so that ${left.dirty}`);
    if (!left.isReviewed)
      return { ...markOf("review", "pending"), why: "the branch has got commits while it was reviewed" };
    return conclude("approved");
  }
  if (left.dirty !== null) return again(view, phase, `it left the worktree so that ${left.dirty}`);
  if (!left.hasCommit) return again(view, phase, "it ended without a new commit");
  return conclude("complete");
}

function markOf(phase: Phase, status: Status): Extract<Next, { do: "mark" }> {
  return { do: "mark", step: { phase, status }, by: null, why: null };
}

/** The outcome where nothing is left for an orchestrator; null where there is. */
function overWith({ slug, standing, state, inHandOf }: View): Outcome | null {
  if (state?.dropped != null) return { kind: "dropped", by: state.dropped.by, reason: state.dropped.reason };
  if (state?.delivered != null) return { kind: "delivered", mergeCommit: state.delivered.merge_commit };
  if (standing === "handed_over" && state?.finalize != null) {
    const { branch, sha, attempt } = state.finalize;
    return { kind: "handed_over", branch, sha, attempt };
  }
  if (standing === "blocked" && state?.blocked != null) {
    const { reason, next_action: nextAction, follow_up_slug: followUpSlug } = state.blocked;
    return { kind: "blocked", reason, nextAction, followUpSlug };
  }
  if (state?.asked != null) {
    const { reason, question, next_action: nextAction } = state.asked;
    return { kind: "asked", reason, question, nextAction };
  }
  if (inHandOf === null) return null;
  const nextAction = `Leave it to ${inHandOf}, or take it over: signalbox orchestrate ${slug}`;
  return { kind: "waiting", why: `${inHandOf} has it in hand`, nextAction };
}

function noWorker({ slug }: View, phase: WorkPhase): Outcome {
  const done = phase === "review" ? "approved" : "complete";
  return {
    kind: "waiting",
    why: `no worker is configured for ${phase}`,
    nextAction: `Set workers.${phase} in signalbox.yaml; or do it by hand: signalbox todo mark-phase ${slug} ${phase} ${done}`,
  };
}
