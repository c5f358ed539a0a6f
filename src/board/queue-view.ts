/** The queue as it stands, in the shape that is shown. */

import { isoTime } from "../clock.ts";
import type { LineStores } from "../integration/assembly.ts";
import { activeOf, queueShapes } from "./shape-queue.ts";
import type { QueueItemShape, StatusShape } from "./shapes.ts";

/** Every candidate that ever had a place in the queue, in the order `queue` shows them. */
export async function readQueue(stores: LineStores): Promise<QueueItemShape[]> {
  const [items, order, unfinished] = await Promise.all([
    stores.queue.items(),
    stores.queue.queued(100_000),
    stores.deliveries.load(),
  ]);
  const inHand = unfinished.kind === "unfinished" ? unfinished.delivery : null;
  return queueShapes({ items, order, inHand });
}

/** The candidate of a slug that counts, or null. */
export async function readQueueItem(stores: LineStores, slug: string): Promise<QueueItemShape | null> {
  return activeOf(await readQueue(stores), slug);
}

export async function readPaused(stores: Pick<LineStores, "queue">): Promise<StatusShape["paused"]> {
  const { paused } = await stores.queue.paused();
  if (paused === null) return null;
  const { by, atMs, reason, draining } = paused;
  return { by, at: isoTime(atMs), reason, draining };
}
