/** What can be done over HTTP: in somebody's name, by the rules of the rooms, and heard by everybody else. */
import assert from "node:assert/strict";
import { chmod, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { tokenFiles } from "../../../src/board/api-place.ts";
import { actedSchema } from "../../../src/board/shapes-of-api.ts";
import { approvalOf, handOver, landOneBlockOne, prefix } from "../../world/facts.ts";
import { type Api, apiOf } from "../../world/http.ts";
import { shareWorld } from "../../world/shared.ts";
import { waitUntil } from "../../world/wait-until.ts";
import type { World } from "../../world/world.ts";

const journey = shareWorld({ files: { "text.txt": "one\n" } });

const rowSchema = z.looseObject({ status: z.string(), history: z.array(z.looseObject({ by: z.string() })) });

async function queued(world: World, api: Api, slug: string): Promise<void> {
  const worker = await world.worker(slug);
  await worker.commit({ [`${slug}.txt`]: slug });
  await handOver(world, worker);
  await waitUntil(async () => (await api.ask(`/queue/${slug}`)).text.includes('"queued"'), {
    what: `${slug} is queued`,
  });
}

journey("pause, withdraw, retry and resume, each as the command line would tell of it", async (world) => {
  const api = await apiOf(world);
  const paused = await api.post("/queue/pause", { reason: "a release" });
  assert.equal(paused.status, 200, paused.text);
  assert.deepEqual(
    (await world.json<{ paused: unknown }>("status")).paused,
    z.object({ paused: z.unknown() }).parse(paused.json).paused,
  );
  await queued(world, api, "first");
  const withdrawn = await api.post("/queue/first/withdraw", { reason: "not yet" });
  assert.equal(rowSchema.parse(withdrawn.json).status, "blocked");
  const again = await api.post("/queue/first/withdraw", { reason: "not yet" });
  assert.deepEqual([again.status, again.code], [409, "not_withdrawable"]);
  const retried = rowSchema.parse((await api.post("/queue/first/retry", {}, { as: "worker" })).json);
  assert.deepEqual([retried.status, retried.history.at(-1)?.by], ["queued", "worker"]);
  const twice = await api.post("/queue/first/retry");
  assert.deepEqual([twice.status, twice.code], [409, "not_blocked"]);
  assert.deepEqual((await api.post("/queue/resume")).json, { paused: null, resumed: true });
  assert.deepEqual((await api.post("/queue/resume")).json, { paused: null, resumed: false });
  await world.events.until({ type: "deployment.completed", slug: "first" });
});

journey("drain lands what is queued, and takes nothing new", async (world) => {
  const api = await apiOf(world);
  const { json } = await api.post("/queue/drain", { reason: "the weekend" });
  assert.equal(z.object({ paused: z.object({ draining: z.boolean() }) }).parse(json).paused.draining, true);
  await queued(world, api, "late");
  assert.equal((await api.post("/queue/resume", { reason: "monday" })).status, 200);
  await world.events.until({ type: "deployment.completed", slug: "late" });
});

journey("a blocked one is acknowledged, released, claimed once, snoozed and resolved", async (world) => {
  const api = await apiOf(world);
  await landOneBlockOne(world);
  await waitUntil(
    async () =>
      (await api.ask("/notifications?group=deployment/bad")).text.includes('"needs_attention":true'),
    { what: "somebody is needed" },
  );
  const acked = actedSchema.parse((await api.post("/queue/bad/ack", {}, { as: "worker" })).json);
  const { id } = acked.notification;
  assert.deepEqual(
    [acked.applied, acked.notification.claimed_by, acked.notification.human_status],
    [true, "worker", "seen"],
  );
  const second = await api.post(`/notifications/${id}/claim`);
  assert.deepEqual([second.status, second.code], [409, "notification_claimed"]);
  const foreign = await api.post(`/notifications/${id}/release`);
  assert.deepEqual([foreign.status, foreign.code], [409, "notification_not_claimed"]);
  const released = actedSchema.parse(
    (await api.post(`/notifications/${id}/release`, {}, { as: "worker" })).json,
  );
  assert.equal(released.notification.claimed_by, null);
  assert.equal((await api.post(`/notifications/${id}/unsee`)).status, 200);
  assert.deepEqual((await api.post(`/notifications/${id}/snooze`)).code, "bad_time");
  assert.equal(
    (await api.post(`/notifications/${id}/snooze`, { until: "2099-01-01T00:00:00Z" })).status,
    200,
  );
  assert.doesNotMatch((await api.ask("/notifications")).text, new RegExp(id));
  assert.equal((await api.post(`/notifications/${id}/resolve`)).code, "reason_missing");
  const resolved = actedSchema.parse(
    (await api.post(`/notifications/${id}/resolve`, { reason: "dropped" })).json,
  );
  assert.equal(resolved.notification.agent_status, "resolved");
});

journey("a fact is said once, however often it is sent, and not in two versions", async (world) => {
  const api = await apiOf(world);
  const type = `${prefix}review.approved`;
  const data = approvalOf({ slug: "said" });
  const first = z
    .object({ id: z.string(), duplicate: z.boolean() })
    .parse((await api.post("/events", { type, data }, { as: "worker" })).json);
  const again = z
    .object({ id: z.string(), duplicate: z.boolean() })
    .parse((await api.post("/events", { type, data })).json);
  assert.deepEqual([first.duplicate, again], [false, { id: first.id, duplicate: true }]);
  const other = await api.post("/events", { type, data: { ...data, reviewer_session_id: "another" } });
  assert.deepEqual([other.status, other.code], [409, "idempotency_conflict"]);
});

journey("signalbox open prints a link of the board", async (world) => {
  const { url } = await world.json<{ url: string }>("open");
  const api = await apiOf(world);
  assert.match(url, new RegExp(`^${api.url}/#code=[A-Za-z0-9_-]{43}$`));
});

journey(
  "after a restart the port, the tokens and the sessions are the same, but a token that others could read",
  async (world) => {
    const before = await apiOf(world);
    const { url } = await world.json<{ url: string }>("open");
    const headers = { origin: before.url, "x-signalbox-csrf": "1" };
    const code = new URL(url).hash.slice("#code=".length);
    const signedIn = await before.post("/login", { code }, { as: "none", headers });
    const cookie = signedIn.headers["set-cookie"]?.[0]?.split(";")[0] ?? "";
    await chmod(join(before.privateDir, tokenFiles.viewer), 0o644);
    await world.signalbox("down");
    await world.signalbox("up", "--detach");
    const after = await apiOf(world);
    assert.equal(after.url, before.url);
    assert.equal(after.token("admin"), before.token("admin"));
    assert.notEqual(after.token("viewer"), before.token("viewer"));
    assert.equal((await stat(join(after.privateDir, tokenFiles.viewer))).mode & 0o777, 0o600);
    assert.equal((await after.ask("/me", { as: "none", headers: { cookie } })).status, 200);
    assert.doesNotMatch(
      await readFile(join(after.privateDir, "web-sessions.json"), "utf8"),
      new RegExp(cookie.split("=")[1] ?? "x"),
    );
  },
);

journey("without the daemon, open says how to start it", async (world) => {
  await world.signalbox("down");
  const ran = await world.signalbox("open", "--json");
  assert.equal(ran.code, 69);
  assert.match(ran.stdout + ran.stderr, /daemon_not_running/);
  await world.signalbox("up", "--detach");
});
