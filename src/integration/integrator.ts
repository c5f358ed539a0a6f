/**
 * The integrator session: takes the lease, drains the queue in order, gives the lease back, ends itself.
 *
 * It is the only process that moves main, and it lives only while there is work. All it decides is decided by pure
 * functions (`queue.ts`, `delivery.ts`); this file is the loop around them. What it guarantees: one delivery at a time
 * (others may follow in its push, `coupling.ts`), resumed from its checkpoint; a lost lease or TERM stops it at the checkpoint and nothing more is done in its name; a
 * candidate whose delivery fails for a reason nobody foresaw is blocked (`internal`) rather than holding up the line.
 */
import { monotonicMs, pause } from "../clock.ts";
import { describeError } from "../errors.ts";
import { step } from "../events/step.ts";
import type { BatchWindow } from "./batch-window.ts";
import type { Coupling } from "./coupling.ts";
import {
  advance,
  type Delivery,
  followersOf,
  type Next,
  type Outcome,
  retryDelayMs,
  stalledAfterMs,
} from "./delivery.ts";
import type { Announcer } from "./hands/announce.ts";
import { type HeldLease, LeaseLost, requireLease } from "./lease.ts";
import type { AcquireResult, SessionLease } from "./session-lease.ts";
import type { DeliveryStore } from "./stores/delivery-store.ts";
import { isWorldAway } from "./world-away.ts";

/** One hand per phase: asks what is already true, acts, and says what follows. */
export type Hands = {
  [Phase in Delivery["phase"] as Phase extends "tidied" ? never : Phase]: (
    delivery: Extract<Delivery, { phase: Phase }>,
    lease: HeldLease,
    how: How,
  ) => Promise<Outcome>;
};

export type How = {
  /** Nothing of it was tried yet. */
  isFirst: boolean;
  /** Whether it may have been done already, by whoever had this checkpoint before. */
  resumed: boolean;
  /** How many candidates may follow this one in its push. */
  room: number;
};

export type SessionLog = {
  info(fields: Record<string, unknown>, message: string): void;
  warn(fields: Record<string, unknown>, message: string): void;
};

/** Takes the next candidate, under the lease; null when there is nothing to take. */
export type Picker = {
  pick(lease: HeldLease): Promise<Delivery | null>;
  /** Puts an item that is in progress without a (readable) checkpoint back into the queue, and clears that. */
  recover(lease: HeldLease): Promise<void>;
  /** Is there something to take right now? */
  takeable(): Promise<boolean>;
  /** Turns a drain that has run dry into a pause. */
  settle(): Promise<void>;
  /** Waits until the queue has news, at most `graceMs`; false where there was none. */
  waitForWork(graceMs: number, stopped: AbortSignal): Promise<boolean>;
};

export type SessionEnd =
  /** Queue empty or paused, lease released, checkpoint written. */
  | "drained"
  | "limit_reached"
  | "busy"
  | "overtaken"
  | "lease_lost"
  /** TERM: the lease is released, the checkpoint stays. */
  | "stopped"
  | "remote_away";

export type SessionResult = Tally & { end: SessionEnd; detail: string | null };

export type IntegratorParts = {
  lease: SessionLease;
  deliveries: DeliveryStore;
  coupling: Coupling;
  window: BatchWindow;
  picker: Picker;
  hands: Hands;
  announcer: Announcer;
  log: SessionLog;
  /** How much of the lease a step with an outside effect needs, ms. */
  budgetMs: number;
  graceMs: number;
  /** Stop after this many candidates. */
  limit: number;
};

type Tally = { landed: number; blocked: number; superseded: number };

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

/** How many more candidates this session may take. */
function remaining({ limit }: IntegratorParts, tally: Tally): number {
  return limit - (tally.landed + tally.blocked + tally.superseded);
}

type Session = { parts: IntegratorParts; lease: HeldLease; tally: Tally; stop: AbortSignal };

/**
 * One candidate, and those that follow it in its push, from where the checkpoint stands to the last outcome; or to the
 * checkpoint at which TERM found it.
 */
async function deliver(session: Session, first: Delivery, resumed: boolean): Promise<void> {
  const { parts, lease, tally, stop } = session;
  let progress = new Progress(parts);
  let delivery = first;
  let again = resumed;
  let isFirst = !resumed;
  for (;;) {
    if (delivery.phase === "tidied") {
      const done = delivery;
      const next = await step("outcome.integrated", () => parts.announcer.integrated(done, lease));
      tally.landed++;
      if (next === null) return;
      delivery = next;
      progress = new Progress(parts);
      continue;
    }
    if (stop.aborted) return;
    const next = await oneStep(session, delivery, { resumed: again, isFirst });
    again = false;
    switch (next.kind) {
      case "save":
        delivery = await save(session, delivery, next.delivery);
        break;
      case "start_again": {
        isFirst = false;
        delivery = await save(session, delivery, next.delivery);
        if (next.waits) await progress.waitAgain(delivery, next.why, stop);
        break;
      }
      case "wait":
        await progress.waitAway(delivery, next.why, stop);
        again = true;
        break;
      case "block":
        await step("outcome.blocked", () => parts.announcer.blocked(delivery, next, lease));
        tally.blocked++;
        return;
      case "supersede":
        await step("outcome.superseded", () => parts.announcer.superseded(delivery, next.by, lease));
        tally.superseded++;
        return;
      default:
        next satisfies never;
    }
  }
}

/** Saves the checkpoint; whoever follows is coupled by it, or let go. */
async function save({ parts, lease }: Session, before: Delivery, after: Delivery): Promise<Delivery> {
  const { coupling, deliveries } = parts;
  const former = followersOf(before);
  return step(`checkpoint.${after.phase}`, async () => {
    if (after.phase === "merged" && after.followers.length > 0) return coupling.couple(after, lease);
    if (former.length > 0 && followersOf(after).length === 0) await coupling.uncouple(former, after, lease);
    else await deliveries.save(after, lease);
    return after;
  });
}

async function oneStep(
  { parts, lease, tally }: Session,
  delivery: Exclude<Delivery, { phase: "tidied" }>,
  tried: Omit<How, "room">,
): Promise<Next> {
  requireLease(lease, delivery.phase === "pushing" ? parts.budgetMs : 0);
  const { window } = parts;
  const how = { ...tried, room: Math.min(window.size(), remaining(parts, tally)) - 1 };
  try {
    const outcome = await step(`hand.${delivery.phase}`, () => runHand(parts.hands, delivery, lease, how));
    if (outcome.kind === "pushed") window.pushed();
    if (outcome.kind === "start_over" && outcome.alone) window.refused();
    return advance(delivery, outcome);
  } catch (error) {
    if (error instanceof LeaseLost || lease.lost !== null || isWorldAway(error)) throw error;
    if (delivery.phase === "pushing" || delivery.phase === "pushed") throw error;
    const detail = describeError(error);
    parts.log.warn({ ...delivery.candidate, phase: delivery.phase, detail }, "A delivery broke.");
    const evidence = { conflicts: [], diagnostics: [detail] };
    return { kind: "block", reason: "internal", detail, evidence };
  }
}

function runHand(
  hands: Hands,
  delivery: Exclude<Delivery, { phase: "tidied" }>,
  lease: HeldLease,
  how: How,
): Promise<Outcome> {
  switch (delivery.phase) {
    case "picked":
      return hands.picked(delivery, lease, how);
    case "merged":
      return hands.merged(delivery, lease, how);
    case "checked":
      return hands.checked(delivery, lease, how);
    case "pushing":
      return hands.pushing(delivery, lease, how);
    case "pushed":
      return hands.pushed(delivery, lease, how);
    default:
      return delivery satisfies never;
  }
}

/** Waits between tries, and says once that the line is stalled when they take too long. */
class Progress {
  readonly #parts: IntegratorParts;
  readonly #sinceMs = monotonicMs();
  #moved = 0;
  #away = 0;
  #said = false;

  constructor(parts: IntegratorParts) {
    this.#parts = parts;
  }

  async waitAgain(delivery: Delivery, why: string, stop: AbortSignal): Promise<void> {
    this.#moved++;
    await this.#wait(delivery, why, retryDelayMs(this.#moved, true), stop);
  }

  async waitAway(delivery: Delivery, why: string, stop: AbortSignal): Promise<void> {
    this.#away++;
    await this.#wait(delivery, why, retryDelayMs(this.#away, false), stop);
  }

  async #wait(delivery: Delivery, why: string, ms: number, stop: AbortSignal): Promise<void> {
    const { log, announcer } = this.#parts;
    log.info({ ...delivery.candidate, phase: delivery.phase, waitMs: ms }, `Waits: ${why}`);
    if (!this.#said && monotonicMs() - this.#sinceMs >= stalledAfterMs) {
      this.#said = true;
      await announcer.stalled(why);
    }
    await pause(ms, stop);
  }
}
