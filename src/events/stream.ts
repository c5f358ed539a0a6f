/** Reads the log as it was said: for people, for those who follow it, for replays. Takes nothing from any group. */
import { parseTimeMs, pause } from "../clock.ts";
import { badInput } from "../errors.ts";
import type { Redis } from "../redis/connection.ts";
import { isWorldFailure } from "../redis/failure.ts";
import type { Keys } from "../redis/keys.ts";
import type { Catalog } from "./catalog.ts";
import { compareStreamIds, type Entry, entriesOfRead, entriesOfReply, isStreamId } from "./entry.ts";
import type { StoredEvent } from "./envelope.ts";
import { readEntry } from "./read-entry.ts";

export type StreamSource = { redis: Redis; keys: Keys; catalog: Catalog };

export type EventFilter = {
  /** After this stream id, or from this RFC 3339 time on. Default: from the beginning. */
  since?: string;
  /** A type, the end of one (`deployment.started`), or a part of one with `*` at its end. */
  type?: string;
  slug?: string;
  /** At most so many. */
  limit?: number;
  /** Told of entries that cannot be read; they are left out. */
  onUnreadable?: (streamId: string, reason: string) => void;
};

const page = 500;
const blockMs = 2000;
const graceMs = 1500;

/** What is in the log now, oldest first. Throws `bad_since` (bad input). */
export function readEvents(source: StreamSource, filter: EventFilter = {}): AsyncGenerator<StoredEvent> {
  const first = startOf(filter.since).range;
  return walk(source, filter, first, (from) => ["XRANGE", source.keys.stream, from, "+"]);
}

/**
 * What is in the log now, newest first, before a stream id and down to `since`; an empty `before` begins at the end. Throws
 * `bad_since`.
 */
export function newestEvents(
  source: StreamSource,
  filter: EventFilter & { before: string },
): AsyncGenerator<StoredEvent> {
  const last = startOf(filter.since).range;
  const first = filter.before === "" ? "+" : startOf(filter.before).range;
  return walk(source, filter, first, (to) => ["XREVRANGE", source.keys.stream, to, last]);
}

/** Page after page, each beginning behind the last entry of the one before. */
async function* walk(
  { redis, catalog }: StreamSource,
  filter: EventFilter,
  first: string,
  range: (bound: string) => string[],
): AsyncGenerator<StoredEvent> {
  let left = filter.limit ?? Number.POSITIVE_INFINITY;
  let bound = first;
  while (left > 0) {
    const entries = entriesOfReply(await redis.command([...range(bound), "COUNT", page]));
    for (const stored of matching(catalog, entries, filter)) {
      if (left-- <= 0) return;
      yield stored;
    }
    const last = entries.at(-1);
    if (last === undefined || entries.length < page) return;
    bound = `(${last.streamId}`;
  }
}

/**
 * What is in the log and what is added, until `signal` aborts or `limit` is reached. While Redis is away it waits and
 * goes on where it was. Holds one connection.
 */
export async function* followEvents(
  source: StreamSource,
  filter: EventFilter,
  signal: AbortSignal,
): AsyncGenerator<StoredEvent> {
  const follower = openFollower(source.redis, source.keys.stream, startOf(filter.since).after);
  const close = () => void follower.close();
  signal.addEventListener("abort", close);
  let left = filter.limit ?? Number.POSITIVE_INFINITY;
  let failures = 0;
  try {
    while (!signal.aborted && left > 0) {
      let entries: Entry[] = [];
      try {
        entries = await follower.next();
        failures = 0;
      } catch (error) {
        if (signal.aborted) return;
        if (!isWorldFailure(error)) throw error;
        failures += 1;
        await pause(Math.min(5000, 50 * 2 ** Math.min(failures, 10)), signal);
      }
      for (const stored of matching(source.catalog, entries, filter)) {
        if (left-- <= 0 || signal.aborted) return;
        yield stored;
      }
    }
  } finally {
    signal.removeEventListener("abort", close);
    await follower.close();
  }
}

/** One blocking read after another. The deadline is the watchdog against a server that froze. */
function openFollower(redis: Redis, stream: string, after: string) {
  let connection: Redis | null = null;
  let last = after;
  let closed = false;
  const drop = async () => {
    const former = connection;
    connection = null;
    await former?.close();
  };
  return {
    async next(): Promise<Entry[]> {
      try {
        connection ??= await redis.duplicate();
        if (closed) await drop();
        if (connection === null) return [];
        const args = ["XREAD", "COUNT", page, "BLOCK", blockMs, "STREAMS", stream, last];
        const entries = entriesOfRead(await connection.command(args, { deadlineMs: blockMs + graceMs }));
        if (entries.length === 0) {
          // Nothing new, or a log begun anew with smaller ids.
          const [top] = entriesOfReply(await connection.command(["XREVRANGE", stream, "+", "-", "COUNT", 1]));
          if (top !== undefined && compareStreamIds(top.streamId, last) < 0) last = "0-0";
        }
        last = entries.at(-1)?.streamId ?? last;
        return entries;
      } catch (error) {
        await drop();
        throw error;
      }
    },
    async close() {
      closed = true;
      await drop();
    },
  };
}

function* matching(catalog: Catalog, entries: readonly Entry[], filter: EventFilter): Generator<StoredEvent> {
  for (const entry of entries) {
    const read = readEntry(catalog, entry);
    if (read.kind === "unreadable") {
      filter.onUnreadable?.(read.streamId, read.reason);
      continue;
    }
    const { type, subject } = read.event;
    if (filter.slug !== undefined && subject !== filter.slug) continue;
    if (filter.type !== undefined && !isOfType(type, filter.type)) continue;
    yield { streamId: read.streamId, event: read.event };
  }
}

function isOfType(type: string, wanted: string): boolean {
  if (type === wanted || type.endsWith(`.${wanted}`)) return true;
  if (!wanted.endsWith("*")) return false;
  const start = wanted.slice(0, -1);
  return type.startsWith(start) || type.includes(`.${start}`);
}

function startOf(since: string | undefined): { range: string; after: string } {
  if (since === undefined) return { range: "-", after: "0-0" };
  if (isStreamId(since)) return { range: `(${since}`, after: since };
  const ms = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/.test(since)
    ? parseTimeMs(since)
    : null;
  if (ms === null || ms < 0) {
    throw badInput("bad_since", `${JSON.stringify(since.slice(0, 100))} is neither a stream id nor a time.`, {
      cure: "Give an id as `events` shows it (1763800000000-0) or a time (2026-11-22T10:00:00Z).",
    });
  }
  return { range: String(ms), after: ms === 0 ? "0-0" : `${ms - 1}-18446744073709551615` };
}
