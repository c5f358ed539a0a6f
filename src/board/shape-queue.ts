/** The queue's items as `--json` shows them, in the order people want to read them. (No I/O.) */
import { isoTime } from "../clock.ts";
import { candidateKey, sameCandidate } from "../integration/candidate.ts";
import { type Delivery, followersOf, phases } from "../integration/delivery.ts";
import { isInHand, type QueueItem } from "../integration/queue.ts";
import type { QueueItemShape, QueueStatus } from "./shapes.ts";

export type QueueView = {
  items: readonly QueueItem[];
  /** Candidate of the queued items in landing order, from the head. */
  order: readonly QueueItem[];
  /** The delivery in hand, for its phase. */
  inHand: Delivery | null;
};

/** On the line first, then what waits in landing order, then blocked, then finished; the last two newest first. */
export function queueShapes({ items, order, inHand }: QueueView): QueueItemShape[] {
  const positions = new Map(order.map((item, at) => [candidateKey(item), at + 1]));
  const position = (item: QueueItem) =>
    item.status === "queued" ? (positions.get(candidateKey(item)) ?? null) : null;
  return items
    .map((item) => queueItemShape(item, position(item), inHand))
    .sort(
      (a, b) =>
        ranks[a.status] - ranks[b.status] ||
        (a.position ?? Number.MAX_SAFE_INTEGER) - (b.position ?? Number.MAX_SAFE_INTEGER) ||
        compare(b.status_updated_at, a.status_updated_at) ||
        compare(a.slug, b.slug),
    );
}

/** The candidate of a slug that counts: the first of `queueShapes` that is its. */
export function activeOf(shapes: readonly QueueItemShape[], slug: string): QueueItemShape | null {
  return shapes.find((shape) => shape.slug === slug) ?? null;
}

const ranks: Record<QueueStatus, number> = {
  in_progress: 0,
  queued: 1,
  blocked: 2,
  integrated: 3,
  superseded: 3,
};

function queueItemShape(item: QueueItem, position: number | null, inHand: Delivery | null): QueueItemShape {
  const inPush = inHand === null ? [] : [inHand, ...followersOf(inHand)];
  const onLine = isInHand(item) && inPush.some(({ candidate }) => sameCandidate(candidate, item));
  return {
    slug: item.slug,
    branch: item.branch,
    sha: item.sha,
    ready_at: isoTime(item.readyAtMs),
    status: item.status,
    position,
    attempt: item.attempt,
    phase: onLine ? (inHand?.phase ?? null) : null,
    phases: onLine && inHand !== null ? phaseShapes(inHand) : [],
    reason: item.reason,
    why: item.why,
    next_action: item.nextAction,
    merge_commit: item.mergeCommit,
    main_sha: item.mainSha,
    follow_up_slug: item.followUpSlug,
    status_updated_at: isoTime(item.statusUpdatedAtMs),
    history: item.history.map(({ from, to, atMs, by, reason, code }) => ({
      from,
      to,
      at: isoTime(atMs),
      by,
      reason,
      code: code ?? null,
    })),
  };
}

/** The phases that a delivery went through in this try, and the one it is in. */
function phaseShapes({ startedAtMs, began }: Delivery): QueueItemShape["phases"] {
  const times = { picked: startedAtMs, ...began };
  return phases.flatMap((phase) => {
    const atMs = times[phase];
    return atMs === undefined ? [] : [{ phase, began_at: isoTime(atMs) }];
  });
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
