/** Rows that a batch will ask for, one event after the other, asked for together before it begins. */
import type { StoredEvent } from "./envelope.ts";
import type { Projection, Tables } from "./projection.ts";
import { parsedRow, type RowSource } from "./rows.ts";

/**
 * Lets the callback look at every event of a batch at once, over rows as they are now, and forgets what it puts: `load`
 * then knows nearly every row that the batch will read. Only a rehearsal: what it throws is thrown again when it
 * counts, and rows that it missed are read then.
 */
export async function foresee(
  projection: Projection,
  batch: readonly StoredEvent[],
  load: RowSource,
): Promise<void> {
  const tables: Tables = {
    get: async (table, id) => parsedRow(await load(table, id)),
    put: () => undefined,
    remove: () => undefined,
  };
  await Promise.allSettled(batch.map(async (stored) => projection.apply(stored, tables)));
}
