/** Pure. What a person is asked where work cannot go on by itself, with the commands that answer it. */
import type { EventDraft } from "../../events/atomic-write.ts";
import { softwareDomain } from "../item-event.ts";
import { nameOf, nextSteps, type Phase } from "../phases.ts";
import type { WorkPhase } from "./attempt.ts";
import { workerRoles } from "./attempt.ts";
import type { PrepareFailure, View } from "./next-step.ts";

export type Question = {
  reason: "worker_failed" | "worker_ended" | "prepare_failed" | "finalize_failed" | "rounds_exhausted";
  phase: Phase;
  question: string;
  nextAction: string;
};

/** A worker that failed as often as it may, or that a person ended. `why` is about the last one. */
export function trialsQuestion(view: View, phase: WorkPhase, why: string): Question {
  const { slug, attempts } = view;
  const last = attempts.at(-1);
  const isEnded = last?.fate.kind === "called_off";
  const before = attempts
    .slice(0, -1)
    .flatMap(({ fate }) =>
      fate.kind === "failed" ? [fate.why] : fate.kind === "finished" ? ["no result"] : [],
    );
  const earlier = before.length === 0 ? "" : ` (before: ${before.join("; ")})`;
  const times = before.length === 0 ? "" : ` ${before.length + 1} times`;
  const question = isEnded
    ? `The ${workerRoles[phase]} of ${slug} is not started again: ${why}.`
    : `The ${workerRoles[phase]} of ${slug} failed${times}: ${why}${earlier}.`;
  const read = last === undefined ? "" : `Read what it printed: signalbox sessions tail ${last.sessionId}. `;
  return {
    reason: isEnded ? "worker_ended" : "worker_failed",
    phase,
    question,
    nextAction: `${read}${againOrDrop(view, phase)}`,
  };
}

/** No review round is left. `why` another one is needed; null: the usual way led there. */
export function roundsQuestion({ slug, phase }: View, why: string | null): Question {
  const reason = why === null ? "" : ` It needs another review: ${why}.`;
  return {
    reason: "rounds_exhausted",
    phase,
    question: `${slug} has no review round left.${reason}`,
    nextAction: `One more round: signalbox todo mark-phase ${slug} review started --over-limit, then signalbox orchestrate ${slug}. No more of it: signalbox todo drop ${slug} --reason R`,
  };
}

/** Its worktree cannot be prepared. */
export function prepareQuestion(view: View, failures: readonly PrepareFailure[]): Question {
  const last = failures.at(-1);
  const where = last === undefined ? "" : `Read ${last.log}. `;
  return {
    reason: "prepare_failed",
    phase: view.phase,
    question: `The worktree of ${view.slug} cannot be prepared: ${last?.why ?? "nobody knows why"}.`,
    nextAction: `${where}${againOrDrop(view, view.phase)}`,
  };
}

/** It is approved and cannot be handed over. */
export function troubleQuestion(view: View, trouble: { why: string; cure: string | null }): Question {
  return {
    reason: "finalize_failed",
    phase: "finalize",
    question: `${view.slug} is approved, but it cannot be handed over: ${trouble.why}`,
    nextAction: `${trouble.cure === null ? "" : `${trouble.cure} `}${againOrDrop(view, "finalize")}`,
  };
}

/** The event that asks. `mark` counts the item's changes. */
export function askedEvent(
  { reason, phase, question, nextAction }: Question,
  said: { slug: string; by: string; mark: number; at: string },
): EventDraft {
  const { slug, by, mark, at } = said;
  const data = {
    slug,
    phase,
    reason,
    question: question.slice(0, longest),
    next_action: nextAction.slice(0, longest),
    by,
    mark,
    asked_at: at,
  };
  return { type: `${softwareDomain}work.person.asked`, data };
}

/** Shorter than an event's text may be. */
const longest = 1900;

function againOrDrop(view: View, phase: Phase): string {
  const steps = nextSteps(view).filter((step) => step.phase === phase);
  const step = steps.find(({ status }) => status === "pending") ?? steps[0] ?? { phase, status: "pending" };
  const { slug } = view;
  return `Try again: signalbox todo mark-phase ${slug} ${nameOf(step)}, then signalbox orchestrate ${slug}. No more of it: signalbox todo drop ${slug} --reason R`;
}
