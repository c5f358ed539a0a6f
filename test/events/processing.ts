/** A processor of a test's own, and what a second application of an event would show. */
import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import type { Gap } from "../../src/events/continuity.ts";
import { startProcessor } from "../../src/events/processor.ts";
import type { ProcessorOptions } from "../../src/events/processor-options.ts";
import { openProjection, type Projection } from "../../src/events/projection.ts";
import { connect } from "../../src/redis/connection.ts";
import { pushed, pushedData, type TestBus } from "./bus.ts";

/** Counts the events per branch, and in all: what a second application would show. */
export function counter(name = "counter"): Projection {
  return {
    name,
    async apply({ event }, tables) {
      const id = String(event.data.branch ?? event.type);
      tables.put("seen", id, Number((await tables.get("seen", id)) ?? 0) + 1);
      tables.put("order", event.sequence, id);
    },
  };
}

export const fast = {
  lease: { ttlMs: 2000, renewMs: 300 },
  tries: { tries: 3, firstDelayMs: 10, longestDelayMs: 20 },
};

export async function start(t: TestContext, bus: TestBus, more: Partial<ProcessorOptions> = {}) {
  const redis = await connect(bus.target, { deadlineMs: 1000 });
  const gaps: Gap[] = [];
  const committed: string[] = [];
  const processor = startProcessor({
    redis,
    keys: bus.keys,
    catalog: bus.catalog,
    writer: bus.writerFor("platform", redis),
    projections: [counter()],
    onGap: (gap) => void gaps.push(gap),
    onCommitted: (name, stored) =>
      void committed.push(...stored.map(({ streamId }) => `${name} ${streamId}`)),
    ...fast,
    ...more,
  });
  const stop = async () => {
    await processor.stop();
    await redis.close();
  };
  t.after(stop);
  return { processor, gaps, committed, stop, redis };
}

export async function say(bus: TestBus, from: number, to: number): Promise<void> {
  const numbers = Array.from({ length: to - from + 1 }, (_, n) => from + n);
  await Promise.all(numbers.map((n) => bus.producer.emit(pushed, pushedData(n))));
}

export async function seen(bus: TestBus, name = "counter"): Promise<Map<string, unknown>> {
  return openProjection(bus, name).all("seen");
}

export const patient = { timeout: 15_000, interval: 20 };

export function handled(t: TestContext, bus: TestBus, count: number, name = "counter") {
  return t.waitFor(
    async () => assert.equal((await openProjection(bus, name).position())?.sequence, count),
    patient,
  );
}

/** A processor that has handled the branches from 1 to `count`, and goes on. */
export async function begun(t: TestContext, bus: TestBus, count: number) {
  const started = await start(t, bus);
  await say(bus, 1, count);
  await handled(t, bus, count);
  return started;
}

/** Each branch from 1 to `count` exactly once. */
export async function assertOnce(bus: TestBus, count: number, name = "counter"): Promise<void> {
  const rows = await seen(bus, name);
  const branches = [...rows].filter(([id]) => id.startsWith("b"));
  assert.equal(branches.length, count);
  assert.deepEqual(
    branches.filter(([, times]) => times !== 1),
    [],
  );
}

export function epochOf(text = ""): string {
  return /"epoch":"([^"]+)"/.exec(text)?.[1] ?? "";
}
