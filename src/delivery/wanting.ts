/**
 * Pure: what an event makes a target want to be told. Judged once, in the write that changes the notification, so that
 * neither a restart nor a change of the rules tells anybody what happened before.
 */
import type { CloudEvent } from "../events/envelope.ts";
import type { NotificationLifecycle } from "../events/lifecycle-definition.ts";
import { isResolved, type Notification } from "../notifications/notification.ts";
import { traceContextOf } from "../telemetry/trace-context.ts";
import type { Wanted } from "./rows.ts";
import { type TargetRules, wants, wantsType } from "./rules.ts";
import type { Alarm } from "./surface.ts";

/** An event that changed a notification, and what its definition makes of it (null: an act of a person). */
export type Cause = { event: CloudEvent; lifecycle: NotificationLifecycle | null };

/** A notification after a commit, and the events of that commit that changed it, in order. */
export type Change = { notification: Notification; causes: readonly Cause[] };

/**
 * The row after a change; the same value where nothing is wanted of it. `follows`: the surface shows also what is no news,
 * by changing the message that is there.
 */
export function wantedAfter(
  before: Wanted | null,
  { notification, causes }: Change,
  { rules, follows }: { rules: TargetRules; follows: boolean },
): Wanted | null {
  const news = notification.quiet ? [] : causes.filter((cause) => isNews(cause, notification));
  const newest =
    news.findLast(({ event }) => wants(rules, event)) ?? endOfAlarm(before, notification, news, rules);
  const alarm = alarmOf(before, notification, causes, rules);
  if (newest === undefined && (before === null || (!follows && alarm === before.alarm))) return before;
  const { version } = notification;
  if (newest === undefined) return before === null ? null : { ...before, version, alarm };
  const { type, time: at } = newest.event;
  const trace = traceContextOf(newest.event);
  return { version, news: version, type, at, alarm, ...(trace === null ? {} : { trace }) };
}

/** A notification that is over is news also where people said so; otherwise what people do with it is none. */
function isNews({ lifecycle }: Cause, notification: Notification): boolean {
  return lifecycle === null ? notification.ended_by === "person" : lifecycle.silent !== true;
}

/** Who was told of an alarm is told of its end, whatever its level. */
function endOfAlarm(
  before: Wanted | null,
  notification: Notification,
  news: readonly Cause[],
  rules: TargetRules,
): Cause | undefined {
  if (!before?.alarm || !isResolved(notification)) return undefined;
  return news.findLast(({ event }) => wantsType(rules, event.type));
}

/** Raised by an event that says so; and again when what was put off comes back. */
function alarmOf(
  before: Wanted | null,
  notification: Notification,
  causes: readonly Cause[],
  rules: TargetRules,
): Alarm | null {
  const raised = causes.findLast((cause) => isAlarm(cause, notification) && wants(rules, cause.event));
  if (raised !== undefined && !notification.quiet) {
    const { id, time } = raised.event;
    return { event_id: id, at: time, line: lineOf(notification, id) };
  }
  const until = notification.snoozed_until;
  const putOff = causes.findLast(
    ({ event, lifecycle }) => lifecycle === null && event.data.action === "snooze",
  );
  if (putOff === undefined || until === null || !notification.needs_attention || !before?.alarm)
    return before?.alarm ?? null;
  return { event_id: putOff.event.id, at: until, line: `it was put off until ${until}` };
}

function isAlarm({ event, lifecycle }: Cause, notification: Notification): boolean {
  return (
    lifecycle !== null &&
    (lifecycle.needsAttention === true || lifecycle.effect === "resets") &&
    lifecycle.group(event.data) === notification.group
  );
}

function lineOf(notification: Notification, eventId: string): string {
  return notification.history.find(({ event_id }) => event_id === eventId)?.line ?? notification.title;
}
