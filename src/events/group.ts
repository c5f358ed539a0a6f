/** The commands of one consumer group. Thin: what they are for is decided in the callback's worker. */
import { isFailure } from "../errors.ts";
import type { Redis } from "../redis/connection.ts";
import { replyCode } from "../redis/failure.ts";
import { compareStreamIds, type Entry, entriesOfRead, entriesOfReply } from "./entry.ts";

/**
 * One name for the reader of every process: the lease sees to it that there is one at a time, and whoever comes next
 * finds in the same pending list what the one before had in hand.
 */
const consumer = "processor";

export type Group = {
  /** Makes the group where it is not there: at `reached`, or at the first entry. Takes over what others left. */
  ensure(reached: string | null): Promise<void>;
  /** Delivered and not acknowledged, oldest first. Deleted entries come without text. */
  pending(count: number): Promise<Entry[]>;
  /** Not yet delivered, oldest first. */
  fresh(count: number): Promise<Entry[]>;
  /** What lies in the stream after one id (and before another), whatever the group thinks. */
  between(after: string | null, before: string | null, count: number): Promise<Entry[]>;
};

export function openGroup(redis: Redis, stream: string, name: string): Group {
  const read = async (from: string, count: number) =>
    entriesOfRead(
      await redis.command(["XREADGROUP", "GROUP", name, consumer, "COUNT", count, "STREAMS", stream, from]),
    );
  return {
    async ensure(reached) {
      const start = reached !== null && (await reaches(redis, stream, reached)) ? reached : "0";
      await redis.command(["XGROUP", "CREATE", stream, name, start, "MKSTREAM"]).catch((error: unknown) => {
        if (replyCode(error) !== "BUSYGROUP") throw error;
      });
      await claimOthers(redis, stream, name);
    },
    pending: (count) => read("0", count),
    fresh: (count) => read(">", count),
    async between(after, before, count) {
      const from = after === null ? "-" : `(${after}`;
      const to = before === null ? "+" : `(${before}`;
      return entriesOfReply(await redis.command(["XRANGE", stream, from, to, "COUNT", count]));
    },
  };
}

/** Whether the stream has come so far. One that was deleted and begun anew may have smaller ids than before. */
async function reaches(redis: Redis, stream: string, id: string): Promise<boolean> {
  try {
    const flat = await redis.command(["XINFO", "STREAM", stream]);
    const last = Array.isArray(flat) ? flat[flat.indexOf("last-generated-id") + 1] : null;
    return typeof last === "string" && compareStreamIds(last, id) >= 0;
  } catch (error) {
    if (isFailure(error, "redis_refused")) return false;
    throw error;
  }
}

/** Every other consumer is dead, or fenced out: only the holder of the lease comes here. */
async function claimOthers(redis: Redis, stream: string, name: string): Promise<void> {
  const summary = await redis.command(["XPENDING", stream, name]);
  const consumers = Array.isArray(summary) && Array.isArray(summary[3]) ? summary[3] : [];
  if (!consumers.some((entry) => Array.isArray(entry) && entry[0] !== consumer)) return;
  for (let from = "0-0"; ; ) {
    const reply = await redis.command([
      "XAUTOCLAIM",
      stream,
      name,
      consumer,
      0,
      from,
      "COUNT",
      500,
      "JUSTID",
    ]);
    const next = Array.isArray(reply) ? String(reply[0]) : "0-0";
    if (next === "0-0") return;
    from = next;
  }
}
