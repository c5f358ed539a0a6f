/** The JSON that scripts rely on, field by field, from the real program over a real line. */
import assert from "node:assert/strict";
import { jsonShapes } from "../../../src/surfaces/cli/json-fields.ts";
import { told } from "../../world/child.ts";
import { integrated, submit, submitAndWait } from "../../world/facts.ts";
import { shareWorld } from "../../world/shared.ts";
import type { World } from "../../world/world.ts";

const journey = shareWorld({ config: { delivery: { deleteBranch: false, removeWorktree: false } } });

const fields = (value: object) => Object.keys(value);

/** The document has exactly the fields that the reference promises, in its order. */
function isShape(command: string, value: object | undefined): void {
  assert.deepEqual(fields(value ?? {}), jsonShapes[command]?.fields, command);
}

async function landed(world: World, slug: string) {
  const worker = await world.worker(slug);
  await worker.commit({ [`${slug}.txt`]: `${slug}\n` });
  return submitAndWait(world, worker);
}

journey("status", async (world) => {
  const board = await world.json<Record<string, object>>("status");
  isShape("status", board);
  assert.deepEqual(fields(board.daemon ?? {}), ["running", "pid", "url", "since"]);
  assert.deepEqual(fields(board.redis ?? {}), ["kind", "version", "persistence"]);
  assert.deepEqual(fields(board.processor ?? {}), ["lag", "last_event_id", "quarantined"]);
});

journey("submit --wait, queue, queue show, candidates, why, events, notifications, verify", async (world) => {
  const answer = await landed(world, "shapely");
  isShape("submit", answer);
  assert.equal(answer.outcome, "integrated");
  const [row] = await world.json<Record<string, unknown>[]>("queue");
  isShape("queue list", row);
  assert.deepEqual(await world.json("queue", "show", "shapely"), row);
  const [candidate] = await world.json<Record<string, unknown>[]>("candidates", "shapely");
  isShape("candidates", candidate);
  const why = await world.json<Record<string, unknown>>("why", "shapely");
  isShape("why", why);
  assert.equal(why.status, "integrated");
  const ran = await world.signalbox("events", "--slug", "shapely", "--limit", "1", "--json");
  const event = JSON.parse(ran.stdout);
  assert.match(event.streamid, /^\d+-\d+$/);
  assert.equal(event.specversion, "1.0");
  // Optional extensions are left out where there is nothing to say, as CloudEvents has it.
  const known = jsonShapes["events list"]?.fields ?? [];
  for (const name of fields(event)) assert.ok(known.includes(name), name);
  const notes = await world.json<Record<string, unknown>[]>("notifications", "--all");
  const note = notes.find(({ group }) => group === "deployment/shapely");
  isShape("notifications list", note);
  const verified = await world.json<Record<string, unknown>>("verify");
  isShape("verify", verified);
  const since = await world.json<{ landings: unknown[] }>("verify", "--since", "HEAD");
  assert.equal(since.landings.length, 1);
});

journey("status knows main as it was landed last, before anybody has fetched it", async (world) => {
  const { main_sha: after } = await landed(world, "fresh");
  const board = await world.json<{ main_sha: string; fence: string }>("status");
  assert.equal(board.main_sha, after);
  assert.equal(board.main_sha, await world.origin.ref("refs/heads/main"));
  assert.equal(board.fence, "ref");
});

journey("submit of what has landed says so, and says no event again", async (world) => {
  const { merge_commit } = await landed(world, "twice");
  const again = await world.signalbox(
    "submit",
    "twice",
    "--approved-by",
    "somebody-else",
    "--wait",
    "--json",
  );
  assert.equal(again.code, 0, told(again));
  const answer = JSON.parse(again.stdout);
  assert.deepEqual([answer.outcome, answer.merge_commit], ["integrated", merge_commit]);
  for (const type of ["review.approved", "deployment.started", "deployment.completed"])
    assert.equal(world.events.seen({ type, slug: "twice" }).length, 1, type);
});

journey("try, doctor, emit, reconcile and schema", async (world) => {
  const worker = await world.worker("tried");
  await worker.commit({ "tried.txt": "x\n" });
  const tried = await world.json<Record<string, unknown>>("try", "tried");
  isShape("try", tried);
  const doctor = await world.json<{ ok: boolean; checks: object[] }>("doctor");
  isShape("doctor", doctor);
  for (const check of doctor.checks) assert.deepEqual(fields(check), ["name", "level", "detail", "cure"]);
  const approval = {
    slug: "said",
    review_round: 1,
    reviewer_session_id: "ada",
    approved_at: "2026-01-01T00:00:00Z",
  };
  const emit = () =>
    world.json<{ duplicate: boolean }>(
      "events",
      "emit",
      "domain.software-development.review.approved",
      "--data",
      JSON.stringify(approval),
    );
  const said = await emit();
  isShape("events emit", said);
  assert.deepEqual([said.duplicate, (await emit()).duplicate], [false, true]);
  const dry = await world.json<Record<string, unknown>>("reconcile", "--dry-run");
  isShape("reconcile", dry);
});

journey("the queue's own verbs answer in JSON, and refuse to act without a reason", async (world) => {
  const paused = await world.json<{ paused: object }>("queue", "pause", "--reason", "to look", "--by", "ada");
  isShape("queue pause", paused);
  assert.deepEqual(fields(paused.paused), ["by", "at", "reason", "draining"]);
  const silent = await world.signalbox("queue", "pause");
  assert.equal(silent.code, 2, told(silent));
  const worker = await world.worker("held");
  await worker.commit({ "held.txt": "x\n" });
  const queued = await submit(world, worker);
  const answer = JSON.parse(queued.stdout);
  assert.deepEqual([answer.outcome, answer.position], ["submitted", 1], told(queued));
  assert.deepEqual(await world.json("queue", "resume"), { paused: null, resumed: true });
  assert.deepEqual(await world.json("queue", "resume"), { paused: null, resumed: false });
  await integrated(world, { slug: "held" });
});
