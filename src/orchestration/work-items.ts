/**
 * Work items: a projection of the event stream with one row a slug, read as of now (also while the daemon is down), and
 * changed in one write that stands on exactly what was read. There is no file that could say something else.
 */
import type { AtomicWriter } from "../events/atomic-write.ts";
import { type CurrentRows, openCurrentRows, type RowSource } from "../events/current-rows.ts";
import { compareStreamIds } from "../events/entry.ts";
import type { StoredEvent } from "../events/envelope.ts";
import type { Projection } from "../events/projection.ts";
import type { StreamSource } from "../events/stream.ts";
import { evolve, type ItemState } from "./item.ts";
import { itemEventOf } from "./item-event.ts";

export const workItemsProjectionName = "work-items";
const table = "items";

export const workItemsProjection: Projection = {
  name: workItemsProjectionName,
  async apply(stored, tables) {
    const slug = stored.event.subject;
    if (slug === undefined || itemEventOf(stored.event) === null) return;
    const before = asItem(await tables.get(table, slug));
    const after = folded(before, stored, slug);
    if (after !== before) tables.put(table, slug, after);
  },
};

export type WorkItems = CurrentRows<ItemState>;

/** Opens the items; `change` takes a slug. Who only reads gives no writer. */
export function openItems(source: StreamSource, writer?: AtomicWriter): WorkItems {
  return openCurrentRows(source, rows, writer);
}

const rows: RowSource<ItemState> = {
  projection: workItemsProjectionName,
  table,
  read: asItem,
  fold: folded,
};

/** A row as it was written; null for none. */
function asItem(row: unknown): ItemState | null {
  // The projection's own writing, read back: only this file writes the table.
  return (row ?? null) as ItemState | null;
}

/** The item after an event; the same value where the event says nothing about it, or is in it already. */
function folded(before: ItemState | null, { event, streamId }: StoredEvent, slug: string): ItemState | null {
  const said = itemEventOf(event);
  if (said === null) return before;
  if (before !== null && compareStreamIds(streamId, before.through) <= 0) return before;
  return evolve(before, said, { slug, at: event.time, streamId });
}
