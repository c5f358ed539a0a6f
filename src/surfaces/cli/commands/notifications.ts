/** `signalbox notifications`: the inbox. */

import { notificationShape } from "../../../board/shape-notification.ts";
import { wallMs } from "../../../clock.ts";
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
