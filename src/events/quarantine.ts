/** Events that a callback could not handle: kept whole, with the reason, until a person decides. */
import { z } from "zod";
import { badInput } from "../errors.ts";
import type { Redis } from "../redis/connection.ts";
import type { Keys } from "../redis/keys.ts";
import { hashFields } from "./log-state.ts";

const recordSchema = z.object({
  id: z.string(),
  group: z.string(),
  stream_id: z.string(),
  type: z.string().nullable(),
  reason: z.string(),
  attempts: z.number(),
  quarantined_at: z.string(),
  /** The entry as it lay in the stream; null where it had no event at all. */
  text: z.string().nullable(),
});

export type Quarantined = z.output<typeof recordSchema>;

export type Quarantine = {
  /** Oldest first. */
  list(): Promise<Quarantined[]>;
  count(): Promise<number>;
  /** Asks the callback to take it again: at its next look, out of order. Throws `unknown_quarantine_id` (bad input). */
  retry(id: string): Promise<Quarantined>;
  /** Forgets it: the callback will never handle it. Throws `unknown_quarantine_id` (bad input). */
  drop(id: string): Promise<Quarantined>;
};

export function openQuarantine({ redis, keys }: { redis: Redis; keys: Keys }): Quarantine {
  async function find(id: string): Promise<Quarantined> {
    const record = await readQuarantined(redis, keys, id);
    if (record !== null) return record.quarantined;
    throw badInput(
      "unknown_quarantine_id",
      `Nothing in quarantine is called ${JSON.stringify(id.slice(0, 200))}.`,
      {
        cure: "List what is there: signalbox events quarantine list",
      },
    );
  }
  return {
    async list() {
      const reply = await redis.command(["HVALS", keys.quarantine]);
      const records = Array.isArray(reply) ? reply.map((raw) => parseQuarantined(String(raw))) : [];
      return records
        .filter((record) => record !== null)
        .sort((a, b) =>
          a.quarantined_at < b.quarantined_at
            ? -1
            : a.quarantined_at > b.quarantined_at
              ? 1
              : a.id < b.id
                ? -1
                : 1,
        );
    },
    count: async () => Number(await redis.command(["HLEN", keys.quarantine])),
    async retry(id) {
      const record = await find(id);
      await redis.command(["RPUSH", keys.redeliver(record.group), record.stream_id]);
      return record;
    },
    async drop(id) {
      const record = await find(id);
      await redis.command(["HDEL", keys.quarantine, id]);
      return record;
    },
  };
}

/** The name of one callback's failure with one event. */
export function quarantineId(group: string, streamId: string): string {
  return `${group}:${streamId}`;
}

/** A record and its text, the guard of the next write; `null` where there is none. */
export async function readQuarantined(
  redis: Redis,
  keys: Keys,
  id: string,
): Promise<{ raw: string; quarantined: Quarantined } | null> {
  const [raw] = await hashFields(redis, keys.quarantine, [id]);
  const quarantined = raw === null || raw === undefined ? null : parseQuarantined(raw);
  return raw && quarantined ? { raw, quarantined } : null;
}

function parseQuarantined(raw: string): Quarantined | null {
  try {
    return recordSchema.parse(JSON.parse(raw));
  } catch {
    return null;
  }
}
