import assert from "node:assert/strict";
import { test } from "node:test";
import { isFailure } from "../../src/errors.ts";
import { readLiveRows } from "../../src/events/live-rows.ts";
import { openProjection, type Projection } from "../../src/events/projection.ts";
import { openQuarantine } from "../../src/events/quarantine.ts";
import { rebuildProjection } from "../../src/events/rebuild.ts";
import { applyRetention } from "../../src/events/retention.ts";
import { readSnapshot, takeSnapshot } from "../../src/events/snapshot.ts";
import { entriesOf, pushed, pushedData, startBus, type TestBus } from "./bus.ts";
import { assertOnce, begun, counter, handled, patient, say, seen, start } from "./processing.ts";

function rebuild(bus: TestBus, projection: Projection = counter(), verify = false) {
  return rebuildProjection({ ...bus, projection, verify });
}

async function generations(bus: TestBus): Promise<string[]> {
  const reply = await bus.redis.command(["KEYS", `${bus.keys.projection("counter")}:*`]);
  return (Array.isArray(reply) ? reply : []).map((key) => /:(\d+):\w+$/.exec(String(key))?.[1] ?? "").sort();
}

test("a rebuild of an untouched projection finds no difference, with or without the swap", async (t) => {
  const bus = await startBus(t);
  await begun(t, bus, 1500);
  const verified = await rebuild(bus, counter(), true);
  assert.deepEqual(
    { kind: verified.kind, events: verified.events, found: verified.differenceCount },
    { kind: "verified", events: 1500, found: 0 },
  );
  assert.deepEqual(await generations(bus), ["1", "1"]);
  const swapped = await rebuild(bus);
  assert.deepEqual({ kind: swapped.kind, found: swapped.differenceCount }, { kind: "swapped", found: 0 });
  assert.deepEqual(await generations(bus), ["2", "2"]);
  await assertOnce(bus, 1500);
  await say(bus, 1501, 1510);
  await handled(t, bus, 1510);
  await assertOnce(bus, 1510);
});

test("verify names every row that is not what the log says, and repairs nothing; the swap does", async (t) => {
  const bus = await startBus(t);
  const { stop } = await begun(t, bus, 10);
  await stop();
  const table = bus.keys.projectionTable("counter", 1, "seen");
  await bus.redis.command(["HSET", table, "b3", "7"]);
  await bus.redis.command(["HDEL", table, "b4"]);
  await bus.redis.command(["HSET", table, "ghost", "1"]);
  const verified = await rebuild(bus, counter(), true);
  assert.deepEqual(
    verified.differences.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    [
      { table: "seen", id: "b3", live: 7, rebuilt: 1 },
      { table: "seen", id: "b4", live: null, rebuilt: 1 },
      { table: "seen", id: "ghost", live: 1, rebuilt: null },
    ],
  );
  assert.equal((await seen(bus)).get("b3"), 7);
  await rebuild(bus);
  await assertOnce(bus, 10);
  assert.equal((await seen(bus)).size, 10);
});

test("a rebuild beside a busy processor ends with every event counted once, and tells nobody anything again", async (t) => {
  const bus = await startBus(t);
  const { committed } = await begun(t, bus, 200);
  let last = 200;
  let busy = true;
  const saying = (async () => {
    while (busy) await bus.producer.emit(pushed, pushedData(++last));
  })();
  for (let round = 0; round < 5; round++) assert.equal((await rebuild(bus)).kind, "swapped");
  busy = false;
  await saying;
  await handled(t, bus, last);
  await assertOnce(bus, last);
  assert.equal(new Set(committed).size, committed.length);
  assert.deepEqual((await rebuild(bus, counter(), true)).differences, []);
});

test("readers never see a mixture of two generations", async (t) => {
  const bus = await startBus(t);
  await begun(t, bus, 300);
  const reader = openProjection(bus, "counter");
  let reading = true;
  let reads = 0;
  const watching = (async () => {
    while (reading) {
      assert.equal((await reader.all("seen")).size, 300);
      assert.equal(await reader.get("seen", "b7"), 1);
      reads += 1;
    }
  })();
  for (let round = 0; round < 3; round++) await rebuild(bus);
  reading = false;
  await watching;
  assert.ok(reads > 0);
});

test("what is in quarantine stays out of the rebuilt rows", async (t) => {
  const bus = await startBus(t);
  const picky: Projection = {
    name: "counter",
    apply(stored, tables) {
      if (stored.event.data.branch === "b2") throw new Error("not this one");
      return counter().apply(stored, tables);
    },
  };
  await start(t, bus, { projections: [picky] });
  await say(bus, 1, 3);
  await t.waitFor(async () => assert.equal(await openQuarantine(bus).count(), 1), patient);
  await handled(t, bus, 4);
  const report = await rebuild(bus, counter());
  assert.equal(report.skipped, 1);
  assert.equal(report.differenceCount, 0);
  assert.equal((await seen(bus)).has("b2"), false);
});

test("what was damaged in the log is found by a rebuild, however many events before it were whole", async (t) => {
  const bus = await startBus(t);
  const { stop } = await begun(t, bus, 600);
  await stop();
  const whole = (await entriesOf(bus)).at(-1)?.text ?? "";
  const damages = [
    whole.slice(0, -1),
    whole.replace('"1.0"', '"1.1"'),
    whole.replace(/"sequence":"\d/, '"sequence":"x'),
    whole.replace(/"time":"\d{4}-\d\d/, '"time":"2026-13'),
    whole.replace(/"sha":"./, '"sha":"g'),
    whole.replace('"remote":', '"remoto":'),
    whole.replace(":schema:domain", ":schema:domaim"),
  ];
  for (const text of damages) {
    assert.notEqual(text, whole);
    await bus.redis.command(["XADD", bus.keys.stream, "*", "event", text, "type", pushed]);
  }
  await bus.redis.command([
    "XADD",
    bus.keys.stream,
    "*",
    "event",
    whole.replace(/"branch":"b600"/, '"branch":"b601"'),
    "type",
    pushed,
  ]);
  const [last] = (await entriesOf(bus)).slice(-1);
  await bus.redis.command(["HSET", bus.keys.cursor("counter"), "stream_id", last?.streamId ?? ""]);
  const report = await rebuild(bus, counter(), true);
  assert.deepEqual(
    { events: report.events, skipped: report.skipped, found: report.differences.map(({ id }) => id).sort() },
    { events: 601, skipped: damages.length, found: ["0000000000000600", "b601"] },
  );
});

test("what a callback puts before it throws stays out, also of the rebuilt rows", async (t) => {
  const bus = await startBus(t);
  const messy: Projection = {
    name: "counter",
    async apply(stored, tables) {
      if (stored.event.data.branch === "b2") tables.put("seen", "trace", "left behind");
      await counter().apply(stored, tables);
      if (stored.event.data.branch === "b2") throw new Error("too late");
    },
  };
  await start(t, bus, { projections: [messy] });
  await say(bus, 1, 4);
  const quarantine = openQuarantine(bus);
  await t.waitFor(async () => assert.equal(await quarantine.count(), 1), patient);
  await handled(t, bus, 5);
  for (const { id } of await quarantine.list()) await quarantine.drop(id, { writer: bus.writer, by: "ana" });
  const report = await rebuild(bus, messy);
  assert.deepEqual({ skipped: report.skipped, found: report.differences }, { skipped: 1, found: [] });
  assert.deepEqual([...(await seen(bus)).keys()].filter((id) => !id.startsWith("domain")).sort(), [
    "b1",
    "b3",
    "b4",
  ]);
});

test("a second rebuild of one projection waits its turn; what a killed one left is removed", async (t) => {
  const bus = await startBus(t);
  const { stop } = await begun(t, bus, 5);
  await stop();
  const results = await Promise.allSettled([rebuild(bus), rebuild(bus)]);
  const refused = results.filter(({ status }) => status === "rejected");
  for (const one of refused) assert.ok(one.status === "rejected" && isFailure(one.reason, "rebuild_running"));
  assert.equal(refused.length, 1);
  const hash = bus.keys.projection("counter");
  await bus.redis.command(["HSET", hash, "tables:9", "seen", "newest_generation", 9]);
  await bus.redis.command(["HSET", bus.keys.projectionTable("counter", 9, "seen"), "left", "1"]);
  await rebuild(bus);
  assert.deepEqual(await generations(bus), ["10", "10"]);
});

test("a projection that has handled nothing has nothing to rebuild", async (t) => {
  const bus = await startBus(t);
  assert.equal((await rebuild(bus)).kind, "nothing_handled_yet");
});

test("where the log was trimmed a rebuild begins with the snapshot, and without one it says so", async (t) => {
  const bus = await startBus(t);
  await begun(t, bus, 20);
  const outcome = await applyRetention({
    ...bus,
    projections: ["counter"],
    keepMs: -60_000,
    nowMs: Date.now(),
  });
  assert.deepEqual(outcome, { kind: "trimmed", removed: 20 });
  await say(bus, 21, 30);
  await handled(t, bus, 30);
  const report = await rebuild(bus);
  assert.deepEqual(
    { kind: report.kind, events: report.events, found: report.differenceCount },
    { kind: "swapped", events: 10, found: 0 },
  );
  await assertOnce(bus, 30);
  await bus.redis.command(["DEL", bus.keys.snapshot("counter")]);
  await assert.rejects(rebuild(bus), (error) => isFailure(error, "log_incomplete"));
});

test("a table of which something else has made another type is told of, never taken for an empty one", async (t) => {
  const bus = await startBus(t);
  const { stop } = await begun(t, bus, 3);
  await stop();
  const table = bus.keys.projectionTable("counter", 1, "seen");
  await bus.redis.command(["DEL", table]);
  await bus.redis.command(["SET", table, "x"]);
  const told = (error: unknown) => isFailure(error, "wrong_key_type") && error.message.includes(table);
  await assert.rejects(rebuild(bus), told);
  await assert.rejects(takeSnapshot(bus, "counter"), told);
});

test("rows are read at one position while they are being written, also across a swap of generations", async (t) => {
  const bus = await startBus(t);
  await begun(t, bus, 10);
  let last = 10;
  let busy = true;
  const saying = (async () => {
    while (busy) await bus.producer.emit(pushed, pushedData(++last));
  })();
  const swapping = (async () => {
    while (busy) await rebuild(bus);
  })();
  for (let look = 0; look < 60; look++) {
    const { position, rows } = await readLiveRows(bus.redis, bus.keys, "counter");
    assert.equal(rows.get("order")?.size, position?.sequence);
    assert.equal(rows.get("seen")?.size, position?.sequence);
  }
  busy = false;
  await Promise.all([saying, swapping]);
});

test("a generation that was swapped while its rows were looked up is looked up again", async (t) => {
  const bus = await startBus(t);
  await begun(t, bus, 10);
  let swaps = 0;
  const meddled = {
    ...bus.redis,
    async pipeline(commands: Parameters<typeof bus.redis.pipeline>[0]) {
      if (swaps++ < 2) await rebuild(bus);
      return bus.redis.pipeline(commands);
    },
  };
  const { generation, rows } = await readLiveRows(meddled, bus.keys, "counter");
  assert.equal(generation, 3);
  assert.equal(rows.get("seen")?.size, 10);
});

test("a snapshot holds every row at one position", async (t) => {
  const bus = await startBus(t);
  assert.equal(await takeSnapshot(bus, "counter"), null);
  await begun(t, bus, 12);
  assert.equal((await takeSnapshot(bus, "counter"))?.sequence, 12);
  const snapshot = await readSnapshot(bus.redis, bus.keys, "counter");
  assert.equal(snapshot?.position.sequence, 12);
  assert.equal(snapshot?.rows.get("seen")?.size, 12);
});
