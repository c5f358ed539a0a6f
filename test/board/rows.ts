/** What the board is drawn from, each as it is most of the time: a test says only what is special about its own. */
import type { CandidateShape, QueueItemShape, StatusShape } from "../../src/board/shapes.ts";
import type { Train } from "../../src/board/shapes-of-api.ts";

export const at = "2026-11-22T10:00:00.000Z";

/** A candidate in the queue. */
export function item(slug: string, more: Partial<QueueItemShape> = {}): QueueItemShape {
  return {
    slug,
    branch: slug,
    sha: "b".repeat(40),
    ready_at: at,
    status: "queued",
    position: null,
    attempt: 1,
    phase: null,
    phases: [],
    reason: null,
    why: "READY: waits for its turn",
    next_action: null,
    merge_commit: null,
    main_sha: null,
    follow_up_slug: null,
    status_updated_at: at,
    history: [],
    ...more,
  };
}

/** A candidate that waits for its review. */
export function candidate(slug: string, more: Partial<CandidateShape> = {}): CandidateShape {
  return {
    slug,
    branch: slug,
    sha: "b".repeat(40),
    ready_at: at,
    status: "NOT_READY",
    reasons: ["waits for a review"],
    conditions: [
      { name: "reviewed", holds: false, detail: "waits for a review: no review.approved for this slug" },
      { name: "finalized", holds: true, detail: "finalized, attempt 1" },
    ],
    superseded_by: null,
    ...more,
  };
}

/** A line that runs, with nothing on it. */
export function status(more: Partial<StatusShape> = {}): StatusShape {
  return {
    repository: "acme/shop",
    remote: "origin",
    main: "main",
    main_sha: "a".repeat(40),
    daemon: { running: true, pid: 1, url: "http://127.0.0.1:1", since: at },
    redis: { kind: "embedded", version: "7.0.15", persistence: "always" },
    mode: "live",
    cutover: { enabled: true, parity_evidence_accepted: true, decided: null },
    paused: null,
    lease: null,
    queue: { queued: 0, in_progress: 0, blocked: 0, integrated: 0, superseded: 0 },
    processor: { lag: 0, last_event_id: null, quarantined: 0 },
    checks: [],
    protection: "detecting",
    fence: "ref",
    ...more,
  };
}

/** A candidate as the board shows it at its place. */
export function train(slug: string, place: Train["place"], more: Partial<Train> = {}): Train {
  return {
    slug,
    branch: slug,
    sha: "a".repeat(40),
    place,
    position: null,
    attempt: 1,
    phase: null,
    phase_since: null,
    phases: [],
    since: null,
    ready_at: null,
    reason: null,
    why: "as it is",
    who: "integrator",
    next_action: null,
    missing: [],
    merge_commit: null,
    main_sha: null,
    follow_up_slug: null,
    ...more,
  };
}
