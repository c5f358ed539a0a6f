/**
 * Takes the next candidate from the queue: the FIFO head, under the lease, in one write with its checkpoint. A pause
 * that comes in between wins, because the write is guarded by it.
 */
import type { AtomicWriter } from "../events/atomic-write.ts";
import type { Redis } from "../redis/connection.ts";
import type { Keys } from "../redis/keys.ts";
import { serverTimeMs } from "../redis/server-time.ts";
import { picked } from "./delivery.ts";
import { type HeldLease, LeaseLost } from "./lease.ts";
import { candidateMoved, requeuedOutcome } from "./outcomes.ts";
import type { AskPermission } from "./permission.ts";
import { isInHand, type QueueItem, takeable } from "./queue.ts";
import type { Picker } from "./session-ports.ts";
import { type DeliveryStore, leaseGuard } from "./stores/delivery-store.ts";
import type { QueueStore } from "./stores/queue-store.ts";

export type PickerOptions = {
  redis: Redis;
  /** A connection of its own: it blocks while it waits for work. */
  waiting: Redis;
  keys: Keys;
  queue: QueueStore;
  deliveries: DeliveryStore;
  writer: AtomicWriter;
  permission: AskPermission;
  sessionId: string;
};

export function picker(options: PickerOptions): Picker {
  const { redis, waiting, keys, queue, deliveries, writer, permission, sessionId } = options;

  return {
    async pick(lease) {
      for (let tries = 0; tries < pickTriesMax; tries++) {
        const [control, permitted] = await Promise.all([queue.paused(), permission()]);
        if (!permitted.live) return null;
        const next = await nextTakeable(queue);
        if (next === null) return null;
        const stored = await queue.item(next);
        if (stored === null || stored.item.status !== "queued") continue;
        const atMs = await serverTimeMs(redis);
        const { item } = stored;
        const delivery = picked({
          candidate: { slug: item.slug, branch: item.branch, sha: item.sha },
          deliveryId: item.deliveryId,
          attempt: item.attempt,
          startedAtMs: atMs,
          ...(item.trace === undefined ? {} : { trace: item.trace }),
        });
        const reason = "on the line";
        const written = await queue.move(stored, [{ to: "in_progress", atMs, by: sessionId, reason }], {
          guards: [
            leaseGuard(keys, lease),
            permitted.guard,
            { kind: "field", key: keys.control, field: "paused", equals: control.raw },
          ],
          ops: [deliveries.saveOp(delivery)],
          events: [candidateMoved(item, "dequeued", { move: item.moves + 1, by: sessionId })],
        });
        if (written !== null) return delivery;
        if (lease.lost !== null) throw new LeaseLost(lease.lost);
      }
      throw new LeaseLost("no candidate could be taken under it");
    },

    async recover(lease) {
      const counts = await queue.counts();
      // Where one is aboard, another one is in progress.
      if (counts.in_progress > 0)
        for (const item of await queue.items()) if (isInHand(item)) await putBack(item, lease);
      await deliveries.clear(lease);
    },

    async takeable() {
      return (await nextTakeable(queue)) !== null;
    },

    settle: () => settleDrain(queue),

    async waitForWork(graceMs, stopped) {
      if (stopped.aborted || graceMs <= 0) return false;
      // A wake that is older than the last look only means one look more.
      const woken = await waiting.command(["BLPOP", keys.wake, graceMs / 1000], {
        deadlineMs: graceMs + 5000,
      });
      return woken !== null;
    },
  };

  async function putBack(item: QueueItem, lease: HeldLease): Promise<void> {
    const stored = await queue.item(item);
    if (stored === null || !isInHand(stored.item)) return;
    if (stored.item.status === "queued") {
      const { guards, ops } = queue.boardParts(stored, null);
      const written = await writer.write({ guards: [...guards, leaseGuard(keys, lease)], ops });
      if (written.kind !== "written") throw new LeaseLost("an item could not be put back under it");
      return;
    }
    const atMs = await serverTimeMs(redis);
    const said = { atMs, at: "", by: sessionId };
    const { moves, events } = requeuedOutcome(
      stored.item,
      { why: "its checkpoint was lost", attempt: item.attempt },
      null,
      said,
    );
    // Only the holder moves an item that is in progress: where this is refused, we are not the holder any more.
    if ((await queue.move(stored, moves, { guards: [leaseGuard(keys, lease)], events })) === null)
      throw new LeaseLost("an item could not be put back under it");
  }
}

/** Turns a drain that has run dry into a pause. With nothing queued, no session would ever come to do it. */
export async function settleDrain(queue: QueueStore): Promise<void> {
  const control = await queue.paused();
  if (control.paused?.draining !== true || (await nextTakeable(queue)) !== null) return;
  if ((await queue.counts()).in_progress > 0) return;
  await queue.setPaused(control, { ...control.paused, draining: false }, []);
}

/** What may be taken now, if anything. While draining, what was queued before the drain began. */
export async function nextTakeable(queue: QueueStore): Promise<QueueItem | null> {
  return (await takeableNow(queue, 1))[0] ?? null;
}

/** The first `count` of those that may be taken now, in their order. */
export async function takeableNow(queue: QueueStore, count: number): Promise<QueueItem[]> {
  const { paused } = await queue.paused();
  if (paused !== null && !paused.draining) return [];
  return takeable(await queue.queued(paused === null ? count : drainScan), paused).slice(0, count);
}

const pickTriesMax = 20;

/** A drain looks this far: what was queued before it began stands near the head. */
const drainScan = 10_000;
