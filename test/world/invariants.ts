/** What must hold of any world at rest, from outside: main, the events and the queue tell one story. */
import assert from "node:assert/strict";
import { queueRows, type StatusBoard, type Verified } from "./board.ts";
import type { SeenEvent } from "./follower.ts";
import type { Landing } from "./origin.ts";
import { waitUntil } from "./wait-until.ts";
import type { World } from "./world.ts";

/**
 * Main is a chain of recorded landings, each candidate on it once with one `deployment.completed`; the remote's main
 * only ever moved from the end of one landing to the end of another; no event is there twice; `verify` agrees.
 * `foreignCommits` were made by the test itself.
 */
export async function expectOneStory(world: World, { foreignCommits = 0 } = {}): Promise<void> {
  await comesToRest(world);
  const history = await world.origin.history();
  const merges = history.filter(
    (landing) => "Signalbox-Candidate" in landing.trailers && !isBookkeeping(landing),
  );
  const names = merges.map(({ trailers }) => trailers["Signalbox-Candidate"] ?? "");
  assert.equal(new Set(names).size, names.length, `a candidate landed twice: ${names.join(", ")}`);
  const events = await allEvents(world);
  const completed = events.filter(({ type }) => type.endsWith(".deployment.completed"));
  const announced = completed.map(({ data }) => `${data.slug}@${data.sha}`);
  assert.equal(new Set(announced).size, announced.length, `announced twice: ${announced.join(", ")}`);
  for (const name of names) assert.ok(announced.includes(name), `${name} landed and was never announced`);
  const ends = foreignCommits > 0 ? null : completed.map(({ data }) => String(data.main_sha));
  await expectUpdates(world, merges.length + foreignCommits, ends);
  expectSequence(events);
  const rows = await queueRows(world);
  const inProgress = rows.filter(({ status }) => status === "in_progress");
  assert.deepEqual(inProgress, [], "something is in progress in a world at rest");
  const integrated = rows
    .filter(({ status }) => status === "integrated")
    .map(({ slug, sha }) => `${slug}@${sha}`);
  assert.deepEqual([...integrated].sort(), [...announced].sort(), "queue and events disagree");
  if (foreignCommits === 0) {
    const { foreign, mismatches } = await world.json<Verified>("verify");
    assert.deepEqual({ foreign, mismatches }, { foreign: [], mismatches: [] });
  }
}

/** Whoever saw the last landing has not seen its session end: what it still tidies must be done before anybody counts. */
async function comesToRest(world: World): Promise<void> {
  const isAtRest = async () => {
    const { lease, queue } = await world.json<StatusBoard>("status");
    return lease === null && queue.in_progress === 0;
  };
  await waitUntil(isAtRest, { what: "the line is at rest", everyMs: 100 });
}

/** True for the delivery commit on top of a merge: it carries the delivery, but not the candidate. */
function isBookkeeping(landing: Landing): boolean {
  return landing.parents.length === 1 && !("Signalbox-Checked" in landing.trailers);
}

/** Each update of the remote's main is a fast-forward by whole landings (`ends`: main after each of them). */
async function expectUpdates(world: World, count: number, ends: readonly string[] | null): Promise<void> {
  const updates = await world.origin.updates("refs/heads/main");
  assert.ok(updates.length <= count, `main moved ${updates.length} times for ${count} landings`);
  let at = world.start;
  for (const update of updates) {
    assert.equal(update.old, at, "an update of main did not begin where the last one ended");
    await world.origin.git("merge-base", "--is-ancestor", update.old, update.new);
    assert.ok(
      ends === null || ends.includes(update.new),
      `main was ${update.new}, in the middle of a landing`,
    );
    at = update.new;
  }
}

/** Ids and sequence numbers are unique and without a gap. */
function expectSequence(events: readonly SeenEvent[]): void {
  const numbers = events.map(({ sequence }) => Number(sequence));
  const first = numbers[0] ?? 1;
  assert.deepEqual(
    numbers,
    numbers.map((_, index) => first + index),
    "the log has a gap",
  );
  assert.equal(new Set(events.map(({ id }) => id)).size, events.length, "an event id is there twice");
}

/** The whole log, by the command. */
export async function allEvents(world: World, ...args: string[]): Promise<SeenEvent[]> {
  const ran = await world.signalbox("events", "--json", ...args);
  assert.equal(ran.code, 0, ran.stderr);
  const lines = ran.stdout.split("\n").filter((line) => line !== "");
  return lines.map((line) => JSON.parse(line));
}
