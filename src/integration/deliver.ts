/**
 * One candidate's way onto main, and of those that follow it in its push: the loop around the pure functions of
 * `delivery.ts`. A candidate whose delivery fails for a reason nobody foresaw is blocked (`internal`) rather than holding
 * up the line.
 */
import { monotonicMs, pause } from "../clock.ts";
import { describeError } from "../errors.ts";
import { step } from "../events/step.ts";
import { inSpan } from "../telemetry/traces.ts";
import { deliverSpan, phaseSpan, phaseTold } from "./candidate-trace.ts";
import {
  advance,
  begun,
  type Delivery,
  followersOf,
  type Next,
  type Outcome,
  retryDelayMs,
  stalledAfterMs,
} from "./delivery.ts";
import { type HeldLease, LeaseLost, requireLease } from "./lease.ts";
import type { Hands, How, IntegratorParts, Tally } from "./session-ports.ts";
import { isWorldAway } from "./world-away.ts";

export type Session = { parts: IntegratorParts; lease: HeldLease; tally: Tally; stop: AbortSignal };

/**
 * One candidate, and those that follow it in its push, from where the checkpoint stands to the last outcome; or to the
 * checkpoint at which TERM found it.
 */
export async function deliver(session: Session, first: Delivery, resumed: boolean): Promise<void> {
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
    if (delivery.phase === "checked" || (again && isUnpushed(delivery))) {
      const { live, why } = await parts.permission();
      if (!live) return putBack(session, delivery, why);
    }
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
async function save({ parts, lease }: Session, before: Delivery, next: Delivery): Promise<Delivery> {
  const { coupling, deliveries } = parts;
  const after = begun(next, await deliveries.nowMs());
  const former = followersOf(before);
  return step(`checkpoint.${after.phase}`, async () => {
    if (after.phase === "pushing") {
      // Whoever takes the line off main is answered once no new push can begin.
      const { live, guard } = await parts.permission();
      return live && (await deliveries.saveWhile(guard, after, lease)) ? after : before;
    }
    if (after.phase === "merged" && after.followers.length > 0) return coupling.couple(after, lease);
    if (former.length > 0 && followersOf(after).length === 0) await coupling.uncouple(former, after, lease);
    else await deliveries.save(after, lease);
    return after;
  });
}

/** Nothing of it can be at the remote. */
function isUnpushed({ phase }: Delivery): boolean {
  return phase === "picked" || phase === "merged" || phase === "checked";
}

/** The line may not land any more: the candidate, and who followed it, wait in the queue as before. */
async function putBack({ parts, lease }: Session, delivery: Delivery, why: string): Promise<void> {
  await step("outcome.put_back", () => parts.announcer.putBack(delivery, `put back: ${why}`, lease));
}

/** How many more candidates this session may take. */
export function remaining({ limit }: IntegratorParts, tally: Tally): number {
  return limit - (tally.landed + tally.blocked + tally.superseded);
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
    const outcome = await step(`hand.${delivery.phase}`, () => runTraced(parts, delivery, lease, how));
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

/** The hand's work, as a span of the candidate's trace. */
function runTraced(
  { traces, hands }: IntegratorParts,
  delivery: Exclude<Delivery, { phase: "tidied" }>,
  lease: HeldLease,
  how: How,
): Promise<Outcome> {
  if (!traces.on) return runHand(hands, delivery, lease, how);
  // Opened for its place alone: it is told with the outcome.
  const { context } = traces.open(deliverSpan(delivery));
  return inSpan(traces, phaseSpan(delivery, context, how.resumed), async (span) => {
    const outcome = await runHand(hands, delivery, lease, how);
    span.set(phaseTold(outcome));
    return outcome;
  });
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
