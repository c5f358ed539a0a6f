/**
 * What people may do to the queue by hand. Each is a recorded move or a control value with its event, in one write; each
 * answers with what the queue says, and refuses what its rules do not allow.
 */
import { isoTime } from "../clock.ts";
import { Failure } from "../errors.ts";
import type { Redis } from "../redis/connection.ts";
import { serverTimeMs } from "../redis/server-time.ts";
import type { LineStores } from "./assembly.ts";
import { writeOutcome } from "./hands/announce.ts";
import { requeuedOutcome, type Said, withdrawnOutcome } from "./outcomes.ts";
import { isInHand, type Paused, type QueueItem } from "./queue.ts";
import { currentCandidate } from "./slug-state.ts";
import type { StoredItem } from "./stores/queue-store.ts";
import type { Judged } from "./trigger.ts";

export type OperateOptions = { redis: Redis; stores: LineStores; by: string };

const domain = "domain.software-development.";
const triesMax = 5;

/** Stops taking new candidates; the one in hand finishes. With `draining`, what is queued now lands first. */
export async function pauseQueue(
  { redis, stores, by }: OperateOptions,
  request: { reason: string; draining: boolean },
): Promise<Paused> {
  for (let tries = 0; tries < triesMax; tries++) {
    const before = await stores.queue.paused();
    const paused: Paused = { by, atMs: await serverTimeMs(redis), ...request };
    const data = { by, reason: request.reason, draining: request.draining };
    const events = [{ type: `${domain}integration.queue.paused`, data }];
    if (await stores.queue.setPaused(before, paused, events)) return paused;
  }
  throw raced("queue");
}

/** Goes on. Resuming a queue that runs changes nothing and says so (`false`). */
export async function resumeQueue({ stores, by }: OperateOptions, reason: string): Promise<boolean> {
  for (let tries = 0; tries < triesMax; tries++) {
    const before = await stores.queue.paused();
    if (before.paused === null) return false;
    const events = [{ type: `${domain}integration.queue.resumed`, data: { by, reason } }];
    if (await stores.queue.setPaused(before, null, events)) return true;
  }
  throw raced("queue");
}

/**
 * Puts a slug's blocked candidate back, after readiness was judged again (`judged`, its candidates as they are now).
 * Throws `not_blocked` or `not_ready` (exit 3) with what it waits for.
 */
export async function retryCandidate(
  { redis, stores, by }: OperateOptions,
  slug: string,
  judged: readonly Judged[],
): Promise<QueueItem> {
  for (let tries = 0; tries < triesMax; tries++) {
    const stored = await currentItem(stores, slug);
    if (stored === null) throw unknown(slug);
    const { item } = stored;
    if (item.status !== "blocked")
      throw no("not_blocked", `${slug} is ${item.status}, not blocked: there is nothing to retry.`, item.why);
    const now = judged.find(({ judgement }) => judgement.candidate.sha === item.sha)?.judgement;
    const withdrawn = item.reason === "withdrawn";
    const reasons = (now?.conditions ?? [])
      .filter((condition) => !condition.holds && !(withdrawn && condition.blocks === "withdrawn"))
      .filter((condition) => condition.name !== "not_landed")
      .map((condition) => condition.detail);
    if (reasons.length > 0)
      throw no("not_ready", `${slug} is still not ready: ${reasons.join("; ")}.`, item.nextAction);
    const known = await stores.followUps.of(item);
    const outcome = requeuedOutcome(
      item,
      { why: `retried by ${by}`, attempt: item.attempt + 1 },
      known?.status === "open" ? known : null,
      await saidNow(redis, by),
    );
    const written = await writeOutcome(stores, stored, outcome);
    if (written !== null) return written.item;
  }
  throw raced(slug);
}

/** Takes a slug's queued candidate out. Throws `not_withdrawable` (exit 3) where it is on the line or has ended. */
export async function withdrawCandidate(
  { redis, stores, by }: OperateOptions,
  slug: string,
  reason: string,
): Promise<QueueItem> {
  for (let tries = 0; tries < triesMax; tries++) {
    const stored = await currentItem(stores, slug);
    if (stored === null) throw unknown(slug);
    const { item } = stored;
    if (item.status !== "queued" || isInHand(item))
      throw no(
        "not_withdrawable",
        `${slug} is ${item.status}${isInHand(item) ? ", on the line" : ""}: only a queued candidate can be withdrawn.`,
        item.why,
      );
    const written = await writeOutcome(
      stores,
      stored,
      withdrawnOutcome(item, reason, await saidNow(redis, by)),
    );
    if (written !== null) return written.item;
  }
  throw raced(slug);
}

/** The item of the slug's newest candidate; of an older one where that is not in the queue. */
async function currentItem(stores: LineStores, slug: string): Promise<StoredItem | null> {
  const state = await stores.readiness.state(slug);
  if (state === null) return null;
  const current = currentCandidate(state);
  const newest = current === null ? null : await stores.queue.item(current);
  if (newest !== null) return newest;
  for (const { branch, sha } of state.finalized.toReversed()) {
    const stored = await stores.queue.item({ slug, branch, sha });
    if (stored !== null) return stored;
  }
  return null;
}

async function saidNow(redis: Redis, by: string): Promise<Said> {
  const atMs = await serverTimeMs(redis);
  return { atMs, at: isoTime(atMs), by };
}

function unknown(slug: string): Failure {
  return no("not_queued", `${slug} has no candidate in the queue.`, `signalbox why ${slug}`);
}

function no(code: string, message: string, cure: string | null): Failure {
  return new Failure({ code, kind: "not_ready", message, ...(cure === null ? {} : { cure }) });
}

function raced(what: string): Failure {
  return new Failure({
    code: "raced",
    kind: "temporary",
    message: `${what} changed again and again while it was being changed.`,
    cure: "Try again.",
  });
}
