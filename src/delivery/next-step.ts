/**
 * Pure: what is to be done about one row now. Asked again after everything that was done, and right before a message
 * leaves, so that what was overtaken meanwhile is never said.
 */
import type { Notification } from "../notifications/notification.ts";
import type { Sent, Wanted } from "./rows.ts";
import { type TargetRules, tellAtMs } from "./rules.ts";
import type { Alarm, SurfaceTraits } from "./surface.ts";

/** `ring`: at once, aloud. `change`: in the message that is there, without a sound. `new`: a message that does not ring. */
export type How = "ring" | "change" | "new";

export type Tell = {
  kind: "tell";
  how: How;
  /** What it rings for. */
  ring: Alarm | null;
  /** What rang while it could not be told, and is over. */
  missed: Alarm | null;
  mayRepeat: boolean;
};

export type Step =
  | Tell
  | { kind: "wait"; untilMs: number }
  /** All that was wanted is told. */
  | { kind: "done" }
  /** The notification is no more. */
  | { kind: "forget" };

export type Row = { wanted: Wanted; sent: Sent; notification: Notification | null };

export type Circumstances = {
  rules: TargetRules;
  traits: SurfaceTraits;
  /** By the Redis clock, as all times here. */
  nowMs: number;
};

/** What comes next for a row. */
export function nextStep({ wanted, sent, notification }: Row, circumstances: Circumstances): Step {
  if (notification === null) return { kind: "forget" };
  const { rules, traits, nowMs } = circumstances;
  const untold = wanted.alarm !== null && wanted.alarm.event_id !== sent.alarm ? wanted.alarm : null;
  const isNews = wanted.news > sent.version;
  const canChange = traits.edits && sent.ref !== null;
  const isBehind = canChange && notification.version > sent.version;
  const snoozedMs = notification.snoozed_until === null ? 0 : Date.parse(notification.snoozed_until);
  const { level } = notification;
  const mayRepeat = sent.is_uncertain;

  const change: Step | null = isBehind
    ? { kind: "tell", how: "change", ring: null, missed: missedOf(notification, untold), mayRepeat: false }
    : null;
  if (untold !== null && notification.needs_attention) {
    const wantedMs = Math.max(Date.parse(untold.at), snoozedMs);
    const atMs = tellAtMs(rules, { rings: true, level }, { wantedMs, nowMs });
    if (atMs <= nowMs) return { kind: "tell", how: "ring", ring: untold, missed: null, mayRepeat };
    return change ?? { kind: "wait", untilMs: atMs };
  }
  if (change !== null) return change;
  if (!isNews && untold === null) return { kind: "done" };
  const wantedMs = Math.max(Date.parse(wanted.at), snoozedMs);
  const atMs = tellAtMs(rules, { rings: false, level }, { wantedMs, nowMs });
  if (atMs > nowMs) return { kind: "wait", untilMs: atMs };
  return { kind: "tell", how: "new", ring: null, missed: untold, mayRepeat: false };
}

/** From this many on, new messages to one target become one. */
export const groupedFrom = 4;
/** Most notifications in one message. */
export const groupedAtMost = 25;

export type Planned<Item> =
  | { kind: "one"; item: Item }
  /** In the order they came. */
  | { kind: "several"; items: Item[] };

/**
 * In which order, and how together, rows are told: what rings first, each for itself; then changes; then what is new,
 * put together where it is much, or where the target asked for that. `items` in the order they fell due.
 */
export function planOf<Item extends { step: Tell }>(
  items: readonly Item[],
  { rules, traits }: Pick<Circumstances, "rules" | "traits">,
): Planned<Item>[] {
  const alone = (wanted: (tell: Tell) => boolean) =>
    items.filter(({ step }) => wanted(step)).map((item): Planned<Item> => ({ kind: "one", item }));
  const first = alone(({ how }) => how === "ring");
  const second = alone(({ how, missed }) => how === "change" || (how === "new" && missed !== null));
  const fresh = items.filter(({ step }) => step.how === "new" && step.missed === null);
  const from = rules.digestMs === null ? groupedFrom : 2;
  if (!traits.groups || fresh.length < from)
    return [...first, ...second, ...fresh.map((item): Planned<Item> => ({ kind: "one", item }))];
  const groups: Planned<Item>[] = [];
  for (let at = 0; at < fresh.length; at += groupedAtMost)
    groups.push({ kind: "several", items: fresh.slice(at, at + groupedAtMost) });
  return [...first, ...second, ...groups];
}

/** Only what needs nobody any more. */
function missedOf(notification: Notification, untold: Alarm | null): Alarm | null {
  return notification.needs_attention ? null : untold;
}
