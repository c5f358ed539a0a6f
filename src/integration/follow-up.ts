/**
 * The follow-up of a blocked candidate: exactly one a candidate, with all that is needed to unblock it. Pure.
 *
 *   (none) → open → resolved        open → open: blocked again      resolved → open: retried, and blocked again
 *
 * It is data: shown by every surface, made into files only where somebody asks for it. Its field names are the ones
 * people see as JSON.
 */
import { createHash } from "node:crypto";
import { type Candidate, shortSha } from "./candidate.ts";
import type { ConflictEvidence } from "./delivery.ts";
import { planText, requirementsText } from "./follow-up-texts.ts";
import type { ReasonCode } from "./reasons.ts";

export type FollowUp = {
  candidate: Candidate;
  follow_up_slug: string;
  status: "open" | "resolved";
  /** Of the newest attempt that was blocked. */
  attempt: number;
  reason: ReasonCode;
  opened_at: string;
  blocked_at: string;
  resolved_at: string | null;
  evidence: ConflictEvidence[];
  diagnostics: string[];
  next_action: string;
  /** Markdown. */
  requirements: string;
  /** Markdown. */
  plan: string;
};

export type Blocked = {
  candidate: Candidate;
  reason: ReasonCode;
  attempt: number;
  /** RFC 3339. */
  blockedAt: string;
  conflicts: ConflictEvidence[];
  diagnostics: string[];
  nextAction: string;
};

/**
 * The follow-up of a candidate that has just been blocked: opened, or brought up to date where the candidate has one.
 * Told twice of one attempt, nothing changes; told late of an older attempt, neither.
 */
export function openFollowUp(known: FollowUp | null, blocked: Blocked): FollowUp {
  if (known !== null && known.attempt > blocked.attempt) return known;
  if (known !== null && known.attempt === blocked.attempt && known.blocked_at === blocked.blockedAt)
    return known;
  const { candidate, reason, attempt, blockedAt, conflicts, diagnostics, nextAction } = blocked;
  return {
    candidate,
    follow_up_slug: followUpSlug(candidate),
    status: "open",
    attempt,
    reason,
    opened_at: known?.opened_at ?? blockedAt,
    blocked_at: blockedAt,
    resolved_at: null,
    evidence: conflicts,
    diagnostics,
    next_action: nextAction,
    requirements: requirementsText(blocked),
    plan: planText(blocked),
  };
}

/** The candidate landed, was superseded, or goes another round. Resolving twice keeps the first time. */
export function resolveFollowUp(followUp: FollowUp, at: string): FollowUp {
  return followUp.status === "resolved" ? followUp : { ...followUp, status: "resolved", resolved_at: at };
}

/** `<slug>-integration-blocked-<sha7>`, cut so that it is a slug itself: the same candidate always gets the same. */
export function followUpSlug({ slug, sha }: Pick<Candidate, "slug" | "sha">): string {
  const kept =
    slug.length <= slugLengthMax ? slug : `${slug.slice(0, cutLength)}-${sha256(slug).slice(0, hashLength)}`;
  return `${kept}-integration-blocked-${shortSha(sha)}`;
}

/** A slug has at most 64 characters; `-integration-blocked-` and seven digits take 28 of them. */
const slugLengthMax = 36;
const cutLength = 29;
const hashLength = 6;

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
