/** Generations of a projection: one is live, a rebuild writes another beside it and makes that the live one. */
import type { Redis } from "../redis/connection.ts";
import type { Keys } from "../redis/keys.ts";
import type { AtomicWriter, Guard, Op } from "./atomic-write.ts";
import type { Rows } from "./live-rows.ts";
import { pairsOf } from "./log-state.ts";
import {
  firstGeneration,
  generationField,
  newestGenerationField,
  rowOps,
  tablesField,
} from "./projection-state.ts";
import type { RowChanges } from "./rows.ts";
import { step } from "./step.ts";

type Access = { redis: Redis; keys: Keys; writer: AtomicWriter; projection: { name: string } };

const rowsPerWrite = 2000;

/** Writes rows as a new generation that nobody reads yet; its number, or `null` where `hold` does not hold any more. */
export async function writeGeneration(
  { redis, keys, writer, projection }: Access,
  rows: Rows,
  hold: Guard,
): Promise<number | null> {
  const hash = keys.projection(projection.name);
  await redis.command(["HSETNX", hash, newestGenerationField, firstGeneration]);
  const generation = Number(await redis.command(["HINCRBY", hash, newestGenerationField, 1]));
  const list: Op = {
    op: "hset",
    key: hash,
    field: tablesField(generation),
    value: [...rows.keys()].sort().join(" "),
  };
  const ops = [list];
  for (const [table, ofTable] of rows) {
    const key = keys.projectionTable(projection.name, generation, table);
    for (const [field, value] of ofTable) ops.push({ op: "hset", key, field, value });
  }
  for (let at = 0; at < ops.length; at += rowsPerWrite) {
    const outcome = await writer.write({ guards: [hold], ops: ops.slice(at, at + rowsPerWrite) });
    if (outcome.kind === "guard_failed") return null;
  }
  return generation;
}

export type Swap = {
  generation: number;
  /** Its tables before `changes`. */
  tables: ReadonlySet<string>;
  /** What was folded since it was written. */
  changes: RowChanges;
  /** The generation that is live now. */
  former: number | null;
  guards: readonly Guard[];
};

/** Brings the last changes in and makes it the live one, in one write; false where a guard failed. */
export async function swapGeneration({ keys, writer, projection }: Access, swap: Swap): Promise<boolean> {
  const { name } = projection;
  const hash = keys.projection(name);
  const equals = swap.former === null ? null : String(swap.former);
  const outcome = await step(`swap ${name}`, () =>
    writer.write({
      guards: [...swap.guards, { kind: "field", key: hash, field: generationField, equals }],
      ops: [
        ...rowOps(keys, { name, generation: swap.generation, tables: swap.tables }, swap.changes),
        { op: "hset", key: hash, field: generationField, value: String(swap.generation) },
      ],
    }),
  );
  return outcome.kind === "written";
}

/** Removes every generation but one: the former, and what a killed rebuild left. One rebuild runs at a time. */
export async function removeOtherGenerations(
  { redis, keys, projection }: Access,
  kept: number | null,
): Promise<void> {
  const hash = keys.projection(projection.name);
  for (const [field, tables] of pairsOf(await redis.command(["HGETALL", hash]))) {
    const found = /^tables:(\d+)$/.exec(field)?.[1];
    if (found === undefined || Number(found) === (kept ?? firstGeneration)) continue;
    for (const table of tables.split(" ").filter(Boolean))
      await redis.command(["UNLINK", keys.projectionTable(projection.name, Number(found), table)]);
    await redis.command(["HDEL", hash, field]);
  }
}
