/**
 * Starts the integrator when there is something to take and nobody holds the lease. Looks when told to and every 5 s,
 * so a lost wake-up costs seconds. A session that cannot be started, or that ends badly, is tried again more and more
 * slowly; after the third time people are told. A lease whose holder is proven dead on this machine is given back by
 * its token: the fence at the remote keeps that safe.
 */
import { monotonicMs, pause } from "../clock.ts";
import { describeError } from "../errors.ts";
import type { LeaseStore } from "../redis/lease-store.ts";
import { isOwnerDead } from "../redis/owner.ts";
import { nextTakeable, settleDrain } from "./picker.ts";
import type { QueueStore } from "./stores/queue-store.ts";

/** A started session: resolves with its exit code when it ends (null: by a signal). */
export type StartSession = () => Promise<{ ended: Promise<number | null>; end(): void }>;

export type Spawner = {
  /** Look now. Returns at once. */
  look(): void;
  run(stopped: AbortSignal): Promise<void>;
};

export type SpawnerOptions = {
  queue: QueueStore;
  lease: LeaseStore;
  /** Something is in hand: an unfinished delivery is finished even when the queue is empty or paused. */
  unfinished(): Promise<boolean>;
  cutover: {
    mode(): Promise<"live" | "shadow" | "refused">;
    /** In shadow: there is a candidate that was not decided about with main as it is. */
    undecided(): Promise<boolean>;
  };
  start: StartSession;
  stalled(waitingFor: string): Promise<void>;
  log: { info(fields: object, message: string): void; warn(fields: object, message: string): void };
};

const lookEveryMs = 5000;
/** A session that has not taken the lease after this long will not. */
const startsWithinMs = 8000;
/** After so many failures in a row people are told. */
const failuresUntilTold = 3;

type Session = Awaited<ReturnType<StartSession>> & { sinceMs: number };

/** Nothing the first time, then 1, 2, 4, 8 s: no READY candidate waits longer than 10 s for a session. */
function backoffMs(failures: number): number {
  return failures <= 1 ? 0 : Math.min(8000, 1000 * 2 ** (failures - 2));
}

export function spawner(options: SpawnerOptions): Spawner {
  const { queue, lease, log } = options;
  let wake = new AbortController();
  let session: Session | null = null;
  let failures = 0;
  let notBeforeMs = 0;

  async function once(): Promise<void> {
    if (monotonicMs() < notBeforeMs) return;
    const mode = await options.cutover.mode();
    if (mode !== "live") return onceInShadow(mode);
    if ((await nextTakeable(queue)) === null && !(await options.unfinished())) return settleDrain(queue);
    if (!(await isLeaseFree())) return;
    // One of ours that is still starting will take it. One that runs without a lease has lost it, or is stopped.
    if (session !== null && monotonicMs() - session.sinceMs < startsWithinMs) return;
    await begin();
  }

  /** Nothing is landed: one session at a time, for what was not decided about, or to put back what was in hand. */
  async function onceInShadow(mode: "shadow" | "refused"): Promise<void> {
    if (session !== null) return;
    if ((await options.unfinished()) && (await isLeaseFree())) return begin();
    if (mode === "shadow" && (await options.cutover.undecided())) await begin();
  }

  /** False where a living session holds the lease. That of a dead one is given back. */
  async function isLeaseFree(): Promise<boolean> {
    const { lease: held } = await lease.read();
    if (held === null) return true;
    if (!(await isOwnerDead(held.owner))) return false;
    log.warn({ owner: held.owner, token: held.token }, "The lease's holder has died; it is given back.");
    await lease.release(held.token);
    return true;
  }

  async function begin(): Promise<void> {
    const outcomesBefore = await outcomes();
    try {
      const started = await options.start();
      const own = { ...started, sinceMs: monotonicMs() };
      session = own;
      void started.ended.then((code) =>
        over(own, outcomesBefore, code === 0 ? null : `it ended with ${code ?? "a signal"}`),
      );
    } catch (error) {
      await over(null, outcomesBefore, describeError(error));
    }
  }

  /** How many candidates have come to an end so far: whether a session got anywhere. */
  async function outcomes(): Promise<number> {
    const { integrated, blocked, superseded } = await queue.counts();
    return integrated + blocked + superseded;
  }

  async function over(own: Session | null, before: number, failure: string | null): Promise<void> {
    if (session === own) session = null;
    if (failure === null) {
      failures = 0;
      notBeforeMs = 0;
    } else {
      const gotSomewhere = (await outcomes().catch(() => before)) > before;
      failures = gotSomewhere ? 1 : failures + 1;
      notBeforeMs = monotonicMs() + backoffMs(failures);
      log.warn({ failures, failure }, "An integrator session failed.");
      if (failures === failuresUntilTold)
        await options.stalled(`the integrator: ${failure}`).catch((error: unknown) => {
          log.warn({ detail: describeError(error) }, "Nobody could be told that the line stands still.");
        });
    }
    wake.abort();
  }

  return {
    look: () => wake.abort(),
    async run(stopped) {
      while (!stopped.aborted) {
        wake = new AbortController();
        try {
          await once();
        } catch (error) {
          log.warn({ detail: describeError(error) }, "The spawner could not look at the queue.");
        }
        const restMs = notBeforeMs - monotonicMs();
        const waitMs = restMs > 0 ? Math.min(lookEveryMs, restMs) : lookEveryMs;
        await pause(waitMs, AbortSignal.any([stopped, wake.signal]));
      }
      const last = session;
      last?.end();
      await last?.ended;
    },
  };
}
