import assert from "node:assert/strict";
import { test } from "node:test";
import { readLag } from "../../src/events/lag.ts";
import type { Projection } from "../../src/events/projection.ts";
import { applyRetention, type RetentionOptions } from "../../src/events/retention.ts";
import { entriesOf, pushed, pushedData, startBus, type TestBus } from "./bus.ts";
import { assertOnce, begun, counter, handled, patient, say, start } from "./processing.ts";

const resumed = "domain.software-development.integration.queue.resumed";

function trimAll(bus: TestBus, more: Partial<RetentionOptions> = {}) {
  return applyRetention({ ...bus, projections: ["counter"], keepMs: -60_000, nowMs: Date.now(), ...more });
}

test("young events stay", async (t) => {
  const bus = await startBus(t);
  await begun(t, bus, 5);
  assert.deepEqual(await trimAll(bus, { keepMs: 3_600_000 }), { kind: "nothing" });
  assert.equal((await entriesOf(bus)).length, 5);
});

test("old events that everybody has handled go, and nobody takes that for a loss", async (t) => {
  const bus = await startBus(t);
  const { gaps } = await begun(t, bus, 1100);
  assert.deepEqual(await trimAll(bus), { kind: "trimmed", removed: 1100 });
  assert.equal((await entriesOf(bus)).length, 0);
  await say(bus, 1101, 1110);
  await handled(t, bus, 1110);
  await assertOnce(bus, 1110);
  const lag = await readLag(bus);
  assert.deepEqual({ lag: lag.lag, sequence: lag.sequence }, { lag: 0, sequence: 1110 });
  const again = await bus.producer.emit(pushed, pushedData(1));
  assert.equal(again.duplicate, true);
  assert.deepEqual(gaps, []);
});

test("a callback that is new to a trimmed log begins with what is left, without an alarm", async (t) => {
  const bus = await startBus(t);
  await start(t, bus).then(async ({ stop }) => {
    await say(bus, 1, 5);
    await handled(t, bus, 5);
    await trimAll(bus);
    await stop();
  });
  const { gaps } = await start(t, bus, { projections: [counter(), counter("newcomer")] });
  await say(bus, 6, 8);
  await handled(t, bus, 8, "newcomer");
  assert.deepEqual(gaps, []);
});

test("a callback that is behind, or has handled nothing, keeps what it needs", async (t) => {
  const bus = await startBus(t);
  const stuck: Projection = {
    name: "stuck",
    apply: ({ event }) => {
      if (event.data.branch === "b4") throw new Error("not yet");
    },
  };
  const slow = { tries: 99, firstDelayMs: 60_000, longestDelayMs: 60_000 };
  await start(t, bus, { projections: [counter(), stuck], tries: slow });
  await say(bus, 1, 10);
  await handled(t, bus, 10);
  await handled(t, bus, 3, "stuck");
  assert.deepEqual(await trimAll(bus), { kind: "trimmed", removed: 3 });
  assert.deepEqual(await trimAll(bus), { kind: "held", by: "stuck" });
  assert.equal((await entriesOf(bus)).length, 7);
  await bus.redis.command(["XGROUP", "CREATE", bus.keys.stream, "foreign", "0"]);
  assert.deepEqual(await trimAll(bus), { kind: "held", by: "foreign" });
  const lag = await readLag(bus);
  assert.deepEqual(lag.groups.map(({ name, lag: behind }) => [name, behind]).sort(), [
    ["counter", 0],
    ["foreign", 7],
    ["stuck", 7],
  ]);
  assert.equal(lag.lag, 7);
});

test("the keys of events that nobody could say again go with them, the others stay", async (t) => {
  const bus = await startBus(t);
  await start(t, bus);
  await say(bus, 1, 2);
  await bus.writer.write({ events: [{ type: resumed, data: { by: "ann" } }] });
  await handled(t, bus, 3);
  assert.equal(await bus.redis.command(["HLEN", bus.keys.idempotency]), 3);
  await trimAll(bus);
  assert.equal(await bus.redis.command(["HLEN", bus.keys.idempotency]), 2);
});

test("a full Redis can still be trimmed", async (t) => {
  const bus = await startBus(t);
  await begun(t, bus, 5);
  assert.notEqual(await bus.redis.command(["GET", bus.keys.snapshot("counter")]), "");
  await trimAll(bus, { keepMs: 3_600_000 });
  await t.waitFor(
    async () => assert.ok(await (await import("../../src/events/snapshot.ts")).takeSnapshot(bus, "counter")),
    patient,
  );
  await bus.redis.command(["CONFIG", "SET", "maxmemory", "1mb"]);
  assert.deepEqual(await trimAll(bus), { kind: "trimmed", removed: 5 });
});
