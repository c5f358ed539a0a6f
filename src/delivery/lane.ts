/**
 * One target's worker: brings what it was told up to what it is to be told, one message at a time.
 *
 * Guaranteed: what is to be said is decided again right before it leaves, so bursts become one message and nothing that
 * was overtaken is said; an intent is recorded before a message leaves that must not be said twice, so a crash is
 * answered as a lost reply is. Pauses are kept in Redis, on its clock: a restart is no way around a rate limit. A target
 * that fails holds up nobody but itself.
 */
import { pause } from "../clock.ts";
import type { Guard, Op } from "../events/atomic-write.ts";
import type { Redis } from "../redis/connection.ts";
import { isWorldFailure } from "../redis/failure.ts";
import { serverTimeMs } from "../redis/server-time.ts";
import type { Traces } from "../telemetry/traces.ts";
import { type Ready, sendBounded, sendingOf, testSending } from "./dispatch.ts";
import type { Ledger, LedgerRow, LedgerTest, Recorded } from "./ledger.ts";
import { type Circumstances, nextStep, planOf, type Step } from "./next-step.ts";
import { healthEvents } from "./notices.ts";
import { healthAfter, healthToBegin, type InFlight, isHarmless, restUntil, sentAfter } from "./outcomes.ts";
import { type Health, isOff, newHealth } from "./rows.ts";
import type { DeliverySurface, Outcome, Target } from "./surface.ts";
import { endTelling, tellingSpans } from "./telling-spans.ts";

export type LaneContext = {
  redis: Redis;
  ledger: Ledger;
  surface: DeliverySurface;
  target: Target;
  /** From 0 to 1. */
  random(): number;
  log: { info(fields: object, message: string): void; warn(fields: object, message: string): void };
  traces: Traces;
};

/** How long to wait before the next look, ms; 0: there may be more to do. `fenced_out`: somebody else has the lease. */
export type Turned = { kind: "look_again"; afterMs: number } | { kind: "fenced_out" };

/** The longest time without a look, ms: a wake-up that was lost costs so much. */
export const lookMs = 1000;
const recordAgainMs = 200;
/** Most messages between two looks at all that is due. */
const messagesATurn = 10;

/**
 * Makes the target's record fit the configuration, and settles what a worker died over. Called before the first
 * turn, and after one that failed.
 */
export async function beginLane(context: LaneContext): Promise<Recorded> {
  const { ledger, surface, target, redis } = context;
  const writes = ledger.writes(target.name);
  const nowMs = await serverTimeMs(redis);
  const { health: known } = await ledger.healthOf(target.name);
  const health = healthToBegin(known, target, nowMs);
  // Another address: what was said to the one before is nothing to it, and what that one missed neither.
  if (known !== null && known.fingerprint !== target.fingerprint)
    return recordHealth(context, { before: known, after: health, ops: writes.forgetTarget() });
  const targetSince = health.since;
  const interrupted = await ledger.rows(target.name, await ledger.interrupted(target.name));
  const outcome: Outcome = { kind: "unknown", why: "the program ended while it was on its way" };
  const settled = interrupted.flatMap(({ id, sent }) =>
    sent.sending === null
      ? []
      : [writes.sent(id, sentAfter(sent, sent.sending, outcome, { nowMs, traits: surface, targetSince }))],
  );
  return recordHealth(context, { before: known, after: health, ops: settled });
}

/** Says what is due, as far as the target takes it. Throws what Redis throws. */
export async function turnLane(context: LaneContext, ended: AbortSignal): Promise<Turned> {
  const { ledger, target, redis } = context;
  const nowMs = await serverTimeMs(redis);
  const { health, surfaceRestMs } = await ledger.healthOf(target.name);
  // Redis came back empty: there is nothing to go on with.
  if (health === null) return again(await beginLane(context));
  const ids = await ledger.due(target.name, nowMs);
  const [test] = await ledger.tests(target.name, ids);
  // A target that fails may be tested at any time; a rate limit is a rate limit.
  const ownRestMs = test !== undefined && health.state !== "ok" ? 0 : health.rest_until;
  const restMs = Math.max(surfaceRestMs, ownRestMs) - nowMs;
  if (restMs > 0) return { kind: "look_again", afterMs: restMs };
  if (test !== undefined) return again(await runTest(context, { test, health, ended }));
  if (isOff(health)) return { kind: "look_again", afterMs: lookMs };

  const circumstances = { rules: target.rules, traits: context.surface, nowMs };
  const rows = await ledger.rows(target.name, ids);
  const steps = rows.map((row) => ({ row, step: nextStep(row, circumstances) }));
  const strays = ids.filter((id) => !rows.some((row) => row.id === id));
  if ((await settle(context, steps, strays)) === "fenced_out") return { kind: "fenced_out" };
  // What has failed before comes after what has not: one message that is never taken holds up no other.
  const ready = steps.flatMap(readyOf).toSorted((a, b) => a.row.sent.tries - b.row.sent.tries);
  const plan = planOf(ready, circumstances);
  for (const planned of plan.slice(0, messagesATurn)) {
    const ids = planned.kind === "one" ? [planned.item.row.id] : planned.items.map(({ row }) => row.id);
    const told = await tell(context, { ids, circumstances, ended });
    if (told !== "go_on") return again(told);
    if (ended.aborted) break;
  }
  if (plan.length > 0) return { kind: "look_again", afterMs: 0 };
  const nextMs = await ledger.nextDueMs(target.name);
  return { kind: "look_again", afterMs: nextMs === null ? lookMs : Math.max(1, nextMs - nowMs) };
}

function again(recorded: Recorded): Turned {
  return recorded === "fenced_out" ? { kind: "fenced_out" } : { kind: "look_again", afterMs: 0 };
}

function readyOf({ row, step }: { row: LedgerRow; step: Step }): Ready[] {
  return step.kind === "tell" ? [{ row, step }] : [];
}

/** Takes the rows out of the way that want nothing now; `strays` are due, and nobody can read what they want. */
async function settle(
  { ledger, target }: LaneContext,
  steps: readonly { row: LedgerRow; step: Step }[],
  strays: readonly string[],
): Promise<Recorded> {
  const writes = ledger.writes(target.name);
  const quiet = steps.filter(({ step }) => step.kind !== "tell");
  if (quiet.length + strays.length === 0) return "recorded";
  const ops = quiet.flatMap(({ row, step }) => {
    if (step.kind === "forget") return writes.forget(row.id);
    return [writes.due(row.id, step.kind === "wait" ? step.untilMs : null)];
  });
  return ledger.record({
    // Where something new is wanted meanwhile, the next look sees it.
    guards: quiet.map(({ row }) => ledger.stillWanted(target.name, row)),
    ops: [...ops, ...strays.flatMap((id) => writes.forget(id))],
  });
}

type Telling = { ids: readonly string[]; circumstances: Circumstances; ended: AbortSignal };

/** Says one thing, if it is still to be said. `go_on`: the target takes more at once. */
async function tell(
  context: LaneContext,
  { ids, circumstances, ended }: Telling,
): Promise<Recorded | "go_on"> {
  const { ledger, surface, target, redis, log } = context;
  const writes = ledger.writes(target.name);
  const fresh = await ledger.rows(target.name, ids);
  const ready = fresh.flatMap((row) => readyOf({ row, step: nextStep(row, circumstances) }));
  // Meant to be one of several, and rings now: it is the next one, for itself.
  const fit = ids.length === 1 ? ready : ready.filter(({ step }) => step.how === "new" && !step.missed);
  const sending = sendingOf(target.name, fit);
  if (sending === null) return "recorded";
  const flying = fit.map(({ row, step }) => ({
    row,
    inFlight: {
      id: sending.id,
      version: row.notification?.version ?? 0,
      alarm: (step.ring ?? step.missed)?.event_id ?? null,
      how: step.how,
    },
  }));
  if (!flying.every(({ inFlight }) => isHarmless(inFlight.how, surface))) {
    const ops = flying.map(({ row, inFlight }) => writes.sent(row.id, { ...row.sent, sending: inFlight }));
    if ((await ledger.record({ ops })) === "fenced_out") return "fenced_out";
  }
  const spans = tellingSpans(context, fit);
  const { outcome, bug } = await sendBounded(surface, sending, ended);
  for (const span of spans) endTelling(span, outcome);
  if (bug !== null) log.warn({ surface: surface.name, bug: nameOf(bug) }, "A surface threw.");
  if (outcome.kind === "refused")
    log.warn({ surface: surface.name, target: target.name, why: outcome.why }, "A message is given up.");
  // That we end is not the target's fault.
  const isOurs = ended.aborted && outcome.kind === "failed";
  const recorded = await patiently(ended, async () => {
    const nowMs = await serverTimeMs(redis);
    return recordOutcome(context, { flying, outcome, circumstances, nowMs, isOurs });
  });
  return recorded === "recorded" && outcome.kind === "sent" && !outcome.restMs ? "go_on" : recorded;
}

/**
 * Tried again while Redis is away: what a message became is known here alone. Given up at the end, or where the lease is
 * gone: then the intent tells whoever comes next that nobody knows.
 */
async function patiently(ended: AbortSignal, record: () => Promise<Recorded>): Promise<Recorded> {
  for (;;)
    try {
      return await record();
    } catch (error) {
      if (ended.aborted || !isWorldFailure(error)) throw error;
      await pause(recordAgainMs, ended);
    }
}

type Settled = {
  flying: readonly { row: LedgerRow; inFlight: InFlight }[];
  outcome: Outcome;
  circumstances: Circumstances;
  nowMs: number;
  isOurs: boolean;
};

async function recordOutcome(
  context: LaneContext,
  { flying, outcome, circumstances, nowMs, isOurs }: Settled,
): Promise<Recorded> {
  const { ledger, target } = context;
  const writes = ledger.writes(target.name);
  const { health: before } = await ledger.healthOf(target.name);
  const known = before ?? newHealth(target.fingerprint);
  const after = isOurs ? known : healthAfter(known, outcome, { nowMs, random: context.random() });
  const { traits } = circumstances;
  const settled = flying.map(({ row, inFlight }) => ({
    row,
    sent: isOurs
      ? { ...row.sent, sending: null }
      : sentAfter(row.sent, inFlight, outcome, { nowMs, traits, targetSince: known.since }),
  }));
  const said = settled.map(({ row, sent }) => writes.sent(row.id, sent));
  const ops = [...said, ...surfaceRest(context, outcome, nowMs)];
  const nexts = settled.flatMap(({ row, sent }): { row: LedgerRow; due: Op }[] => {
    const step = nextStep({ ...row, sent }, { ...circumstances, nowMs });
    if (step.kind === "tell" || step.kind === "forget") return [];
    return [{ row, due: writes.due(row.id, step.kind === "wait" ? step.untilMs : null) }];
  });
  const change = { before: known, after };
  const guards = nexts.map(({ row }) => ledger.stillWanted(target.name, row));
  const whole = await recordHealth(context, {
    ...change,
    ops: [...ops, ...nexts.map(({ due }) => due)],
    guards,
  });
  // Something new is wanted: it stays due, and what was said is recorded all the same.
  return whole === "overtaken" ? recordHealth(context, { ...change, ops }) : whole;
}

/** Where the whole surface is asked to wait, all its targets do. */
function surfaceRest({ ledger, target }: LaneContext, outcome: Outcome, nowMs: number): Op[] {
  const restMs = restUntil(outcome, nowMs);
  if (restMs === null) return [];
  return [ledger.writes(target.name).surfaceRest({ ...newHealth(""), rest_until: restMs })];
}

/** Tries the way to the target, whatever state it is in. */
async function runTest(
  context: LaneContext,
  { test, health, ended }: { test: LedgerTest; health: Health; ended: AbortSignal },
): Promise<Recorded> {
  const { ledger, surface, target, redis } = context;
  const answered =
    target.unusable === null ? await sendBounded(surface, testSending(target.name, test), ended) : null;
  const outcome: Outcome = answered?.outcome ?? { kind: "gone", why: target.unusable ?? "nobody knows" };
  const nowMs = await serverTimeMs(redis);
  const why = "why" in outcome ? outcome.why : null;
  // That a test fails is told to who asked for it, and is no failure of a message.
  const counts =
    answered !== null && (outcome.kind === "sent" || outcome.kind === "later" || outcome.kind === "gone");
  const after = counts ? healthAfter(health, outcome, { nowMs, random: context.random() }) : health;
  const result = ledger.writes(target.name).testResult(test.id, { kind: outcome.kind, why });
  const ops = [...result, ...surfaceRest(context, outcome, nowMs)];
  return recordHealth(context, { before: health, after, ops });
}

/** A write, with the target's record where that has changed, and what people are told of it. */
async function recordHealth(
  { ledger, surface, target, log }: LaneContext,
  change: { before: Health | null; after: Health; ops: Op[]; guards?: Guard[] },
): Promise<Recorded> {
  const { before, after, guards = [] } = change;
  const events = healthEvents({ surface: surface.name, target: target.name }, before, after);
  const isNew = JSON.stringify(before) !== JSON.stringify(after);
  const ops = [...change.ops, ...(isNew ? [ledger.writes(target.name).health(after)] : [])];
  if (ops.length === 0) return "recorded";
  const recorded = await ledger.record({ guards, ops, events });
  if (recorded === "recorded" && before !== null && before.state !== after.state) {
    const detail = { surface: surface.name, target: target.name, state: after.state, why: after.why };
    if (after.state === "ok") log.info(detail, "A target is reached again.");
    else log.warn(detail, "A target is not reached.");
  }
  return recorded;
}

/** The kind of a bug, without its message: that could hold an address. */
function nameOf(bug: unknown): string {
  return bug instanceof Error ? bug.name : typeof bug;
}
