/** Where two states of a projection differ. Pure. */
import { canonicalJson } from "./canonical.ts";

export type RowDifference = { table: string; id: string; live: unknown; rebuilt: unknown };

type Rows = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** Rows that one side lacks or has otherwise; the order of a row's fields does not count. Absent is null. */
export function compareRows(live: Rows, rebuilt: Rows): RowDifference[] {
  const differences: RowDifference[] = [];
  for (const table of new Set([...live.keys(), ...rebuilt.keys()])) {
    const left = live.get(table);
    const right = rebuilt.get(table);
    for (const id of new Set([...(left?.keys() ?? []), ...(right?.keys() ?? [])])) {
      const a = left?.get(id);
      const b = right?.get(id);
      if (a === b) continue;
      const difference = { table, id, live: parsed(a), rebuilt: parsed(b) };
      if (canonicalJson(difference.live) !== canonicalJson(difference.rebuilt)) differences.push(difference);
    }
  }
  return differences;
}

function parsed(row: string | undefined): unknown {
  return row === undefined ? null : JSON.parse(row);
}
