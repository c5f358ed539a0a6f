/**
 * Pure: whether an item may be finalized and handed over, which attempt that is, and what is said about it.
 */
import type { EventDraft } from "../events/atomic-write.ts";
import type { HandOverRecord, Known, Said, Tip } from "./hand-over.ts";
import { asMarked, type Finalize, type ItemState, standingOf } from "./item.ts";
import { type MarkFacts, mark, type Refusal } from "./phases.ts";

/** The line by which a finalizer says that it is done. */
export function readyLine(slug: string): string {
  return `FINALIZE_READY: ${slug}`;
}

export type Permission =
  | { kind: "allowed" }
  /** The line has exactly this commit already. */
  | { kind: "handed_over" }
  | { kind: "refused"; refusal: Refusal };

/**
 * May `head` be finalized? Repeating it is allowed however far the last time came, and everything is asked again: an
 * approval may have gone stale since.
 */
export function mayFinalize(state: ItemState, facts: Omit<MarkFacts, "roundsMax" | "overLimit">): Permission {
  const { slug, finalize } = state;
  const { head, dirty } = facts.worktree;
  if (standingOf(state) === "handed_over" && finalize?.sha === head) return { kind: "handed_over" };
  const at = asMarked(state);
  // Inside finalizing every beginning is the first one: the machine must not take it for a repeated mark.
  const from =
    at.phase === "finalize" && at.standing === "open"
      ? ({ phase: "review", status: "approved" } as const)
      : {};
  const begun = { phase: "finalize", status: "started" } as const;
  const outcome = mark(slug, { ...at, ...from }, begun, { ...facts, roundsMax: 0, overLimit: true });
  if (outcome.kind === "refused") return { kind: "refused", refusal: outcome };
  if (dirty === null) return { kind: "allowed" };
  const why = `the worktree of ${slug} is not clean: ${dirty}`;
  const cure = "Commit what belongs to the item (it then needs another review) and remove the rest.";
  return { kind: "refused", refusal: { code: "worktree_dirty", why, cure } };
}

/** The attempt that handing over `tip` now is; `line` is what the line knows of the tip. */
export function attemptOf(state: ItemState, tip: Tip, line: Known): number {
  const { finalize, former } = state;
  const isSame = (one: { branch: string; sha: string } | null) =>
    one !== null && one.branch === tip.branch && one.sha === tip.sha;
  const spent = isSame(finalize) && finalize?.status === "handed_over" ? finalize.attempt : 0;
  const before = isSame(former) ? (former?.attempt ?? 0) : 0;
  return Math.max(spent, before, line.attempt ?? 0) + 1;
}

/** A hand-over in hand, as the item's record says it. */
export type Recorded = Tip & { attempt: number; status: "pending" | "ready" | "handed_over"; remote: string };

/** `work.finalize.recorded`. */
export function recordedEvent(
  recorded: Recorded,
  said: { by: string; mark: number; recorded_at: string },
): EventDraft {
  const { slug, branch, sha, attempt, status, remote } = recorded;
  return {
    type: inDomain("work.finalize.recorded"),
    data: { slug, branch, sha, attempt, status, remote, ...said },
  };
}

/** Everything that makes the ready commit the line's: the approval it stands on, and that it was finalized. */
export function handOverRecord(
  state: ItemState,
  ready: Finalize,
  said: { by: string; at: string },
): HandOverRecord {
  const { slug, approval } = state;
  const { branch, sha } = ready;
  const approved: Said[] =
    approval === null || approval.revoked !== null
      ? []
      : [
          {
            type: "review.approved",
            data: {
              slug,
              review_round: approval.round,
              reviewer_session_id: approval.by,
              approved_at: approval.at,
              ...(approval.sha === null ? {} : { approved_sha: approval.sha }),
            },
          },
        ];
  const events = [...approved, startedEvent(slug, ready, said.by)];
  return { slug, branch, sha, recorded_at: said.at, events };
}

/**
 * `deployment.started` of what is ready. Its times are those of the readiness: whoever says it, and however late, it
 * takes the same place in the queue.
 */
export function startedEvent(slug: string, ready: Finalize, by: string): Said {
  const { branch, sha, attempt, remote, by: finalizer, at } = ready;
  const who = { pusher: finalizer, worker_session_id: finalizer, orchestrator_session_id: by };
  const data = { slug, branch, sha, attempt, remote, pushed_at: at, ...who, ready_at: at };
  return { type: "deployment.started", data };
}

function inDomain(name: string): string {
  return `domain.software-development.${name}`;
}
