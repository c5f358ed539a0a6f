/**
 * The notifications as a projection of the event stream: `items` holds each one by its id, `groups` the newest id of
 * each group. Of the resolved ones only the newest are kept.
 */
import type { Catalog } from "../events/catalog.ts";
import type { StoredEvent } from "../events/envelope.ts";
import type { NotificationLifecycle } from "../events/lifecycle-definition.ts";
import type { Alongside, Projection, Tables } from "../events/projection.ts";
import { type Act, acted, actions } from "./acts.ts";
import { endedBy, evolve } from "./lifecycle.ts";
import { isResolved, type Notification } from "./notification.ts";

export const notificationsProjectionName = "notifications";
export const itemsTable = "items";
const groupsTable = "groups";
const orderTable = "order";
/** The one row of `order`: ids of resolved ones, the longest resolved first. */
const resolvedRow = "resolved";

export const actedType = "domain.software-development.notification.acted";

/** Folds every event whose definition has a notification, and what people do with them. `alongside`: what is to be told of it. */
export function notificationsProjection(catalog: Catalog, alongside?: Alongside): Projection {
  return {
    name: notificationsProjectionName,
    ...(alongside === undefined ? {} : { alongside }),
    async apply(stored, tables) {
      if (stored.event.type === actedType) return applyAct(stored, tables);
      const lifecycle = catalog.find(stored.event.type)?.notification ?? null;
      if (lifecycle !== null) await applyEvent(stored, lifecycle, tables);
    },
  };
}

/** A row of `items`, or null. */
export function notificationOf(row: unknown): Notification | null {
  // The projection's own writing, read back: only this file writes the table.
  return (row ?? null) as Notification | null;
}

async function applyEvent(
  stored: StoredEvent,
  lifecycle: NotificationLifecycle,
  tables: Tables,
): Promise<void> {
  const { data } = stored.event;
  const current = await currentOf(lifecycle.group(data), tables);
  await keep(current, evolve(current, stored, lifecycle), tables);
  for (const group of lifecycle.alsoResolves?.(data) ?? []) {
    const other = await currentOf(group, tables);
    if (other !== null) await keep(other, endedBy(other, stored, lifecycle.title(data)), tables);
  }
}

async function applyAct(stored: StoredEvent, tables: Tables): Promise<void> {
  const { notification_id: id, ...data } = stored.event.data;
  const current = notificationOf(await tables.get(itemsTable, String(id)));
  const action = actions.find((known) => known === data.action);
  if (current === null || action === undefined) return;
  const act: Act = {
    action,
    by: String(data.by),
    reason: typeof data.reason === "string" ? data.reason : null,
    until: typeof data.until === "string" ? data.until : null,
  };
  await keep(current, acted(current, act, stored), tables);
}

async function currentOf(group: string, tables: Tables): Promise<Notification | null> {
  const id = await tables.get(groupsTable, group);
  return typeof id === "string" ? notificationOf(await tables.get(itemsTable, id)) : null;
}

async function keep(before: Notification | null, after: Notification | null, tables: Tables): Promise<void> {
  if (after === null || after === before) return;
  tables.put(itemsTable, after.id, after);
  const isNew = before?.id !== after.id;
  if (isNew) tables.put(groupsTable, after.group, after.id);
  const wasOpen = isNew || before === null || !isResolved(before);
  if (wasOpen && isResolved(after)) await forgetOldest(after.id, tables);
}

/** Open ones are never forgotten. */
async function forgetOldest(resolvedNow: string, tables: Tables): Promise<void> {
  const row = await tables.get(orderTable, resolvedRow);
  const order = [...(Array.isArray(row) ? row : []), resolvedNow];
  for (const id of order.splice(0, order.length - resolvedKept)) {
    const old = notificationOf(await tables.get(itemsTable, String(id)));
    if (old === null) continue;
    tables.remove(itemsTable, old.id);
    if ((await tables.get(groupsTable, old.group)) === old.id) tables.remove(groupsTable, old.group);
  }
  tables.put(orderTable, resolvedRow, order);
}

const resolvedKept = 1000;
