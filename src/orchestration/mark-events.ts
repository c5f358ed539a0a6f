/** Pure: what is said by a mark, in one write: the step itself, and what follows from it. */
import type { EventDraft } from "../events/atomic-write.ts";
import type { ItemState } from "./item.ts";
import { softwareDomain } from "./item-event.ts";
import { asksPerson, isVerdict, type Step } from "./phases.ts";

export type MarkToSay = Step & {
  slug: string;
  by: string;
  at: string;
  findings: string | null;
  overLimit: boolean;
};

export type MarkContext = {
  state: ItemState;
  place: { branch: string; head: string };
  /** The round after the mark. */
  round: number;
  roundsMax: number;
  /** Counts the item's changes. */
  count: number;
};

/** In the order they are to be said. */
export function draftsOf(said: MarkToSay, context: MarkContext): EventDraft[] {
  const { state, place } = context;
  const isNews = state.branch !== place.branch && (state.branch !== null || place.branch !== said.slug);
  return [
    ...(isNews ? [branchOf(said, context)] : []),
    step(said, context),
    ...approvalOf(said, context),
    ...revocationOf(said, context),
    ...questionOf(said, context),
  ];
}

/** A branch that is not called like its slug must be known before anything is done with it. */
function branchOf({ slug, by, at }: MarkToSay, { place, count }: MarkContext): EventDraft {
  return event("work.item.started", { slug, branch: place.branch, by, mark: count, started_at: at });
}

function step(said: MarkToSay, { place, round, count }: MarkContext): EventDraft {
  const { slug, phase, status, by, at, findings, overLimit } = said;
  return event("work.phase.marked", {
    slug,
    phase,
    status,
    round,
    by,
    sha: place.head,
    ...(findings === null ? {} : { findings }),
    ...(overLimit ? { over_limit: true } : {}),
    mark: count,
    marked_at: at,
  });
}

function approvalOf(said: MarkToSay, { state, place, round }: MarkContext): EventDraft[] {
  const { slug, status, by, at } = said;
  const isNew = state.approval?.round !== round || state.approval.sha !== place.head;
  if (status !== "approved" || !isNew) return [];
  const approval = {
    slug,
    review_round: round,
    reviewer_session_id: by,
    approved_at: at,
    approved_sha: place.head,
  };
  return [{ ...event("review.approved", approval), correlationId: `${slug}@${place.head}` }];
}

/** A later round's reviewer who wants changes takes back what an earlier one has approved. */
function revocationOf(said: MarkToSay, { state, round }: MarkContext): EventDraft[] {
  const { slug, status, by, at } = said;
  if (status !== "changes_requested" || state.approval === null || state.approval.revoked !== null) return [];
  const reason = `changes were requested in round ${round}`;
  const revoked = { slug, review_round: state.approval.round, revoked_by: by, reason, revoked_at: at };
  return [event("review.revoked", revoked)];
}

function questionOf(said: MarkToSay, { state, round, roundsMax, count }: MarkContext): EventDraft[] {
  const { slug, phase, by, at } = said;
  const spent = round - state.roundsFrom;
  if (!asksPerson(said, { roundsSpent: spent, roundsMax })) return [];
  const how = isVerdict(said) ? "The last one asks for changes." : "What the last one asked for is done.";
  return [
    event("work.person.asked", {
      slug,
      phase,
      reason: "rounds_exhausted",
      question: `${slug} had ${spent} review ${spent === 1 ? "round" : "rounds"}, and the limit is ${roundsMax}. ${how}`,
      next_action: `One more round: signalbox todo mark-phase ${slug} review started --over-limit. No more of it: signalbox todo drop ${slug} --reason R`,
      by,
      mark: count,
      asked_at: at,
    }),
  ];
}

function event(type: string, data: Record<string, unknown>): EventDraft {
  return { type: `${softwareDomain}${type}`, data };
}
