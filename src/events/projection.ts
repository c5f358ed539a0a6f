/** A projection: a fold of events into tables of JSON rows in Redis, and how to read them. */
import type { Redis, Reply } from "../redis/connection.ts";
import type { Keys } from "../redis/keys.ts";
import type { Op } from "./atomic-write.ts";
import type { StoredEvent } from "./envelope.ts";
import { pairsOf, readPosition } from "./log-state.ts";
import type { Position } from "./position.ts";
import { firstGeneration, generationField } from "./projection-state.ts";
import type { RowChanges } from "./rows.ts";

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
 * whose commit failed, and ahead of time with tables that forget what is put, to see which rows it will read. An event
 * it has no use for, it ignores. Throwing means: this event is not to be handled; after five tries it is quarantined.
 */
export type Projection = {
  /** Its consumer group, cursor, quarantine and tables are named by it. */
  name: string;
  apply(stored: StoredEvent, tables: Tables): Promise<void> | void;
  alongside?: Alongside;
};

/**
 * Further writes of a commit, to keys that are no tables of the projection: what follows from its changes and is never to
 * be done twice. A rebuild makes the same rows again and does not ask. Reads what it needs; asked again where the commit
 * failed.
 */
export type Alongside = (commit: {
  changes: RowChanges;
  applied: readonly StoredEvent[];
}) => Promise<readonly Op[]>;

/** What anybody may read of a projection. */
export type ProjectionReader = {
  get(table: string, id: string): Promise<unknown | null>;
  all(table: string): Promise<Map<string, unknown>>;
  /** `null` before the first event was handled. */
  position(): Promise<Position | null>;
};

/** Reads the live generation of a projection. What is read together may be of two commits. */
export function openProjection(
  { redis, keys }: { redis: Redis; keys: Keys },
  name: string,
): ProjectionReader {
  let generation = firstGeneration;
  /** Reads beside the generation's number, again where that had changed meanwhile. */
  async function live(command: (key: string) => (string | number)[], table: string): Promise<Reply> {
    for (;;) {
      const [current, reply] = await redis.pipeline([
        ["HGET", keys.projection(name), generationField],
        command(keys.projectionTable(name, generation, table)),
      ]);
      const now = Number(current ?? firstGeneration);
      if (now === generation) return reply ?? null;
      generation = now;
    }
  }
  return {
    async get(table, id) {
      const row = await live((key) => ["HGET", key, id], table);
      return typeof row === "string" ? JSON.parse(row) : null;
    },
    async all(table) {
      const rows = pairsOf(await live((key) => ["HGETALL", key], table));
      return new Map(rows.map(([id, row]) => [id, JSON.parse(row)]));
    },
    position: () => readPosition(redis, keys, name),
  };
}
