/**
 * What `--json` prints, field by field: the contract that scripts and agents rely on. Times are RFC 3339 UTC, names
 * snake_case, what is absent is null. (Types; the mapping from the rooms' values is in shape-*.ts.)
 */

export type StatusShape = {
  repository: string;
  remote: string;
  main: string;
  main_sha: string | null;
  daemon: { running: boolean; pid: number | null; url: string | null; since: string | null };
  redis: {
    kind: "embedded" | "local" | "remote";
    version: string;
    persistence: "always" | "everysec" | "none";
  };
  mode: "live" | "shadow";
  cutover: {
    enabled: boolean;
    parity_evidence_accepted: boolean;
    /** Who decided it last; null where it is as the configuration began. */
    decided: null | { by: string; at: string; reason: string };
  };
  paused: null | { by: string; at: string; reason: string; draining: boolean };
  lease: null | { owner_session_id: string; lease_token: number; acquired_at: string; expires_at: string };
  queue: { queued: number; in_progress: number; blocked: number; integrated: number; superseded: number };
  processor: { lag: number; last_event_id: string | null; quarantined: number };
  checks: string[];
  protection: "advisory" | "detecting" | "enforced";
  fence: "ref" | "hook" | "both" | "none";
};

export type QueueStatus = "queued" | "in_progress" | "blocked" | "integrated" | "superseded";

export type QueueItemShape = {
  slug: string;
  branch: string;
  sha: string;
  ready_at: string;
  status: QueueStatus;
  /** 1 is next; null where it does not wait in line. */
  position: number | null;
  attempt: number;
  /** The delivery's phase where it is on the line. */
  phase: string | null;
  reason: string | null;
  why: string;
  next_action: string | null;
  merge_commit: string | null;
  main_sha: string | null;
  follow_up_slug: string | null;
  status_updated_at: string;
  history: { from: QueueStatus | null; to: QueueStatus; at: string; by: string; reason: string }[];
};

export type ReadinessStatus = "NOT_READY" | "READY" | "SUPERSEDED" | "INTEGRATED";

export type ConditionShape = { name: string; holds: boolean; detail: string };

export type CandidateShape = {
  slug: string;
  branch: string;
  sha: string;
  ready_at: string | null;
  status: ReadinessStatus;
  reasons: string[];
  conditions: ConditionShape[];
  /** The sha of the slug's newer candidate. */
  superseded_by: string | null;
};

export type WhyShape = {
  slug: string;
  /** What it waits for, and who can act, in one sentence. */
  sentence: string;
  /** Who can act: `reviewer`, `worker`, `integrator`, `admin`, `nobody`. */
  who: string;
  next_action: string | null;
  branch: string | null;
  sha: string | null;
  status: QueueStatus | ReadinessStatus | null;
  conditions: ConditionShape[];
  follow_up_slug: string | null;
};

export type SubmitShape = {
  slug: string;
  branch: string;
  sha: string;
  /** `submitted` and `waiting_for_review` only without `--wait`. */
  outcome: "submitted" | "waiting_for_review" | "integrated" | "blocked" | "superseded";
  position: number | null;
  merge_commit: string | null;
  main_sha: string | null;
  reason: string | null;
  next_action: string | null;
  follow_up_slug: string | null;
};

export type TryShape = {
  branch: string;
  sha: string;
  against: "main" | "queue";
  clean: boolean;
  conflicts: { path: string; kind: string; ours: string | null; theirs: string | null }[];
  tree: string | null;
};

export type { Verification as VerifyShape } from "../../integration/verify.ts";

export type ReconcileShape = {
  dry_run: boolean;
  repairs: { kind: string; slug: string | null; detail: string }[];
};

export type NotificationShape = {
  id: string;
  group: string;
  title: string;
  body: string;
  level: string;
  human_status: "unseen" | "seen";
  agent_status: "none" | "claimed" | "in_progress" | "blocked" | "resolved";
  claimed_by: string | null;
  needs_attention: boolean;
  actions: string[];
  created_at: string;
  updated_at: string;
  resolved_at: string | null;
  history: { event_id: string; at: string; line: string }[];
};

export type Finding = {
  name: string;
  level: "ok" | "warning" | "error";
  detail: string;
  /** What to do; null where all is well. */
  cure: string | null;
};

export type DoctorShape = { ok: boolean; checks: Finding[] };

export type FinalizeShape = {
  slug: string;
  branch: string;
  sha: string;
  attempt: number;
  /** `ready`: pushed, and somebody has to hand it over; `handed_over`: it is the line's. */
  status: "ready" | "handed_over";
  /** Main was merged into the branch first. */
  updated: boolean;
  position: number | null;
  merge_commit: string | null;
};

export type MigrateShape = {
  dry_run: boolean;
  items: {
    slug: string;
    branch: string;
    sha: string;
    worktree: string | null;
    becomes: "handed_over" | "approved" | "in_work" | "delivered" | "over" | "known" | "undecided";
    why: string;
    next_action: string | null;
    /** What was said, or (dry) would be: types without their domain. */
    events: string[];
  }[];
};
