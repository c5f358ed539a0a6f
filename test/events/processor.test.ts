import assert from "node:assert/strict";
import { test } from "node:test";
import type { StoredEvent } from "../../src/events/envelope.ts";
import type { Projection } from "../../src/events/projection.ts";
import { openQuarantine } from "../../src/events/quarantine.ts";
import { entriesOf, pushed, pushedData, startBus } from "./bus.ts";
import { assertOnce, begun, counter, epochOf, handled, patient, say, seen, start } from "./processing.ts";

test("events that were there before the first start are handled, in order, and acknowledged", async (t) => {
  const bus = await startBus(t);
  await say(bus, 1, 450);
  const { committed } = await start(t, bus);
  await handled(t, bus, 450);
  await say(bus, 451, 460);
  await handled(t, bus, 460);
  await assertOnce(bus, 460);
  const entries = await entriesOf(bus);
  assert.deepEqual(
    committed,
    entries.map(({ streamId }) => `counter ${streamId}`),
  );
  const pending = await bus.redis.command(["XPENDING", bus.keys.stream, "counter"]);
  assert.equal(Array.isArray(pending) ? pending[0] : null, 0);
});

test("a callback that throws is asked again, then its event is set aside, told of, and the rest flows on", async (t) => {
  const bus = await startBus(t);
  let asked = 0;
  const picky: Projection = {
    name: "picky",
    async apply(stored, tables) {
      tables.put("seen", "trace", "must not stay");
      if (stored.event.data.branch === "b3") {
        asked += 1;
        throw new Error("no branch of mine");
      }
      tables.remove("seen", "trace");
      await counter().apply(stored, tables);
    },
  };
  const { processor } = await start(t, bus, { projections: [picky, counter()] });
  await say(bus, 1, 10);
  await handled(t, bus, 11, "picky");
  await handled(t, bus, 11);
  assert.equal(asked, 3);
  const [quarantined] = await openQuarantine(bus).list();
  assert.equal(quarantined?.group, "picky");
  assert.equal(quarantined?.reason, "no branch of mine");
  assert.equal(quarantined?.attempts, 3);
  const told = (await entriesOf(bus)).filter(({ type }) => type.endsWith("platform.event.quarantined"));
  assert.equal(told.length, 1);
  assert.equal((await seen(bus, "picky")).get("b3"), undefined);
  assert.equal((await seen(bus, "picky")).get("b10"), 1);
  await assertOnce(bus, 10);
  assert.equal(await bus.redis.command(["EXISTS", bus.keys.attempts("picky")]), 0);
  assert.deepEqual(
    processor.status().callbacks.map(({ failing }) => failing),
    [null, null],
  );
});

test("a quarantined event is taken again when asked for, or dropped", async (t) => {
  const bus = await startBus(t);
  let broken = true;
  const flaky: Projection = {
    name: "flaky",
    apply(stored, tables) {
      if (broken && stored.event.data.branch !== undefined) throw new Error("broken");
      return counter().apply(stored, tables);
    },
  };
  const { processor } = await start(t, bus, { projections: [flaky] });
  await say(bus, 1, 2);
  const quarantine = openQuarantine(bus);
  await t.waitFor(async () => assert.equal(await quarantine.count(), 2), patient);
  const [first, second] = await quarantine.list();
  assert.ok(first && second);
  await quarantine.retry(first.id, { writer: bus.writer, by: "ana" });
  await t.waitFor(
    async () => assert.equal((await quarantine.list()).find(({ id }) => id === first.id)?.attempts, 4),
    patient,
  );
  broken = false;
  await quarantine.retry(first.id, { writer: bus.writer, by: "ana" });
  await quarantine.drop(second.id, { writer: bus.writer, by: "ana" });
  await t.waitFor(async () => assert.equal(await quarantine.count(), 0), patient);
  assert.equal((await seen(bus, "flaky")).get(`b${first.text?.includes('"b1"') ? 1 : 2}`), 1);
  await assert.rejects(quarantine.drop(first.id, { writer: bus.writer, by: "ana" }), /Nothing in quarantine/);
  assert.equal(processor.status().active, true);
});

test("a callback that fails on every event, also on the news of its own failures, comes to an end", async (t) => {
  const bus = await startBus(t);
  const hopeless: Projection = {
    name: "hopeless",
    apply() {
      throw new Error("never");
    },
  };
  await start(t, bus, { projections: [hopeless] });
  await say(bus, 1, 3);
  await handled(t, bus, 6, "hopeless");
  assert.equal((await entriesOf(bus)).length, 6);
  assert.equal(await openQuarantine(bus).count(), 6);
});

test("what nobody can read is set aside at once and everything else is handled", async (t) => {
  const bus = await startBus(t);
  const { redis, keys } = bus;
  await redis.command(["XADD", keys.stream, "*", "event", "{not json"]);
  await redis.command(["XADD", keys.stream, "*", "other", "field"]);
  await say(bus, 1, 2);
  const [known] = await entriesOf({ redis, keys }).then((all) => all.filter(({ type }) => type === pushed));
  assert.ok(known);
  const foreign = (await entriesOf(bus))[3]?.text.replaceAll("branch.pushed", "branch.unknown") ?? "";
  await redis.command([
    "XADD",
    keys.stream,
    "*",
    "event",
    foreign.replace(/"sequence":"\d+"/, '"sequence":"0000000000000003"'),
  ]);
  await redis.command(["HSET", keys.meta, "sequence", 3]);
  await redis.command(["XADD", keys.stream, "*", "event", `{"a":"${"x".repeat(70_000)}"}`]);
  await say(bus, 4, 5);
  const { gaps } = await start(t, bus);
  await t.waitFor(async () => assert.equal(await openQuarantine(bus).count(), 4), patient);
  await t.waitFor(async () => assert.equal((await seen(bus)).get("b5"), 1), patient);
  assert.deepEqual([...(await seen(bus)).keys()].filter((id) => id.startsWith("b")).sort(), [
    "b1",
    "b2",
    "b4",
    "b5",
  ]);
  assert.deepEqual(gaps, []);
  assert.deepEqual(new Set((await openQuarantine(bus).list()).map(({ attempts }) => attempts)), new Set([1]));
  const reasons = (await openQuarantine(bus).list()).map(({ reason }) => reason).sort();
  assert.match(reasons.join("\n"), /field `event`[\s\S]*larger[\s\S]*not JSON[\s\S]*knows the type/);
});

test("a hole in the log is told of once, whatever the number of callbacks, and the rest is handled", async (t) => {
  const bus = await startBus(t);
  await say(bus, 1, 10);
  const entries = await entriesOf(bus);
  await bus.redis.command(["XDEL", bus.keys.stream, entries[4]?.streamId ?? "", entries[5]?.streamId ?? ""]);
  const { gaps } = await start(t, bus, { projections: [counter(), counter("other")] });
  await handled(t, bus, 11);
  await handled(t, bus, 11, "other");
  assert.equal(gaps.length, 1);
  assert.deepEqual(gaps[0], {
    kind: "missing",
    epoch: epochOf(entries[0]?.text),
    expectedEpoch: epochOf(entries[0]?.text),
    expectedSequence: 5,
    foundSequence: 7,
  });
  const told = (await entriesOf(bus)).filter(({ type }) => type.endsWith("platform.gap.found"));
  assert.equal(told.length, 1);
});

test("a tail that vanished is told of though nothing new is said", async (t) => {
  const bus = await startBus(t);
  await say(bus, 1, 5);
  const last = (await entriesOf(bus))[4]?.streamId ?? "";
  await bus.redis.command(["XDEL", bus.keys.stream, last]);
  const { gaps } = await start(t, bus);
  await t.waitFor(() => assert.equal(gaps.length, 1), patient);
  await handled(t, bus, 6);
  await say(bus, 6, 7);
  await handled(t, bus, 8);
  assert.equal(gaps.length, 1);
});

test("a destroyed group is made again where it stood: nothing twice, nothing missing", async (t) => {
  const bus = await startBus(t);
  const { gaps } = await begun(t, bus, 20);
  await bus.redis.command(["XGROUP", "DESTROY", bus.keys.stream, "counter"]);
  await say(bus, 21, 40);
  await handled(t, bus, 40);
  await assertOnce(bus, 40);
  assert.deepEqual(gaps, []);
});

test("what a dead reader had in hand is handled in order, and what was deleted under it is told of and let go", async (t) => {
  const bus = await startBus(t);
  const { redis, keys } = bus;
  await say(bus, 1, 8);
  await redis.command(["XGROUP", "CREATE", keys.stream, "counter", "0"]);
  for (const reader of ["dead", "processor"]) {
    await redis.command(["XREADGROUP", "GROUP", "counter", reader, "COUNT", 3, "STREAMS", keys.stream, ">"]);
  }
  const entries = await entriesOf(bus);
  await redis.command(["XDEL", keys.stream, entries[1]?.streamId ?? "", entries[4]?.streamId ?? ""]);
  const { gaps, committed } = await start(t, bus);
  await handled(t, bus, 10);
  const left = entries.filter((_, index) => index !== 1 && index !== 4);
  assert.deepEqual(
    committed.slice(0, 6),
    left.map(({ streamId }) => `counter ${streamId}`),
  );
  assert.deepEqual(
    gaps.map(({ expectedSequence }) => expectedSequence),
    [2, 5],
  );
  await t.waitFor(async () => {
    const pending = await redis.command(["XPENDING", keys.stream, "counter"]);
    assert.equal(Array.isArray(pending) ? pending[0] : null, 0);
  }, patient);
});

test("a deleted stream goes on: what was lost is told of, what is said later is handled", async (t) => {
  const bus = await startBus(t);
  const { gaps } = await begun(t, bus, 20);
  await bus.redis.command(["DEL", bus.keys.stream]);
  await say(bus, 21, 40);
  await handled(t, bus, 40);
  await assertOnce(bus, 40);
  assert.deepEqual(gaps, []);
});

test("a Redis that lost everything is another log: told of, and handled from its beginning", async (t) => {
  const bus = await startBus(t);
  const { gaps, processor } = await begun(t, bus, 5);
  const before = processor.status().seen;
  assert.equal(before?.sequence, 5);
  await bus.redis.command(["FLUSHALL"]);
  await t.waitFor(() => assert.equal(gaps.length, 1), patient);
  assert.equal(gaps[0]?.kind, "new_epoch");
  await say(bus, 1, 5);
  await handled(t, bus, 6);
  assert.notEqual(processor.status().seen?.epoch, before?.epoch);
});

test("a log that is not the one on this machine's disk is told of at start", async (t) => {
  const bus = await startBus(t);
  await say(bus, 1, 3);
  const { gaps, stop } = await start(t, bus, { seen: { epoch: "another", sequence: 9 } });
  await t.waitFor(() => assert.equal(gaps[0]?.kind, "new_epoch"), patient);
  await stop();
  const epoch = String(await bus.redis.command(["HGET", bus.keys.meta, "epoch"]));
  const second = await start(t, bus, { seen: { epoch, sequence: 99 } });
  await t.waitFor(() => assert.equal(second.gaps[0]?.kind, "lost_tail"), patient);
});

test("a log of before the last upgrade of a type is read in today's shape", async (t) => {
  const bus = await startBus(t);
  const seenData: unknown[] = [];
  const { projections } = {
    projections: [{ name: "raw", apply: ({ event }: StoredEvent) => void seenData.push(event.data) }],
  };
  await bus.producer.emit("domain.software-development.deployment.started", {
    ...Object.fromEntries(Object.entries(pushedData(1))),
    slug: "a",
    worker_session_id: "w",
    orchestrator_session_id: "o",
    ready_at: "2026-11-22T10:00:00Z",
  });
  await start(t, bus, { projections });
  await t.waitFor(() => assert.equal(seenData.length, 1), patient);
  assert.equal(Reflect.get(Object(seenData[0]), "attempt"), 1);
});

test("a stopped processor gives its place to the next at once", async (t) => {
  const bus = await startBus(t);
  const first = await begun(t, bus, 5);
  await first.stop();
  assert.equal(await bus.redis.command(["EXISTS", bus.keys.lease("processor")]), 0);
  await start(t, bus);
  await say(bus, 6, 10);
  await handled(t, bus, 10);
  await assertOnce(bus, 10);
});

test("one that is stopped while it takes its place gives it back, and ends", async (t) => {
  const bus = await startBus(t);
  for (const moment of ["at once", "with the lease in hand"]) {
    const told = Promise.withResolvers<void>();
    const log = { info: () => told.resolve(), warn: () => {}, error: () => {} };
    const { processor, stop } = await start(t, bus, { log });
    if (moment !== "at once") await told.promise;
    let hasEnded = false;
    void stop().then(() => {
      hasEnded = true;
    });
    await t.waitFor(() => assert.ok(hasEnded, `stopped ${moment}, it goes on`), patient);
    assert.equal(processor.status().active, false);
    assert.equal(await bus.redis.command(["EXISTS", bus.keys.lease("processor")]), 0);
  }
});

test("of two processors one works and the other takes over", async (t) => {
  const bus = await startBus(t);
  const both = [await start(t, bus), await start(t, bus)];
  await say(bus, 1, 20);
  await handled(t, bus, 20);
  const active = both.filter(({ processor }) => processor.status().active);
  assert.equal(active.length, 1);
  await active[0]?.stop();
  await say(bus, 21, 40);
  await handled(t, bus, 40);
  await assertOnce(bus, 40);
});
