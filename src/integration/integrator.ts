/**
 * The integrator session: takes the lease, drains the queue in order, gives the lease back, ends itself.
 *
 * It is the only process that moves main, and it lives only while there is work. What it guarantees: one delivery at a
 * time (`deliver.ts`), resumed from its checkpoint; a lost lease or TERM stops it at the checkpoint and nothing more is
 * done in its name.
 */
import { pause } from "../clock.ts";
import { step } from "../events/step.ts";
import { deliver, remaining } from "./deliver.ts";
import { retryDelayMs } from "./delivery.ts";
import { type HeldLease, LeaseLost, requireLease } from "./lease.ts";
import type { AcquireResult } from "./session-lease.ts";
import type { IntegratorParts, Tally } from "./session-ports.ts";

export type SessionEnd =
  /** Queue empty or paused, lease released, checkpoint written. */
  | "drained"
  | "limit_reached"
  /** The cutover was switched off: nothing is in hand, and nothing more is taken. */
  | "not_live"
  | "busy"
  | "overtaken"
  | "lease_lost"
  /** TERM: the lease is released, the checkpoint stays. */
  | "stopped"
  | "remote_away";

export type SessionResult = Tally & { end: SessionEnd; detail: string | null };

/**
 * Runs one session to its end. `stop` is TERM: it ends at the next checkpoint. After the lease is given back the queue
 * is looked at once more, so that a candidate that arrived in between is not stranded.
 */
export async function runIntegrator(parts: IntegratorParts, stop: AbortSignal): Promise<SessionResult> {
  const tally: Tally = { landed: 0, blocked: 0, superseded: 0 };
  let started = false;
  for (;;) {
    const acquired = await acquireLease(parts, stop);
    if (acquired.kind !== "acquired") {
      if (started) return finish(parts, tally, "drained", null);
      return { end: acquired.kind, ...tally, detail: detailOf(acquired) };
    }
    if (!started) await step("session.started", () => parts.announcer.sessionStarted(acquired.lease));
    started = true;
    const end = await holdAndDrain(parts, acquired.lease, tally, stop);
    if (end === "drained" && (await parts.picker.takeable())) continue;
    return finish(parts, tally, end, null);
  }
}

async function finish(
  parts: IntegratorParts,
  tally: Tally,
  end: SessionEnd,
  detail: string | null,
): Promise<SessionResult> {
  await step("session.ended", () => parts.announcer.sessionEnded({ end, ...tally }));
  return { end, ...tally, detail };
}

/** From a held lease to a released one; a lost one is left to whoever has it now. */
async function holdAndDrain(
  parts: IntegratorParts,
  lease: HeldLease,
  tally: Tally,
  stop: AbortSignal,
): Promise<SessionEnd> {
  const finished = new AbortController();
  const keeping = parts.lease.keep(lease, finished.signal);
  try {
    const end = await drain(parts, lease, tally, stop);
    await step("lease.release", () => parts.lease.release(lease));
    return end;
  } catch (error) {
    if (!(error instanceof LeaseLost)) return await giveBackAndThrow(parts, lease, error);
    parts.log.warn({ token: lease.token }, error.message);
    return "lease_lost";
  } finally {
    finished.abort();
    await keeping;
  }
}

/** What nobody foresaw ends the session at its checkpoint; the next one need not wait for the lease to run out. */
async function giveBackAndThrow(parts: IntegratorParts, lease: HeldLease, error: unknown): Promise<never> {
  await parts.lease.release(lease).catch(() => {});
  throw error;
}

type NotAcquired = Exclude<AcquireResult, { kind: "acquired" }>;

function detailOf(result: NotAcquired): string {
  return result.kind === "busy" ? `Another integrator is at work: ${result.owner}.` : result.detail;
}

/** A remote that is away is waited for; a lease that somebody holds is not. */
async function acquireLease(parts: IntegratorParts, stop: AbortSignal): Promise<AcquireResult> {
  for (let tries = 1; ; tries++) {
    const result = await parts.lease.acquire();
    if (result.kind !== "remote_away" || stop.aborted || tries >= acquireTriesMax) return result;
    parts.log.warn({ tries }, `The remote is away: ${result.detail}`);
    await pause(retryDelayMs(tries, false), stop);
  }
}

/** After this the session gives up; the daemon starts another one as long as something is queued. */
const acquireTriesMax = 5;

async function drain(
  parts: IntegratorParts,
  lease: HeldLease,
  tally: Tally,
  stop: AbortSignal,
): Promise<SessionEnd> {
  const unfinished = await parts.deliveries.load();
  if (unfinished.kind === "corrupt")
    parts.log.warn(
      { raw: unfinished.raw.slice(0, 200) },
      "The checkpoint cannot be read; its candidate is queued again.",
    );
  if (unfinished.kind === "unfinished")
    await deliver({ parts, lease, tally, stop }, unfinished.delivery, true);
  else await parts.picker.recover(lease);
  while (!stop.aborted) {
    if (remaining(parts, tally) <= 0) return "limit_reached";
    requireLease(lease, 0);
    if (!(await parts.permission()).live) return "not_live";
    const delivery = await step("checkpoint.picked", () => parts.picker.pick(lease));
    if (delivery !== null) {
      await deliver({ parts, lease, tally, stop }, delivery, false);
      continue;
    }
    await parts.picker.settle();
    if (!(await parts.picker.waitForWork(parts.graceMs, stop))) return "drained";
  }
  return "stopped";
}
