import assert from "node:assert/strict";
import { test } from "node:test";
import { isFailure } from "../../src/errors.ts";
import type { StoredEvent } from "../../src/events/envelope.ts";
import { type EventFilter, followEvents, readEvents } from "../../src/events/stream.ts";
import { entriesOf, pushed, pushedData, startBus, started, startedData, type TestBus } from "./bus.ts";
import { patient, say } from "./processing.ts";

async function read(bus: TestBus, filter: EventFilter = {}): Promise<string[]> {
  const found: StoredEvent[] = [];
  for await (const stored of readEvents(bus, filter)) found.push(stored);
  return found.map(({ event }) => String(event.data.branch));
}

test("the log is read whole, oldest first, over many pages", async (t) => {
  const bus = await startBus(t);
  assert.deepEqual(await read(bus), []);
  await say(bus, 1, 1200);
  const all = await read(bus);
  assert.equal(all.length, 1200);
  assert.deepEqual(
    all,
    Array.from({ length: 1200 }, (_, n) => `b${n + 1}`),
  );
  assert.deepEqual(await read(bus, { limit: 3 }), ["b1", "b2", "b3"]);
  assert.deepEqual(await read(bus, { limit: 0 }), []);
});

test("since takes a stream id (what came after it) or a time (from then on)", async (t) => {
  const bus = await startBus(t);
  await say(bus, 1, 3);
  const entries = await entriesOf(bus);
  assert.deepEqual(await read(bus, { since: entries[1]?.streamId ?? "" }), ["b3"]);
  const firstMs = Number(entries[0]?.streamId.split("-")[0]);
  assert.deepEqual(await read(bus, { since: new Date(firstMs).toISOString() }), ["b1", "b2", "b3"]);
  assert.deepEqual(await read(bus, { since: "2099-01-01T00:00:00Z" }), []);
  for (const since of ["yesterday", "1-2-3", "-1", "$", "", "--upload-pack=x"]) {
    await assert.rejects(read(bus, { since }), (error) => isFailure(error, "bad_since"), since);
  }
});

test("type and slug pick: whole types, their ends, beginnings with a star", async (t) => {
  const bus = await startBus(t);
  await say(bus, 1, 1);
  await bus.producer.emit(started, startedData("one", 1));
  await bus.producer.emit(started, startedData("two", 2));
  assert.deepEqual(await read(bus, { type: started }), ["one", "two"]);
  assert.deepEqual(await read(bus, { type: "deployment.started" }), ["one", "two"]);
  assert.deepEqual(await read(bus, { type: "deployment.*" }), ["one", "two"]);
  assert.deepEqual(await read(bus, { type: "domain.*" }), ["b1", "one", "two"]);
  assert.deepEqual(await read(bus, { type: "loyment.started" }), []);
  assert.deepEqual(await read(bus, { slug: "two" }), ["two"]);
  assert.deepEqual(await read(bus, { slug: "two", type: pushed }), []);
});

test("an entry that cannot be read is named and left out", async (t) => {
  const bus = await startBus(t);
  await bus.redis.command(["XADD", bus.keys.stream, "*", "event", "{"]);
  await say(bus, 1, 1);
  const unreadable: string[] = [];
  assert.deepEqual(await read(bus, { onUnreadable: (_, reason) => void unreadable.push(reason) }), ["b1"]);
  assert.deepEqual(unreadable, ["it is not JSON"]);
});

test("a follower sees what was there and what comes, also after Redis was killed under it, each once", async (t) => {
  const bus = await startBus(t, { durable: true });
  await say(bus, 1, 3);
  const ended = new AbortController();
  const seen: string[] = [];
  const following = (async () => {
    for await (const { event } of followEvents(bus, {}, ended.signal)) seen.push(String(event.data.branch));
  })();
  await t.waitFor(() => assert.equal(seen.length, 3), patient);
  await bus.producer.emit(pushed, pushedData(4));
  await t.waitFor(() => assert.equal(seen.length, 4), patient);
  await bus.kill();
  await bus.start();
  await bus.producer.emit(pushed, pushedData(5));
  await t.waitFor(() => assert.equal(seen.length, 5), patient);
  assert.deepEqual(seen, ["b1", "b2", "b3", "b4", "b5"]);
  ended.abort();
  await following;
  await t.waitFor(async () => {
    const clients = String(await bus.redis.command(["CLIENT", "LIST"]))
      .trim()
      .split("\n");
    assert.equal(clients.length, 1);
  }, patient);
});

test("a follower with a limit ends by itself", async (t) => {
  const bus = await startBus(t);
  await say(bus, 1, 3);
  const seen: string[] = [];
  for await (const { event } of followEvents(bus, { limit: 2 }, new AbortController().signal))
    seen.push(String(event.data.branch));
  assert.deepEqual(seen, ["b1", "b2"]);
});
