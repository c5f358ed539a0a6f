/**
 * Pure: who is told what, and when. What a target wants is judged once, when something happens; when it may be told is
 * judged again at every look, because quiet hours come and go.
 */
import { type EventLevel, eventLevels } from "../events/envelope.ts";

/** Every day between two times of a clock, over midnight where `from` is the later one. Minutes since midnight. */
export type QuietHours = { fromMinute: number; toMinute: number; timeZone: string };

export type TargetRules = {
  /** This level and the ones above it. */
  levelMin: EventLevel;
  /** Patterns of event types; null: all. */
  types: readonly string[] | null;
  quiet: QuietHours | null;
  /** What does not ring is put together in windows of this length. */
  digestMs: number | null;
};

/** All, at once. */
export const everything: TargetRules = {
  levelMin: "infrastructure",
  types: null,
  quiet: null,
  digestMs: null,
};

/** Whether a target wants to hear of an event. */
export function wants(rules: TargetRules, event: { type: string; eventlevel: EventLevel }): boolean {
  const isHighEnough = eventLevels.indexOf(event.eventlevel) >= eventLevels.indexOf(rules.levelMin);
  return isHighEnough && wantsType(rules, event.type);
}

/** Whether a target wants to hear of this type of event, at whatever level. */
export function wantsType({ types }: TargetRules, type: string): boolean {
  return types === null || types.some((pattern) => matchesType(pattern, type));
}

/**
 * Whether a pattern names a type: `*` stands for any characters; without one, it names a type or a whole branch of them.
 * The words `domain` and the domain's name may be left out: `integration.*`, `deployment`, `software-development`.
 */
export function matchesType(pattern: string, type: string): boolean {
  const short = type.replace(/^domain\./, "");
  const shortest = type.replace(/^domain\.[^.]+\./, "");
  return [type, short, shortest].some((name) => matchesName(pattern, name));
}

/** What of a sending its time is judged by. */
export type Urgency = {
  /** It must ring. */
  rings: boolean;
  level: EventLevel;
};

/**
 * From when a target may be told, ms since the epoch; what is not after `nowMs` means now. What rings waits for no window;
 * what is of the business level waits for no quiet hours.
 */
export function tellAtMs(
  rules: TargetRules,
  { rings, level }: Urgency,
  { wantedMs, nowMs }: { wantedMs: number; nowMs: number },
): number {
  const { digestMs, quiet } = rules;
  const atMs = rings || digestMs === null ? wantedMs : endOfWindow(wantedMs, digestMs);
  return level === "business" || quiet === null ? atMs : endOfQuietMs(quiet, Math.max(atMs, nowMs));
}

/** `"22:00-07:00"` as the configuration has it; null where both ends are one: that would be never or always. */
export function quietHoursOf(text: string, timeZone: string): QuietHours | null {
  const [fromMinute = 0, toMinute = 0] = text.split("-").map(minuteOf);
  return fromMinute === toMinute ? null : { fromMinute, toMinute, timeZone };
}

/** The first moment at or after `atMs` that is not in the quiet hours, by the clock on the wall. */
export function endOfQuietMs(quiet: QuietHours, atMs: number): number {
  const { toMinute, timeZone } = quiet;
  const minuteAt = wallClock(timeZone);
  const minute = minuteAt(atMs);
  if (!isQuietAt(quiet, minute)) return atMs;
  const minutesLeft = (toMinute - minute + minutesPerDay) % minutesPerDay;
  const endMs = Math.floor(atMs / minuteMs) * minuteMs + minutesLeft * minuteMs;
  if (minuteAt(endMs) === toMinute) return endMs;
  // The clock is put forward or back in between: the hours are shorter or longer by that, and may end where no clock shows it.
  const firstMs = Math.max(atMs, endMs - longestShiftMs);
  for (let ms = endMs - Math.floor((endMs - firstMs) / minuteMs) * minuteMs; ; ms += minuteMs)
    if (!isQuietAt(quiet, minuteAt(ms))) return ms;
}

function isQuietAt({ fromMinute, toMinute }: QuietHours, minute: number): boolean {
  return fromMinute < toMinute
    ? minute >= fromMinute && minute < toMinute
    : minute >= fromMinute || minute < toMinute;
}

const minuteMs = 60_000;
const minutesPerDay = 24 * 60;
/** No summer time is more. */
const longestShiftMs = 120 * minuteMs;

/** Windows are counted from the epoch, so that nobody has to remember when one began. */
function endOfWindow(wantedMs: number, lengthMs: number): number {
  return Math.ceil(wantedMs / lengthMs) * lengthMs;
}

/** Minutes since midnight, as a clock there shows them. */
function wallClock(timeZone: string): (atMs: number) => number {
  const shown = new Intl.DateTimeFormat("en-GB", {
    timeZone,
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  });
  return (atMs) => minuteOf(shown.format(atMs));
}

function minuteOf(text: string): number {
  const [hours = 0, minutes = 0] = text.split(":").map(Number);
  return hours * 60 + minutes;
}

function matchesName(pattern: string, name: string): boolean {
  if (!pattern.includes("*")) return name === pattern || name.startsWith(`${pattern}.`);
  const parts = pattern.split("*");
  const last = parts.pop() ?? "";
  let at = 0;
  for (const [index, part] of parts.entries()) {
    const found = index === 0 ? (name.startsWith(part) ? 0 : -1) : name.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return name.length - last.length >= at && name.endsWith(last);
}
