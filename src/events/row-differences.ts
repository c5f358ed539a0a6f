/** Where two states of a projection differ. Pure. */
import { canonicalJson } from "./canonical.ts";

export type RowDifference = { table: string; id: string; live: unknown; rebuilt: unknown };

type Rows = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** Rows that one side lacks or has otherwise; the order of a row's fields does not count. Absent is null. */
export function compareRows(live: Rows, rebuilt: Rows): RowDifference[] {
  const differences: RowDifference[] = [];
  for (const table of new Set([...live.keys(), ...rebuilt.keys()])) {
    const left = live.get(table) ?? none;
    const right = rebuilt.get(table) ?? none;
    const compare = (id: string, a: string | undefined, b: string | undefined) => {
      const difference = { table, id, live: parsed(a), rebuilt: parsed(b) };
      if (canonicalJson(difference.live) !== canonicalJson(difference.rebuilt)) differences.push(difference);
    };
    for (const [id, row] of left) {
      const other = right.get(id);
      if (row !== other) compare(id, row, other);
    }
    for (const [id, row] of right) if (!left.has(id)) compare(id, undefined, row);
  }
  return differences;
}

const none: ReadonlyMap<string, string> = new Map();

function parsed(row: string | undefined): unknown {
  return row === undefined ? null : JSON.parse(row);
}
