/**
 * Folds a projection anew from the log, beside the live one, compares the two, and puts the new one in its place.
 *
 * Guaranteed: readers see the old rows or the new ones, never a mixture (they read by generation, and one write swaps
 * it); the processor goes on meanwhile, and its next commit finds the new generation; nothing is told to `onCommitted`,
 * so a rebuild sends no message again. Events that the callback has in quarantine, or that it still refuses, are left
 * out, as they are in the live one. The price: the rows are folded in memory. Where the log was trimmed, the fold begins
 * with the last snapshot, which the older code has written.
 */
import { randomUUID } from "node:crypto";
import { monotonicMs } from "../clock.ts";
import { Failure } from "../errors.ts";
import type { Redis } from "../redis/connection.ts";
import type { Keys } from "../redis/keys.ts";
import { openLease } from "../redis/lease-store.ts";
import type { AtomicWriter, Guard } from "./atomic-write.ts";
import { applyOne } from "./callback-worker.ts";
import type { Catalog } from "./catalog.ts";
import { type Entry, entriesOfReply } from "./entry.ts";
import { removeOtherGenerations, swapGeneration, writeGeneration } from "./generation.ts";
import { hold, letGo } from "./hold.ts";
import { type Rows, readLiveRows } from "./live-rows.ts";
import { positionGuards, readLogState, readPosition } from "./log-state.ts";
import type { Position } from "./position.ts";
import type { Projection } from "./projection.ts";
import { openQuarantine, quarantineId, readQuarantined } from "./quarantine.ts";
import { readEntry } from "./read-entry.ts";
import { compareRows, type RowDifference } from "./row-differences.ts";
import { beginFold, type RowChanges } from "./rows.ts";
import { readSnapshot } from "./snapshot.ts";

export type RebuildOptions = {
  redis: Redis;
  keys: Keys;
  catalog: Catalog;
  writer: AtomicWriter;
  projection: Projection;
  /** Only compares; changes nothing. */
  verify?: boolean;
};

export type RebuildReport = {
  kind: "swapped" | "verified" | "nothing_handled_yet";
  /** How many events were folded. */
  events: number;
  /** Events that the callback refused or has in quarantine. */
  skipped: number;
  /** Where the live rows are others than the folded ones, the first hundred. */
  differences: RowDifference[];
  differenceCount: number;
  position: Position | null;
};

/** What is folded so far. */
export type Rebuilt = {
  rows: Rows;
  at: Position | null;
  events: number;
  skipped: number;
  /** "Only while these are still in quarantine." */
  quarantined: Map<string, string>;
};

const page = 1000;
const leaseMs = 60_000;
const mostRounds = 20;
/** So often it tries beside the processor; then it asks it to wait a moment. */
const politeRounds = 5;

/**
 * Throws `rebuild_running` (temporary) while another one of the same projection runs, `log_incomplete` (failed) where
 * the log was trimmed and no snapshot is there, `projection_busy` (temporary).
 */
export async function rebuildProjection(options: RebuildOptions): Promise<RebuildReport> {
  const { redis, keys, projection } = options;
  const name = `rebuild/${projection.name}`;
  const leases = openLease({ redis, keys }, name);
  const taken = await leases.acquire(randomUUID(), leaseMs);
  if (taken.kind === "held") throw running(projection.name);
  const { token } = taken.lease;
  try {
    let renewedMs = monotonicMs();
    return await rebuild(options, {
      guard: { kind: "lease", key: keys.lease(name), token },
      async renew() {
        if (monotonicMs() - renewedMs < leaseMs / 6) return;
        renewedMs = monotonicMs();
        await leases.renew(token, leaseMs);
      },
    });
  } finally {
    await leases.release(token);
  }
}

type RebuildLease = {
  guard: Guard;
  /** To be called often; it asks Redis only where a good part of the time is gone. */
  renew(): Promise<void>;
};

async function rebuild(options: RebuildOptions, lease: RebuildLease): Promise<RebuildReport> {
  const { redis, keys, projection } = options;
  const rebuilt = await begin(options);
  // Folded as far as is certain while Redis gathers the live rows, whose place can only be a later one.
  const sure = await readPosition(redis, keys, projection.name);
  const [live] = await Promise.all([
    readLiveRows(redis, keys, projection.name),
    sure === null ? null : foldUpTo(options, rebuilt, sure, lease),
  ]);
  if (live.position === null) return report("nothing_handled_yet", rebuilt, []);
  await foldUpTo(options, rebuilt, live.position, lease);
  const differences = compareRows(live.rows, rebuilt.rows);
  if (options.verify) return report("verified", rebuilt, differences);
  await removeOtherGenerations(options, live.generation);
  const generation = await writeGeneration(options, rebuilt.rows, lease.guard);
  if (generation === null) throw running(projection.name);
  const swapped = await catchUpAndSwap(options, rebuilt, {
    generation,
    former: live.generation,
    lease,
  }).finally(() => letGo(options, projection.name));
  await removeOtherGenerations(options, swapped ? generation : live.generation);
  if (!swapped) throw busy(projection.name);
  return report("swapped", rebuilt, differences);
}

/** The processor goes on meanwhile: folds what it has folded, until the swap finds both at one place. */
async function catchUpAndSwap(
  options: RebuildOptions,
  rebuilt: Rebuilt,
  { generation, former, lease }: { generation: number; former: number | null; lease: RebuildLease },
): Promise<boolean> {
  const { redis, keys, projection } = options;
  const tables = new Set(rebuilt.rows.keys());
  const changes = new Map<string, Map<string, string | null>>();
  for (let round = 0; round < mostRounds; round++) {
    if (round >= politeRounds) await hold(options, projection.name);
    const goal = await readPosition(redis, keys, projection.name);
    if (goal === null) return false;
    for (const [table, changed] of await foldUpTo(options, rebuilt, goal, lease))
      merge(changes, table, changed);
    const guards: Guard[] = [
      lease.guard,
      ...positionGuards(keys, projection.name, goal),
      ...[...rebuilt.quarantined].map(
        ([field, equals]): Guard => ({ kind: "field", key: keys.quarantine, field, equals }),
      ),
    ];
    if (await swapGeneration(options, { generation, tables, changes, former, guards })) return true;
  }
  return false;
}

async function begin({ redis, keys, projection }: RebuildOptions): Promise<Rebuilt> {
  const rebuilt: Rebuilt = { rows: new Map(), at: null, events: 0, skipped: 0, quarantined: new Map() };
  for (const { id, group } of await openQuarantine({ redis, keys }).list()) {
    const found = group === projection.name ? await readQuarantined(redis, keys, id) : null;
    if (found !== null) rebuilt.quarantined.set(id, found.raw);
  }
  const { trimmed, epoch } = await readLogState(redis, keys);
  if (trimmed === 0) return rebuilt;
  const snapshot = await readSnapshot(redis, keys, projection.name);
  const reaches =
    snapshot !== null && snapshot.position.epoch === epoch && snapshot.position.sequence >= trimmed;
  if (!reaches) throw incomplete(projection.name);
  return { ...rebuilt, rows: snapshot.rows, at: snapshot.position };
}

/** Folds what lies between where the rebuilt rows stand and where the live ones do; what that has changed. */
async function foldUpTo(
  options: RebuildOptions,
  rebuilt: Rebuilt,
  goal: Position,
  lease: RebuildLease,
): Promise<RowChanges> {
  const { redis, keys, catalog, projection } = options;
  const fold = beginFold((table, id) => rebuilt.rows.get(table)?.get(id) ?? null);
  for await (const entries of pages(redis, keys.stream, rebuilt.at, goal)) {
    await lease.renew();
    for (const entry of entries) {
      const read = readEntry(catalog, entry);
      const aside =
        rebuilt.quarantined.size > 0 &&
        rebuilt.quarantined.has(quarantineId(projection.name, entry.streamId));
      const refused =
        read.kind === "unreadable" || aside || (await applyOne(projection, read, fold)) !== null;
      if (refused) rebuilt.skipped += 1;
      else rebuilt.events += 1;
    }
  }
  rebuilt.at = goal;
  for (const [table, changed] of fold.changes()) {
    const rows = rebuilt.rows.get(table) ?? new Map<string, string>();
    rebuilt.rows.set(table, rows);
    for (const [id, row] of changed) {
      if (row === null) rows.delete(id);
      else rows.set(id, row);
    }
  }
  return fold.changes();
}

/** What lies after one place up to another, page by page; the next one is on its way while one is folded. */
async function* pages(
  redis: Redis,
  stream: string,
  after: Position | null,
  goal: Position,
): AsyncGenerator<Entry[]> {
  const read = async (from: string) =>
    entriesOfReply(await redis.command(["XRANGE", stream, from, goal.streamId, "COUNT", page]));
  let next: Promise<Entry[]> | null = read(after === null ? "-" : `(${after.streamId}`);
  while (next !== null) {
    const entries: Entry[] = await next;
    const last = entries.at(-1);
    next = last === undefined || entries.length < page ? null : read(`(${last.streamId}`);
    // Its failure is told when it is its turn.
    next?.catch(() => undefined);
    yield entries;
  }
}

function merge(
  into: Map<string, Map<string, string | null>>,
  table: string,
  changed: ReadonlyMap<string, string | null>,
) {
  const rows = into.get(table) ?? new Map<string, string | null>();
  into.set(table, rows);
  for (const [id, row] of changed) rows.set(id, row);
}

function report(kind: RebuildReport["kind"], rebuilt: Rebuilt, differences: RowDifference[]): RebuildReport {
  const { events, skipped, at } = rebuilt;
  return {
    kind,
    events,
    skipped,
    position: at,
    differences: differences.slice(0, 100),
    differenceCount: differences.length,
  };
}

function running(name: string): Failure {
  return new Failure({
    code: "rebuild_running",
    kind: "temporary",
    message: `A rebuild of ${name} is running already.`,
    cure: "Wait for it; one that was killed gives way after a minute.",
  });
}

function incomplete(name: string): Failure {
  return new Failure({
    code: "log_incomplete",
    kind: "failed",
    message: `${name} cannot be rebuilt: the beginning of the log is gone, and there is no snapshot of it from then.`,
    cure: "Keep the live one. The next retention run takes a snapshot.",
  });
}

function busy(name: string): Failure {
  return new Failure({
    code: "projection_busy",
    kind: "temporary",
    message: `${name} went on faster than it could be compared.`,
    cure: "Try again when fewer events are said.",
  });
}
