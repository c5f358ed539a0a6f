import assert from "node:assert/strict";
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { cp, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { EmitResult } from "../../src/events/atomic-write.ts";
import { openProjection, type Projection } from "../../src/events/projection.ts";
import { openQuarantine } from "../../src/events/quarantine.ts";
import { entriesOf, pushed, pushedData, startBus, type TestBus } from "./bus.ts";
import { assertOnce, begun, counter, handled, patient, say, start } from "./processing.ts";

function child(t: TestContext, bus: TestBus, file: string, ...args: string[]): ChildProcess {
  const repositoryId = /\{signalbox:(.*)\}/.exec(bus.keys.tag)?.[1] ?? "";
  const started = fork(
    join(import.meta.dirname, file),
    [join(bus.dir, "redis.sock"), repositoryId, ...args],
    {
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    },
  );
  t.after(() => kill(started));
  return started;
}

async function kill(process: ChildProcess): Promise<void> {
  if (process.exitCode !== null || process.signalCode !== null) return;
  const exit = once(process, "exit");
  process.kill("SIGKILL");
  await exit;
}

async function reached(bus: TestBus): Promise<number> {
  return Number((await bus.redis.command(["HGET", bus.keys.cursor("counter"), "sequence"])) ?? 0);
}

test("two processes that say the same facts at once make one entry of each", async (t) => {
  const bus = await startBus(t);
  const count = 300;
  const both = [1, 2].map(() => child(t, bus, "emit-child.ts", String(count)));
  const answers = await Promise.all(
    both.map(async (one): Promise<EmitResult[]> => (await once(one, "message"))[0]),
  );
  assert.equal((await entriesOf(bus)).length, count);
  const [first = [], second = []] = answers;
  for (const [index, one] of first.entries()) {
    assert.equal(one.streamId, second[index]?.streamId);
    assert.equal(one.id, second[index]?.id);
    assert.notEqual(one.duplicate, second[index]?.duplicate);
  }
});

test("Redis killed and restarted in mid-run: every event that was taken is there once, and handled once", async (t) => {
  const bus = await startBus(t, { durable: true });
  await start(t, bus);
  const saying = (async () => {
    for (let n = 1; n <= 300; n++) await bus.producer.emit(pushed, pushedData(n));
  })();
  for (const at of [60, 160]) {
    await t.waitFor(async () => assert.ok((await reached(bus)) >= at), patient);
    await bus.kill();
    await bus.start();
  }
  await saying;
  await handled(t, bus, 300);
  await assertOnce(bus, 300);
  assert.equal(await openQuarantine(bus).count(), 0);
});

test("a Redis that freezes beyond every deadline and thaws again: nothing is lost, doubled or counted", async (t) => {
  const bus = await startBus(t);
  const { processor } = await begun(t, bus, 50);
  bus.freeze();
  await t.waitFor(() => assert.notEqual(processor.status().callbacks[0]?.failing, null), patient);
  bus.thaw();
  await say(bus, 51, 100);
  await handled(t, bus, 100);
  await assertOnce(bus, 100);
  assert.equal(await openQuarantine(bus).count(), 0);
  assert.equal(await bus.redis.command(["EXISTS", bus.keys.attempts("counter")]), 0);
});

test("a Redis that freezes while a callback reads its rows is not held against the event", async (t) => {
  const bus = await startBus(t);
  let asked = 0;
  const reading: Projection = {
    name: "reading",
    async apply(stored, tables) {
      asked += 1;
      if (asked === 1) bus.freeze();
      const row = await tables.get("rows", stored.streamId).finally(() => bus.thaw());
      tables.put("rows", stored.streamId, row);
    },
  };
  const tries = { tries: 1, firstDelayMs: 1, longestDelayMs: 1 };
  await start(t, bus, { projections: [reading], tries });
  await say(bus, 1, 1);
  await handled(t, bus, 1, "reading");
  assert.equal(asked, 2);
  assert.equal(await bus.redis.command(["EXISTS", bus.keys.attempts("reading"), bus.keys.quarantine]), 0);
});

test("a Redis without memory stops the work and counts nothing against the events", async (t) => {
  const bus = await startBus(t);
  await bus.redis.command(["SET", "ballast", "x".repeat(4_000_000)]);
  await say(bus, 1, 50);
  await bus.redis.command(["CONFIG", "SET", "maxmemory", "2mb"]);
  await bus.redis
    .command(["HSET", bus.keys.lease("none"), "a", "b"])
    .catch((error: unknown) => assert.match(String(error), /memory/));
  const { processor } = await start(t, bus);
  await t
    .waitFor(() => assert.match(processor.status().callbacks[0]?.failing ?? "", /memory/), patient)
    .catch(() => {
      assert.equal(processor.status().active, false);
    });
  await bus.redis.command(["CONFIG", "SET", "maxmemory", "0"]);
  await handled(t, bus, 50);
  await assertOnce(bus, 50);
  assert.equal(await openQuarantine(bus).count(), 0);
});

test("a wrong type under a callback's table holds up that callback alone, and nothing is half written", async (t) => {
  const bus = await startBus(t);
  const table = bus.keys.projectionTable("counter", 1, "seen");
  await bus.redis.command(["SET", table, "not a hash"]);
  const { processor } = await start(t, bus, { projections: [counter(), counter("other")] });
  await say(bus, 1, 30);
  await handled(t, bus, 30, "other");
  await t.waitFor(() => assert.notEqual(processor.status().callbacks[0]?.failing, null), patient);
  assert.equal(await bus.redis.command(["EXISTS", bus.keys.projectionTable("counter", 1, "order")]), 0);
  await bus.redis.command(["DEL", table]);
  await handled(t, bus, 30);
  await assertOnce(bus, 30);
  assert.equal(await openQuarantine(bus).count(), 0);
});

test("SCRIPT FLUSH in mid-run changes nothing", async (t) => {
  const bus = await startBus(t);
  await start(t, bus);
  for (let round = 0; round < 5; round++) {
    await bus.redis.command(["SCRIPT", "FLUSH"]);
    await say(bus, round * 10 + 1, round * 10 + 10);
  }
  await handled(t, bus, 50);
  await assertOnce(bus, 50);
});

test("a processor that was stopped beyond its lease can change nothing when it wakes", async (t) => {
  const bus = await startBus(t);
  const first = child(t, bus, "processor-child.ts", "5");
  await say(bus, 1, 200);
  await t.waitFor(async () => assert.ok((await reached(bus)) > 10), patient);
  first.kill("SIGSTOP");
  const second = child(t, bus, "processor-child.ts", "5");
  const stoppedAt = await reached(bus);
  await t.waitFor(async () => assert.ok((await reached(bus)) > stoppedAt), patient);
  first.kill("SIGCONT");
  await handled(t, bus, 200);
  await assertOnce(bus, 200);
  await kill(second);
  await say(bus, 201, 210);
  await handled(t, bus, 210);
  await assertOnce(bus, 210);
});

test("a position that somebody else has moved on is never written over", async (t) => {
  const bus = await startBus(t);
  const overtaken: Projection = {
    name: "counter",
    async apply(stored, tables) {
      await counter().apply(stored, tables);
      if (stored.event.data.branch !== "b3") return;
      const { streamId, event } = stored;
      const cursor = bus.keys.cursor("counter");
      await bus.redis.command(["HSET", cursor, "stream_id", streamId, "sequence", 3, "epoch", event.epoch]);
    },
  };
  await start(t, bus, { projections: [overtaken] });
  await say(bus, 1, 2);
  await handled(t, bus, 2);
  await say(bus, 3, 5);
  await handled(t, bus, 5);
  const rows = await openProjection(bus, "counter").all("seen");
  assert.deepEqual([...rows.keys()].sort(), ["b1", "b2", "b4", "b5"]);
});

test("effects happen once though the processor is killed again and again", async (t) => {
  const bus = await startBus(t);
  await say(bus, 1, 400);
  let kills = 0;
  for (let at = 40; at < 400; at += 60) {
    const one = child(t, bus, "processor-child.ts", "1");
    await t.waitFor(async () => assert.ok((await reached(bus)) >= at), { timeout: 15_000, interval: 3 });
    await kill(one);
    kills += 1;
  }
  child(t, bus, "processor-child.ts");
  await handled(t, bus, 400);
  await assertOnce(bus, 400);
  assert.ok(kills >= 6);
});

test("Redis restarted with an older file, and busy at once: the loss is told although the numbers look whole", async (t) => {
  const bus = await startBus(t, { durable: true });
  const { processor } = await start(t, bus);
  const sayAndWait = async (from: number, to: number) => {
    for (let n = from; n <= to; n++) await bus.producer.emit(pushed, pushedData(n));
    await t.waitFor(async () => assert.ok((await reached(bus)) >= to), patient);
  };
  const file = join(bus.dir, "appendonlydir");
  await sayAndWait(1, 3);
  await bus.kill();
  await cp(file, `${file}.older`, { recursive: true });
  await bus.start();
  await sayAndWait(4, 5);
  await bus.kill();
  await rm(file, { recursive: true });
  await rename(`${file}.older`, file);
  await t.waitFor(() => assert.notEqual(processor.status().callbacks[0]?.failing, null), patient);
  await bus.start();
  // The processor has read the older position back: from now on the numbers fit together.
  await t.waitFor(() => {
    const reachedNow = processor.status().callbacks[0]?.position?.sequence ?? 0;
    assert.ok(reachedNow === 3 || reachedNow === 4, `at ${reachedNow}`);
  }, patient);
  for (let n = 11; n <= 20; n++) await bus.producer.emit(pushed, pushedData(n));
  await t.waitFor(async () => {
    const types = (await entriesOf(bus)).map(({ type }) => type);
    assert.ok(types.some((type) => type.endsWith("platform.gap.found")));
  }, patient);
});
