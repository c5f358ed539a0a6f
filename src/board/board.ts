/** Pure. The one board: every surface renders this, and none of them decides anything about it. */

import type {
  CandidateShape,
  NotificationShape,
  QueueItemShape,
  SessionShape,
  StatusShape,
} from "./shapes.ts";
import type { Board, Train } from "./shapes-of-api.ts";
import { whyShape } from "./why-sentence.ts";

export type BoardParts = {
  /** RFC 3339. */
  at: string;
  status: StatusShape;
  /** As `queueShapes` orders them. */
  queue: readonly QueueItemShape[];
  /** The open candidates as they were judged last, newest first. */
  candidates: readonly CandidateShape[];
  /** Where the remote's forge shows commits and branches. */
  links: Board["links"];
  /** Since when the delivery in hand is on the line. */
  inHandSince: string | null;
  /** What is open. */
  notifications: readonly Pick<NotificationShape, "human_status" | "needs_attention">[];
  /** Those that run. */
  sessions: readonly SessionShape[];
};

/** Landed ones that are shown. */
export const landedShown = 50;

/** The board that these parts make. */
export function boardOf(parts: BoardParts): Board {
  const { at, status, queue, candidates, inHandSince } = parts;
  const { repository, remote, main, main_sha, mode, paused, lease, processor, checks } = status;
  const of = (wanted: QueueItemShape["status"]) => queue.filter((item) => item.status === wanted);
  // What travels in the push of the one in hand is queued still, and on the line already.
  const aboard = queue.filter((item) => item.status === "queued" && item.phase !== null);
  const waiting = queue.filter((item) => item.status === "queued" && item.phase === null);
  const notReady = notReadyOf(candidates, queue);
  return {
    at,
    repository,
    remote,
    main,
    main_sha,
    mode,
    paused,
    lease,
    processor,
    checks,
    protection: status.protection,
    fence: status.fence,
    links: parts.links,
    counts: { ...status.queue, not_ready: notReady.length },
    line: {
      not_ready: notReady.map(approaching),
      queued: waiting.map((item) => ({ ...trainOf(item, "queued"), who: waitsFor(status) })),
      on_the_line: [...of("in_progress"), ...aboard].map((item) => ({
        ...trainOf(item, "on_the_line"),
        since: inHandSince ?? item.status_updated_at,
      })),
      landed: of("integrated")
        .slice(0, landedShown)
        .map((item) => ({ ...trainOf(item, "landed"), who: "nobody" })),
      siding: of("blocked").map((item) => ({ ...trainOf(item, "siding"), who: "worker" })),
    },
    inbox: inboxOf(parts.notifications),
    sessions: parts.sessions.map(({ session_id, role, slug, state, started_at, created_at }) => ({
      session_id,
      role,
      slug,
      state,
      since: started_at ?? created_at,
    })),
  };
}

/** Whether two boards show the same: when they were read does not count. */
export function sameBoard(a: Board, b: Board): boolean {
  return JSON.stringify({ ...a, at: "" }) === JSON.stringify({ ...b, at: "" });
}

/** Whether two boards show the same line: how far the processor is does not count, for every event moves it. */
export function sameLine(a: Board, b: Board): boolean {
  return sameBoard({ ...a, processor: b.processor }, b);
}

/** Judged, not over, and without a place in the queue. */
function notReadyOf(
  candidates: readonly CandidateShape[],
  queue: readonly QueueItemShape[],
): CandidateShape[] {
  const placed = new Set(queue.map(({ slug, branch, sha }) => `${slug} ${branch} ${sha}`));
  return candidates.filter(
    ({ slug, branch, sha, status }) =>
      (status === "NOT_READY" || status === "READY") && !placed.has(`${slug} ${branch} ${sha}`),
  );
}

function approaching(candidate: CandidateShape): Train {
  const { slug, branch, sha, ready_at, conditions } = candidate;
  const why = whyShape({ slug, item: null, candidate, approved: true, paused: null, shadow: null });
  return {
    slug,
    branch,
    sha,
    place: "not_ready",
    position: null,
    attempt: null,
    phase: null,
    phase_since: null,
    phases: [],
    since: ready_at,
    ready_at,
    reason: null,
    why: why.sentence,
    who: why.who,
    next_action: why.next_action,
    missing: conditions.filter(({ holds }) => !holds).map(({ name, detail }) => ({ name, detail })),
    merge_commit: null,
    main_sha: null,
    follow_up_slug: null,
  };
}

function trainOf(item: QueueItemShape, place: Train["place"]): Train {
  const { slug, branch, sha, position, attempt, phase, phases, ready_at, reason, why } = item;
  return {
    slug,
    branch,
    sha,
    place,
    position,
    attempt,
    phase,
    phase_since: phases.find((each) => each.phase === phase)?.began_at ?? null,
    phases,
    since: item.status_updated_at,
    ready_at,
    reason,
    why,
    who: "integrator",
    next_action: item.next_action,
    missing: [],
    merge_commit: item.merge_commit,
    main_sha: item.main_sha,
    follow_up_slug: item.follow_up_slug,
  };
}

/** Who keeps a queued one waiting. */
function waitsFor({ paused, mode }: StatusShape): string {
  return paused !== null || mode === "shadow" ? "admin" : "integrator";
}

function inboxOf(open: BoardParts["notifications"]): Board["inbox"] {
  return {
    open: open.length,
    unseen: open.filter(({ human_status }) => human_status === "unseen").length,
    needs_attention: open.filter(({ needs_attention }) => needs_attention).length,
  };
}
