import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { openLock, writerUnder } from "../../src/events/lock.ts";
import { identify } from "../../src/process-identity.ts";
import { openLeaseStore } from "../../src/redis/lease-store.ts";
import { formatOwner, hostOfThisProcess, plainStart } from "../../src/redis/owner.ts";
import { waitUntil } from "../world/wait-until.ts";
import { entriesOf, startBus, started, startedData } from "./bus.ts";

test("one of many that ask at once gets it; the others hear who has it, and for how long", async (t) => {
  const bus = await startBus(t);
  const lock = openLock(bus, "finalize:search");
  const takings = await Promise.all([1, 2, 3, 4, 5].map((number) => lock.take(number * 60_000)));
  assert.deepEqual(takings.map(({ kind }) => kind).sort(), ["held", "held", "held", "held", "taken"]);
  const hold = await lock.hold();
  for (const taking of takings)
    if (taking.kind === "held") {
      assert.equal(taking.hold.token, hold?.token);
      assert.match(taking.hold.holder, new RegExp(`^process ${process.pid} on `));
      assert.ok(taking.hold.remainingMs > 0 && taking.hold.remainingMs <= 300_000);
    }
});

test("one process does not get it twice, and what is given back leaves no key of its own", async (t) => {
  const bus = await startBus(t);
  const lock = openLock(bus, "finalize:search");
  const first = await lock.take(60_000);
  assert.equal((await lock.take(60_000)).kind, "held");
  assert.equal(first.kind, "taken");
  if (first.kind === "taken") await lock.release(first.token);
  assert.equal(await lock.hold(), null);
  assert.equal(await bus.redis.command(["EXISTS", bus.keys.lease("finalize:search")]), 0);
});

test("whoever was taken over can neither extend it, nor give it back, nor write under it", async (t) => {
  const bus = await startBus(t);
  const lock = openLock(bus, "finalize:search");
  const slow = await lock.take(1);
  assert.equal(slow.kind, "taken");
  const next = await waitUntil(
    async () => {
      const taking = await lock.take(60_000);
      return taking.kind === "taken" ? taking : null;
    },
    { what: "the lock ran out" },
  );
  const lost = slow.kind === "taken" ? slow.token : 0;
  assert.ok(next.token > lost);
  assert.equal(await lock.extend(lost, 60_000), false);
  await lock.release(lost);
  assert.equal((await lock.hold())?.token, next.token);
  const events = [{ type: started, data: startedData("search") }];
  const late = await bus.writer.write({ guards: [lock.guard(lost)], events });
  assert.equal(late.kind, "guard_failed");
  const mine = await bus.writer.write({ guards: [lock.guard(next.token)], events });
  assert.equal(mine.kind, "written");
});

test("a holder that died on this machine is not waited for; one that lives, or is elsewhere, is", async (t) => {
  const bus = await startBus(t);
  const lock = openLock(bus, "finalize:search");
  const store = openLeaseStore({
    redis: bus.redis,
    leaseKey: bus.keys.lease("finalize:search"),
    tokenKey: bus.keys.leaseToken("locks"),
  });
  const child = spawn(process.execPath, ["-e", ""], { stdio: "ignore" });
  const identity = child.pid === undefined ? null : await identify(child.pid);
  assert.ok(identity);
  const owner = {
    role: "lock",
    pid: identity.pid,
    processStart: plainStart(identity.startTime),
    random: "x",
  };
  await once(child, "exit");
  const elsewhere = await store.acquire(formatOwner({ ...owner, host: "another-machine" }), 60_000);
  assert.equal((await lock.take(60_000)).kind, "held");
  await store.release(elsewhere.lease.token);
  const dead = await store.acquire(formatOwner({ ...owner, host: await hostOfThisProcess() }), 60_000);
  const taking = await lock.take(60_000);
  assert.equal(taking.kind, "taken");
  assert.ok(taking.kind === "taken" && taking.token > dead.lease.token);
});

test("a write under a lost lock says so, and nothing is written", async (t) => {
  const bus = await startBus(t);
  const lock = openLock(bus, "finalize:search");
  const taking = await lock.take(60_000);
  assert.equal(taking.kind, "taken");
  const token = taking.kind === "taken" ? taking.token : 0;
  const under = writerUnder(bus.writer, lock.guard(token), "Finalizing search");
  const other = { kind: "value", key: bus.keys.checkpoint, equals: "never" } as const;
  const refused = await under.write({ guards: [other], events: [{ type: started, data: startedData("a") }] });
  assert.deepEqual(
    refused.kind === "guard_failed" && refused.guard,
    other,
    "the caller's own guards are its own",
  );
  await lock.release(token);
  await assert.rejects(under.write({ events: [{ type: started, data: startedData("a") }] }), {
    code: "lock_lost",
  });
  assert.deepEqual(await entriesOf(bus), []);
});

test("locks of two items do not know each other, and their tokens never repeat", async (t) => {
  const bus = await startBus(t);
  const tokens: number[] = [];
  for (const slug of ["a", "b", "a"]) {
    const lock = openLock(bus, `finalize:${slug}`);
    const taking = await lock.take(60_000);
    assert.equal(taking.kind, "taken");
    if (taking.kind !== "taken") continue;
    tokens.push(taking.token);
    await lock.release(taking.token);
  }
  assert.equal(new Set(tokens).size, 3);
});
