/** Pure: what a webhook is sent: `type`, `timestamp` and `data`, as Standard Webhooks has it. */
import type { Sending } from "../../delivery/surface.ts";
import type { Notification } from "../../notifications/notification.ts";

/** Of the messages that `notify test` sends. */
export const testType = "signalbox.test";

/** The body of a message, as it is signed. `nowIso` is the time of a test. */
export function bodyOf(
  sending: Sending,
  { repository, nowIso }: { repository: string; nowIso: string },
): string {
  switch (sending.kind) {
    case "notice": {
      const { notification, type, ring, missed } = sending;
      const data = { repository, notification: shown(notification), alarm: ring, missed_alarm: missed };
      return JSON.stringify({ type, timestamp: notification.updated_at, data });
    }
    case "test":
      return JSON.stringify({ type: testType, timestamp: nowIso, data: { repository, by: sending.by } });
    case "digest":
      throw new Error("a webhook was handed several notifications in one message");
    default:
      return sending satisfies never;
  }
}

/** As `notifications --json` shows it, and its version: what is older than what the receiver has, it may ignore. */
function shown(notification: Notification) {
  const { id, group, title, body, level, human_status, agent_status, claimed_by } = notification;
  const { needs_attention, actions, created_at, updated_at, resolved_at, version, history } = notification;
  const state = { level, human_status, agent_status, claimed_by, needs_attention, actions };
  return { id, version, group, title, body, ...state, created_at, updated_at, resolved_at, history };
}
