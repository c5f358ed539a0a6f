/**
 * The delivery workers: one a surface, a lane a target. They bring what each target was told up to what it is to be told,
 * at their own pace; nothing else waits for them.
 *
 * One worker a surface and repository, whoever runs it: it holds the surface's lease, and records nothing without it. One
 * that was paused beyond its lease may finish the message it was sending, and no other.
 */
import { pause } from "../clock.ts";
import { describeError } from "../errors.ts";
import type { AtomicWriter, Guard } from "../events/atomic-write.ts";
import { openProjection } from "../events/projection.ts";
import { createWake, type Wake } from "../events/wake.ts";
import { notificationsProjectionName } from "../notifications/projection.ts";
import type { Redis } from "../redis/connection.ts";
import type { Keys } from "../redis/keys.ts";
import { type LeaseStore, openLease } from "../redis/lease-store.ts";
import { isOwnerDead, ownerOfThisProcess } from "../redis/owner.ts";
import { noTraces, type Traces } from "../telemetry/traces.ts";
import { beginLane, type LaneContext, lookMs, turnLane } from "./lane.ts";
import { type Ledger, openLedger } from "./ledger.ts";
import type { DeliverySurface } from "./surface.ts";

export type DeliveryOptions = {
  redis: Redis;
  keys: Keys;
  /** One that may say `platform.*`. */
  writer: AtomicWriter;
  surfaces: readonly DeliverySurface[];
  log: LaneContext["log"];
  stop: AbortSignal;
  /** Default: none. */
  traces?: Traces;
  lease?: { ttlMs: number; renewMs: number };
};

export type Delivery = {
  /** Something may be due. */
  wake(): void;
  /** Settles when all workers have ended, after `stop`. */
  ended: Promise<void>;
};

const defaultLease = { ttlMs: 15_000, renewMs: 5000 };
/** While another worker has the surface, or Redis is away, ms. */
const standByMs = 1000;
const longestPauseMs = 5000;

/** Starts the workers; returns without waiting for Redis. */
export function startDelivery(options: DeliveryOptions): Delivery {
  const workers = options.surfaces.map((surface) => ({
    surface,
    wakes: surface.targets.map(() => createWake()),
  }));
  const wake = () => {
    for (const { wakes } of workers) for (const each of wakes) each.call();
  };
  options.stop.addEventListener("abort", wake, { once: true });
  const ended = Promise.all(workers.map(({ surface, wakes }) => serve(options, surface, wakes)));
  return { wake, ended: ended.then(() => undefined) };
}

/** Stands by, works, stands by again. */
async function serve(options: DeliveryOptions, surface: DeliverySurface, wakes: readonly Wake[]) {
  const { redis, keys, log, stop, lease: timing = defaultLease } = options;
  const name = leaseName(surface.name);
  const leases = openLease({ redis, keys }, name);
  let failures = 0;
  let owner: string | null = null;
  while (!stop.aborted) {
    try {
      owner ??= await ownerOfThisProcess(`delivery-${surface.name}`);
      const outcome = await leases.acquire(owner, timing.ttlMs);
      if (outcome.kind === "acquired") {
        failures = 0;
        await work({ options, surface, wakes, leases, token: outcome.lease.token });
        continue;
      }
      if (await isOwnerDead(outcome.lease.owner)) {
        await leases.release(outcome.lease.token);
        continue;
      }
    } catch (error) {
      failures += 1;
      const detail = { surface: surface.name, error: describeError(error) };
      if (failures === 1) log.warn(detail, "delivery: Redis does not serve a surface");
    }
    await pause(Math.min(longestPauseMs, standByMs * 2 ** Math.min(failures, 3)), stop);
  }
}

type Shift = {
  options: DeliveryOptions;
  surface: DeliverySurface;
  wakes: readonly Wake[];
  leases: LeaseStore;
  token: number;
};

/** Returns when the lease is lost or the worker is to stop; gives the lease back. */
async function work({ options, surface, wakes, leases, token }: Shift): Promise<void> {
  const { redis, keys, writer, stop, log, lease: timing = defaultLease, traces = noTraces } = options;
  const lost = new AbortController();
  const ended = AbortSignal.any([stop, lost.signal]);
  const guard: Guard = { kind: "lease", key: keys.lease(leaseName(surface.name)), token };
  const reader = openProjection({ redis, keys }, notificationsProjectionName);
  const ledger = openLedger({ redis, keys, writer, reader }, surface.name, guard);
  const renewing = keepLease(leases, { token, timing, ended, lost });
  try {
    if (!(await forgetStrangers(ledger, surface))) lost.abort();
    const random = Math.random;
    const lanes = surface.targets.map((target, index) =>
      runLane(
        { redis, ledger, surface, target, random, log, traces },
        { ended, lost, wake: wakes[index] ?? createWake() },
      ),
    );
    // A surface without targets still stands by its lease, so that the next one begins with what this one left.
    await Promise.all(lanes.length === 0 ? [aborted(ended)] : lanes);
  } finally {
    lost.abort();
    await renewing;
    await leases.release(token).catch(() => false);
  }
}

/** What the ledger keeps of targets that are configured no more. False where the lease is gone. */
async function forgetStrangers(ledger: Ledger, surface: DeliverySurface): Promise<boolean> {
  const known = [...(await ledger.health()).keys()];
  const strangers = known.filter((name) => surface.targets.every((target) => target.name !== name));
  if (strangers.length === 0) return true;
  const ops = strangers.flatMap((name) => ledger.writes(name).forgetTarget());
  return (await ledger.record({ ops })) === "recorded";
}

type Running = { ended: AbortSignal; lost: AbortController; wake: Wake };

async function runLane(context: LaneContext, { ended, lost, wake }: Running): Promise<void> {
  let begun = false;
  let failures = 0;
  while (!ended.aborted) {
    try {
      if (!begun && (await beginLane(context)) === "fenced_out") return lost.abort();
      begun = true;
      const turned = await turnLane(context, ended);
      failures = 0;
      if (turned.kind === "fenced_out") return lost.abort();
      if (turned.afterMs > 0 && !ended.aborted) await wake.wait(Math.min(turned.afterMs, lookMs));
    } catch (error) {
      if (ended.aborted) return;
      failures += 1;
      // What it was about to do may have been begun.
      begun = false;
      const detail = {
        surface: context.surface.name,
        target: context.target.name,
        error: describeError(error),
      };
      if (failures === 1) context.log.warn(detail, "delivery: a lane stumbled");
      await pause(Math.min(longestPauseMs, 50 * 2 ** Math.min(failures, 10)), ended);
    }
  }
}

type Keeping = {
  token: number;
  timing: { ttlMs: number; renewMs: number };
  ended: AbortSignal;
  lost: AbortController;
};

async function keepLease(leases: LeaseStore, { token, timing, ended, lost }: Keeping): Promise<void> {
  while (!lost.signal.aborted) {
    // Also after `stop`, while the last message is on its way: until the lanes are through.
    await pause(timing.renewMs, lost.signal);
    if (lost.signal.aborted) return;
    try {
      if ((await leases.renew(token, timing.ttlMs)).kind === "lost") lost.abort();
    } catch {
      // Redis may be back before the lease runs out. Until then every write is refused by its guard anyway.
      if (ended.aborted) return;
    }
  }
}

function leaseName(surface: string): string {
  return `delivery-${surface}`;
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
