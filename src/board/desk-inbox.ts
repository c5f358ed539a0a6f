/** The desk's half that is about notifications. */
import { badInput } from "../errors.ts";
import type { Action } from "../notifications/acts.ts";
import type { Filter } from "../notifications/inbox.ts";
import { type DeskGround, inboxAs } from "./desk-ground.ts";
import { notificationShape } from "./shape-notification.ts";
import type { NotificationShape } from "./shapes.ts";
import type { ActedShape, NotificationPage } from "./shapes-of-api.ts";

export type DeskAct = { id: string; action: Action; by: string; reason?: string; until?: string };

export type InboxDesk = {
  /** Newest change first. */
  notifications(filter: Filter): Promise<NotificationPage>;
  /** By its id or the id's first letters. Throws `notification_unknown`, `notification_ambiguous`. */
  notification(id: string): Promise<NotificationShape>;
  /** Throws what `Inbox.act` throws. */
  act(request: DeskAct): Promise<ActedShape>;
  /** Sees and claims the newest open notification of a slug. Throws `notification_unknown`, `notification_claimed`. */
  acknowledge(by: string, slug: string): Promise<ActedShape>;
};

/** Over the projection of the notifications. */
export function openInboxDesk(ground: DeskGround): InboxDesk {
  const reading = inboxAs(ground, "api");
  async function act({ by, ...request }: DeskAct): Promise<ActedShape> {
    const outcome = await inboxAs(ground, by).act({ ...request, by });
    return { applied: outcome.kind === "applied", notification: notificationShape(outcome.notification) };
  }
  return {
    async notifications(filter) {
      const { items, next } = await reading.list(filter);
      return { items: items.map(notificationShape), next };
    },
    notification: async (id) => notificationShape(await reading.get(id)),
    act,
    async acknowledge(by, slug) {
      const { items } = await reading.list({ group: `deployment/${slug}`, limit: 1 });
      const [open] = items;
      if (open === undefined) throw nothingOpen(slug);
      await act({ id: open.id, action: "see", by });
      return act({ id: open.id, action: "claim", by });
    },
  };
}

function nothingOpen(slug: string) {
  return badInput("notification_unknown", `There is no open notification about ${slug}.`, {
    cure: "List them: signalbox notifications list --all",
  });
}
