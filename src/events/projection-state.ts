/** What is stored of a projection besides its rows: which generation is live, and which tables it has. */
import type { Keys } from "../redis/keys.ts";
import type { Op } from "./atomic-write.ts";
import type { RowChanges } from "./rows.ts";

export const firstGeneration = 1;
/** The live one, in the projection's hash. */
export const generationField = "generation";
/** The highest number ever given to one, so that two rebuilds never share a generation. */
export const newestGenerationField = "newest_generation";

/** Until when (ms, Redis' clock) a rebuild asks the processor to wait, so that it can catch up with it. */
export const holdField = "held_until";

/** The field that lists a generation's tables, with blanks between. */
export function tablesField(generation: number | null): string {
  return `tables:${generation ?? firstGeneration}`;
}

/** The writes that bring changed rows into a generation, and enter tables it has not had before. */
export function rowOps(
  keys: Keys,
  of: { name: string; generation: number | null; tables: ReadonlySet<string> },
  changes: RowChanges,
): Op[] {
  const generation = of.generation ?? firstGeneration;
  const ops: Op[] = [];
  for (const [table, rows] of changes) {
    const key = keys.projectionTable(of.name, generation, table);
    for (const [field, value] of rows) {
      ops.push(value === null ? { op: "hdel", key, field } : { op: "hset", key, field, value });
    }
  }
  const hash = keys.projection(of.name);
  if (of.generation === null) {
    ops.push({ op: "hset", key: hash, field: generationField, value: String(generation) });
    ops.push({ op: "hset", key: hash, field: newestGenerationField, value: String(generation) });
  }
  if ([...changes.keys()].some((table) => !of.tables.has(table))) {
    const value = [...new Set([...of.tables, ...changes.keys()])].sort().join(" ");
    ops.push({ op: "hset", key: hash, field: tablesField(generation), value });
  }
  return ops;
}
