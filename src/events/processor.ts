/**
 * The processor: hands every event to every callback, in order, once; one active processor per repository.
 *
 * Whoever holds the lease works, the others stand by and take over when it expires. Each callback is a group with its
 * own position, tries and quarantine, and its own loop here: one that fails or waits holds up nobody else. One blocking
 * read wakes them all; every two seconds they look by themselves, so a lost wake-up costs seconds.
 *
 * Guaranteed: a callback's rows, its position and the acknowledgement change together or not at all, and only while the
 * lease is held; a processor that was paused beyond its lease can change nothing when it wakes. Not here: any effect
 * outside Redis. `onCommitted` tells what was committed, after it was; a crash in between loses the telling, so whoever
 * listens also looks by itself from time to time.
 */
import { pause } from "../clock.ts";
import { describeError } from "../errors.ts";
import { openLease } from "../redis/lease-store.ts";
import { isOwnerDead, ownerOfThisProcess } from "../redis/owner.ts";
import type { Position } from "./position.ts";
import {
  type LeaseTiming,
  type LogMark,
  type ProcessorOptions,
  processorLeaseName,
} from "./processor-options.ts";
import { backoffMs, type ProcessorState, wakeAll, work } from "./processor-work.ts";

export type ProcessorStatus = {
  /** False while another processor works, or Redis is away. */
  active: boolean;
  /** The newest event that was seen, for the caller to keep. */
  seen: LogMark | null;
  callbacks: { name: string; position: Position | null; failing: string | null }[];
};

export type Processor = {
  status(): ProcessorStatus;
  /** Looks now, without waiting for news. */
  wake(): void;
  /** Finishes what is in hand, gives the lease back. Idempotent. */
  stop(): Promise<void>;
};

const defaultLease: LeaseTiming = { ttlMs: 15_000, renewMs: 5_000 };

/** Starts at once and never gives up; returns without waiting for Redis. */
export function startProcessor(options: ProcessorOptions): Processor {
  const state: ProcessorState = {
    options,
    owner: null,
    stopping: new AbortController(),
    active: false,
    token: 0,
    seen: options.seen ?? null,
    told: new Set(),
    loops: [],
  };
  const running = run(state);
  return {
    status: () => ({
      active: state.active,
      seen: state.seen,
      callbacks: state.options.projections.map(({ name }) => {
        const loop = state.loops.find((candidate) => candidate.worker.projection.name === name);
        return { name, position: loop?.worker.position ?? null, failing: loop?.failing ?? null };
      }),
    }),
    wake: () => wakeAll(state),
    async stop() {
      state.stopping.abort();
      wakeAll(state);
      await running;
    },
  };
}

/** Stands by, works, stands by again. */
async function run(state: ProcessorState): Promise<void> {
  const { redis, keys, lease: timing = defaultLease, log } = state.options;
  const leases = openLease({ redis, keys }, processorLeaseName);
  const stopped = state.stopping.signal;
  let failures = 0;
  while (!stopped.aborted) {
    try {
      state.owner ??= await ownerOfThisProcess("processor");
      const outcome = await leases.acquire(state.owner, timing.ttlMs, state.token);
      failures = 0;
      if (outcome.kind === "acquired") {
        state.token = outcome.lease.token;
        log?.info({ token: state.token }, "processor: took the lease");
        await work(state, leases, timing);
        continue;
      }
      // One that died on this machine need not be waited for: what it left pending is taken over all the same.
      if (await isOwnerDead(outcome.lease.owner)) {
        await leases.release(outcome.lease.token);
        continue;
      }
    } catch (error) {
      failures += 1;
      if (failures === 1) log?.warn({ error: describeError(error) }, "processor: cannot take the lease");
    }
    await pause(failures > 0 ? backoffMs(failures) : Math.min(1000, timing.ttlMs / 4), stopped);
  }
}
