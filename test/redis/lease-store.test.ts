import assert from "node:assert/strict";
import { test } from "node:test";
import { connect } from "../../src/redis/connection.ts";
import { type LeaseStore, openLeaseStore } from "../../src/redis/lease-store.ts";
import { startTestRedis, type TestRedis } from "../world/redis.ts";
import { waitUntil } from "../world/wait-until.ts";

const minute = 60_000;

function storeOf(server: TestRedis, redis = server.redis): LeaseStore {
  return openLeaseStore({
    redis,
    leaseKey: server.keys.lease("integrator"),
    tokenKey: server.keys.leaseToken("integrator"),
  });
}

async function expired(leases: LeaseStore): Promise<void> {
  await waitUntil(async () => (await leases.read()).lease === null, {
    what: "the lease to expire",
    everyMs: 5,
  });
}

test("of ten that reach for it from ten connections, one gets it and nine learn who", async () => {
  await using server = await startTestRedis();
  const links = await Promise.all(Array.from({ length: 10 }, () => connect(server.target)));
  const outcomes = await Promise.all(
    links.map((redis, index) => storeOf(server, redis).acquire(`session-${index}`, minute)),
  );
  const winners = outcomes.filter(({ kind }) => kind === "acquired");
  assert.equal(winners.length, 1);
  const owners = new Set(outcomes.map(({ lease }) => lease.owner));
  assert.deepEqual([...owners], [winners[0]?.lease.owner]);
  assert.equal(winners[0]?.lease.token, 1);
  await Promise.all(links.map((redis) => redis.close()));
});

test("a free lease is read as none, a held one with its times on Redis' clock", async () => {
  await using server = await startTestRedis();
  const leases = storeOf(server);
  assert.equal((await leases.read()).lease, null);
  await leases.acquire("a", minute);
  const { nowMs, lease } = await leases.read();
  assert.ok(lease);
  assert.equal(lease.owner, "a");
  assert.equal(lease.expiresAtMs, lease.acquiredAtMs + minute);
  assert.ok(lease.acquiredAtMs <= nowMs && nowMs < lease.expiresAtMs);
});

test("an expired lease goes to the next, with a greater token, and the former cannot renew it", async () => {
  await using server = await startTestRedis();
  const leases = storeOf(server);
  const first = await leases.acquire("a", 30);
  await expired(leases);
  assert.deepEqual(await leases.renew(first.lease.token, minute), { kind: "lost" });
  const second = await leases.acquire("b", minute);
  assert.equal(second.kind, "acquired");
  assert.ok(second.lease.token > first.lease.token);
  assert.deepEqual(await leases.renew(first.lease.token, minute), { kind: "lost" });
  assert.equal(await leases.release(first.lease.token), false);
  assert.equal((await leases.read()).lease?.owner, "b");
});

test("renewing moves the end and keeps token and beginning", async () => {
  await using server = await startTestRedis();
  const leases = storeOf(server);
  const { lease } = await leases.acquire("a", 1000);
  const renewed = await leases.renew(lease.token, minute);
  assert.ok(renewed.kind === "renewed");
  assert.equal(renewed.lease.acquiredAtMs, lease.acquiredAtMs);
  assert.equal(renewed.lease.token, lease.token);
  assert.equal(renewed.lease.expiresAtMs, renewed.lease.renewedAtMs + minute);
});

test("a wrong token renews and releases nothing, the right one releases once", async () => {
  await using server = await startTestRedis();
  const leases = storeOf(server);
  const { lease } = await leases.acquire("a", minute);
  for (const token of [0, lease.token - 1, lease.token + 1]) {
    assert.deepEqual(await leases.renew(token, minute), { kind: "lost" });
    assert.equal(await leases.release(token), false);
  }
  assert.deepEqual((await leases.read()).lease, lease);
  assert.equal(await leases.release(lease.token), true);
  assert.equal(await leases.release(lease.token), false);
  assert.equal((await leases.read()).lease, null);
});

test("tokens only grow: after a release, over the floor, and in an emptied Redis by the floor alone", async () => {
  await using server = await startTestRedis();
  const leases = storeOf(server);
  const tokens: number[] = [];
  for (const floor of [0, 0, 41, 7, 2_000_000_000_000]) {
    const { lease } = await leases.acquire("a", minute, floor);
    tokens.push(lease.token);
    await leases.release(lease.token);
  }
  assert.deepEqual(tokens, [1, 2, 42, 43, 2_000_000_000_001]);
  await server.redis.command(["FLUSHALL"]);
  const { lease } = await leases.acquire("a", minute, 2_000_000_000_001);
  assert.equal(lease.token, 2_000_000_000_002);
});

test("a lease that Redis lost is lost for its holder too", async () => {
  await using server = await startTestRedis();
  const leases = storeOf(server);
  const { lease } = await leases.acquire("a", minute);
  await server.redis.command(["DEL", server.keys.lease("integrator")]);
  assert.deepEqual(await leases.renew(lease.token, minute), { kind: "lost" });
});

test("a full Redis still lets a lease be renewed and given back", async () => {
  await using server = await startTestRedis();
  const leases = storeOf(server);
  const { lease } = await leases.acquire("a", minute);
  await server.redis.command(["CONFIG", "SET", "maxmemory", "1"]);
  await assert.rejects(server.redis.command(["SET", "x", "y"]));
  assert.equal((await leases.renew(lease.token, minute)).kind, "renewed");
  assert.equal(await leases.release(lease.token), true);
});

test("something else under the key is refused, and nothing is written", async () => {
  await using server = await startTestRedis();
  await server.redis.command(["SET", server.keys.lease("integrator"), "text"]);
  await assert.rejects(storeOf(server).acquire("a", minute), /WRONGTYPE/);
  assert.equal(await server.redis.command(["EXISTS", server.keys.leaseToken("integrator")]), 0);
});
