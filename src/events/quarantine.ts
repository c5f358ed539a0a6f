/** Events that a callback could not handle: kept whole, with the reason, until a person decides. */
import { z } from "zod";
import { badInput, Failure } from "../errors.ts";
import type { Redis } from "../redis/connection.ts";
import type { Keys } from "../redis/keys.ts";
import type { AtomicWriter, Op } from "./atomic-write.ts";
import { hashFields } from "./log-state.ts";
import { quarantineDecided } from "./platform.ts";

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
  retry(id: string, decider: Decider): Promise<Quarantined>;
  /** Forgets it: the callback will never handle it. Throws `unknown_quarantine_id` (bad input). */
  drop(id: string, decider: Decider): Promise<Quarantined>;
};

/** Whoever decides: it is recorded with the decision, in one write. The writer speaks for the platform. */
export type Decider = { writer: AtomicWriter; by: string };

export function openQuarantine({ redis, keys }: { redis: Redis; keys: Keys }): Quarantine {
  async function decide(
    id: string,
    decision: "retry" | "drop",
    { writer, by }: Decider,
  ): Promise<Quarantined> {
    for (let tries = 0; tries < triesMax; tries++) {
      const record = await readQuarantined(redis, keys, id);
      if (record === null) throw unknownId(id);
      const { group, stream_id, type: event_type } = record.quarantined;
      const op: Op =
        decision === "drop"
          ? { op: "hdel", key: keys.quarantine, field: id }
          : { op: "rpush", key: keys.redeliver(group), value: stream_id, keepLast: askedAgainMax };
      const written = await writer.write({
        guards: [{ kind: "field", key: keys.quarantine, field: id, equals: record.raw }],
        ops: [op],
        events: [{ type: quarantineDecided, data: { stream_id, group, event_type, decision, by } }],
      });
      // Tried again meanwhile, and set aside once more: it is looked at again.
      if (written.kind === "written") return record.quarantined;
    }
    throw new Failure({
      code: "raced",
      kind: "temporary",
      message: `${id} changed again and again while it was decided about.`,
      cure: "Try again.",
    });
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
    retry: (id, decider) => decide(id, "retry", decider),
    drop: (id, decider) => decide(id, "drop", decider),
  };
}

const triesMax = 10;
/** More than anybody asks for at once; the list never grows past it. */
const askedAgainMax = 100_000;

function unknownId(id: string) {
  return badInput(
    "unknown_quarantine_id",
    `Nothing in quarantine is called ${JSON.stringify(id.slice(0, 200))}.`,
    { cure: "List what is there: signalbox events quarantine list" },
  );
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
