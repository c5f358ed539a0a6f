import assert from "node:assert/strict";
import { test } from "node:test";
import { isFailure } from "../../src/errors.ts";
import type { Guard, Op } from "../../src/events/atomic-write.ts";
import { parseEnvelope } from "../../src/events/envelope.ts";
import { openLeaseStore } from "../../src/redis/lease-store.ts";
import { serverTimeMs } from "../../src/redis/server-time.ts";
import { entriesOf, pushed, pushedData, sha, startBus, started, startedData, type TestBus } from "./bus.ts";

async function hash(bus: TestBus, key: string): Promise<Record<string, string>> {
  const flat = await bus.redis.command(["HGETALL", key]);
  assert.ok(Array.isArray(flat));
  return Object.fromEntries(
    flat.flatMap((name, i) => (i % 2 === 0 ? [[String(name), String(flat[i + 1])]] : [])),
  );
}

test("an event is stamped with Redis' time, a sequence that counts up and one epoch", async (t) => {
  const bus = await startBus(t);
  const beforeMs = await serverTimeMs(bus.redis);
  for (const n of [1, 2, 3]) await bus.producer.emit(pushed, pushedData(n));
  const afterMs = await serverTimeMs(bus.redis);
  let lastMs = beforeMs;
  const events = (await entriesOf(bus)).map(({ text, type }) => {
    const parsed = parseEnvelope(text);
    assert.ok(parsed.kind === "parsed", JSON.stringify(parsed));
    assert.equal(type, pushed);
    const stampMs = Date.parse(parsed.event.time);
    assert.ok(lastMs <= stampMs && stampMs <= afterMs, `${lastMs} ≤ ${stampMs} ≤ ${afterMs}`);
    lastMs = stampMs;
    return parsed.event;
  });
  assert.deepEqual(
    events.map(({ sequence }) => sequence),
    ["0000000000000001", "0000000000000002", "0000000000000003"],
  );
  assert.equal(new Set(events.map(({ epoch }) => epoch)).size, 1);
  const meta = await hash(bus, bus.keys.meta);
  assert.equal(meta.sequence, "3");
  assert.equal(meta.epoch, events[0]?.epoch);
  assert.equal(events[0]?.source, "signalbox/test/worker/1");
  assert.equal(events[0]?.dataschema, `urn:signalbox:schema:${pushed}:1`);
});

test("saying a fact again gives the first id, also with a later clock", async (t) => {
  const bus = await startBus(t);
  const first = await bus.producer.emit(started, startedData("one"), { correlationId: "d1" });
  const again = await bus.producer.emit(started, {
    ...startedData("one"),
    ready_at: "2026-11-22T11:00:00Z",
    attempt: 1,
  });
  assert.equal(first.duplicate, false);
  assert.deepEqual(again, { ...first, duplicate: true });
  assert.equal((await entriesOf(bus)).length, 1);
  const second = await bus.producer.emit(started, { ...startedData("one"), attempt: 2 });
  assert.equal(second.duplicate, false);
});

test("the same key with another payload is refused, and nothing of the write happens", async (t) => {
  const bus = await startBus(t);
  await bus.producer.emit(started, startedData("one"));
  const other = { ...startedData("one"), pusher: "bob" };
  await assert.rejects(
    bus.producer.emit(started, other),
    (error) => isFailure(error, "idempotency_conflict") && error.exitCode === 2,
  );
  const ops: Op[] = [{ op: "set", key: bus.keys.checkpoint, value: "x" }];
  const write = bus.writer.write({
    ops,
    events: [
      { type: pushed, data: pushedData(1) },
      { type: started, data: other },
    ],
  });
  await assert.rejects(write, (error) => isFailure(error, "idempotency_conflict"));
  assert.equal(await bus.redis.command(["EXISTS", bus.keys.checkpoint]), 0);
  assert.equal((await entriesOf(bus)).length, 1);
});

test("one conflicting emit does not hold up those that were sent with it", async (t) => {
  const bus = await startBus(t);
  const outcomes = await Promise.allSettled([
    bus.producer.emit(started, startedData("a")),
    bus.producer.emit(started, { ...startedData("a"), pusher: "bob" }),
    bus.producer.emit(started, startedData("a")),
    bus.producer.emit(started, startedData("b", 2)),
  ]);
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ["fulfilled", "rejected", "fulfilled", "fulfilled"],
  );
  assert.equal((await entriesOf(bus)).length, 2);
});

test("of many emits at once only those fail that are wrong; the rest lies in the log in the order it was said", async (t) => {
  const bus = await startBus(t);
  const count = 700;
  const data = (n: number) => startedData(`item-${n}`, n);
  await bus.producer.emit(started, data(0));
  const wrong = new Map<number, { data: unknown; type?: string; code: string }>([
    [5, { data: { ...data(0), pusher: "eve" }, code: "idempotency_conflict" }],
    [130, { data: { ...data(4), pusher: "eve" }, code: "idempotency_conflict" }],
    [260, { data: { ...data(260), sha: "short" }, code: "invalid_event" }],
    [
      390,
      {
        type: "domain.software-development.deployment.failed",
        data: { slug: "x", diagnostics: Array(100).fill("é".repeat(4000)) },
        code: "reserved_event_type",
      },
    ],
    [
      520,
      {
        type: "domain.software-development.work.phase.marked",
        data: { slug: "x", phase: "p", status: "s", round: 1, by: "ann", findings: "é".repeat(32_768) },
        code: "event_too_large",
      },
    ],
  ]);
  const repeated = new Map([
    [6, 3],
    [650, 3],
  ]);
  const outcomes = await Promise.allSettled(
    Array.from({ length: count }, (_, index) => {
      const n = index + 1;
      const bad = wrong.get(n);
      return bus.producer.emit(bad?.type ?? started, bad?.data ?? data(repeated.get(n) ?? n));
    }),
  );
  const ids = outcomes.map((outcome, index) => {
    const code = wrong.get(index + 1)?.code;
    if (code === undefined) assert.equal(outcome.status, "fulfilled", String(index + 1));
    else assert.ok(outcome.status === "rejected" && isFailure(outcome.reason, code), `${index + 1}: ${code}`);
    return outcome.status === "fulfilled" ? outcome.value : null;
  });
  for (const [again, first] of repeated)
    assert.deepEqual(ids[again - 1], { ...ids[first - 1], duplicate: true });
  const said = ids.filter((result) => result?.duplicate === false);
  const entries = (await entriesOf(bus)).slice(1);
  assert.equal(entries.length, count - wrong.size - repeated.size);
  assert.deepEqual(
    entries.map(({ streamId, text }) => ({ id: JSON.parse(text).id, streamId, duplicate: false })),
    said,
  );
  assert.deepEqual(
    entries.map(({ text }) => Number(JSON.parse(text).sequence)),
    entries.map((_, index) => index + 2),
  );
});

test("one write of thousands of events is one write: all are said, or a conflict in the last stops the first", async (t) => {
  const bus = await startBus(t);
  const events = Array.from({ length: 1200 }, (_, n) => ({ type: pushed, data: pushedData(n) }));
  const conflicting = { type: pushed, data: { ...pushedData(7), pusher: "eve" } };
  await assert.rejects(
    bus.writer.write({ events: [...events, conflicting] }),
    (error) => isFailure(error, "idempotency_conflict") && error.message.includes("in the same write"),
  );
  assert.equal((await entriesOf(bus)).length, 0);
  assert.equal(await bus.redis.command(["EXISTS", bus.keys.idempotency, bus.keys.meta]), 0);
  const outcome = await bus.writer.write({ events: [...events, { type: pushed, data: pushedData(7) }] });
  assert.ok(outcome.kind === "written");
  assert.equal(outcome.events.length, 1201);
  assert.deepEqual(outcome.events[1200], { ...outcome.events[7], duplicate: true });
  assert.equal((await entriesOf(bus)).length, 1200);
  assert.equal(await bus.redis.command(["HLEN", bus.keys.idempotency]), 1200);
  const again = await bus.writer.write({ events });
  assert.ok(again.kind === "written");
  assert.deepEqual(
    again.events,
    outcome.events.slice(0, 1200).map((event) => ({ ...event, duplicate: true })),
  );
});

test("a duplicate event does not stop the ops of its write", async (t) => {
  const bus = await startBus(t);
  await bus.producer.emit(started, startedData("one"));
  const outcome = await bus.writer.write({
    ops: [{ op: "hset", key: bus.keys.queueItems, field: "f", value: "v" }],
    events: [{ type: started, data: startedData("one") }],
  });
  assert.ok(outcome.kind === "written");
  assert.equal(outcome.events[0]?.duplicate, true);
  assert.deepEqual(await hash(bus, bus.keys.queueItems), { f: "v" });
});

test("every kind of op does what its name says, values of any bytes included", async (t) => {
  const bus = await startBus(t);
  const { keys, redis } = bus;
  const odd = 'é\n\0"\u2028{}';
  await bus.writer.write({
    ops: [
      { op: "hset", key: keys.queueItems, field: "a", value: odd },
      { op: "hset", key: keys.queueItems, field: "b", value: "1" },
      { op: "hdel", key: keys.queueItems, field: "b" },
      { op: "hset", key: keys.queueItems, field: "b", value: "2" },
      { op: "hincrby", key: keys.queueCounts, field: "queued", by: 2 },
      { op: "hincrby", key: keys.queueCounts, field: "queued", by: -1 },
      { op: "zadd", key: keys.queueOrder, score: 1_763_800_000_123, member: "m" },
      { op: "zadd", key: keys.queueOrder, score: 1.5, member: "n" },
      { op: "zrem", key: keys.queueOrder, member: "n" },
      { op: "set", key: keys.checkpoint, value: odd },
      { op: "rpush", key: keys.wake, value: "1", keepLast: 2 },
      { op: "rpush", key: keys.wake, value: "2", keepLast: 2 },
      { op: "rpush", key: keys.wake, value: "3", keepLast: 2 },
    ],
  });
  assert.deepEqual(await hash(bus, keys.queueItems), { a: odd, b: "2" });
  assert.deepEqual(await hash(bus, keys.queueCounts), { queued: "1" });
  assert.deepEqual(await redis.command(["ZRANGE", keys.queueOrder, 0, -1, "WITHSCORES"]), [
    "m",
    "1763800000123",
  ]);
  assert.equal(await redis.command(["GET", keys.checkpoint]), odd);
  assert.deepEqual(await redis.command(["LRANGE", keys.wake, 0, -1]), ["2", "3"]);
  await bus.writer.write({ ops: [{ op: "del", key: keys.checkpoint }] });
  assert.equal(await redis.command(["EXISTS", keys.checkpoint]), 0);
});

test("a write of thousands of rows goes through in one piece", async (t) => {
  const bus = await startBus(t);
  const ops = Array.from(
    { length: 9000 },
    (_, n): Op => ({ op: "hset", key: bus.keys.queueItems, field: `f${n}`, value: "v" }),
  );
  assert.equal((await bus.writer.write({ ops })).kind, "written");
  assert.equal(await bus.redis.command(["HLEN", bus.keys.queueItems]), 9000);
});

test("a guard that does not hold is named, and nothing is written", async (t) => {
  const bus = await startBus(t);
  const { keys, redis } = bus;
  const leases = openLeaseStore({ redis, leaseKey: keys.lease("x"), tokenKey: keys.leaseToken("x") });
  const { lease } = await leases.acquire("me", 60_000);
  await redis.command(["SET", keys.checkpoint, "old"]);
  await redis.command(["HSET", keys.control, "mode", "live"]);
  const holding: Guard[] = [
    { kind: "lease", key: keys.lease("x"), token: lease.token },
    { kind: "field", key: keys.control, field: "mode", equals: "live" },
    { kind: "field", key: keys.control, field: "absent", equals: null },
    { kind: "value", key: keys.checkpoint, equals: "old" },
    { kind: "value", key: keys.snapshot("absent"), equals: null },
  ];
  const failing: Guard[] = [
    { kind: "lease", key: keys.lease("x"), token: lease.token + 1 },
    { kind: "lease", key: keys.lease("nobody"), token: 1 },
    { kind: "field", key: keys.control, field: "mode", equals: "shadow" },
    { kind: "field", key: keys.control, field: "mode", equals: null },
    { kind: "field", key: keys.control, field: "absent", equals: "-" },
    { kind: "value", key: keys.checkpoint, equals: null },
    { kind: "value", key: keys.checkpoint, equals: "older" },
  ];
  const request = {
    ops: [{ op: "hset", key: keys.queueItems, field: "f", value: "v" }],
    events: [{ type: pushed, data: pushedData(1) }],
  } satisfies { ops: Op[]; events: unknown };
  for (const guard of failing) {
    const outcome = await bus.writer.write({ ...request, guards: [...holding, guard] });
    assert.ok(outcome.kind === "guard_failed");
    assert.equal(outcome.guard, guard);
  }
  assert.equal(await redis.command(["EXISTS", keys.queueItems, keys.stream, keys.meta]), 0);
  const outcome = await bus.writer.write({ ...request, guards: holding });
  assert.equal(outcome.kind, "written");
  assert.ok(Math.abs(outcome.nowMs - Date.now()) < 60_000);
});

test("an expired lease fails its guard on Redis' clock", async (t) => {
  const bus = await startBus(t);
  const key = bus.keys.lease("x");
  await bus.redis.command(["HSET", key, "token", 7, "expires_at", 1]);
  const outcome = await bus.writer.write({ guards: [{ kind: "lease", key, token: 7 }] });
  assert.equal(outcome.kind, "guard_failed");
});

test("a wrong type under any key of a write stops it before its first change", async (t) => {
  const bus = await startBus(t);
  const { keys, redis } = bus;
  const ops: Op[] = [
    { op: "hset", key: keys.queueItems, field: "f", value: "v" },
    { op: "hincrby", key: keys.queueCounts, field: "n", by: 1 },
    { op: "zadd", key: keys.queueOrder, score: 1, member: "m" },
    { op: "set", key: keys.checkpoint, value: "x" },
    { op: "rpush", key: keys.wake, value: "x", keepLast: 1 },
  ];
  const all = [
    keys.queueItems,
    keys.queueCounts,
    keys.queueOrder,
    keys.checkpoint,
    keys.wake,
    keys.meta,
    keys.stream,
    keys.idempotency,
  ];
  for (const wrong of all) {
    await redis.command(["DEL", ...all]);
    await redis.command(["SADD", wrong, "x"]);
    const write = bus.writer.write({ ops, events: [{ type: pushed, data: pushedData(1) }] });
    await assert.rejects(write, (error) => isFailure(error, "wrong_key_type"), wrong);
    assert.equal(await redis.command(["EXISTS", ...all]), 1, wrong);
  }
  await redis.command(["DEL", ...all]);
  await redis.command(["HSET", keys.queueCounts, "n", "many"]);
  await assert.rejects(bus.writer.write({ ops }), (error) => isFailure(error, "wrong_key_type"));
  assert.equal(await redis.command(["EXISTS", ...all]), 1);
});

test("what only the line may say is refused from everybody else", async (t) => {
  const bus = await startBus(t);
  const type = "domain.software-development.integration.main.moved";
  const data = { from: null, to: sha(1) };
  await assert.rejects(
    bus.producer.emit(type, data),
    (error) => isFailure(error, "reserved_event_type") && error.exitCode === 4,
  );
  assert.equal((await bus.writerFor("integrator").write({ events: [{ type, data }] })).kind, "written");
});

test("an event without idempotency fields is new each time it is said", async (t) => {
  const bus = await startBus(t);
  const event = { type: "domain.software-development.integration.queue.resumed", data: { by: "ann" } };
  for (const _ of [1, 2]) await bus.writer.write({ events: [event] });
  assert.equal((await entriesOf(bus)).length, 2);
});

test("after SCRIPT FLUSH the next write is as good as the last", async (t) => {
  const bus = await startBus(t);
  await bus.producer.emit(pushed, pushedData(1));
  await bus.redis.command(["SCRIPT", "FLUSH"]);
  assert.equal((await bus.producer.emit(pushed, pushedData(2))).duplicate, false);
});

test("above the memory watermark workers are asked to come back later, the line goes on", async (t) => {
  const bus = await startBus(t);
  await bus.redis.command(["SET", "ballast", "x".repeat(8_000_000)]);
  const report = String(await bus.redis.command(["INFO", "memory"]));
  const used = Number(/used_memory:(\d+)/.exec(report)?.[1]);
  await bus.redis.command(["CONFIG", "SET", "maxmemory", Math.ceil(used * 1.05)]);
  await assert.rejects(
    bus.producer.emit(pushed, pushedData(1)),
    (error) => isFailure(error, "bus_full") && error.exitCode === 75,
  );
  assert.equal((await bus.writer.write({ events: [{ type: pushed, data: pushedData(1) }] })).kind, "written");
  await bus.redis.command(["CONFIG", "SET", "maxmemory", "1mb"]);
  const write = bus.writer.write({
    ops: [{ op: "set", key: bus.keys.checkpoint, value: "x" }],
    events: [{ type: pushed, data: pushedData(2) }],
  });
  await assert.rejects(write, (error) => isFailure(error, "bus_full"));
  assert.equal((await entriesOf(bus)).length, 1);
  assert.equal(await bus.redis.command(["EXISTS", bus.keys.checkpoint]), 0);
});

test("a node of a cluster takes the script: every key is declared and shares one tag", async (t) => {
  const bus = await startBus(t, { args: ["--cluster-enabled", "yes"] });
  await bus.redis.command(["CLUSTER", "ADDSLOTSRANGE", 0, 16_383]);
  await t.waitFor(
    async () => assert.match(String(await bus.redis.command(["CLUSTER", "INFO"])), /cluster_state:ok/),
    { timeout: 10_000 },
  );
  await bus.producer.emit(pushed, pushedData(1));
  const ops: Op[] = [{ op: "set", key: bus.keys.checkpoint, value: "x" }];
  assert.equal((await bus.writer.write({ ops })).kind, "written");
});
