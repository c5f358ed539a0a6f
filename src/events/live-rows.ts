/** All rows of a projection at one position, though it is being written. */
import type { Redis, Reply } from "../redis/connection.ts";
import type { Keys } from "../redis/keys.ts";
import { hashFields, pairsOf } from "./log-state.ts";
import type { Position } from "./position.ts";
import { firstGeneration, generationField, tablesField } from "./projection-state.ts";
import { wrongKeyType } from "./write-failures.ts";

/** table → id → row as JSON. */
export type Rows = Map<string, Map<string, string>>;

export type LiveRows = {
  /** `null` where nothing was handled yet. */
  position: Position | null;
  /** `null` before the first commit. */
  generation: number | null;
  rows: Rows;
};

/**
 * The live generation, whole: read in one transaction. The keys are named by what was read before it, so where that
 * changed meanwhile it looks again. Trade-off: Redis serves nobody else while it gathers them, some ms for ten thousand
 * rows (a script took four times as long, because it copies every row into Lua first).
 */
export async function readLiveRows(redis: Redis, keys: Keys, name: string): Promise<LiveRows> {
  for (;;) {
    const hash = keys.projection(name);
    const [live = null] = await hashFields(redis, hash, [generationField]);
    const generation = live === null ? null : Number(live);
    const listField = tablesField(generation);
    const [list = null] = await hashFields(redis, hash, [listField]);
    const tables = list ? list.split(" ") : [];
    const tableKeys = tables.map((table) => keys.projectionTable(name, generation ?? firstGeneration, table));
    const replies = await redis.pipeline([
      ["MULTI"],
      ["HMGET", keys.cursor(name), "stream_id", "sequence", "epoch"],
      ["HMGET", hash, generationField, listField],
      ...tableKeys.map((key) => ["HGETALL", key]),
      ["EXEC"],
    ]);
    const together = replies.at(-1);
    if (!Array.isArray(together)) throw new Error(`Redis answered EXEC with ${String(together)}.`);
    const [head = null, named = null, ...hashes] = together;
    const [generationThen, listThen] = Array.isArray(named) ? named : [];
    if (generationThen !== live || listThen !== list) continue;
    return {
      position: positionOf(head),
      generation,
      rows: new Map(tables.map((table, at) => [table, rowsOf(tableKeys[at] ?? "", hashes[at] ?? null)])),
    };
  }
}

function positionOf(head: Reply): Position | null {
  const [streamId, sequence, epoch] = Array.isArray(head) ? head : [];
  return typeof streamId === "string" ? { streamId, sequence: Number(sequence), epoch: String(epoch) } : null;
}

function rowsOf(key: string, flat: Reply): Map<string, string> {
  // Within a transaction an error is one answer among others.
  if (!Array.isArray(flat)) throw wrongKeyType(key, String(flat));
  return new Map(pairsOf(flat));
}
