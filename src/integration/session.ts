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
import { type Keys, keysOf } from "../redis/keys.ts";
import { openLease } from "../redis/lease-store.ts";
import { ownerOfThisProcess } from "../redis/owner.ts";
import { noTraces, type Traces } from "../telemetry/traces.ts";
import { engineOf, openLine, type Workplace } from "../workplace.ts";
import type { SessionResult } from "./integrator.ts";
import { leaseRefs } from "./lease-refs.ts";
import type { AskPermission } from "./permission.ts";
import { type AcquireResult, type SessionLease, sessionLease } from "./session-lease.ts";
import type { SessionGuard } from "./session-parts.ts";
import type { SessionLog } from "./session-ports.ts";
import type { ShadowResult } from "./shadow.ts";
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
  /** The cutover, over the session's connection. */
  permission(at: { redis: Redis; keys: Keys }): AskPermission;
  /** Shadow whatever the cutover says. */
  shadow?: boolean;
  /** Opened with what a session works with, while the remote answers. */
  traces?: () => Promise<Traces>;
};

/** `shadowed`: about how many candidates it was decided what would become of them. */
export type IntegrateResult = SessionResult & { mode: "live" | "shadow"; shadowed: number };

/**
 * Runs a session to its end: one that lands, or, where the cutover does not let it, one that shadows. Throws a Failure:
 * where Redis cannot be reached, or `parity_incomplete` where it may do neither.
 */
export async function integrate(options: SessionOptions): Promise<IntegrateResult> {
  const { workplace, shadow = false } = options;
  const keys = keysOf(workplace.repositoryId);
  const { redis, line } = await openBoth(workplace);
  try {
    const permission = options.permission({ redis, keys });
    const open: Open = { redis, line, keys, permission };
    const { live, refusal } = await permission();
    if (live && !shadow) return { ...(await land(options, open)), mode: "live", shadowed: 0 };
    // What was in hand when the line was taken off main is finished, or goes back into the queue.
    const isInHand = Number(await redis.command(["EXISTS", keys.checkpoint])) === 1;
    const ended = !live && isInHand ? await land(options, open) : nothingLanded;
    if (refusal !== null && !shadow) throw refusal;
    return { ...ended, ...(await decideInShadow(options, open)), mode: "shadow" };
  } finally {
    await line.close();
    await redis.close();
  }
}

async function decideInShadow(
  { workplace, log, stop, guard, limit = Number.POSITIVE_INFINITY }: SessionOptions,
  { redis, line, keys }: Open,
): Promise<ShadowResult> {
  const { eventSource } = await import("../events/envelope.ts");
  const { shadowParts } = await import("./shadow-session.ts");
  const { runShadow } = await import("./shadow.ts");
  const { repositoryId, config } = workplace;
  const owner = await ownerOfThisProcess("integrator");
  const source = eventSource({ repositoryId, role: "integrator", sessionId: owner });
  const ground = { redis, line, keys, config, owner, source, log };
  const parts = shadowParts(guard === undefined ? ground : { ...ground, guard });
  return runShadow({ ...parts, limit }, stop);
}

const nothingLanded = { landed: 0, blocked: 0, superseded: 0 };

/** What a session stands on, while it is open. */
type Open = { redis: Redis; line: LineRepository; keys: Keys; permission: AskPermission };

async function land(options: SessionOptions, open: Open): Promise<SessionResult> {
  const { workplace, log, graceMs = 2000, limit = Number.POSITIVE_INFINITY, stop, guard } = options;
  const { repositoryId, config, git, clone } = workplace;
  const { redis, line, keys, permission } = open;
  const owner = await ownerOfThisProcess("integrator");
  const store = openLease({ redis, keys }, leaseName);
  const fencing = Promise.withResolvers<void>();
  const refs = leaseRefs(tellingPushes(line, fencing.resolve), guard?.grants);
  const lease = sessionLease({ store, refs, owner, timing: config.lease });
  const asked = lease.acquire();
  // Judged where the session takes it over; until then a failure must not end the process.
  asked.catch(() => {});
  const [waiting, { eventSource, sessionParts, runIntegrator, traces }] = await Promise.all([
    redis.duplicate(),
    loadParts([fencing.promise, asked], options.traces ?? (async () => noTraces)),
  ]).catch(async (error: unknown) => {
    await giveBack(lease, asked);
    throw error;
  });
  try {
    const source = eventSource({ repositoryId, role: "integrator", sessionId: owner });
    const open = { redis, waiting, line, keys, config, git, clone };
    const ground = { ...open, owner, source, log, permission, traces };
    const parts = sessionParts(guard === undefined ? ground : { ...ground, guard });
    return await runIntegrator({ ...parts, lease: begun(lease, asked), graceMs, limit }, stop);
  } finally {
    await waiting.close();
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
async function loadParts(until: readonly Promise<unknown>[], openTraces: () => Promise<Traces>) {
  const { eventSource } = await import("../events/envelope.ts");
  // Whatever became of the lease is judged elsewhere.
  await Promise.race(until).catch(() => {});
  const { sessionParts } = await import("./session-parts.ts");
  const { runIntegrator } = await import("./integrator.ts");
  return { eventSource, sessionParts, runIntegrator, traces: await openTraces() };
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
