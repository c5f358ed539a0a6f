/**
 * Starts the integrator when there is something to take and nobody holds the lease. Looks when told to and every 5 s,
 * so a lost wake-up costs seconds. A session that cannot be started, or that ends badly, is tried again more and more
 * slowly; after the third time people are told. A lease whose holder is proven dead on this machine is given back by
 * its token: the fence at the remote keeps that safe.
 */
import { hostname } from "node:os";
import { monotonicMs, pause } from "../clock.ts";
import { describeError } from "../errors.ts";
import type { LeaseStore } from "../redis/lease-store.ts";
import { identify } from "../redis/process-identity.ts";
import { retryDelayMs } from "./delivery.ts";
import { parseOwner, plainStart } from "./lease.ts";
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
  start: StartSession;
  stalled(waitingFor: string): Promise<void>;
  log: { info(fields: object, message: string): void; warn(fields: object, message: string): void };
};

const lookEveryMs = 5000;
/** After so many failures in a row people are told. */
const failuresUntilTold = 3;

export function spawner(options: SpawnerOptions): Spawner {
  const { queue, lease, log } = options;
  let wake = new AbortController();
  let session: Awaited<ReturnType<StartSession>> | null = null;
  let failures = 0;
  let notBeforeMs = 0;

  async function once(): Promise<void> {
    if (session !== null || monotonicMs() < notBeforeMs) return;
    if ((await nextTakeable(queue)) === null && !(await options.unfinished())) return settleDrain(queue);
    const { lease: held } = await lease.read();
    if (held !== null) {
      if (!(await isDead(held.owner))) return;
      log.warn({ owner: held.owner, token: held.token }, "The lease's holder has died; it is given back.");
      await lease.release(held.token);
    }
    await begin();
  }

  async function begin(): Promise<void> {
    try {
      const started = await options.start();
      session = started;
      void started.ended.then((code) => over(code === 0 ? null : `it ended with ${code ?? "a signal"}`));
    } catch (error) {
      await over(describeError(error));
    }
  }

  async function over(failure: string | null): Promise<void> {
    session = null;
    if (failure === null) {
      failures = 0;
      notBeforeMs = 0;
    } else {
      failures++;
      notBeforeMs = monotonicMs() + retryDelayMs(failures, true);
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
        const backoffMs = notBeforeMs - monotonicMs();
        const waitMs = backoffMs > 0 ? Math.min(lookEveryMs, backoffMs) : lookEveryMs;
        await pause(waitMs, AbortSignal.any([stopped, wake.signal]));
      }
      const last = session;
      last?.end();
      await last?.ended;
    },
  };
}

/** Proven dead: it was on this machine, and no process with that pid and start time is. */
async function isDead(owner: string): Promise<boolean> {
  const holder = parseOwner(owner);
  if (holder === null || holder.host !== hostname() || holder.processStart === "unknown") return false;
  const running = await identify(holder.pid);
  return running === null || plainStart(running.startTime) !== holder.processStart;
}
