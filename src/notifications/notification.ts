/**
 * Pure: a notification, which is what people need to know of a group of events. It is a fold of the stream and nothing else, so
 * that every surface shows the same and a rebuild gives the same, ids included. Its names are those of its JSON.
 */
import { createHash } from "node:crypto";
import type { EventLevel, StoredEvent } from "../events/envelope.ts";
import type { AgentStatus, EventData } from "../events/lifecycle-definition.ts";

export type HumanStatus = "unseen" | "seen";

export type HistoryLine = { event_id: string; at: string; line: string };

/** The candidate an event is about, where it is about one. */
export type About = { branch: string; sha: string; attempt: number | null };

export type Notification = {
  id: string;
  /** `deployment/<slug>`: one open notification a group. */
  group: string;
  title: string;
  body: string;
  level: EventLevel;
  human_status: HumanStatus;
  agent_status: AgentStatus;
  claimed_by: string | null;
  needs_attention: boolean;
  /** Shown, but never rings. */
  quiet: boolean;
  actions: string[];
  /** Times are RFC 3339, by the Redis clock. */
  created_at: string;
  updated_at: string;
  resolved_at: string | null;
  snoozed_until: string | null;
  /** Counts its changes, from 1. */
  version: number;
  /** The opening line, then the newest ones. */
  history: HistoryLine[];
  /** What the next events are judged by: what it is about now, and the candidates before that with their attempts. */
  about: About | null;
  past: { [candidate: string]: number };
  /** Last known values of the fields that matter. */
  facts: EventData;
  /** What a release of the claim goes back to. */
  unclaimed_status: AgentStatus;
  /** Who ended it: what an event ended stays ended, what a person ended may come back. */
  ended_by: "event" | "person" | null;
};

/** The id of the notification that an event opens: the same in every rebuild. */
export function notificationId(group: string, openingEventId: string): string {
  return createHash("sha256").update(`${group}\n${openingEventId}`).digest("hex").slice(0, 12);
}

export function isResolved(notification: Notification): boolean {
  return notification.agent_status === "resolved";
}

/** Whether this very event has been taken into account, as far as the history reaches. */
export function knows(notification: Notification, eventId: string): boolean {
  return notification.history.some((line) => line.event_id === eventId);
}

/** The notification after a change: one version on, with a line of history. */
export function changed(
  notification: Notification,
  { event }: StoredEvent,
  change: Partial<Notification> & { line: string },
): Notification {
  const { line, ...fields } = change;
  const history = [...notification.history, { event_id: event.id, at: event.time, line }];
  if (history.length > historyMax) history.splice(1, history.length - historyMax);
  return { ...notification, ...fields, history, updated_at: event.time, version: notification.version + 1 };
}

/** One that is moved in circles would grow for ever. */
const historyMax = 50;
