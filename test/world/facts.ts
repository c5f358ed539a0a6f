/** The three facts that make a candidate ready, said as raw events by the command line; and the short way, `submit`. */
import assert from "node:assert/strict";
import { isoTime, wallMs } from "../../src/clock.ts";
import { type Ran, told } from "./child.ts";
import type { SeenEvent } from "./follower.ts";
import { openWire } from "./wire.ts";
import type { Worker } from "./worker.ts";
import type { World } from "./world.ts";

export const prefix = "domain.software-development.";

export type Emitted = { id: string; stream_id: string; duplicate: boolean };

export type Submitted = {
  slug: string;
  branch: string;
  sha: string;
  outcome: "integrated" | "blocked" | "superseded" | null;
  merge_commit: string | null;
  main_sha: string | null;
  reason: string | null;
  next_action: string | null;
  follow_up_slug: string | null;
};

/** A candidate as facts name it. */
export type Named = { slug: string; branch: string; sha: string };

/** What a worker has pushed, as a candidate. */
export async function candidateOf(worker: Worker): Promise<Named> {
  return { slug: worker.slug, branch: worker.branch, sha: await worker.head() };
}

/** `events emit`, expected to succeed. `type` by its last words. */
export async function emit(world: World, type: string, data: Record<string, unknown>): Promise<Emitted> {
  const ran = await tryEmit(world, type, data);
  assert.equal(ran.code, 0, told(ran));
  return JSON.parse(ran.stdout);
}

/** `events emit`, whatever comes of it. */
export function tryEmit(world: World, type: string, data: Record<string, unknown>): Promise<Ran> {
  return world.signalbox("events", "emit", `${prefix}${type}`, "--data", JSON.stringify(data), "--json");
}

/** The payload of an approval. `more` may bind it to a sha, or raise the round. */
export function approvalOf(
  { slug }: { slug: string },
  more: Record<string, unknown> = {},
): Record<string, unknown> {
  return {
    slug,
    review_round: 1,
    reviewer_session_id: "reviewer-1",
    approved_at: isoTime(wallMs()),
    ...more,
  };
}

/** The payload of a push. */
export function pushOf({ branch, sha }: Named): Record<string, unknown> {
  return { branch, sha, remote: "origin", pushed_at: isoTime(wallMs()), pusher: "ada" };
}

/** The payload of a hand-over. `more` may set `ready_at` or `attempt`. */
export function startOf(candidate: Named, more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    ...candidate,
    ...pushOf(candidate),
    worker_session_id: "worker-1",
    orchestrator_session_id: "orchestrator-1",
    ready_at: isoTime(wallMs()),
    ...more,
  };
}

export function approve(
  world: World,
  named: { slug: string },
  more?: Record<string, unknown>,
): Promise<Emitted> {
  return emit(world, "review.approved", approvalOf(named, more));
}

export function finalize(world: World, candidate: Named, more?: Record<string, unknown>): Promise<Emitted> {
  return emit(world, "deployment.started", startOf(candidate, more));
}

export type HandOverOptions = { approval?: Record<string, unknown>; start?: Record<string, unknown> };

/** Approves and hands over what the worker has, by command; the branch is pushed first. */
export async function handOverByCommand(
  world: World,
  worker: Worker,
  more: HandOverOptions = {},
): Promise<Named> {
  await worker.push();
  const candidate = await candidateOf(worker);
  await approve(world, candidate, more.approval);
  await finalize(world, candidate, more.start);
  return candidate;
}

/** The same with the events said from inside the test: two processes fewer. */
export async function handOver(world: World, worker: Worker, more: HandOverOptions = {}): Promise<Named> {
  await worker.push();
  const candidate = await candidateOf(worker);
  await using wire = await openWire(world);
  await wire.emit(`${prefix}review.approved`, approvalOf(candidate, more.approval));
  await wire.emit(`${prefix}deployment.started`, startOf(candidate, more.start));
  return candidate;
}

/** `submit` from the worker's worktree. */
export function submit(world: World, worker: Worker, ...args: string[]): Promise<Ran> {
  return world.signalboxIn({ cwd: worker.directory }, "submit", "--approved-by", "ada", "--json", ...args);
}

/** `submit --wait`, expected to end with `outcome`. */
export async function submitAndWait(
  world: World,
  worker: Worker,
  outcome: Submitted["outcome"] = "integrated",
): Promise<Submitted> {
  const ran = await submit(world, worker, "--wait", "--timeout", "60s");
  assert.equal(ran.code, outcome === "integrated" ? 0 : 3, told(ran));
  const answer: Submitted = JSON.parse(ran.stdout);
  assert.equal(answer.outcome, outcome, told(ran));
  return answer;
}

/** `good` changes text.txt and lands, with other files where given; `bad` changed the same line, and is blocked. */
export async function landOneBlockOne(world: World, files: Record<string, string> = {}): Promise<void> {
  const good = await world.worker("good");
  await good.commit({ ...files, "text.txt": "main's\n" });
  const bad = await world.worker("bad");
  await bad.commit({ "text.txt": "the branch's\n" });
  await submitAndWait(world, good);
  await submitAndWait(world, bad, "blocked");
}

/** Waits until the candidate has landed; its `deployment.completed`. */
export function integrated(world: World, { slug, sha }: { slug: string; sha?: string }): Promise<SeenEvent> {
  return world.events.until({ type: "deployment.completed", slug, ...(sha === undefined ? {} : { sha }) });
}

/** Waits until the candidate is blocked, for `reason` where given; its `deployment.failed`. */
export async function blocked(
  world: World,
  { slug, sha }: { slug: string; sha?: string },
  reason?: string,
): Promise<SeenEvent> {
  const event = await world.events.until({
    type: "deployment.failed",
    slug,
    ...(sha === undefined ? {} : { sha }),
  });
  if (reason !== undefined) assert.equal(event.data.reason, reason, JSON.stringify(event.data));
  return event;
}
