/**
 * Couples followers to a delivery and lets them go, each in one write with the checkpoint: a follower is marked as aboard
 * exactly as long as the checkpoint names it. Only the holder of the lease couples; what is aboard nobody else moves.
 */
import type { AtomicWriter, EventDraft, Guard, Op } from "../events/atomic-write.ts";
import type { Redis } from "../redis/connection.ts";
import type { Keys } from "../redis/keys.ts";
import { serverTimeMs } from "../redis/server-time.ts";
import { type Delivery, type Follower, following } from "./delivery.ts";
import { type HeldLease, LeaseLost } from "./lease.ts";
import { candidateMoved } from "./outcomes.ts";
import { type DeliveryStore, leaseGuard } from "./stores/delivery-store.ts";
import type { QueueStore, StoredItem } from "./stores/queue-store.ts";

export type WriteParts = { guards: Guard[]; ops: Op[]; events: EventDraft[] };

export type Coupling = {
  /**
   * Saves a merged delivery with its followers, as far as they are still queued and the queue is not paused meanwhile;
   * gives back what was saved. Throws `LeaseLost`.
   */
  couple(delivery: Extract<Delivery, { phase: "merged" }>, lease: HeldLease): Promise<Delivery>;
  /** Saves a delivery that goes on without these followers, and lets them go. Throws `LeaseLost`. */
  uncouple(followers: readonly Follower[], delivery: Delivery, lease: HeldLease): Promise<void>;
  /** What lets these followers go, for a write of the lease's holder. */
  letGo(followers: readonly Follower[]): Promise<WriteParts>;
  /** What hands the line to the next follower of a delivery that has landed: its checkpoint, its item in progress. */
  handOn(
    delivery: Extract<Delivery, { phase: "tidied" }>,
  ): Promise<{ next: Delivery | null; parts: WriteParts }>;
};

export function openCoupling(options: {
  redis: Redis;
  keys: Keys;
  writer: AtomicWriter;
  queue: QueueStore;
  deliveries: DeliveryStore;
  sessionId: string;
}): Coupling {
  const { redis, keys, writer, queue, deliveries, sessionId } = options;

  /** The items of those that are still there to be taken, up to the first that is not. */
  async function stillQueued(followers: readonly Follower[]): Promise<StoredItem[]> {
    const items = await queue.itemsOf(followers.map(({ candidate }) => candidate));
    const end = items.findIndex((stored) => stored === null || stored.item.status !== "queued");
    return items.slice(0, end < 0 ? items.length : end).filter((stored) => stored !== null);
  }

  async function letGo(followers: readonly Follower[]): Promise<WriteParts> {
    const items = await queue.itemsOf(followers.map(({ candidate }) => candidate));
    const changes = items.flatMap((stored) =>
      stored === null || stored.item.aboard === null ? [] : [queue.boardParts(stored, null)],
    );
    return joined(changes);
  }

  return {
    letGo,
    async couple(delivery, lease) {
      for (let tries = 0; tries < coupleTriesMax; tries++) {
        const control = await queue.paused();
        const items =
          control.paused === null || control.paused.draining ? await stillQueued(delivery.followers) : [];
        const coupled = { ...delivery, followers: delivery.followers.slice(0, items.length) };
        const { guards, ops } = joined(items.map((stored) => queue.boardParts(stored, delivery.deliveryId)));
        const unpaused: Guard = { kind: "field", key: keys.control, field: "paused", equals: control.raw };
        const written = await writer.write({
          guards: [leaseGuard(keys, lease), unpaused, ...guards],
          ops: [deliveries.saveOp(coupled), ...ops],
        });
        if (written.kind === "written") return coupled;
        if (written.guard.kind === "lease") break;
      }
      throw new LeaseLost("another session holds it");
    },
    async uncouple(followers, delivery, lease) {
      for (let tries = 0; tries < coupleTriesMax; tries++) {
        const { guards, ops } = await letGo(followers);
        const written = await writer.write({
          guards: [leaseGuard(keys, lease), ...guards],
          ops: [deliveries.saveOp(delivery), ...ops],
        });
        if (written.kind === "written") return;
        if (written.guard.kind === "lease") break;
      }
      throw new LeaseLost("another session holds it");
    },
    async handOn(delivery) {
      let next = following(delivery);
      while (next !== null && next.phase === "pushed") {
        const [stored, atMs] = await Promise.all([queue.item(next.candidate), serverTimeMs(redis)]);
        if (stored?.item.status === "queued") {
          const request = {
            to: "in_progress" as const,
            atMs,
            by: sessionId,
            reason: "on main, by the same push",
          };
          const { guards, ops } = queue.moveParts(stored, [request]);
          const told = { move: stored.item.moves + 1, by: sessionId };
          const events = [candidateMoved(stored.item, "dequeued", told)];
          return { next, parts: { guards, ops: [...ops, deliveries.saveOp(next)], events } };
        }
        // Its item is gone, with a Redis that was emptied: reconciliation reads its landing from main.
        next = following({ ...next, phase: "tidied", tidy: { done: [], kept: [] } });
      }
      return { next: null, parts: { guards: [], ops: [deliveries.clearOp()], events: [] } };
    },
  };
}

function joined(changes: readonly { guards: Guard[]; ops: Op[] }[]): WriteParts {
  return {
    guards: changes.flatMap(({ guards }) => guards),
    ops: changes.flatMap(({ ops }) => ops),
    events: [],
  };
}

/** Who else changes an item while it is being coupled does so once. */
const coupleTriesMax = 20;
