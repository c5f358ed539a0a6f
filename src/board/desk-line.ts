/** The desk's half that is about the line: what is on it, why, and what people may do to it. */
import { isoTime } from "../clock.ts";
import { openStores } from "../integration/assembly.ts";
import { pauseQueue, resumeQueue, retryCandidate, withdrawCandidate } from "../integration/operate.ts";
import { type DeskGround, storesAs } from "./desk-ground.ts";
import { lookOnly } from "./ground.ts";
import { isFenceAtRemote, readStatus } from "./read-status.ts";
import { lookAt, readWhy } from "./read-why.ts";
import { readShownItem, readShownQueue } from "./shadow-view.ts";
import type { CandidateShape, QueueItemShape, StatusShape, WhyShape } from "./shapes.ts";
import { sharedLook } from "./shared-look.ts";

export type LineDesk = {
  status(): Promise<StatusShape>;
  /** On the line, waiting in order, blocked, finished. */
  queue(): Promise<QueueItemShape[]>;
  /** The slug's candidate that counts; null where it was never READY. Throws `unknown_slug`. */
  queueItem(slug: string): Promise<QueueItemShape | null>;
  /** Judged now, for everybody who asks within a second; newest of a slug first. */
  candidates(slug: string | null): Promise<CandidateShape[]>;
  /** Throws `unknown_slug`. */
  why(slug: string): Promise<WhyShape>;
  /** Stops taking candidates; with `draining`, after what is queued now. */
  pause(by: string, request: { reason: string; draining: boolean }): Promise<StatusShape["paused"]>;
  /** False where the queue was not paused. */
  resume(by: string, reason: string): Promise<boolean>;
  /** Throws `not_blocked`, `not_ready`, `not_queued`. */
  retry(by: string, slug: string): Promise<QueueItemShape | null>;
  /** Throws `not_withdrawable`, `not_queued`. */
  withdraw(by: string, slug: string, reason: string): Promise<QueueItemShape | null>;
};

/** How long the answer of a look that asks the remote serves for others, ms. */
const judgedFreshMs = 1000;
const fenceFreshMs = 10_000;

/** Over the daemon's own stores. Reads throw what Redis and git throw. */
export function openLineDesk(ground: DeskGround): LineDesk {
  const stores = openStores({ redis: ground.redis, keys: ground.keys, writer: lookOnly });
  const askFence = sharedLook(fenceFreshMs, () => isFenceAtRemote(ground));
  const look = (slugs: ReadonlySet<string> | null) => lookAt(ground.judge, slugs);
  const lookAtAll = sharedLook(judgedFreshMs, () => look(null));
  const shownItem = (slug: string) => readShownItem(ground, stores, slug);

  return {
    status: () => readStatus(ground, askFence),
    queue: () => readShownQueue(ground, stores),
    queueItem: shownItem,
    candidates: (slug) => (slug === null ? lookAtAll() : look(new Set([slug]))),
    why: (slug) => readWhy({ ...ground, stores, look }, slug),
    async pause(by, request) {
      const paused = await pauseQueue({ redis: ground.redis, stores: storesAs(ground, by), by }, request);
      const { reason, draining, atMs } = paused;
      return { by, at: isoTime(atMs), reason, draining };
    },
    resume: (by, reason) => resumeQueue({ redis: ground.redis, stores: storesAs(ground, by), by }, reason),
    async retry(by, slug) {
      const now = await ground.judge.look(new Set([slug]));
      await retryCandidate({ redis: ground.redis, stores: storesAs(ground, by), by }, slug, now);
      return shownItem(slug);
    },
    async withdraw(by, slug, reason) {
      await withdrawCandidate({ redis: ground.redis, stores: storesAs(ground, by), by }, slug, reason);
      return shownItem(slug);
    },
  };
}
