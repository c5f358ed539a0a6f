/** A projection's rows at one position, kept so that the log before it may go. */
import { z } from "zod";
import type { Redis } from "../redis/connection.ts";
import type { Keys } from "../redis/keys.ts";
import type { AtomicWriter } from "./atomic-write.ts";
import { type Rows, readLiveRows } from "./live-rows.ts";
import { positionGuards } from "./log-state.ts";
import type { Position } from "./position.ts";
import { step } from "./step.ts";

const snapshotSchema = z.object({
  position: z.object({ streamId: z.string(), sequence: z.number(), epoch: z.string() }),
  tables: z.record(z.string(), z.record(z.string(), z.string())),
});

export type Snapshot = { position: Position; rows: Rows };

type Access = { redis: Redis; keys: Keys; writer: AtomicWriter };

/** Takes one of what is live; `null` where the projection has handled nothing yet, or went on meanwhile. */
export async function takeSnapshot({ redis, keys, writer }: Access, name: string): Promise<Position | null> {
  const { position, rows } = await readLiveRows(redis, keys, name);
  if (position === null) return null;
  const tables = Object.fromEntries(
    [...rows].map(([table, ofTable]) => [table, Object.fromEntries(ofTable)]),
  );
  const outcome = await step(`snapshot ${name}`, () =>
    writer.write({
      guards: positionGuards(keys, name, position),
      ops: [{ op: "set", key: keys.snapshot(name), value: JSON.stringify({ position, tables }) }],
    }),
  );
  return outcome.kind === "written" ? position : null;
}

/** The last snapshot; `null` where there is none, or none that can be read. */
export async function readSnapshot(redis: Redis, keys: Keys, name: string): Promise<Snapshot | null> {
  const raw = await redis.command(["GET", keys.snapshot(name)], { deadlineMs: 30_000 });
  if (typeof raw !== "string") return null;
  const parsed = snapshotSchema.safeParse(JSON.parse(raw));
  if (!parsed.success) return null;
  const { position, tables } = parsed.data;
  return {
    position,
    rows: new Map(Object.entries(tables).map(([table, rows]) => [table, new Map(Object.entries(rows))])),
  };
}
