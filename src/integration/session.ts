/**
 * One integrator session from its parts: what `signalbox integrate` runs, in a process of its own that the daemon
 * starts. It connects, drains, and closes everything it opened.
 *
 * A session is started for a candidate that waits, so the start is made short: the lease, whose fence is two round trips
 * to the remote, is asked for first, and what a session works with is loaded while the remote answers.
 */
import type { LineRepository } from "../git/line-repository.ts";
import type { Redis } from "../redis/connection.ts";
import { connectToEngine } from "../redis/engine.ts";
import { keysOf } from "../redis/keys.ts";
import { openLeaseStore } from "../redis/lease-store.ts";
import { ownerOfThisProcess } from "../redis/owner.ts";
import { engineOf, openLine, type Workplace } from "../workplace.ts";
import type { SessionResult } from "./integrator.ts";
import { leaseRefs } from "./lease-refs.ts";
import { type AcquireResult, type SessionLease, sessionLease } from "./session-lease.ts";
import type { SessionGuard } from "./session-parts.ts";
import type { SessionLog } from "./session-ports.ts";
import { leaseName } from "./stores/delivery-store.ts";

export type SessionOptions = {
  workplace: Workplace;
  log: SessionLog;
  stop: AbortSignal;
  /** How long it waits for more once the queue is empty, ms. Default 2000. */
  graceMs?: number;
  /** Ends after this many candidates. Default: none. */
  limit?: number;
  /** The integrator's key at work. */
  guard?: SessionGuard;
};

/** Runs a session to its end. Throws a Failure where Redis cannot be reached. */
export async function integrate(options: SessionOptions): Promise<SessionResult> {
  const { workplace, log, graceMs = 2000, limit = Number.POSITIVE_INFINITY, stop, guard } = options;
  const { repositoryId, config, git, clone } = workplace;
  const keys = keysOf(repositoryId);
  const { redis, line } = await openBoth(workplace);
  try {
    const owner = await ownerOfThisProcess("integrator");
    const store = openLeaseStore({
      redis,
      leaseKey: keys.lease(leaseName),
      tokenKey: keys.leaseToken(leaseName),
    });
    const fencing = Promise.withResolvers<void>();
    const refs = leaseRefs(tellingPushes(line, fencing.resolve), guard?.grants);
    const lease = sessionLease({ store, refs, owner, timing: config.lease });
    const asked = lease.acquire();
    // Judged where the session takes it over; until then a failure must not end the process.
    asked.catch(() => {});
    const [waiting, { eventSource, sessionParts, runIntegrator }] = await Promise.all([
      redis.duplicate(),
      loadParts([fencing.promise, asked]),
    ]).catch(async (error: unknown) => {
      await giveBack(lease, asked);
      throw error;
    });
    try {
      const source = eventSource({ repositoryId, role: "integrator", sessionId: owner });
      const ground = { redis, waiting, line, keys, config, git, clone, owner, source, log };
      const parts = sessionParts(guard === undefined ? ground : { ...ground, guard });
      return await runIntegrator({ ...parts, lease: begun(lease, asked), graceMs, limit }, stop);
    } finally {
      await waiting.close();
    }
  } finally {
    await line.close();
    await redis.close();
  }
}

/** Redis and the line's repository, opened at once; neither stays open where the other cannot be had. */
async function openBoth(workplace: Workplace): Promise<{ redis: Redis; line: LineRepository }> {
  const [engine, line] = await Promise.allSettled([
    connectToEngine(engineOf(workplace)),
    openLine(workplace),
  ]);
  if (engine.status === "rejected") {
    if (line.status === "fulfilled") await line.value.close();
    throw engine.reason;
  }
  if (line.status === "rejected") {
    await engine.value.redis.close();
    throw line.reason;
  }
  return { redis: engine.value.redis, line: line.value };
}

/** The line's repository; `told` is called as soon as a push is under way. */
function tellingPushes(line: LineRepository, told: () => void): LineRepository {
  return {
    ...line,
    push(request) {
      const pushed = line.push(request);
      told();
      return pushed;
    },
  };
}

/**
 * In two pieces, since loading lets nothing else happen: the first while the remote is asked where the lease is, the
 * second, after one of `until`, while it takes the new one.
 */
async function loadParts(until: readonly Promise<unknown>[]) {
  const { eventSource } = await import("../events/envelope.ts");
  // Whatever became of the lease is judged elsewhere.
  await Promise.race(until).catch(() => {});
  const { sessionParts } = await import("./session-parts.ts");
  const { runIntegrator } = await import("./integrator.ts");
  return { eventSource, sessionParts, runIntegrator };
}

/** A lease that nobody will use: the next session need not wait for it. */
async function giveBack(lease: SessionLease, asked: Promise<AcquireResult>): Promise<void> {
  const answer = await asked.catch(() => null);
  if (answer?.kind === "acquired") await lease.release(answer.lease).catch(() => {});
}

/** The lease with its first asking under way. */
function begun(lease: SessionLease, asked: Promise<AcquireResult>): SessionLease {
  let first: Promise<AcquireResult> | null = asked;
  return {
    ...lease,
    acquire() {
      const answer = first ?? lease.acquire();
      first = null;
      return answer;
    },
  };
}
