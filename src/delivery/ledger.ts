/**
 * The ledger of one surface: what each of its targets wants to be told, was told, and how it fares. `wanted` is written
 * with the notification (note-wanted.ts), everything else here, and only under the surface's lease: a worker that was
 * overtaken can record nothing.
 *
 * None of it is part of a projection's generation, so a rebuild cannot make anybody be told again.
 */
import type { AtomicWriter, Guard, WriteRequest } from "../events/atomic-write.ts";
import { hashFields, pairsOf } from "../events/log-state.ts";
import type { ProjectionReader } from "../events/projection.ts";
import { itemsTable, notificationOf } from "../notifications/projection.ts";
import type { Redis } from "../redis/connection.ts";
import type { Keys } from "../redis/keys.ts";
import type { Row } from "./next-step.ts";
import {
  type Health,
  nothingSent,
  readHealth,
  readSent,
  readTest,
  readWanted,
  type TestRequest,
  testPrefix,
} from "./rows.ts";
import { ledgerWrites, surfaceField } from "./writes.ts";

export type LedgerAccess = { redis: Redis; keys: Keys; writer: AtomicWriter; reader: ProjectionReader };

/** A row as it was read; `wantedText` is what a write may be guarded by. */
export type LedgerRow = Row & { id: string; wantedText: string };
export type LedgerTest = TestRequest & { id: string };

/** `overtaken`: something new was wanted meanwhile. `fenced_out`: the lease is gone. */
export type Recorded = "recorded" | "overtaken" | "fenced_out";

export type Ledger = ReturnType<typeof openLedger>;

/** Most rows that one look takes. */
const mostRows = 1000;

/** `lease`: "only while this worker holds the surface". */
export function openLedger({ redis, keys, writer, reader }: LedgerAccess, surface: string, lease: Guard) {
  const keyOf = (target: string, part: "wanted" | "sent" | "due") => keys.delivery(surface, target, part);

  async function rows(target: string, ids: readonly string[]): Promise<LedgerRow[]> {
    if (ids.length === 0) return [];
    const wanted = await hashFields(redis, keyOf(target, "wanted"), ids);
    const sent = await hashFields(redis, keyOf(target, "sent"), ids);
    // Read last: it is as new as what is wanted, or newer.
    const items = await Promise.all(ids.map((id) => reader.get(itemsTable, id)));
    return ids.flatMap((id, index) => {
      const text = wanted[index] ?? null;
      const row = readWanted(text);
      if (text === null || row === null) return [];
      const notification = notificationOf(items[index]);
      return { id, wantedText: text, wanted: row, sent: readSent(sent[index]) ?? nothingSent, notification };
    });
  }

  async function record(write: WriteRequest): Promise<Recorded> {
    const outcome = await writer.write({ ...write, guards: [lease, ...(write.guards ?? [])] });
    if (outcome.kind === "written") return "recorded";
    return outcome.guard === lease ? "fenced_out" : "overtaken";
  }

  return {
    record,
    rows,

    /** The ids that are due, the longest due first. */
    async due(target: string, nowMs: number): Promise<string[]> {
      const range = ["ZRANGE", keyOf(target, "due"), "-inf", nowMs, "BYSCORE", "LIMIT", 0, mostRows];
      const reply = await redis.command(range);
      return Array.isArray(reply) ? reply.map(String) : [];
    },

    /** When the next row falls due, ms; null where none does. */
    async nextDueMs(target: string): Promise<number | null> {
      const reply = await redis.command(["ZRANGE", keyOf(target, "due"), 0, 0, "WITHSCORES"]);
      const score = Array.isArray(reply) ? reply[1] : undefined;
      return score === undefined ? null : Number(score);
    },

    /** The tests among some ids. */
    async tests(target: string, ids: readonly string[]): Promise<LedgerTest[]> {
      const asked = ids.filter((id) => id.startsWith(testPrefix));
      if (asked.length === 0) return [];
      const texts = await hashFields(redis, keyOf(target, "wanted"), asked);
      return asked.flatMap((id, index) => {
        const test = readTest(texts[index]);
        return test === null ? [] : { id, ...test };
      });
    },

    /** How every target fares; one that was never tried is absent. */
    async health(): Promise<Map<string, Health>> {
      const found = await readHealths(redis, keys, surface);
      found.delete(surfaceField);
      return found;
    },

    /** How one target fares, and until when the whole surface rests, ms. */
    async healthOf(target: string): Promise<{ health: Health | null; surfaceRestMs: number }> {
      const [own, all] = await hashFields(redis, keys.deliveryHealth(surface), [target, surfaceField]);
      return { health: readHealth(own), surfaceRestMs: readHealth(all)?.rest_until ?? 0 };
    },

    writes: (target: string) => ledgerWrites(keys, surface, target),

    /** "Only while nothing else is wanted than what was read." */
    stillWanted: (target: string, row: LedgerRow): Guard => ({
      kind: "field",
      key: keyOf(target, "wanted"),
      field: row.id,
      equals: row.wantedText,
    }),

    /** The rows that a worker died over: something was on its way. */
    async interrupted(target: string): Promise<string[]> {
      const rows = pairsOf(await redis.command(["HGETALL", keyOf(target, "sent")]));
      return rows.filter(([, text]) => readSent(text)?.sending != null).map(([id]) => id);
    },
  };
}

/** The health of all targets that were ever tried, by their names, of one surface. */
export async function readHealths(redis: Redis, keys: Keys, surface: string): Promise<Map<string, Health>> {
  const found = pairsOf(await redis.command(["HGETALL", keys.deliveryHealth(surface)]));
  return new Map(
    found.flatMap(([target, text]) => {
      const health = readHealth(text);
      return health === null ? [] : [[target, health] as const];
    }),
  );
}
