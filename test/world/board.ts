/** What the reading commands say, in the shapes the contract names. */
import assert from "node:assert/strict";
import type { World } from "./world.ts";

export type QueueRow = {
  slug: string;
  branch: string;
  sha: string;
  ready_at: string;
  status: "queued" | "in_progress" | "integrated" | "blocked" | "superseded";
  position: number | null;
  attempt: number;
  phase: string | null;
  reason: string | null;
  why: string;
  next_action: string | null;
  merge_commit: string | null;
  main_sha: string | null;
  follow_up_slug: string | null;
  status_updated_at: string;
  history: { from: string | null; to: string; at: string; by: string; reason: string | null }[];
};

export type CandidateRow = {
  slug: string;
  branch: string;
  sha: string;
  ready_at: string | null;
  status: "NOT_READY" | "READY" | "SUPERSEDED" | "INTEGRATED";
  reasons: string[];
  conditions: { name: string; holds: boolean; detail: string }[];
  superseded_by: string | null;
};

export type NotificationRow = {
  id: string;
  group: string;
  title: string;
  body: string;
  level: string;
  human_status: "unseen" | "seen";
  agent_status: "none" | "claimed" | "in_progress" | "blocked" | "resolved";
  claimed_by: string | null;
  needs_attention: boolean;
  actions: unknown[];
  created_at: string;
  updated_at: string;
  resolved_at: string | null;
  history: unknown[];
};

export type StatusBoard = {
  repository: string;
  remote: string;
  main: string;
  main_sha: string;
  daemon: { running: boolean; pid: number | null; url: string | null; since: string | null };
  redis: {
    kind: "embedded" | "local" | "remote";
    version: string;
    persistence: "always" | "everysec" | "none";
  };
  mode: "live" | "shadow";
  cutover: { enabled: boolean; parity_evidence_accepted: boolean };
  paused: null | { by: string; at: string; reason: string; draining: boolean };
  lease: null | { owner_session_id: string; lease_token: number; acquired_at: string; expires_at: string };
  queue: Record<"queued" | "in_progress" | "blocked" | "integrated" | "superseded", number>;
  processor: { lag: number; last_event_id: string | null; quarantined: number };
  checks: string[];
  protection: "advisory" | "detecting" | "enforced";
  fence: "ref" | "hook" | "both" | "none";
};

export type Verified = {
  from: string;
  to: string;
  landings: unknown[];
  foreign: unknown[];
  mismatches: unknown[];
};

export const statusBoard = (world: World) => world.json<StatusBoard>("status");
export const queueRows = (world: World) => world.json<QueueRow[]>("queue");
export const candidateRows = (world: World, ...slug: string[]) =>
  world.json<CandidateRow[]>("candidates", ...slug);
export const inbox = (world: World, ...args: string[]) =>
  world.json<NotificationRow[]>("notifications", ...args);

/** The queue's row of a candidate: of the slug's newest where no sha is given. */
export async function queueRow(
  world: World,
  { slug, sha }: { slug: string; sha?: string },
): Promise<QueueRow> {
  const rows = await queueRows(world);
  const row = rows.find((one) => one.slug === slug && (sha === undefined || one.sha === sha));
  assert.ok(row, `${slug} is not in the queue: ${JSON.stringify(rows)}`);
  return row;
}

/** The candidate's row. */
export async function candidateRow(
  world: World,
  { slug, sha }: { slug: string; sha?: string },
): Promise<CandidateRow> {
  const rows = await candidateRows(world, slug);
  const row = rows.find((one) => sha === undefined || one.sha === sha);
  assert.ok(row, `${slug} is no candidate: ${JSON.stringify(rows)}`);
  return row;
}

/** The one notification of a group; the newest where there are several. */
export async function notificationOf(world: World, group: string): Promise<NotificationRow> {
  const row = (await inbox(world, "list", "--all")).find((one) => one.group === group);
  assert.ok(row, `there is no notification of ${group}`);
  return row;
}
