/**
 * What a callback is given next: first what was delivered before and not acknowledged, then what is new. While it is
 * busy with a full batch the next one is fetched and read, so that Redis and this process work at the same time.
 *
 * A batch that was fetched ahead belongs to the group's pending list already: whoever forgets it, or dies with it,
 * leaves it to be found there.
 */
import type { Catalog } from "./catalog.ts";
import type { Entry } from "./entry.ts";
import type { Group } from "./group.ts";
import { type ReadEntry, readEntry } from "./read-entry.ts";

/** An entry and what it says. `null`: it was deleted while it was pending. */
export type Delivered = { entry: Entry; read: ReadEntry | null };

export type Intake = {
  /** The next batch, oldest first; empty where there is nothing. */
  next(): Promise<Delivered[]>;
  /** What lies between two places of the log, whatever the group thinks. */
  between(after: string | null, before: string | null): Promise<Delivered[]>;
  /** What is pending comes first again. */
  restart(): void;
};

/** An intake of batches of at most `most` entries. */
export function openIntake(group: Group, catalog: Catalog, most: number): Intake {
  let reading: "pending" | "fresh" = "pending";
  let ahead: Promise<Delivered[]> | null = null;
  const readAll = (entries: readonly Entry[]): Delivered[] =>
    entries.map((entry) => ({ entry, read: entry.deleted ? null : readEntry(catalog, entry) }));
  const fresh = async () => readAll(await group.fresh(most));

  /** Its failure is told when it is asked for, or never. */
  function fetchAhead(): void {
    ahead = fresh();
    ahead.catch(() => undefined);
  }

  return {
    async next() {
      if (reading === "pending") {
        const entries = readAll(await group.pending(most));
        if (entries.length > 0) return entries;
        reading = "fresh";
      }
      const fetched = ahead ?? fresh();
      ahead = null;
      const entries = await fetched;
      if (entries.length === most) fetchAhead();
      return entries;
    },
    between: async (after, before) => readAll(await group.between(after, before, most)),
    restart() {
      reading = "pending";
      ahead = null;
    },
  };
}
