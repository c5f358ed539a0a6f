/**
 * `apply_vs_bullmq`: events folded by the processor into durable rows, exactly once, in order, against BullMQ's jobs at
 * concurrency 50 with nothing to do, on the same server and over the same client library. Both begin with everything
 * waiting.
 */
import { createClient } from "@redis/client";
import { Queue, Worker } from "bullmq";
import { monotonicMs, pause } from "../../src/clock.ts";
import { startProcessor } from "../../src/events/processor.ts";
import { openProjection } from "../../src/events/projection.ts";
import { readinessProjection, readinessProjectionName } from "../../src/integration/readiness-projection.ts";
import type { Claim, Effort, Measured } from "../claim.ts";
import { durability } from "../durability.ts";
import { type Bus, type Log, sayFacts } from "../ground/bus.ts";
import { median, type Round, ratioOf, rounded } from "../numbers.ts";

export const apply: Claim = {
  key: "apply_vs_bullmq",
  what: "events applied exactly once into durable rows per second ÷ BullMQ jobs, concurrency 50",
  target: { is: "at least", value: 3 },
};

export async function measureApply(bus: Bus, { quick }: Effort): Promise<Measured> {
  const count = quick ? 3000 : 20_000;
  const rounds: Round[] = [];
  for (let round = 0; round < (quick ? 3 : 5); round++) {
    const log = bus.freshLog();
    await sayFacts(log, count);
    const ours = await appliedPerSecond(log, count);
    const theirs = await jobsPerSecond(bus, `round-${round}`, count);
    rounds.push({ ours, theirs });
    await bus.redis.command(["FLUSHALL"], { deadlineMs: 60_000 });
  }
  return {
    ...ratioOf(rounds, "ours/theirs"),
    detail: {
      applied_per_s: rounded(median(rounds.map(({ ours }) => ours))),
      jobs_per_s: rounded(median(rounds.map(({ theirs }) => theirs))),
      events: count,
      durability,
    },
  };
}

/** Folds everything that waits in the log, by the real projection of readiness. */
export async function appliedPerSecond(log: Log, count: number): Promise<number> {
  const reader = openProjection(log, readinessProjectionName);
  const beganMs = monotonicMs();
  const processor = startProcessor({ ...log, projections: [readinessProjection] });
  try {
    while (((await reader.position())?.sequence ?? 0) < count) await pause(5);
    return (1000 * count) / (monotonicMs() - beganMs);
  } finally {
    await processor.stop();
  }
}

async function jobsPerSecond(bus: Bus, name: string, count: number): Promise<number> {
  const open = async () => {
    const client = createClient({ socket: { path: bus.socket, tls: false } });
    client.on("error", () => {});
    await client.connect();
    return client;
  };
  const [adding, working] = [await open(), await open()];
  const queue = new Queue(name, { connection: adding });
  for (let at = 0; at < count; at += 500)
    await queue.addBulk(
      Array.from({ length: Math.min(500, count - at) }, (_, more) => ({
        name: "job",
        data: { slug: `item-${at + more}`, sha: (at + more).toString(16).padStart(40, "0") },
      })),
    );
  const { promise, resolve } = Promise.withResolvers<void>();
  let done = 0;
  const beganMs = monotonicMs();
  const worker = new Worker(name, async () => {}, { connection: working, concurrency: 50 });
  worker.on("error", () => {});
  worker.on("completed", () => {
    if (++done === count) resolve();
  });
  await promise;
  const perSecond = (1000 * count) / (monotonicMs() - beganMs);
  await worker.close();
  await queue.close();
  for (const client of [adding, working]) if (client.isOpen) client.destroy();
  return perSecond;
}
