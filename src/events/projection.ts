/**
 * A projection: a fold of events into tables of JSON rows in Redis. (Types first; the reader below.)
 */
import type { StoredEvent } from "./envelope.ts";

/** The tables of one projection while one event is applied. Rows are JSON; a row read is a copy of its own. */
export type Tables = {
  /** A row, or `null`. Sees what this and earlier events of the batch have put. */
  get(table: string, id: string): Promise<unknown | null>;
  put(table: string, id: string, value: unknown): void;
  remove(table: string, id: string): void;
};

/**
 * A callback of the processor. `apply` looks at the event and changes its own tables; no other effect: what it put, the
 * position and the acknowledgement are committed in one script, or none of them. It may be called again for an event
 * whose commit failed. An event it has no use for, it ignores. Throwing means: this event is not to be handled; after
 * five tries it is quarantined.
 */
export type Projection = {
  /** Its consumer group, cursor, quarantine and tables are named by it. */
  name: string;
  apply(stored: StoredEvent, tables: Tables): Promise<void> | void;
};

/** Where a projection stands. */
export type Position = { streamId: string; sequence: number; epoch: string };

/** What anybody may read of a projection. */
export type ProjectionReader = {
  get(table: string, id: string): Promise<unknown | null>;
  all(table: string): Promise<Map<string, unknown>>;
  /** `null` before the first event was handled. */
  position(): Promise<Position | null>;
};
