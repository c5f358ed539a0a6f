/** The one clock that all machines share. */
import type { Redis } from "./connection.ts";

/** Redis' own time, ms since the epoch. */
export async function serverTimeMs(redis: Redis): Promise<number> {
  const reply = await redis.command(["TIME"]);
  if (!Array.isArray(reply)) throw new Error("TIME did not answer with seconds and microseconds.");
  const [seconds, micros] = reply;
  return Number(seconds) * 1000 + Math.floor(Number(micros) / 1000);
}
