/**
 * The rows of a projection while it is folded: what an event puts is held over what the batch has put, over what is
 * known of Redis. Rows travel as text, so that no callback can change another's copy.
 */
import type { Redis } from "../redis/connection.ts";
import { coalesce } from "./coalesce.ts";
import { pairsOf } from "./log-state.ts";
import type { Tables } from "./projection.ts";

/** table → id → row as JSON, or `null` where it is to be removed. */
export type RowChanges = ReadonlyMap<string, ReadonlyMap<string, string | null>>;

/** A row as JSON, at once where it is known; `null` where there is none. */
export type RowSource = (table: string, id: string) => string | null | Promise<string | null>;

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
  // The tables stay from event to event, empty: most put rows into the same ones.
  const event = new Map<string, Map<string, string | null>>();
  const set = (table: string, id: string, row: string | null) => {
    const rows = event.get(table) ?? newTable(event, table);
    rows.set(id, row);
  };
  const clear = () => {
    for (const rows of event.values()) rows.clear();
  };
  return {
    tables: {
      async get(table, id) {
        let row: ReturnType<RowSource> | undefined = event.get(table)?.get(id);
        if (row === undefined) row = kept.get(table)?.get(id);
        if (row === undefined) row = load(table, id);
        return parsedRow(row instanceof Promise ? await row : row);
      },
      put(table, id, value) {
        const row = JSON.stringify(value);
        if (row === undefined) throw new Error(`The row ${id} of ${table} is nothing that JSON could carry.`);
        set(table, id, row);
      },
      remove: (table, id) => set(table, id, null),
    },
    accept() {
      for (const [table, rows] of event) {
        if (rows.size === 0) continue;
        const former = kept.get(table) ?? newTable(kept, table);
        for (const [id, row] of rows) former.set(id, row);
      }
      clear();
    },
    discard: clear,
    changes: () => kept,
  };
}

/** What a row holds; a copy of its own each time. */
export function parsedRow(row: string | null): unknown | null {
  return row === null ? null : JSON.parse(row);
}

export type RowCache = {
  load: RowSource;
  /** Whether there are rows that only Redis knows, in tables that were asked for. */
  hasGaps(): boolean;
  /** What was committed. */
  learn(changes: RowChanges): void;
  forget(): void;
};

/** Most rows that one projection keeps in memory. */
const mostRows = 20_000;
/** A table of at most so many rows is read whole at its first use: then absence is known, too. */
const smallTable = 2_000;

type Table = { rows: Map<string, string | null>; whole: boolean };

/**
 * Rows read once are not read again. Sound because only one processor writes a projection, and a commit after it has
 * lost that right is refused (lease, cursor and generation are its guards); then everything is forgotten. Rows asked
 * for at the same moment are one command.
 */
export function createRowCache(redis: Redis, keyOf: (table: string) => string): RowCache {
  let tables = new Map<string, Promise<Table> | Table>();
  let count = 0;

  const readRow = coalesce<{ table: string; id: string }, string | null>(
    (wanted) => readRows(redis, keyOf, wanted),
    { items: 500, inFlight: 4 },
  );

  async function openTable(name: string): Promise<Table> {
    const before = tables;
    const size = Number(await redis.command(["HLEN", keyOf(name)]));
    const whole = size <= smallTable;
    const rows = whole ? pairsOf(await redis.command(["HGETALL", keyOf(name)])) : [];
    const table: Table = { rows: new Map(rows), whole };
    if (before === tables) {
      tables.set(name, table);
      count += table.rows.size;
    }
    return table;
  }

  async function loadFrom(opened: Promise<Table> | Table, name: string, id: string): Promise<string | null> {
    const table = await opened;
    const known = rowOf(table, id);
    if (known !== undefined) return known;
    const read = await readRow({ table: name, id });
    // What was learned meanwhile is newer.
    const newer = rowOf(table, id);
    if (newer !== undefined) return newer;
    table.rows.set(id, read);
    count += 1;
    return read;
  }

  return {
    load(name, id) {
      let opened = tables.get(name);
      if (opened === undefined) {
        opened = openTable(name);
        // Asked again at the next use where it failed.
        opened.catch(() => tables.delete(name));
        tables.set(name, opened);
      }
      const known = opened instanceof Promise ? undefined : rowOf(opened, id);
      return known === undefined ? loadFrom(opened, name, id) : known;
    },
    hasGaps: () => tables.values().some((table) => table instanceof Promise || !table.whole),
    learn(changes) {
      for (const [name, rows] of changes) {
        const table = tables.get(name);
        if (table === undefined || table instanceof Promise) continue;
        const before = table.rows.size;
        for (const [id, row] of rows) table.rows.set(id, row);
        count += table.rows.size - before;
      }
      if (count <= mostRows) return;
      for (const table of tables.values()) if (!(table instanceof Promise)) empty(table);
      count = 0;
    },
    forget() {
      tables = new Map();
      count = 0;
    },
  };
}

/** `undefined` where only Redis knows. */
function rowOf({ rows, whole }: Table, id: string): string | null | undefined {
  const row = rows.get(id);
  return row === undefined && whole ? null : row;
}

function empty(table: Table): void {
  table.rows.clear();
  table.whole = false;
}

/** One command for each table. */
async function readRows(
  redis: Redis,
  keyOf: (table: string) => string,
  wanted: readonly { table: string; id: string }[],
): Promise<(string | null)[]> {
  const byTable = Map.groupBy(wanted.keys(), (index) => wanted[index]?.table ?? "");
  const replies = await redis.pipeline(
    [...byTable].map(([table, indexes]) => [
      "HMGET",
      keyOf(table),
      ...indexes.map((index) => wanted[index]?.id ?? ""),
    ]),
  );
  const found: (string | null)[] = wanted.map(() => null);
  [...byTable.values()].forEach((indexes, at) => {
    const rows = replies[at];
    indexes.forEach((index, offset) => {
      const row = Array.isArray(rows) ? rows[offset] : null;
      found[index] = typeof row === "string" ? row : null;
    });
  });
  return found;
}

function newTable<Row>(tables: Map<string, Map<string, Row>>, name: string): Map<string, Row> {
  if (!/^[a-z][a-z0-9_-]{0,63}$/.test(name))
    throw new Error(`${JSON.stringify(name)} is no name for a table.`);
  const table = new Map<string, Row>();
  tables.set(name, table);
  return table;
}
