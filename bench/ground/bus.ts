/** A private durable Redis (append-only file, synced at every write) with the catalog on top, and a fresh log per round. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { createWriter } from "../../src/events/atomic-write.ts";
import { builtInCatalog } from "../../src/events/built-in.ts";
import type { Catalog } from "../../src/events/catalog.ts";
import { type NotificationProducer, producerOf } from "../../src/events/producer.ts";
import { connect, type Redis } from "../../src/redis/connection.ts";
import { type Keys, keysOf } from "../../src/redis/keys.ts";
import { socketTarget } from "../../src/redis/target.ts";
import { findTestServer } from "../../test/world/redis.ts";
import { waitUntil } from "../../test/world/wait-until.ts";
import { openPlace } from "./place.ts";

export type Log = {
  redis: Redis;
  keys: Keys;
  catalog: Catalog;
  writer: ReturnType<typeof createWriter>;
  producer: NotificationProducer;
};

export type Bus = {
  redis: Redis;
  socket: string;
  /** An empty log under keys of its own. */
  freshLog(): Log;
  [Symbol.asyncDispose](): Promise<void>;
};

export async function openBus(): Promise<Bus> {
  const place = await openPlace();
  const socket = join(place.directory, "redis.sock");
  const durably = [
    "--appendonly",
    "yes",
    "--appendfsync",
    "always",
    "--save",
    "",
    "--auto-aof-rewrite-percentage",
    "0",
  ];
  spawn(findTestServer(), ["--port", "0", "--unixsocket", socket, "--dir", place.directory, ...durably], {
    cwd: place.directory,
    env: place.env,
    stdio: "ignore",
  });
  const redis = await waitUntil(() => connect(socketTarget(socket)), { what: "Redis answers" });
  const catalog = builtInCatalog();
  let logs = 0;
  return {
    redis,
    socket,
    freshLog() {
      const keys = keysOf(`bench-${logs++}`);
      const writer = createWriter({
        redis,
        keys,
        catalog,
        source: "signalbox/bench/worker/1",
        role: "platform",
      });
      return { redis, keys, catalog, writer, producer: producerOf(writer) };
    },
    async [Symbol.asyncDispose]() {
      await redis.close();
      await place[Symbol.asyncDispose]();
    },
  };
}

/** How many calls are under way at once, on both sides of a comparison. */
export const inFlight = 500;

const startedType = "domain.software-development.deployment.started";

/** Says `count` different facts, `inFlight` at a time. */
export async function sayFacts({ producer }: Log, count: number): Promise<void> {
  for (let at = 0; at < count; at += inFlight)
    await Promise.all(
      Array.from({ length: Math.min(inFlight, count - at) }, (_, more) =>
        producer.emit(startedType, factOf(at + more)),
      ),
    );
}

function factOf(number: number): Record<string, unknown> {
  const at = "2026-11-22T10:00:00Z";
  const slug = `item-${number}`;
  return {
    slug,
    branch: slug,
    sha: number.toString(16).padStart(40, "0"),
    remote: "origin",
    pushed_at: at,
    pusher: "ada",
    worker_session_id: "worker-1",
    orchestrator_session_id: "orchestrator-1",
    ready_at: at,
  };
}
