/**
 * Pure: what people do with a notification, and what comes of it. An act is an event like any other, so every surface
 * agrees; where two people claim at once, the first in the stream has it.
 */
import type { StoredEvent } from "../events/envelope.ts";
import { spoken } from "../events/spoken.ts";
import { changed, isResolved, knows, type Notification } from "./notification.ts";

export const actions = ["see", "unsee", "claim", "release", "resolve", "snooze"] as const;
export type Action = (typeof actions)[number];

export type Act = { action: Action; by: string; reason: string | null; until: string | null };

/** Why an act cannot be done as things are; `null` where it can, or where nothing would change. */
export type Refusal =
  | { kind: "claimed_by_another"; holder: string }
  | { kind: "not_the_holder"; holder: string | null }
  | { kind: "over" };

/** Whether an act is possible on the notification as it is. */
export function refusalOf(
  notification: Notification,
  { action, by }: Pick<Act, "action" | "by">,
): Refusal | null {
  const holder = notification.claimed_by;
  switch (action) {
    case "claim":
      if (isResolved(notification)) return { kind: "over" };
      return holder !== null && holder !== by ? { kind: "claimed_by_another", holder } : null;
    case "release":
      return holder === by ? null : { kind: "not_the_holder", holder };
    case "snooze":
      return isResolved(notification) ? { kind: "over" } : null;
    case "see":
    case "unsee":
    case "resolve":
      return null;
    default:
      return action satisfies never;
  }
}

/** The notification after an act; the same value where the act is refused, or changes nothing. */
export function acted(notification: Notification, act: Act, stored: StoredEvent): Notification {
  if (knows(notification, stored.event.id) || refusalOf(notification, act) !== null) return notification;
  const change = changeOf(notification, act, stored.event.time);
  return change === null ? notification : changed(notification, stored, { ...change, line: lineOf(act) });
}

/** Whether it is put off at a time. */
export function isSnoozed(notification: Pick<Notification, "snoozed_until">, nowMs: number): boolean {
  return notification.snoozed_until !== null && Date.parse(notification.snoozed_until) > nowMs;
}

function changeOf(notification: Notification, act: Act, time: string): Partial<Notification> | null {
  const { agent_status, human_status, claimed_by } = notification;
  switch (act.action) {
    case "see":
      return human_status === "seen" ? null : { human_status: "seen" };
    case "unsee":
      return human_status === "unseen" ? null : { human_status: "unseen" };
    case "claim":
      if (claimed_by === act.by) return null;
      return { agent_status: "claimed", claimed_by: act.by, unclaimed_status: agent_status };
    case "release":
      return { agent_status: notification.unclaimed_status, claimed_by: null };
    case "resolve":
      if (isResolved(notification)) return null;
      return {
        agent_status: "resolved",
        unclaimed_status: "resolved",
        claimed_by: null,
        human_status: "seen",
        needs_attention: false,
        actions: [],
        snoozed_until: null,
        resolved_at: time,
        ended_by: "person",
      };
    case "snooze":
      return snoozed(notification, act.until, time);
    default:
      return act.action satisfies never;
  }
}

/** When it comes back it is new again. A time that has passed brings it back at once. */
function snoozed(
  notification: Notification,
  until: string | null,
  time: string,
): Partial<Notification> | null {
  const isAhead = until !== null && Date.parse(until) > Date.parse(time);
  if (isAhead) return { snoozed_until: until, human_status: "unseen" };
  return notification.snoozed_until === null ? null : { snoozed_until: null };
}

const verbs: Record<Action, string> = {
  see: "seen by",
  unsee: "marked unseen by",
  claim: "claimed by",
  release: "released by",
  resolve: "resolved by",
  snooze: "put off by",
};

function lineOf({ action, by, reason, until }: Act): string {
  const when = action === "snooze" && until !== null ? ` until ${until}` : "";
  return `${verbs[action]} ${spoken(by)}${when}${reason === null ? "" : `: ${reason}`}`;
}
