/** Stops new events before Redis' memory is full, so that what has begun can still be finished. */
import { monotonicMs } from "../clock.ts";
import type { Redis } from "../redis/connection.ts";
import { busFull } from "./write-failures.ts";

/** How long one look at the memory counts, ms. */
const lookMs = 1000;

/**
 * A check to make before saying something new: throws `bus_full` (temporary) above `share` of Redis' maxmemory. Looks at
 * most once a second, and answers `null` where it need not; a Redis without a limit is never full.
 */
export function memoryWatermark(redis: Redis, share: number): () => Promise<void> | null {
  let lookedAtMs = Number.NEGATIVE_INFINITY;
  let full = false;
  async function look(): Promise<void> {
    const { used, limit } = memoryOf(String(await redis.command(["INFO", "memory"])));
    full = limit > 0 && used > limit * share;
    lookedAtMs = monotonicMs();
    if (full) throw busFull();
  }
  return () => {
    if (monotonicMs() - lookedAtMs >= lookMs) return look();
    if (full) throw busFull();
    return null;
  };
}

function memoryOf(report: string): { used: number; limit: number } {
  const field = (name: string) => Number(new RegExp(`^${name}:(\\d+)`, "m").exec(report)?.[1] ?? 0);
  return { used: field("used_memory"), limit: field("maxmemory") };
}
