/** All rows of a projection at one position, though it is being written: one read-only script sees them at once. */
import { defineScript, type Redis, type Reply } from "../redis/connection.ts";
import type { Keys } from "../redis/keys.ts";
import { hashFields } from "./log-state.ts";
import type { Position } from "./position.ts";
import { firstGeneration, generationField, tablesField } from "./projection-state.ts";

/** table → id → row as JSON. */
export type Rows = Map<string, Map<string, string>>;

export type LiveRows = {
  /** `null` where nothing was handled yet. */
  position: Position | null;
  /** `null` before the first commit. */
  generation: number | null;
  rows: Rows;
};

/*
 * KEYS  cursor, projection, tables. ARGV  the fields of the generation and of its list of tables, and what that list
 * must be: the keys were named by it, so where it changed meanwhile the caller looks again. Trade-off: Redis serves
 * nobody else while it reads, some tens of ms for ten thousand rows.
 */
const script = defineScript(
  "live-rows",
  `#!lua flags=no-writes
local generation = redis.call('HGET', KEYS[2], ARGV[1]) or ''
if generation ~= ARGV[3] or (redis.call('HGET', KEYS[2], ARGV[2]) or '') ~= ARGV[4] then return false end
local answer = { redis.call('HMGET', KEYS[1], 'stream_id', 'sequence', 'epoch') }
for index = 3, #KEYS do answer[#answer + 1] = redis.call('HGETALL', KEYS[index]) end
return answer
`,
);

/** The live generation, whole. */
export async function readLiveRows(redis: Redis, keys: Keys, name: string): Promise<LiveRows> {
  for (;;) {
    const hash = keys.projection(name);
    const [live] = await hashFields(redis, hash, [generationField]);
    const generation = live ? Number(live) : null;
    const listField = tablesField(generation);
    const [list] = await hashFields(redis, hash, [listField]);
    const tables = list ? list.split(" ") : [];
    const tableKeys = tables.map((table) => keys.projectionTable(name, generation ?? firstGeneration, table));
    const reply = await redis.script(
      script,
      [keys.cursor(name), hash, ...tableKeys],
      [generationField, listField, live ?? "", list ?? ""],
    );
    if (!Array.isArray(reply)) continue;
    const [head, ...hashes] = reply;
    return {
      position: positionOf(head ?? null),
      generation,
      rows: new Map(tables.map((table, at) => [table, rowsOf(hashes[at] ?? null)])),
    };
  }
}

function positionOf(head: Reply): Position | null {
  const [streamId, sequence, epoch] = Array.isArray(head) ? head : [];
  return typeof streamId === "string" ? { streamId, sequence: Number(sequence), epoch: String(epoch) } : null;
}

function rowsOf(flat: Reply): Map<string, string> {
  const rows = new Map<string, string>();
  if (!Array.isArray(flat)) return rows;
  for (let at = 0; at < flat.length; at += 2) rows.set(String(flat[at]), String(flat[at + 1]));
  return rows;
}
