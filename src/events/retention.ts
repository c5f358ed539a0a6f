/**
 * Lets old events go: by age, and only what every group has handled and every projection has a snapshot of.
 *
 * Never MAXLEN, never on append: a slow or absent callback keeps the log, and `status` shows who. The price is memory
 * while one is behind. Idempotency keys stay (a fact said again after a month is still a duplicate), but for events
 * whose key is their own id: nobody can say those again.
 */
import { readFileSync } from "node:fs";
import { defineScript, type Redis } from "../redis/connection.ts";
import type { Keys } from "../redis/keys.ts";
import type { AtomicWriter } from "./atomic-write.ts";
import { compareStreamIds, type Entry, entriesOfReply } from "./entry.ts";
import { type CloudEvent, parseEnvelope, sequenceOf } from "./envelope.ts";
import { readGroups } from "./lag.ts";
import { readLogState, readPosition } from "./log-state.ts";
import { readSnapshot, takeSnapshot } from "./snapshot.ts";
import { step } from "./step.ts";

export type RetentionOptions = {
  redis: Redis;
  keys: Keys;
  writer: AtomicWriter;
  /** Those that could be rebuilt, and so need a snapshot before anything goes. */
  projections: readonly string[];
  keepMs: number;
  /** Redis' time now, ms. */
  nowMs: number;
};

export type RetentionOutcome =
  | { kind: "trimmed"; removed: number }
  /** Nothing is old enough. */
  | { kind: "nothing" }
  /** Something is, but this group or projection still needs it. */
  | { kind: "held"; by: string };

const script = defineScript("retention", readFileSync(new URL("./retention.lua", import.meta.url), "utf8"));
const page = 500;
const nothingHandled = "0-0";

/** Removes what may go. May run twice, and beside a processor. */
export async function applyRetention(options: RetentionOptions): Promise<RetentionOutcome> {
  const { redis, keys } = options;
  const cutoff = `${Math.max(0, Math.floor(options.nowMs - options.keepMs))}-0`;
  const [oldest] = await oldestEntries(redis, keys.stream, cutoff, 1);
  if (oldest === undefined) return { kind: "nothing" };
  const limit = await limitOf(options, cutoff);
  if (limit.id === nothingHandled) return { kind: "held", by: limit.by };
  let removed = 0;
  for (;;) {
    const entries = await oldestEntries(redis, keys.stream, limit.id, page);
    const last = entries.at(-1);
    if (last === undefined) break;
    const gone = await step("retention", () => trim(options, entries, last));
    if (gone <= 0) break;
    removed += gone;
  }
  return removed > 0 ? { kind: "trimmed", removed } : { kind: "held", by: limit.by };
}

/** The lowest id that must stay, and for whom. */
async function limitOf({ redis, keys, writer, projections }: RetentionOptions, cutoff: string) {
  let limit = { id: cutoff, by: "its age" };
  const hold = (id: string, by: string) => {
    if (compareStreamIds(id, limit.id) < 0) limit = { id, by };
  };
  for (const { name } of await readGroups(redis, keys.stream)) {
    const position = await readPosition(redis, keys, name);
    hold(position === null ? nothingHandled : after(position.streamId), name);
    const pending = await redis.command(["XPENDING", keys.stream, name]);
    const first = Array.isArray(pending) ? pending[1] : null;
    if (typeof first === "string") hold(first, name);
  }
  for (const name of projections) {
    const covered = (at: { streamId: string } | null) =>
      at !== null && compareStreamIds(after(at.streamId), limit.id) >= 0;
    const snapshot = await readSnapshot(redis, keys, name);
    if (covered(snapshot?.position ?? null)) continue;
    const taken = (await takeSnapshot({ redis, keys, writer }, name)) ?? snapshot?.position ?? null;
    hold(taken === null ? nothingHandled : after(taken.streamId), name);
  }
  return limit;
}

async function trim(
  { redis, keys }: RetentionOptions,
  entries: readonly Entry[],
  last: Entry,
): Promise<number> {
  const events = entries.flatMap(({ text }) => {
    const parsed = text === null ? null : parseEnvelope(text);
    return parsed?.kind === "parsed" ? [parsed.event] : [];
  });
  const newest = events.at(-1);
  const { trimmed, epoch } = await readLogState(redis, keys);
  const sequence = newest !== undefined && newest.epoch === epoch ? sequenceOf(newest) : trimmed;
  const groups = await readGroups(redis, keys.stream);
  const reply = await redis.script(
    script,
    [keys.meta, keys.stream, keys.idempotency, ...groups.map(({ name }) => keys.cursor(name))],
    [
      after(last.streamId),
      sequence,
      groups.length,
      ...events.filter(isItsOwnKey).map((event) => event.idempotencykey),
    ],
  );
  return Number(reply);
}

function isItsOwnKey(event: CloudEvent): boolean {
  return event.idempotencykey === `${event.type}:${event.id}`;
}

async function oldestEntries(redis: Redis, stream: string, before: string, count: number): Promise<Entry[]> {
  return entriesOfReply(await redis.command(["XRANGE", stream, "-", `(${before}`, "COUNT", count]));
}

/** The smallest id above another. */
function after(id: string): string {
  const [ms = "0", serial = "0"] = id.split("-");
  return `${ms}-${BigInt(serial) + 1n}`;
}
