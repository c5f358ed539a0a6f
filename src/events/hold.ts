/**
 * A short rest that a rebuild asks the processor for, where it is too busy to be caught up with: while it is asked for,
 * no commit of that projection passes. It ends with the swap, or by itself.
 */
import type { Redis } from "../redis/connection.ts";
import type { Keys } from "../redis/keys.ts";
import { hashFields } from "./log-state.ts";
import { holdField } from "./projection-state.ts";

/** The longest rest, ms. */
const longestMs = 3000;

type Access = { redis: Redis; keys: Keys };

/** Asks for it. */
export async function hold({ redis, keys }: Access, name: string): Promise<void> {
  await redis.command(["HSET", keys.projection(name), holdField, (await redisNowMs(redis)) + longestMs]);
}

/** Ends it. */
export async function letGo({ redis, keys }: Access, name: string): Promise<void> {
  await redis.command(["HDEL", keys.projection(name), holdField]);
}

/** Whether one is asked for. One that has run out (its rebuild was killed) is removed. */
export async function isHeld(access: Access, name: string): Promise<boolean> {
  const { redis, keys } = access;
  const [until] = await hashFields(redis, keys.projection(name), [holdField]);
  if (until === null || until === undefined) return false;
  if ((await redisNowMs(redis)) < Number(until)) return true;
  await letGo(access, name);
  return false;
}

/** Redis' time, ms. */
export async function redisNowMs(redis: Redis): Promise<number> {
  const reply = await redis.command(["TIME"]);
  const [seconds, micros] = Array.isArray(reply) ? reply : [];
  return Number(seconds) * 1000 + Math.floor(Number(micros) / 1000);
}
