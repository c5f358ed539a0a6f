/**
 * Pure. What a hand-over says: the approval, where somebody approves, and that the branch is finalized. Said again of the
 * same commit it says nothing new: a fact that is known is not repeated in other words, since an event that exists
 * cannot change.
 */

export type Tip = { slug: string; branch: string; sha: string };

/** What the line already knows of the slug; `nothingKnown` where nobody could be asked. */
export type Known = {
  approval: { round: number; approvedSha: string | null; revoked: boolean } | null;
  /** The last attempt at exactly this tip that was finalized; null: none. */
  attempt: number | null;
  /** That attempt was blocked: handing the tip over again asks for another one. */
  blocked: boolean;
};

export const nothingKnown: Known = { approval: null, attempt: null, blocked: false };

export type HandOver = {
  tip: Tip;
  remote: string;
  /** Who has reviewed it; null: nobody is named. */
  approvedBy: string | null;
  /** The session or account that hands over. */
  by: string;
  /** RFC 3339. */
  at: string;
};

export type Said = { type: "review.approved" | "deployment.started"; data: Record<string, unknown> };

/** The record kept in the clone until the facts are known to be said. */
export type HandOverRecord = Tip & { recorded_at: string; events: Said[] };

/** The events of a hand-over, in the order they are to be said. */
export function eventsOf(handOver: HandOver, known: Known): Said[] {
  return [...approvalOf(handOver, known), ...finalizedOf(handOver, known)];
}

/** What is written down before anything is said: everything that makes the tip ready, said before or not. */
export function recordOf(handOver: HandOver, known: Known): HandOverRecord {
  const attempt = nextAttempt(known);
  const events = [...approvalOf(handOver, known), started(handOver, attempt)];
  return { ...handOver.tip, recorded_at: handOver.at, events };
}

function approvalOf({ tip, approvedBy, at }: HandOver, { approval }: Known): Said[] {
  if (approvedBy === null) return [];
  if (approval !== null && !approval.revoked && approval.approvedSha === tip.sha) return [];
  // A round that was revoked is over; an approval of another commit in the same round is a fact of its own.
  const round = approval === null ? 1 : approval.revoked ? approval.round + 1 : approval.round;
  const data = {
    slug: tip.slug,
    review_round: round,
    reviewer_session_id: approvedBy,
    approved_at: at,
    approved_sha: tip.sha,
  };
  return [{ type: "review.approved", data }];
}

function finalizedOf(handOver: HandOver, known: Known): Said[] {
  return known.attempt !== null && !known.blocked ? [] : [started(handOver, nextAttempt(known))];
}

function nextAttempt({ attempt, blocked }: Known): number {
  if (attempt === null) return 1;
  return blocked ? attempt + 1 : attempt;
}

function started({ tip, remote, by, at }: HandOver, attempt: number): Said {
  const data = {
    ...tip,
    attempt,
    remote,
    pushed_at: at,
    pusher: by,
    worker_session_id: by,
    orchestrator_session_id: by,
    ready_at: at,
  };
  return { type: "deployment.started", data };
}
