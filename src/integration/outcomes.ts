/**
 * What a candidate's outcome writes: the moves, the events, the follow-ups, the landing record. Pure. The same whether
 * the integrator says it (under its lease) or the daemon does (for one that was still waiting), so that the two cannot
 * tell different stories.
 */
import type { EventDraft } from "../events/atomic-write.ts";
import type { TraceContext } from "../telemetry/trace-context.ts";
import { type Candidate, landingName, shortSha } from "./candidate.ts";
import type { Evidence, LandedHow, TidyNotes } from "./delivery.ts";
import { conflictsInEvent, diagnosticsInEvent } from "./evidence-in-event.ts";
import { type FollowUp, openFollowUp, resolveFollowUp } from "./follow-up.ts";
import type { MoveRequest, QueueItem } from "./queue.ts";
import { type ReasonCode, reasonOf } from "./reasons.ts";

const domain = "domain.software-development.";

/** A landing, kept by `<slug>@<sha>`: what `not_landed` and the detection of foreign moves look up. */
export type Landing = Candidate & {
  merge_commit: string;
  main_sha: string;
  delivery: string;
  how: LandedHow;
  integrated_at: string;
};

export type OutcomeWrite = {
  moves: MoveRequest[];
  events: EventDraft[];
  followUps: FollowUp[];
  landing: Landing | null;
};

export type Said = { atMs: number; at: string; by: string };

export function integratedOutcome(
  item: QueueItem,
  landed: { mergeCommit: string; mainSha: string; checks: string[]; how: LandedHow; tidy?: TidyNotes },
  openFollowUps: FollowUp[],
  said: Said,
): OutcomeWrite {
  const { mergeCommit, mainSha, checks, how } = landed;
  const kept = (landed.tidy?.kept ?? []).map((one) => `; kept ${one}`).join("");
  const reason = `${integratedSentence(how, mergeCommit)}${kept}`;
  const toQueued = fromBlocked(item, said, "judged again: it is on main");
  const move: MoveRequest = {
    to: "integrated",
    atMs: said.atMs,
    by: said.by,
    reason,
    set: { mergeCommit, mainSha, why: reason },
  };
  const moves = [...toQueued.moves, move];
  const { slug, branch, sha } = item;
  return {
    moves,
    events: [
      ...toQueued.events,
      draft(item, "deployment.completed", {
        slug,
        branch,
        sha,
        merge_commit: mergeCommit,
        main_sha: mainSha,
        integrated_at: said.at,
        checks,
      }),
      ...openFollowUps.map((followUp) => followUpResolved(item, followUp, said)),
    ],
    followUps: openFollowUps.map((followUp) => resolveFollowUp(followUp, said.at)),
    landing: {
      slug,
      branch,
      sha,
      merge_commit: mergeCommit,
      main_sha: mainSha,
      delivery: item.deliveryId,
      how,
      integrated_at: said.at,
    },
  };
}

function integratedSentence(how: LandedHow, commit: string): string {
  const at = shortSha(commit);
  switch (how) {
    case "pushed":
      return `landed on main as ${at}`;
    case "ancestor":
      return `was already on main, brought in by ${at}: no commit was made`;
    case "recorded":
      return `had already landed as ${at}: no commit was made`;
    case "content":
      return `changes nothing on main (${at}): no commit was made`;
    default:
      return how satisfies never;
  }
}

export function blockedOutcome(
  item: QueueItem,
  why: { reason: ReasonCode; detail: string; evidence: Evidence },
  known: FollowUp | null,
  said: Said,
): OutcomeWrite {
  const nextAction = nextActionFor(why.reason, item.slug);
  const diagnostics = [why.detail, ...why.evidence.diagnostics.filter((line) => line !== why.detail)];
  const followUp = openFollowUp(known, {
    candidate: { slug: item.slug, branch: item.branch, sha: item.sha },
    reason: why.reason,
    attempt: item.attempt,
    blockedAt: said.at,
    conflicts: why.evidence.conflicts,
    diagnostics,
    nextAction,
  });
  const { slug, branch, sha, attempt } = item;
  return {
    moves: [
      {
        to: "blocked",
        atMs: said.atMs,
        by: said.by,
        reason: why.detail,
        set: { reason: why.reason, why: why.detail, nextAction, followUpSlug: followUp.follow_up_slug },
      },
    ],
    events: [
      draft(item, "deployment.failed", {
        slug,
        branch,
        sha,
        attempt,
        reason: why.reason,
        conflict_evidence: conflictsInEvent(why.evidence.conflicts),
        diagnostics: diagnosticsInEvent(diagnostics),
        next_action: nextAction,
        blocked_at: said.at,
        follow_up_slug: followUp.follow_up_slug,
      }),
      draft(item, "integration.follow_up.opened", {
        slug,
        branch,
        sha,
        attempt,
        follow_up_slug: followUp.follow_up_slug,
        reason: why.reason,
      }),
    ],
    followUps: [followUp],
    landing: null,
  };
}

/** The reason's next action, ready to be copied and run. */
function nextActionFor(reason: ReasonCode, slug: string): string {
  return reasonOf(reason).nextAction.replaceAll("SLUG", slug);
}

export function supersededOutcome(
  item: QueueItem,
  newer: { branch: string; sha: string },
  open: FollowUp | null,
  said: Said,
): OutcomeWrite {
  const reason = `superseded by ${newer.branch} at ${shortSha(newer.sha)}`;
  const toQueued = fromBlocked(item, said, `judged again: ${reason}`);
  const move = item.moves + toQueued.moves.length + 1;
  return {
    moves: [...toQueued.moves, { to: "superseded", atMs: said.atMs, by: said.by, reason }],
    events: [
      ...toQueued.events,
      candidateMoved(item, "superseded", { move, by: said.by, superseded_by: newer }),
      ...(open === null ? [] : [followUpResolved(item, open, said)]),
    ],
    followUps: open === null ? [] : [resolveFollowUp(open, said.at)],
    landing: null,
  };
}

/** Withdrawn by hand: blocked, but nothing is wrong, so no alarm and no follow-up. */
export function withdrawnOutcome(item: QueueItem, why: string, said: Said): OutcomeWrite {
  const nextAction = nextActionFor("withdrawn", item.slug);
  return {
    moves: [
      {
        to: "blocked",
        atMs: said.atMs,
        by: said.by,
        reason: `withdrawn by ${said.by}: ${why}`,
        set: { reason: "withdrawn", nextAction },
      },
    ],
    events: [candidateMoved(item, "withdrawn", { move: item.moves + 1, by: said.by, reason: why })],
    followUps: [],
    landing: null,
  };
}

/** Back into the queue after a retry: the next attempt, at its old place in the order. */
export function requeuedOutcome(
  item: QueueItem,
  { why, attempt, trace }: { why: string; attempt: number; trace?: TraceContext },
  open: FollowUp | null,
  said: Said,
): OutcomeWrite {
  const set = trace === undefined ? { attempt } : { attempt, trace };
  const requeued = candidateMoved({ ...item, ...set }, "requeued", {
    attempt,
    move: item.moves + 1,
    by: said.by,
    reason: why,
  });
  return {
    moves: [{ to: "queued", atMs: said.atMs, by: said.by, reason: why, set }],
    events: open === null ? [requeued] : [requeued, followUpResolved(item, open, said)],
    followUps: open === null ? [] : [resolveFollowUp(open, said.at)],
    landing: null,
  };
}

export type MoveTold = {
  /** The how manieth move of the candidate it is. */
  move: number;
  by: string;
  reason?: string;
  /** Default: the item's. */
  attempt?: number;
  superseded_by?: { branch: string; sha: string };
};

/** `integration.candidate.queued` and the like: one move of a candidate. */
export function candidateMoved(
  item: QueueItem,
  what: "queued" | "dequeued" | "superseded" | "requeued" | "withdrawn",
  told: MoveTold,
): EventDraft {
  const { slug, branch, sha, attempt } = item;
  return draft(item, `integration.candidate.${what}`, { slug, branch, sha, attempt, ...told });
}

/** A blocked candidate may only go back to the queue: the way on leads through it, in the same write. */
function fromBlocked(
  item: QueueItem,
  said: Said,
  reason: string,
): { moves: MoveRequest[]; events: EventDraft[] } {
  if (item.status !== "blocked") return { moves: [], events: [] };
  return {
    moves: [{ to: "queued", atMs: said.atMs, by: said.by, reason }],
    events: [candidateMoved(item, "requeued", { move: item.moves + 1, by: said.by, reason })],
  };
}

function followUpResolved(item: QueueItem, followUp: FollowUp, said: Said): EventDraft {
  const { slug, branch, sha } = followUp.candidate;
  return draft(item, "integration.follow_up.resolved", {
    slug,
    branch,
    sha,
    attempt: followUp.attempt,
    follow_up_slug: followUp.follow_up_slug,
    by: said.by,
  });
}

function draft(item: QueueItem, name: string, data: Record<string, unknown>): EventDraft {
  return {
    type: `${domain}${name}`,
    data,
    subject: item.slug,
    correlationId: landingName(item),
    ...item.trace,
  };
}
