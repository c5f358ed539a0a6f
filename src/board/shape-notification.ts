/** Pure. A notification as `--json` and the API show it. */
import type { Notification } from "../notifications/notification.ts";
import type { NotificationShape } from "./shapes.ts";

/** What it holds for people, less what only its projection needs. */
export function notificationShape(notification: Notification): NotificationShape {
  const { id, group, title, body, level, human_status, agent_status, claimed_by } = notification;
  const { needs_attention, actions, created_at, updated_at, resolved_at, history } = notification;
  const state = { level, human_status, agent_status, claimed_by, needs_attention };
  return { id, group, title, body, ...state, actions, created_at, updated_at, resolved_at, history };
}
