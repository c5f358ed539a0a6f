/** `signalbox notifications`: the inbox. */

import type { NotificationShape } from "../../../board/shapes.ts";
import { wallMs } from "../../../clock.ts";
import type { Notification } from "../../../notifications/notification.ts";
import { openBus } from "../bus-context.ts";
import { inboxOf } from "../inbox-context.ts";
import type { Invocation } from "../invocation.ts";
import { notificationLines } from "../render/inbox.ts";

/** What is open, newest change first; with `--all` resolved and snoozed ones too. */
export async function list(call: Invocation): Promise<number> {
  await using bus = await openBus(call);
  const page = await inboxOf(bus).list({ all: call.options.flag("all"), limit: 10_000 });
  const shapes = page.items.map(notificationShape);
  if (call.output.json) call.output.document(shapes);
  else call.output.lines(notificationLines(shapes, wallMs()));
  return 0;
}

/** A notification as `--json` shows it: what it holds for people, less what only its projection needs. */
export function notificationShape(notification: Notification): NotificationShape {
  const { id, group, title, body, level, human_status, agent_status, claimed_by } = notification;
  const { needs_attention, actions, created_at, updated_at, resolved_at, history } = notification;
  const state = { level, human_status, agent_status, claimed_by, needs_attention };
  return { id, group, title, body, ...state, actions, created_at, updated_at, resolved_at, history };
}
