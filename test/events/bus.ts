/** A bus of a test's own: a private Redis with the built-in catalog on top, and payloads that are accepted. */
import type { TestContext } from "node:test";
import { createWriter } from "../../src/events/atomic-write.ts";
import { builtInCatalog, type Payloads } from "../../src/events/built-in.ts";
import { producerOf } from "../../src/events/producer.ts";
import type { Redis } from "../../src/redis/connection.ts";
import { startTestRedis, type TestRedisOptions } from "../world/redis.ts";

export const started = "domain.software-development.deployment.started";
export const pushed = "domain.software-development.branch.pushed";

export async function startBus(t: TestContext, options: TestRedisOptions = {}) {
  const server = await startTestRedis(options);
  t.after(() => server[Symbol.asyncDispose]());
  const { redis, keys } = server;
  const catalog = builtInCatalog();
  const writerFor = (role: string, connection: Redis = redis) =>
    createWriter({ redis: connection, keys, catalog, source: `signalbox/test/${role}/1`, role });
  return {
    ...server,
    catalog,
    writerFor,
    writer: writerFor("platform"),
    producer: producerOf(writerFor("worker"), { tries: 4, firstDelayMs: 20, longestDelayMs: 100 }),
  };
}

export type TestBus = Awaited<ReturnType<typeof startBus>>;

export function sha(digit: number): string {
  return digit.toString(16).padStart(40, "0");
}

export function startedData(slug: string, number = 1): Payloads[typeof started] {
  const at = "2026-11-22T10:00:00Z";
  return {
    slug,
    branch: slug,
    sha: sha(number),
    remote: "origin",
    pushed_at: at,
    pusher: "ann",
    worker_session_id: "w1",
    orchestrator_session_id: "o1",
    ready_at: at,
  };
}

export function pushedData(number: number): Payloads[typeof pushed] {
  return {
    branch: `b${number}`,
    sha: sha(number),
    remote: "origin",
    pushed_at: "2026-11-22T10:00:00Z",
    pusher: "ann",
  };
}

/** The entries of the log, as text. */
export async function entriesOf({ redis, keys }: Pick<TestBus, "redis" | "keys">) {
  const reply = await redis.command(["XRANGE", keys.stream, "-", "+"]);
  if (!Array.isArray(reply)) return [];
  return reply.map((entry) => {
    const [streamId, fields] = Array.isArray(entry) ? entry : [];
    const [, text, , type] = Array.isArray(fields) ? fields : [];
    return { streamId: String(streamId), text: String(text), type: String(type) };
  });
}
