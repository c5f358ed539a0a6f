import assert from "node:assert/strict";
import { rename } from "node:fs/promises";
import { suite, test } from "node:test";
import { monotonicMs } from "../../src/clock.ts";
import { HeldLease, LeaseLost, requireLease } from "../../src/integration/lease.ts";
import { leaseRefs } from "../../src/integration/lease-refs.ts";
import { pushBudgetMs, sessionLease } from "../../src/integration/session-lease.ts";
import { waitUntil } from "../world/wait-until.ts";
import { heldLease, leaseOf, startYard } from "./yard.ts";

const granted = (agoMs: number, ttlMs: number) =>
  HeldLease.held({ owner: "o", token: 7, askedAtMs: monotonicMs() - agoMs, ttlMs });

suite("a held lease", () => {
  test("is counted from when it was asked for, and runs out by itself", () => {
    const lease = granted(0, 60_000);
    assert.ok(lease.remainingMs() > 59_000 && lease.remainingMs() <= 60_000);
    assert.equal(lease.lost, null);
    requireLease(lease, 59_000);
    assert.throws(() => requireLease(lease, 60_001), LeaseLost);
    const over = granted(60_001, 60_000);
    assert.match(over.lost ?? "", /ran out/);
    assert.throws(() => requireLease(over, 0), LeaseLost);
  });

  test("is extended by a renewal, never shortened, and never found again once it is lost", () => {
    const lease = granted(0, 60_000);
    lease.renewed(monotonicMs() - 50_000, 60_000);
    assert.ok(lease.remainingMs() > 59_000);
    lease.renewed(monotonicMs(), 120_000);
    assert.ok(lease.remainingMs() > 119_000);
    lease.lose("taken over");
    lease.lose("and again");
    lease.renewed(monotonicMs(), 120_000);
    assert.equal(lease.lost, "taken over");
    assert.throws(() => requireLease(lease, 0), /taken over/);
  });

  test("is not enough for a push when an eighth of it is left, or a quarter of a second", () => {
    assert.equal(pushBudgetMs({ ttlMs: 120_000, renewMs: 30_000 }), 15_000);
    assert.equal(pushBudgetMs({ ttlMs: 800, renewMs: 200 }), 250);
  });
});

test("two sessions that start at the same moment: one has the lease, the remote's ref says which", async (t) => {
  const yard = await startYard(t);
  const owners = ["integrator:h:1:s:a", "integrator:h:2:s:b"];
  const lines = [await yard.world.line(), await yard.world.line()];
  const results = await Promise.all(
    owners.map((owner, at) => leaseOf(yard, lines[at] ?? yard.line, owner).acquire()),
  );
  const won = results.filter(({ kind }) => kind === "acquired");
  assert.equal(won.length, 1);
  assert.ok(results.some(({ kind }) => kind === "busy" || kind === "overtaken"));
  const message = await yard.world.run(yard.world.origin, "log", "-1", "--format=%B", "refs/signalbox/lease");
  const { lease } = await yard.stores.lease.read();
  assert.deepEqual([JSON.parse(message).owner, JSON.parse(message).token], [lease?.owner, lease?.token]);
});

test("a session whose swap comes too late gives the lease in Redis back", async (t) => {
  const yard = await startYard(t);
  const first = await heldLease(yard);
  await yard.stores.lease.release(first.token);
  const late = leaseOf(yard, {
    ...yard.line,
    // Between its look and its swap somebody else moves the ref.
    push: async (request) => {
      await yard.world.run(yard.world.origin, "update-ref", "refs/signalbox/lease", await yard.main());
      return yard.line.push(request);
    },
  });
  assert.equal((await late.acquire()).kind, "overtaken");
  assert.equal((await yard.stores.lease.read()).lease, null);
  // A ref that holds no lease is still a value to expect.
  assert.equal((await heldLease(yard)).ref.sequence, 0);
});

test("while the remote is away no lease is taken, nor kept in Redis where the remote goes before the swap", async (t) => {
  const yard = await startYard(t);
  const { origin } = yard.world;
  await rename(origin, `${origin}.away`);
  assert.equal((await leaseOf(yard, yard.line).acquire()).kind, "remote_away");
  await rename(`${origin}.away`, origin);
  const leaving = leaseOf(yard, {
    ...yard.line,
    push: async (request) => {
      await rename(origin, `${origin}.away`);
      return yard.line.push(request);
    },
  });
  assert.equal((await leaving.acquire()).kind, "remote_away");
  assert.equal((await yard.stores.lease.read()).lease, null);
  await rename(`${origin}.away`, origin);
});

test("a remote that takes no such refs is worked with, and the lease says that it has no fence", async (t) => {
  const yard = await startYard(t);
  const { world } = yard;
  const refuse =
    'while read old new ref; do case "$ref" in refs/signalbox/*) echo "no such namespace" >&2; exit 1;; esac; done; exit 0';
  await world.hook(world.origin, "pre-receive", refuse);
  const lease = await heldLease(yard);
  assert.equal(lease.ref.commit, null);
});

test("the holder's token is above every token the remote has seen, whatever Redis remembers", async (t) => {
  const yard = await startYard(t);
  for (const expected of [1, 2, 3]) {
    const lease = await heldLease(yard);
    assert.equal(lease.token, expected);
    await yard.redis.command(["FLUSHALL"]);
  }
});

test("a lease that somebody else holds, or that was taken back, is lost at the next renewal", async (t) => {
  const yard = await startYard(t);
  const timing = { ttlMs: 60_000, renewMs: 5 };
  const sessions = sessionLease({
    store: yard.stores.lease,
    refs: leaseRefs(yard.line),
    owner: "integrator:h:1:s:a",
    timing,
  });
  const acquired = await sessions.acquire();
  assert.ok(acquired.kind === "acquired");
  const over = new AbortController();
  const keeping = sessions.keep(acquired.lease, over.signal);
  const { lease } = await yard.stores.lease.read();
  await waitUntil(
    async () => ((await yard.stores.lease.read()).lease?.renewedAtMs ?? 0) > (lease?.renewedAtMs ?? 0),
    {
      what: "it is renewed",
      everyMs: 2,
    },
  );
  assert.equal(acquired.lease.lost, null);
  await yard.stores.lease.release(acquired.lease.token);
  await keeping;
  assert.match(acquired.lease.lost ?? "", /another session|taken back/);
  over.abort();
});
