/**
 * Pure. A candidate's way from the queue to its outcome as spans of one trace.
 *
 * Its parts happen in processes that know nothing of each other and may be killed: the daemon queues it, a session or two
 * deliver it. So the span that holds them together, `deliver`, has an id that all of them make from the delivery's, and is
 * told by whoever writes the outcome, with what the queue's record says of its beginning. It continues the trace that the
 * hand-over was said in; where there was none, it begins one.
 */
import { createHash } from "node:crypto";
import type { TraceContext } from "../telemetry/trace-context.ts";
import type { Attributes, SpanStart } from "../telemetry/traces.ts";
import type { Candidate } from "./candidate.ts";
import { type Delivery, followersOf, type Outcome } from "./delivery.ts";
import { type MoveRequest, type QueueItem, queuedSinceMs } from "./queue.ts";

type OnItsWay = { candidate: Candidate; deliveryId: string; attempt: number; trace?: TraceContext };

/** The span of one attempt, from the queue to the outcome. */
export function deliverSpan(of: OnItsWay): SpanStart {
  const { candidate, deliveryId, attempt, trace = null } = of;
  const { slug, branch, sha } = candidate;
  return {
    name: "deliver",
    under: trace,
    id: { span: digest(`deliver ${attempt} ${deliveryId}`, 16), trace: digest(`trace ${deliveryId}`, 32) },
    attributes: {
      "signalbox.slug": slug,
      "signalbox.attempt": attempt,
      "vcs.ref.head.name": branch,
      "vcs.ref.head.revision": sha,
    },
  };
}

/** The same, of an item of the queue. */
export function deliverSpanOf(item: QueueItem): SpanStart {
  const { slug, branch, sha, deliveryId, attempt, trace } = item;
  const on = { candidate: { slug, branch, sha }, deliveryId, attempt };
  return { ...deliverSpan(trace === undefined ? on : { ...on, trace }), startMs: queuedSinceMs(item) };
}

export type Told = {
  /** How long it waited for its turn, ms since the epoch. */
  waited: { fromMs: number; toMs: number };
  attributes: Attributes;
  /** The reason code, where it was blocked. */
  failure: string | null;
};

/** Do these moves end an attempt? One that was blocked goes back into the queue first, and its end is told already. */
export function endsAttempt(moves: readonly MoveRequest[]): boolean {
  return moves.every(({ to }) => to !== "queued" && to !== "in_progress");
}

/** What an outcome says of the attempt that ends with it. */
export function outcomeTold(before: QueueItem, after: QueueItem): Told {
  const fromMs = queuedSinceMs(before);
  const taken = before.history.findLast(({ to }) => to === "in_progress");
  const toMs = before.status === "in_progress" && taken !== undefined ? taken.atMs : after.statusUpdatedAtMs;
  return {
    waited: { fromMs, toMs: Math.max(fromMs, toMs) },
    attributes: {
      "signalbox.outcome": after.status,
      "signalbox.reason": after.reason ?? undefined,
      "signalbox.merge_commit": after.mergeCommit ?? undefined,
      "signalbox.main_sha": after.mainSha ?? undefined,
      "signalbox.follow_up": after.followUpSlug ?? undefined,
    },
    failure: after.status === "blocked" ? (after.reason ?? "blocked") : null,
  };
}

/** What the hand of each phase does. */
const doing = {
  picked: "merge",
  merged: "check",
  checked: "intend",
  pushing: "push",
  pushed: "tidy",
} as const;

/** The span of one phase, as a part of `under`. */
export function phaseSpan(
  delivery: Exclude<Delivery, { phase: "tidied" }>,
  under: TraceContext | null,
  resumed: boolean,
): SpanStart {
  const followers = followersOf(delivery).map(({ candidate }) => candidate.slug);
  return {
    name: doing[delivery.phase],
    under,
    whole: true,
    attributes: {
      "signalbox.slug": delivery.candidate.slug,
      "signalbox.phase": delivery.phase,
      "signalbox.resumed": resumed || undefined,
      "signalbox.followers": followers.length > 0 ? followers : undefined,
    },
  };
}

/** What a hand said, in the words that cannot hold a secret. */
export function phaseTold(outcome: Outcome): Attributes {
  return {
    "signalbox.outcome": outcome.kind,
    "signalbox.reason": outcome.kind === "blocked" ? outcome.reason : undefined,
  };
}

function digest(text: string, digits: number): string {
  return createHash("sha256").update(text).digest("hex").slice(0, digits);
}
