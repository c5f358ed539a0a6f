/** The inbox over a command's connection. */
import { openProjection } from "../../events/projection.ts";
import { type Inbox, openInbox } from "../../notifications/inbox.ts";
import { notificationsProjectionName } from "../../notifications/projection.ts";
import type { Bus } from "./bus-context.ts";
import { producerOn } from "./writer.ts";

export function inboxOf(bus: Bus): Inbox {
  return openInbox({ reader: openProjection(bus, notificationsProjectionName), producer: producerOn(bus) });
}
