/**
 * The rows of a projection while it is folded: what an event puts is held over what the batch has put, over what is
 * known of Redis. Rows travel as text, so that no callback can change another's copy.
 */
import type { Redis } from "../redis/connection.ts";
import type { Tables } from "./projection.ts";

/** table → id → row as JSON, or `null` where it is to be removed. */
export type RowChanges = ReadonlyMap<string, ReadonlyMap<string, string | null>>;

export type RowSource = (table: string, id: string) => Promise<string | null>;

export type Fold = {
  tables: Tables;
  /** Keeps what the event has put. */
  accept(): void;
  /** Forgets what the event has put: it failed. */
  discard(): void;
  /** All that was kept since the fold began. */
  changes(): RowChanges;
};

/** A fold over rows that `load` knows. */
export function beginFold(load: RowSource): Fold {
  const kept = new Map<string, Map<string, string | null>>();
  let event = new Map<string, Map<string, string | null>>();
  const set = (table: string, id: string, row: string | null) => {
    if (!/^[a-z][a-z0-9_-]{0,63}$/.test(table))
      throw new Error(`${JSON.stringify(table)} is no name for a table.`);
    tableOf(event, table).set(id, row);
  };
  return {
    tables: {
      async get(table, id) {
        const held =
          event.get(table)?.get(id) ?? (event.get(table)?.has(id) ? null : kept.get(table)?.get(id));
        const row = held !== undefined ? held : await load(table, id);
        return row === null ? null : JSON.parse(row);
      },
      put(table, id, value) {
        const row = JSON.stringify(value);
        if (row === undefined) throw new Error(`The row ${id} of ${table} is nothing that JSON could carry.`);
        set(table, id, row);
      },
      remove: (table, id) => set(table, id, null),
    },
    accept() {
      for (const [table, rows] of event) for (const [id, row] of rows) tableOf(kept, table).set(id, row);
      event = new Map();
    },
    discard() {
      event = new Map();
    },
    changes: () => kept,
  };
}

export type RowCache = {
  load: RowSource;
  /** What was committed. */
  learn(changes: RowChanges): void;
  forget(): void;
};

/** Most rows that one projection keeps in memory. */
const mostRows = 20_000;
/** A table of at most so many rows is read whole at its first use: then absence is known, too. */
const smallTable = 2_000;

/**
 * Rows read once are not read again. Sound because only one processor writes a projection, and a commit after it has
 * lost that right is refused (lease, cursor and generation are its guards); then everything is forgotten.
 */
export function createRowCache(redis: Redis, keyOf: (table: string) => string): RowCache {
  let known = new Map<string, Map<string, string | null>>();
  let whole = new Set<string>();
  let count = 0;
  const forget = () => {
    known = new Map();
    whole = new Set();
    count = 0;
  };
  async function loadTable(table: string): Promise<void> {
    const size = Number(await redis.command(["HLEN", keyOf(table)]));
    if (size > smallTable) return;
    const flat = await redis.command(["HGETALL", keyOf(table)]);
    const rows = tableOf(known, table);
    if (Array.isArray(flat)) {
      for (let index = 0; index < flat.length; index += 2)
        rows.set(String(flat[index]), String(flat[index + 1]));
    }
    count += rows.size;
    whole.add(table);
  }
  return {
    async load(table, id) {
      const before = known;
      if (!known.has(table)) await loadTable(table);
      const rows = tableOf(known, table);
      const row = rows.get(id);
      if (row !== undefined) return row;
      if (whole.has(table)) return null;
      const found = await redis.command(["HGET", keyOf(table), id]);
      const read = typeof found === "string" ? found : null;
      if (before === known) {
        rows.set(id, read);
        count += 1;
      }
      return read;
    },
    learn(changes) {
      for (const [table, rows] of changes) {
        if (!known.has(table)) continue;
        for (const [id, row] of rows) tableOf(known, table).set(id, row);
        count += rows.size;
      }
      if (count > mostRows) forget();
    },
    forget,
  };
}

function tableOf<Row>(tables: Map<string, Map<string, Row>>, name: string): Map<string, Row> {
  let table = tables.get(name);
  if (table === undefined) {
    table = new Map();
    tables.set(name, table);
  }
  return table;
}
