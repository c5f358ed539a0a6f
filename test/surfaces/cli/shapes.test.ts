/** The JSON that scripts rely on, field by field, from the real program over a real line. */
import assert from "node:assert/strict";
import { told } from "../../world/child.ts";
import { integrated, submitAndWait } from "../../world/facts.ts";
import { shareWorld } from "../../world/shared.ts";
import type { World } from "../../world/world.ts";

const journey = shareWorld({ config: { delivery: { deleteBranch: false, removeWorktree: false } } });

const fields = (value: object) => Object.keys(value);

async function landed(world: World, slug: string) {
  const worker = await world.worker(slug);
  await worker.commit({ [`${slug}.txt`]: `${slug}\n` });
  return submitAndWait(world, worker);
}

journey("status", async (world) => {
  const board = await world.json<Record<string, object>>("status");
  assert.deepEqual(fields(board), [
    "repository",
    "remote",
    "main",
    "main_sha",
    "daemon",
    "redis",
    "mode",
    "cutover",
    "paused",
    "lease",
    "queue",
    "processor",
    "checks",
    "protection",
    "fence",
  ]);
  assert.deepEqual(fields(board.daemon ?? {}), ["running", "pid", "url", "since"]);
  assert.deepEqual(fields(board.redis ?? {}), ["kind", "version", "persistence"]);
  assert.deepEqual(fields(board.processor ?? {}), ["lag", "last_event_id", "quarantined"]);
});

journey("submit --wait, queue, queue show, candidates, why, events, notifications, verify", async (world) => {
  const answer = await landed(world, "shapely");
  assert.deepEqual(fields(answer), [
    "slug",
    "branch",
    "sha",
    "outcome",
    "position",
    "merge_commit",
    "main_sha",
    "reason",
    "next_action",
    "follow_up_slug",
  ]);
  assert.equal(answer.outcome, "integrated");
  const [row] = await world.json<Record<string, unknown>[]>("queue");
  assert.deepEqual(fields(row ?? {}), [
    "slug",
    "branch",
    "sha",
    "ready_at",
    "status",
    "position",
    "attempt",
    "phase",
    "reason",
    "why",
    "next_action",
    "merge_commit",
    "main_sha",
    "follow_up_slug",
    "status_updated_at",
    "history",
  ]);
  assert.deepEqual(await world.json("queue", "show", "shapely"), row);
  const [candidate] = await world.json<Record<string, unknown>[]>("candidates", "shapely");
  assert.deepEqual(fields(candidate ?? {}), [
    "slug",
    "branch",
    "sha",
    "ready_at",
    "status",
    "reasons",
    "conditions",
    "superseded_by",
  ]);
  const why = await world.json<Record<string, unknown>>("why", "shapely");
  assert.equal(why.status, "integrated");
  const ran = await world.signalbox("events", "--slug", "shapely", "--limit", "1", "--json");
  const event = JSON.parse(ran.stdout);
  assert.match(event.streamid, /^\d+-\d+$/);
  assert.equal(event.specversion, "1.0");
  const notes = await world.json<Record<string, unknown>[]>("notifications", "--all");
  const note = notes.find(({ group }) => group === "deployment/shapely");
  assert.deepEqual(fields(note ?? {}), [
    "id",
    "group",
    "title",
    "body",
    "level",
    "human_status",
    "agent_status",
    "claimed_by",
    "needs_attention",
    "actions",
    "created_at",
    "updated_at",
    "resolved_at",
    "history",
  ]);
  const verified = await world.json<Record<string, unknown>>("verify");
  assert.deepEqual(fields(verified), ["from", "to", "landings", "foreign", "mismatches"]);
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
  assert.deepEqual(fields(tried), ["branch", "sha", "against", "clean", "conflicts", "tree"]);
  const doctor = await world.json<{ ok: boolean; checks: object[] }>("doctor");
  assert.deepEqual(fields(doctor), ["ok", "checks"]);
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
  assert.deepEqual(fields(said), ["id", "stream_id", "duplicate"]);
  assert.deepEqual([said.duplicate, (await emit()).duplicate], [false, true]);
  const dry = await world.json<Record<string, unknown>>("reconcile", "--dry-run");
  assert.deepEqual(fields(dry), ["dry_run", "repairs"]);
});

journey("the queue's own verbs answer in JSON, and refuse to act without a reason", async (world) => {
  const paused = await world.json<{ paused: object }>("queue", "pause", "--reason", "to look", "--by", "ada");
  assert.deepEqual(fields(paused.paused), ["by", "at", "reason", "draining"]);
  const silent = await world.signalbox("queue", "pause");
  assert.equal(silent.code, 2, told(silent));
  const worker = await world.worker("held");
  await worker.commit({ "held.txt": "x\n" });
  const queued = await world.signalboxIn(
    { cwd: worker.directory },
    "submit",
    "--approved-by",
    "ada",
    "--json",
  );
  const answer = JSON.parse(queued.stdout);
  assert.deepEqual([answer.outcome, answer.position], ["submitted", 1], told(queued));
  assert.deepEqual(await world.json("queue", "resume"), { paused: null, resumed: true });
  assert.deepEqual(await world.json("queue", "resume"), { paused: null, resumed: false });
  await integrated(world, { slug: "held" });
});
