/**
 * The queue in Redis: one item per candidate, an order set of the queued ones, a counter per status.
 *
 * Trade-off: an item is one JSON value, compared whole by the write that replaces it. A reader never sees half a move
 * and a writer that read something older is refused; the price is one more read after a lost race. Items, order,
 * counters and the move's events change in the same atomic write, so they cannot disagree.
 */
import type { AtomicWriter, EventDraft, Guard, Op } from "../../events/atomic-write.ts";
import type { Redis, Reply } from "../../redis/connection.ts";
import type { Keys } from "../../redis/keys.ts";
import { type Candidate, candidateKey } from "../candidate.ts";
import {
  boarded,
  isTerminal,
  keyOfOrderMember,
  type MoveRequest,
  moved,
  orderMember,
  type Paused,
  type QueueItem,
  type QueueStatus,
  queueStatuses,
} from "../queue.ts";

/** An item with the text it was read as: the guard of the next write. */
export type StoredItem = { raw: string; item: QueueItem };

export type StoredPaused = { raw: string | null; paused: Paused | null };

export type QueueCounts = Record<QueueStatus, number>;

export type WithMove = { guards?: Guard[]; ops?: Op[]; events?: EventDraft[] };

/** An item's change as parts of a write that changes more than this. */
export type ItemChange = { item: QueueItem; guards: Guard[]; ops: Op[] };

export type QueueStore = {
  item(candidate: Candidate): Promise<StoredItem | null>;
  /** The items of these candidates, in their order; null where there is none. */
  itemsOf(candidates: readonly Candidate[]): Promise<(StoredItem | null)[]>;
  /** Every item, in no order. */
  items(): Promise<QueueItem[]>;
  /** Those that were integrated, blocked or superseded last, newest first. */
  finished(limit: number): Promise<QueueItem[]>;
  /** The queued item whose turn it is. */
  head(): Promise<StoredItem | null>;
  /** The queued ones in FIFO order, from the head. */
  queued(limit: number): Promise<QueueItem[]>;
  counts(): Promise<QueueCounts>;
  paused(): Promise<StoredPaused>;
  /** Adds a candidate that turned READY; false where it is known already. */
  enqueue(item: QueueItem, also?: WithMove): Promise<boolean>;
  /** Makes the moves in order, in one write; null where the item or a guard changed meanwhile: read again. */
  move(stored: StoredItem, requests: MoveRequest[], also?: WithMove): Promise<StoredItem | null>;
  /** The same as parts of another write. */
  moveParts(stored: StoredItem, requests: MoveRequest[]): ItemChange;
  /** Marks a queued item as aboard the push of a delivery, or as not (null), as parts of another write. */
  boardParts(stored: StoredItem, aboard: string | null): ItemChange;
  setPaused(before: StoredPaused, paused: Paused | null, events: EventDraft[]): Promise<boolean>;
};

export function openQueueStore(options: { redis: Redis; keys: Keys; writer: AtomicWriter }): QueueStore {
  const { redis, keys, writer } = options;

  async function read(key: string): Promise<StoredItem | null> {
    const raw = await redis.command(["HGET", keys.queueItems, key]);
    return typeof raw === "string" ? { raw, item: parseItem(raw) } : null;
  }

  async function queuedKeys(limit: number): Promise<string[]> {
    return texts(await redis.command(["ZRANGE", keys.queueOrder, 0, limit - 1])).map(keyOfOrderMember);
  }

  function change(stored: StoredItem, item: QueueItem): ItemChange {
    const field = candidateKey(item);
    const isBack = item.status === "queued" && stored.item.status !== "queued";
    return {
      item,
      guards: [{ kind: "field", key: keys.queueItems, field, equals: stored.raw }],
      ops: [...placeOps(keys, stored.item, item), ...(isBack ? [wakeOp(keys)] : [])],
    };
  }
  const moveParts = (stored: StoredItem, requests: MoveRequest[]) =>
    change(
      stored,
      requests.reduce((item, request) => moved(item, request), stored.item),
    );

  return {
    item: (candidate) => read(candidateKey(candidate)),
    async itemsOf(candidates) {
      if (candidates.length === 0) return [];
      const raws = await redis.command(["HMGET", keys.queueItems, ...candidates.map(candidateKey)]);
      return candidates.map((_, at) => {
        const raw = Array.isArray(raws) ? raws[at] : null;
        return typeof raw === "string" ? { raw, item: parseItem(raw) } : null;
      });
    },
    async items() {
      return texts(await redis.command(["HVALS", keys.queueItems], { deadlineMs: 30_000 })).map(parseItem);
    },
    async finished(limit) {
      const found = texts(await redis.command(["ZREVRANGE", keys.queueFinished, 0, limit - 1]));
      if (found.length === 0) return [];
      return texts(await redis.command(["HMGET", keys.queueItems, ...found])).map(parseItem);
    },
    async head() {
      const [first] = await queuedKeys(1);
      return first === undefined ? null : read(first);
    },
    async queued(limit) {
      const found = await queuedKeys(limit);
      if (found.length === 0) return [];
      return texts(await redis.command(["HMGET", keys.queueItems, ...found])).map(parseItem);
    },
    async counts() {
      const values = await redis.command(["HMGET", keys.queueCounts, ...queueStatuses]);
      const counts = { queued: 0, in_progress: 0, integrated: 0, blocked: 0, superseded: 0 };
      if (Array.isArray(values))
        queueStatuses.forEach((status, at) => {
          counts[status] = Number(values[at] ?? 0);
        });
      return counts;
    },
    async paused() {
      const raw = await redis.command(["HGET", keys.control, "paused"]);
      if (typeof raw !== "string") return { raw: null, paused: null };
      const paused: Paused = JSON.parse(raw);
      return { raw, paused };
    },
    async enqueue(item, also = {}) {
      const outcome = await writer.write({
        guards: [
          { kind: "field", key: keys.queueItems, field: candidateKey(item), equals: null },
          ...(also.guards ?? []),
        ],
        ops: [...placeOps(keys, null, item), wakeOp(keys), ...(also.ops ?? [])],
        events: also.events ?? [],
      });
      return outcome.kind === "written";
    },
    async move(stored, requests, also = {}) {
      const { item, guards, ops } = moveParts(stored, requests);
      const outcome = await writer.write({
        guards: [...guards, ...(also.guards ?? [])],
        ops: [...ops, ...(also.ops ?? [])],
        events: also.events ?? [],
      });
      return outcome.kind === "written" ? { raw: JSON.stringify(item), item } : null;
    },
    moveParts,
    boardParts: (stored, aboard) => change(stored, boarded(stored.item, aboard)),
    async setPaused(before, paused, events) {
      const op: Op =
        paused === null
          ? { op: "hdel", key: keys.control, field: "paused" }
          : { op: "hset", key: keys.control, field: "paused", value: JSON.stringify(paused) };
      const outcome = await writer.write({
        guards: [{ kind: "field", key: keys.control, field: "paused", equals: before.raw }],
        ops: paused === null ? [op, wakeOp(keys)] : [op],
        events,
      });
      return outcome.kind === "written";
    },
  };
}

/** What changes in Redis when an item goes from `before` to `after`. */
function placeOps(keys: Keys, before: QueueItem | null, after: QueueItem): Op[] {
  const key = candidateKey(after);
  const ops: Op[] = [{ op: "hset", key: keys.queueItems, field: key, value: JSON.stringify(after) }];
  if (before?.status !== after.status) {
    if (before !== null) ops.push({ op: "hincrby", key: keys.queueCounts, field: before.status, by: -1 });
    ops.push({ op: "hincrby", key: keys.queueCounts, field: after.status, by: 1 });
  }
  if (before?.status === "queued" && after.status !== "queued")
    ops.push({ op: "zrem", key: keys.queueOrder, member: orderMember(before) });
  if (after.status === "queued")
    ops.push({ op: "zadd", key: keys.queueOrder, score: after.readyAtMs, member: orderMember(after) });
  if (isTerminal(after.status) || after.status === "blocked")
    ops.push({ op: "zadd", key: keys.queueFinished, score: after.statusUpdatedAtMs, member: key });
  else if (before?.status === "blocked") ops.push({ op: "zrem", key: keys.queueFinished, member: key });
  return ops;
}

/** Wakes a waiting integrator. Kept short: one that is at work looks at the queue anyway. */
export function wakeOp(keys: Keys): Op {
  return { op: "rpush", key: keys.wake, value: "queue", keepLast: 1 };
}

function parseItem(raw: string): QueueItem {
  const item: QueueItem = JSON.parse(raw);
  // Written by a version that knew nothing of it.
  return item.aboard === undefined ? { ...item, aboard: null } : item;
}

function texts(reply: Reply): string[] {
  return Array.isArray(reply) ? reply.filter((value) => typeof value === "string") : [];
}
