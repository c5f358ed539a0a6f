/**
 * What a commit of the notifications makes the targets want: further writes of that very commit, so that a notification
 * and what is to be said of it cannot part. A rebuild commits nothing and so says nothing.
 */
import type { Op } from "../events/atomic-write.ts";
import type { Catalog } from "../events/catalog.ts";
import { hashFields } from "../events/log-state.ts";
import type { Alongside } from "../events/projection.ts";
import { knows, type Notification } from "../notifications/notification.ts";
import { itemsTable, notificationOf } from "../notifications/projection.ts";
import type { Redis } from "../redis/connection.ts";
import type { Keys } from "../redis/keys.ts";
import { readWanted } from "./rows.ts";
import type { DeliverySurface, Target } from "./surface.ts";
import { type Cause, type Change, wantedAfter } from "./wanting.ts";
import { ledgerWrites } from "./writes.ts";

export type NoteOptions = {
  redis: Redis;
  keys: Keys;
  catalog: Catalog;
  surfaces: readonly DeliverySurface[];
};

/** For `notificationsProjection`: asked with each commit. */
export function noteWanted({ redis, keys, catalog, surfaces }: NoteOptions): Alongside {
  const everybody = surfaces.flatMap((surface) => surface.targets.map((target) => ({ surface, target })));

  async function opsFor(surface: DeliverySurface, target: Target, changes: readonly Change[]): Promise<Op[]> {
    const key = keys.delivery(surface.name, target.name, "wanted");
    const ids = changes.map(({ notification }) => notification.id);
    // Nobody else writes these fields, and one commit comes after the other: what is read is what stands.
    const texts = await hashFields(redis, key, ids);
    const writes = ledgerWrites(keys, surface.name, target.name);
    const options = { rules: target.rules, follows: surface.edits };
    return changes.flatMap((change, index): Op[] => {
      const { id, updated_at } = change.notification;
      const before = readWanted(texts[index]);
      const after = wantedAfter(before, change, options);
      if (after === null || after === before) return [];
      return [writes.wanted(id, after), writes.due(id, Date.parse(updated_at))];
    });
  }

  return async ({ changes, applied }) => {
    const items = changes.get(itemsTable);
    if (items === undefined || everybody.length === 0) return [];
    const causes = applied.map(
      ({ event }): Cause => ({ event, lifecycle: catalog.find(event.type)?.notification ?? null }),
    );
    const gone = [...items].filter(([, row]) => row === null).map(([id]) => id);
    const changed = [...items].flatMap(([, row]) => changeOf(row, causes) ?? []);
    const ops = await Promise.all(
      everybody.map(async ({ surface, target }) => [
        ...(changed.length === 0 ? [] : await opsFor(surface, target, changed)),
        ...gone.flatMap((id) => ledgerWrites(keys, surface.name, target.name).forget(id)),
      ]),
    );
    return ops.flat();
  };
}

function changeOf(row: string | null, causes: readonly Cause[]): Change | null {
  const notification: Notification | null = row === null ? null : notificationOf(JSON.parse(row));
  if (notification === null) return null;
  return { notification, causes: causes.filter(({ event }) => knows(notification, event.id)) };
}
