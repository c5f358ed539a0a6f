/**
 * Pure: what the outcome of a sending makes of its row and of its target. `null` as the time of the next try: at once, or
 * whenever something new is wanted.
 */
import type { How } from "./next-step.ts";
import { type Health, isOff, newHealth, type Sent } from "./rows.ts";
import type { Outcome, SurfaceTraits, Target } from "./surface.ts";

/** What was on its way. */
export type InFlight = NonNullable<Sent["sending"]>;

export type Moment = {
  nowMs: number;
  /** From 0 to 1: what spreads the tries of many. */
  random: number;
};

/** Where and when an outcome was met; `targetSince`: since when the target had failed until then, ms, or null. */
export type Setting = { nowMs: number; traits: SurfaceTraits; targetSince: number | null };

/** The row after an outcome, and when it is to be tried again. */
export function sentAfter(
  before: Sent,
  inFlight: InFlight,
  outcome: Outcome,
  { nowMs, traits, targetSince }: Setting,
): Sent {
  const ref = "ref" in outcome && outcome.ref !== undefined ? outcome.ref : before.ref;
  const waiting: Sent = { ...before, ref, sending: null };
  const told: Sent = {
    ...waiting,
    version: inFlight.version,
    alarm: inFlight.alarm ?? before.alarm,
    is_uncertain: false,
    failing_since: null,
    tries: 0,
    given_up: null,
  };
  switch (outcome.kind) {
    case "sent":
      return told;
    case "later":
    case "gone":
      return waiting;
    case "refused":
      return { ...told, ref: before.ref, given_up: outcome.why };
    case "failed":
      return failed(waiting, told, { why: outcome.why, nowMs, targetSince });
    case "unknown":
      if (isHarmless(inFlight.how, traits))
        return failed(waiting, told, { why: outcome.why, nowMs, targetSince });
      // Said twice is better than an alarm that nobody heard; said a third time is not.
      if (inFlight.how === "ring" && !before.is_uncertain) return { ...waiting, is_uncertain: true };
      return { ...told, given_up: outcome.why };
    default:
      return outcome satisfies never;
  }
}

/** The target after an outcome. */
export function healthAfter(before: Health, outcome: Outcome, { nowMs, random }: Moment): Health {
  switch (outcome.kind) {
    case "sent": {
      const rest_until = nowMs + (outcome.restMs ?? 0);
      return { ...newHealth(before.fingerprint), rest_until, last_sent: nowMs };
    }
    case "later":
      return outcome.scope === "target" ? { ...before, rest_until: nowMs + outcome.afterMs } : before;
    case "refused":
      return before;
    case "gone":
      return switchedOff(before, "disabled", { why: outcome.why, nowMs });
    case "failed":
    case "unknown": {
      const since = before.since ?? nowMs;
      if (nowMs - since >= patienceMs) return switchedOff(before, "disabled", { why: outcome.why, nowMs });
      const asked = outcome.kind === "failed" ? (outcome.afterMs ?? 0) : 0;
      const rest_until = nowMs + Math.max(asked, pauseMs(before.failures, random));
      const failures = before.failures + 1;
      const state = isOff(before) ? before.state : "failing";
      return { ...before, state, why: outcome.why, since, failures, rest_until };
    }
    default:
      return outcome satisfies never;
  }
}

/** Until when the whole surface is asked to wait, ms; null where it is not. */
export function restUntil(outcome: Outcome, nowMs: number): number | null {
  return outcome.kind === "later" && outcome.scope === "surface" ? nowMs + outcome.afterMs : null;
}

/** A target to which nothing is sent: until a test arrives (`disabled`), or until it is configured otherwise. */
export function switchedOff(
  before: Health,
  state: "disabled" | "unusable",
  { why, nowMs }: { why: string; nowMs: number },
): Health {
  const isSame = before.state === state && before.why === why;
  return isSame ? before : { ...before, state, why, since: before.since ?? nowMs, rest_until: 0 };
}

/** The record a worker begins with: what is configured now, over what was known of the same address. */
export function healthToBegin(
  known: Health | null,
  { fingerprint, unusable }: Pick<Target, "fingerprint" | "unusable">,
  nowMs: number,
): Health {
  const before = known?.fingerprint === fingerprint ? known : newHealth(fingerprint);
  if (unusable !== null) return switchedOff(before, "unusable", { why: unusable, nowMs });
  return before.state === "unusable" ? { ...newHealth(fingerprint), last_sent: before.last_sent } : before;
}

/** How long a target may fail before it is disabled, and a message that others overtake before it is given up. */
export const patienceMs = 24 * 3_600_000;

const firstPauseMs = 2000;
const longestPauseMs = 5 * 60_000;

/** Doubling from two seconds to five minutes, spread over the upper half of each. */
export function pauseMs(failuresBefore: number, random: number): number {
  const ceiling = Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(failuresBefore, 20));
  return Math.round(ceiling / 2 + (random * ceiling) / 2);
}

/** Whether saying it again does no harm: the far end knows it again, or a message is given the text that it has. */
export function isHarmless(how: How, traits: SurfaceTraits): boolean {
  return traits.repeatable || how === "change";
}

/** Given up where the target takes other messages and not this one; where it takes none, none of them is at fault. */
function failed(
  waiting: Sent,
  told: Sent,
  { why, nowMs, targetSince }: { why: string; nowMs: number; targetSince: number | null },
): Sent {
  const own = waiting.failing_since ?? nowMs;
  const failing_since = targetSince !== null && targetSince <= own ? nowMs : own;
  if (nowMs - failing_since >= patienceMs) return { ...told, given_up: why };
  return { ...waiting, failing_since, tries: waiting.tries + 1 };
}
