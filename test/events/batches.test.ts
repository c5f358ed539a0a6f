import assert from "node:assert/strict";
import { test } from "node:test";
import { openProjection, type Projection } from "../../src/events/projection.ts";
import { openQuarantine } from "../../src/events/quarantine.ts";
import { pushed, pushedData, startBus, type TestBus } from "./bus.ts";
import { assertOnce, counter, handled, patient, say, start } from "./processing.ts";

/** How often a command was called since the last look. */
async function calls(bus: TestBus, command: string): Promise<number> {
  const report = String(await bus.redis.command(["INFO", "commandstats"]));
  await bus.redis.command(["CONFIG", "RESETSTAT"]);
  return Number(new RegExp(`^cmdstat_${command}:calls=(\\d+)`, "m").exec(report)?.[1] ?? 0);
}

async function fillTable(bus: TestBus, rows: number): Promise<void> {
  const key = bus.keys.projectionTable("counter", 1, "seen");
  const fields = Array.from({ length: rows }, (_, n) => [`b${n + 1}`, "41"]).flat();
  await bus.redis.command(["HSET", key, ...fields]);
}

test("a table too large for memory is read by the batch, not by the row, and every row is right", async (t) => {
  const bus = await startBus(t);
  await fillTable(bus, 2500);
  await say(bus, 1, 1);
  const { committed } = await start(t, bus, { batch: 100 });
  await handled(t, bus, 1);
  await calls(bus, "hmget");
  const known = Array.from({ length: 1000 }, (_, n) => n + 2);
  await Promise.all([...known, 3001, 3002].map((n) => bus.producer.emit(pushed, pushedData(n))));
  await handled(t, bus, 1003);
  const reads = await calls(bus, "hmget");
  assert.ok(reads < 300, `${reads} reads for 1,002 events`);
  const rows = await openProjection(bus, "counter").all("seen");
  assert.deepEqual(
    [...known.map((n) => rows.get(`b${n}`)), rows.get("b3001"), rows.get("b3002"), rows.get("b2000")],
    [...known.map(() => 42), 1, 1, 41],
  );
  assert.equal(new Set(committed).size, 1003);
});

test("events of one batch see one another's rows, in a table of which Redis alone knows the most", async (t) => {
  const bus = await startBus(t);
  await fillTable(bus, 2500);
  const chain: Projection = {
    name: "counter",
    async apply({ event }, tables) {
      const before = Number((await tables.get("seen", "b7")) ?? 0);
      const last = String((await tables.get("seen", `after ${before}`)) ?? "none");
      tables.put("seen", "b7", before + 1);
      tables.put(
        "seen",
        `after ${before + 1}`,
        `${last === "none" ? "" : `${last} `}${event.sequence.slice(-2)}`,
      );
    },
  };
  await say(bus, 1, 30);
  await start(t, bus, { projections: [chain], batch: 8 });
  await handled(t, bus, 30);
  const rows = await openProjection(bus, "counter").all("seen");
  assert.equal(rows.get("b7"), 71);
  assert.equal(
    rows.get("after 71"),
    Array.from({ length: 30 }, (_, n) => String(n + 1).padStart(2, "0")).join(" "),
  );
});

test("what a callback throws while it is looked ahead counts as no try, and what it puts then is forgotten", async (t) => {
  const bus = await startBus(t);
  await fillTable(bus, 2500);
  let tooEarly = 0;
  const stepwise: Projection = {
    name: "counter",
    async apply({ event }, tables) {
      const number = Number(String(event.data.branch).slice(1));
      tables.put("seen", `b${number}`, Number(await tables.get("seen", `b${number}`)) + 1);
      // Right only once the event before it was applied: looked at ahead of time, it was not.
      if (number > 1 && (await tables.get("seen", `done ${number - 1}`)) !== true) {
        tooEarly += 1;
        throw new Error("too early");
      }
      tables.put("seen", `done ${number}`, true);
    },
  };
  await say(bus, 1, 40);
  await start(t, bus, { projections: [stepwise], batch: 8 });
  await handled(t, bus, 40);
  assert.ok(tooEarly > 0);
  const rows = await openProjection(bus, "counter").all("seen");
  assert.deepEqual(
    Array.from({ length: 41 }, (_, n) => rows.get(`b${n + 1}`)),
    [...Array(40).fill(42), 41],
  );
  assert.equal(await openQuarantine(bus).count(), 0);
  assert.equal(await bus.redis.command(["EXISTS", bus.keys.attempts("counter")]), 0);
});

test("a batch that was fetched while one before it failed is handled once, after it, in order", async (t) => {
  const bus = await startBus(t);
  const order: string[] = [];
  let failing = 2;
  const picky: Projection = {
    name: "counter",
    async apply(stored, tables) {
      if (stored.event.data.branch === "b7" && failing-- > 0) throw new Error("not yet");
      await counter().apply(stored, tables);
    },
  };
  await say(bus, 1, 40);
  await start(t, bus, {
    projections: [picky],
    batch: 4,
    onCommitted: (_name, stored) => void order.push(...stored.map(({ event }) => event.sequence)),
  });
  await handled(t, bus, 40);
  await assertOnce(bus, 40);
  await t.waitFor(() => assert.equal(order.length, 40), patient);
  assert.deepEqual(order, order.toSorted());
  const pending = await bus.redis.command(["XPENDING", bus.keys.stream, "counter"]);
  assert.equal(Array.isArray(pending) ? pending[0] : null, 0);
  assert.equal(await bus.redis.command(["EXISTS", bus.keys.attempts("counter")]), 0);
});
