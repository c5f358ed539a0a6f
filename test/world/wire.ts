/** The world's Redis from inside the test's own process: for stories of more events than there is time for commands. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { builtInCatalog } from "../../src/events/built-in.ts";
import { eventSource } from "../../src/events/envelope.ts";
import { createProducer, type NotificationProducer } from "../../src/events/producer.ts";
import { connect, type Redis } from "../../src/redis/connection.ts";
import { type Keys, keysOf } from "../../src/redis/keys.ts";
import { socketTarget } from "../../src/redis/target.ts";
import type { World } from "./world.ts";

export type Wire = NotificationProducer & {
  redis: Redis;
  keys: Keys;
  [Symbol.asyncDispose](): Promise<void>;
};

/** Connects to the engine that the world's daemon has started. Use with `await using`. */
export async function openWire(world: World): Promise<Wire> {
  const repositoryId = await repositoryIdOf(world);
  const redis = await connect(socketTarget(join(world.home, repositoryId, "redis.sock")));
  const keys = keysOf(repositoryId);
  const source = eventSource({ repositoryId, role: "worker", sessionId: "wire" });
  const producer = createProducer({ redis, keys, catalog: builtInCatalog(), source, role: "worker" });
  return { ...producer, redis, keys, [Symbol.asyncDispose]: () => redis.close() };
}

/** The name of the world's private folder, which is the repository's id. */
export async function repositoryIdOf(world: World): Promise<string> {
  const names = (await readdir(world.home)).filter((name) => name.startsWith("origin-"));
  const [name, ...more] = names;
  if (name === undefined || more.length > 0)
    throw new Error(`private folders: ${names.join(", ") || "none"}`);
  return name;
}
