import assert from "node:assert/strict";
import { test } from "node:test";
import { openCoupling } from "../../src/integration/coupling.ts";
import { type Delivery, followersOf } from "../../src/integration/delivery.ts";
import { announcer } from "../../src/integration/hands/announce.ts";
import { LeaseLost } from "../../src/integration/lease.ts";
import { picker } from "../../src/integration/picker.ts";
import type { QueueStore } from "../../src/integration/stores/queue-store.ts";
import { connect } from "../../src/redis/connection.ts";
import { heldLease, madeUpLease, startYard, type Yard } from "./yard.ts";

const owner = "integrator:test:1:1:a";

async function pickerOf(yard: Yard, queue: QueueStore = yard.stores.queue) {
  const waiting = await connect(yard.target);
  const { redis, keys, stores, writer } = yard;
  const one = picker({
    redis,
    waiting,
    keys,
    queue,
    deliveries: stores.deliveries,
    writer,
    permission: yard.permission,
    sessionId: owner,
  });
  return Object.assign(one, { [Symbol.asyncDispose]: () => waiting.close() });
}

function announcerOf({ redis, keys, writer, stores }: Yard) {
  const { queue, deliveries } = stores;
  const coupling = openCoupling({ redis, keys, writer, queue, deliveries, sessionId: owner });
  return announcer({ redis, writer, stores, deliveries, coupling, sessionId: owner });
}

function tidied(picked: Delivery, mainSha: string): Extract<Delivery, { phase: "tidied" }> {
  const { candidate, deliveryId, attempt, startedAtMs } = picked;
  const base = { candidate, deliveryId, attempt, startedAtMs };
  const tidy = { done: [], kept: [] };
  const landed = { mergeCommit: mainSha, mainSha, checks: [], how: "pushed" as const, deleted: [] };
  return { ...base, phase: "tidied", ...landed, tidy, followers: [] };
}

test("an outcome is said once, however often it is announced, and takes the checkpoint along", async (t) => {
  const yard = await startYard(t);
  const candidate = await yard.queued("login");
  const lease = await heldLease(yard);
  await using picking = await pickerOf(yard);
  const picked = await picking.pick(lease);
  assert.ok(picked !== null);
  assert.equal((await yard.stores.deliveries.load()).kind, "unfinished");
  const said = announcerOf(yard);
  const delivery = tidied(picked, await yard.main());
  for (let again = 0; again < 3; again++) {
    await yard.stores.deliveries.save(delivery, lease);
    await said.integrated(delivery, lease);
    assert.equal((await yard.stores.deliveries.load()).kind, "none");
  }
  assert.equal((await yard.said("deployment.completed")).length, 1);
  assert.equal(await yard.status(candidate), "integrated");
  assert.equal((await yard.stores.landings.of(candidate))?.how, "pushed");
  await said.superseded(picked, { branch: "login", sha: candidate.sha }, lease);
  assert.equal(await yard.status(candidate), "integrated", "never over a terminal status");
});

test("nothing is written in the name of a lease that is gone: no pick, no checkpoint, no outcome", async (t) => {
  const yard = await startYard(t);
  const candidate = await yard.queued("login");
  const lease = await heldLease(yard);
  await using picking = await pickerOf(yard);
  const picked = await picking.pick(lease);
  assert.ok(picked !== null);
  await yard.stores.lease.release(lease.token);
  const successor = await heldLease(yard, "integrator:test:2:2:b");
  assert.ok(successor.token > lease.token);
  const said = announcerOf(yard);
  const evidence = { conflicts: [], diagnostics: ["d"] };
  const why = { kind: "block", reason: "internal", detail: "d", evidence } as const;
  for (const stale of [lease, madeUpLease()]) {
    await assert.rejects(said.integrated(tidied(picked, await yard.main()), stale), LeaseLost);
    await assert.rejects(
      said.blocked(picked, { ...why, evidence: { conflicts: [], diagnostics: ["d"] } }, stale),
      LeaseLost,
    );
    await assert.rejects(yard.stores.deliveries.save(picked, stale), LeaseLost);
    await assert.rejects(yard.stores.deliveries.clear(stale), LeaseLost);
    await assert.rejects(picking.recover(stale), LeaseLost);
  }
  assert.equal(await yard.status(candidate), "in_progress");
  assert.equal((await yard.stores.deliveries.load()).kind, "unfinished");
  assert.deepEqual(
    [...(await yard.said("deployment.completed")), ...(await yard.said("deployment.failed"))],
    [],
  );
});

test("a pause that falls between the look at the queue and the pick's write wins", async (t) => {
  const yard = await startYard(t);
  const candidate = await yard.queued("login");
  const lease = await heldLease(yard);
  const { queue } = yard.stores;
  await using picking = await pickerOf(yard, {
    ...queue,
    item: async (one) => {
      const paused = { by: "ann", atMs: 1, reason: "r", draining: false };
      const before = await queue.paused();
      if (before.paused === null) await queue.setPaused(before, paused, []);
      return queue.item(one);
    },
  });
  assert.equal(await picking.pick(lease), null);
  assert.equal(await yard.status(candidate), "queued");
});

test("candidates are picked by ready_at, then by the stream; what is blocked holds up nobody", async (t) => {
  const yard = await startYard(t);
  const lease = await heldLease(yard);
  await using picking = await pickerOf(yard);
  const said = announcerOf(yard);
  const slugs = ["c", "a", "b"];
  for (const slug of slugs) await yard.queued(slug);
  const taken: string[] = [];
  for (let next = await picking.pick(lease); next !== null; next = await picking.pick(lease)) {
    taken.push(next.candidate.slug);
    const evidence = { conflicts: [], diagnostics: ["d"] };
    await said.blocked(next, { kind: "block", reason: "conflict", detail: "d", evidence }, lease);
  }
  assert.deepEqual(taken, slugs);
  assert.equal((await yard.said("deployment.failed")).length, 3);
  assert.deepEqual((await yard.stores.queue.counts()).blocked, 3);
});

test("a pause that comes while followers are being coupled wins: nobody is aboard, and the one in hand goes on", async (t) => {
  const yard = await startYard(t);
  await yard.queued("login");
  const search = await yard.queued("search");
  const { redis, keys, writer, stores } = yard;
  const lease = await heldLease(yard);
  await using picking = await pickerOf(yard);
  const picked = await picking.pick(lease);
  assert.ok(picked !== null);
  const { queue, deliveries } = stores;
  const racing: QueueStore = {
    ...queue,
    async itemsOf(candidates) {
      const pause = { by: "ann", atMs: 1, reason: "r", draining: false };
      await queue.setPaused(await queue.paused(), pause, []);
      return queue.itemsOf(candidates);
    },
  };
  const coupling = openCoupling({ redis, keys, writer, queue: racing, deliveries, sessionId: owner });
  const sha = await yard.main();
  const merge = { oldMain: sha, mergeCommit: sha, tip: sha, tree: sha, warnings: [], atTip: true };
  const follower = { ...picked, candidate: search, deliveryId: "d2", merge };
  const { candidate, deliveryId, attempt, startedAtMs } = picked;
  const taken = { candidate, deliveryId, attempt, startedAtMs };
  const saved = await coupling.couple({ ...taken, phase: "merged", merge, followers: [follower] }, lease);
  assert.deepEqual(followersOf(saved), []);
  assert.equal((await queue.item(search))?.item.aboard, null);
  const loaded = await deliveries.load();
  assert.deepEqual(loaded.kind === "unfinished" && loaded.delivery, saved);
});
