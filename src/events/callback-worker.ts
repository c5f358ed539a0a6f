/**
 * One callback of the processor at work: reads its group, folds what it read, commits rows, position and
 * acknowledgements in one write. It alone decides what becomes of an event; the loop around it only calls `turn`.
 *
 * Guaranteed: an event is handled once, in the log's order, by the holder of the lease (lease, position and generation
 * are the guards of each commit). A callback that throws is asked again with growing pauses, then the event is set
 * aside and the rest flows on. What Redis does to us is never counted against an event: it is thrown to the loop.
 */
import { describeError } from "../errors.ts";
import type { Redis } from "../redis/connection.ts";
import { isWorldFailure } from "../redis/failure.ts";
import type { Keys } from "../redis/keys.ts";
import type { OpenSpan, Traces } from "../telemetry/traces.ts";
import type { AtomicWriter, Guard, Op } from "./atomic-write.ts";
import type { Catalog } from "./catalog.ts";
import { type Continuity, continuityOf, type Gap, lostTail, positionAt } from "./continuity.ts";
import { compareStreamIds, type Entry } from "./entry.ts";
import type { StoredEvent } from "./envelope.ts";
import { foresee } from "./foresee.ts";
import { type Group, openGroup } from "./group.ts";
import { handlingSpan, refuse } from "./handled-spans.ts";
import { isHeld } from "./hold.ts";
import { type Delivered, type Intake, openIntake } from "./intake.ts";
import { hashFields, positionGuards, positionOps, readLogState, readPosition } from "./log-state.ts";
import type { Position } from "./position.ts";
import type { Projection } from "./projection.ts";
import { firstGeneration, generationField, holdField, rowOps, tablesField } from "./projection-state.ts";
import { beginFold, createRowCache, type Fold, type RowCache } from "./rows.ts";
import { type Failed, setAside } from "./set-aside.ts";
import { step } from "./step.ts";

/** How often a callback is asked before its event is set aside, and how long is waited in between. */
export type Tries = { tries: number; firstDelayMs: number; longestDelayMs: number };

export type WorkerContext = {
  redis: Redis;
  keys: Keys;
  catalog: Catalog;
  writer: AtomicWriter;
  /** "Only while this processor holds its lease." */
  lease: Guard;
  tries: Tries;
  /** Most events of one commit. */
  batch: number;
  /** Tells of a loss; resolves once that is in the log. */
  tellGap(gap: Gap): Promise<boolean>;
  onCommitted(name: string, stored: readonly StoredEvent[]): void;
  traces: Traces;
};

export type Turn =
  /** There may be more to do at once. */
  | { kind: "more" }
  /** Nothing to do until something new is said. */
  | { kind: "idle" }
  /** An event failed; it is asked for again after this pause. */
  | { kind: "later"; afterMs: number; reason: string }
  /** Another processor holds the lease. */
  | { kind: "fenced_out" };

export type Worker = {
  context: WorkerContext;
  projection: Projection;
  group: Group;
  intake: Intake;
  rows: RowCache;
  position: Position | null;
  generation: number | null;
  tables: Set<string>;
  trimmed: number;
  /** Events that have failed before: their tries are counted in Redis. */
  failedBefore: Set<string>;
  /** Position and group are to be looked up first. */
  lost: boolean;
};

export function createWorker(context: WorkerContext, projection: Projection): Worker {
  const { redis, keys } = context;
  const group = openGroup(redis, keys.stream, projection.name);
  const worker: Worker = {
    context,
    projection,
    group,
    intake: openIntake(group, context.catalog, context.batch),
    rows: createRowCache(redis, (table) =>
      keys.projectionTable(projection.name, worker.generation ?? firstGeneration, table),
    ),
    position: null,
    generation: null,
    tables: new Set(),
    trimmed: 0,
    failedBefore: new Set(),
    lost: true,
  };
  return worker;
}

/**
 * Handles one batch, if there is one. `look`: also sees whether anything was lost. Throws what Redis throws; the next
 * turn then starts from what is stored.
 */
export async function turn(worker: Worker, look: boolean): Promise<Turn> {
  try {
    if (worker.lost) {
      if (await isHeld(worker.context, worker.projection.name)) return heldUp;
      await recover(worker);
    }
    const log = look ? await readLogState(worker.context.redis, worker.context.keys) : null;
    const entries = await worker.intake.next();
    if (entries.length > 0) return await handle(worker, entries);
    const lost = log === null ? null : lostTail(worker.position, log);
    return lost === null ? { kind: "idle" } : await findLost(worker, lost);
  } catch (error) {
    worker.lost = true;
    throw error;
  }
}

/** A rebuild takes a moment's rest from us to catch up. */
const heldUp: Turn = { kind: "later", afterMs: 20, reason: "a rebuild is about to take its place" };

async function recover(worker: Worker): Promise<void> {
  const { redis, keys } = worker.context;
  const { name } = worker.projection;
  worker.rows.forget();
  worker.position = await readPosition(redis, keys, name);
  const [generation] = await hashFields(redis, keys.projection(name), [generationField]);
  worker.generation = generation === null || generation === undefined ? null : Number(generation);
  const [tables] = await hashFields(redis, keys.projection(name), [tablesField(worker.generation)]);
  worker.tables = new Set(tables ? tables.split(" ") : []);
  worker.trimmed = (await readLogState(redis, keys)).trimmed;
  const failed = await redis.command(["HKEYS", keys.attempts(name)]);
  worker.failedBefore = new Set(Array.isArray(failed) ? failed.map(String) : []);
  await worker.group.ensure(worker.position?.streamId ?? null);
  worker.intake.restart();
  worker.lost = false;
}

/** Everything was read, and yet more was said. It may have been delivered to nobody; else it is lost. */
async function findLost(worker: Worker, lost: Gap): Promise<Turn> {
  const { context, position, projection } = worker;
  const entries = await worker.intake.between(position?.streamId ?? null, null);
  if (entries.length > 0) return handle(worker, entries);
  const log = await readLogState(context.redis, context.keys);
  await context.tellGap(lost);
  if (log.epoch === null) return { kind: "more" };
  const to = { streamId: position?.streamId ?? "0-0", sequence: log.sequence, epoch: log.epoch };
  const outcome = await context.writer.write({
    guards: [context.lease, ...positionGuards(context.keys, projection.name, position)],
    ops: positionOps(context.keys, projection.name, to),
  });
  return afterWrite(worker, outcome, to) ?? { kind: "more" };
}

type Batch = { fold: Fold; seen: string[]; applied: StoredEvent[]; spans: OpenSpan[]; to: Position | null };

/** Why a batch ended early. */
type Stop = { kind: "none" } | Failed | { kind: "missed"; entries: Delivered[] };

async function handle(worker: Worker, entries: readonly Delivered[]): Promise<Turn> {
  if (entries.length > 1 && worker.rows.hasGaps())
    await foresee(
      worker.projection,
      entries.flatMap(({ read }) => (read?.kind === "event" ? [read] : [])),
      worker.rows.load,
    );
  const fresh = beginFold(worker.rows.load);
  const batch: Batch = { fold: fresh, seen: [], applied: [], spans: [], to: worker.position };
  let stop: Stop = { kind: "none" };
  for (const entry of entries) {
    stop = await fold(worker, batch, entry);
    if (stop.kind !== "none") break;
  }
  const ended = batch.seen.length > 0 ? await commit(worker, batch) : null;
  if (ended !== null) return ended;
  if (stop.kind === "none") return { kind: "more" };
  // What followed in this batch is pending now.
  worker.intake.restart();
  if (stop.kind === "missed") return handle(worker, stop.entries);
  const result = await setAside(worker, stop);
  return result.kind === "written"
    ? (afterWrite(worker, result.outcome, result.to) ?? { kind: "more" })
    : result;
}

async function fold(worker: Worker, batch: Batch, { entry, read }: Delivered): Promise<Stop> {
  const { context, projection } = worker;
  if (read === null) {
    batch.seen.push(entry.streamId);
    return { kind: "none" };
  }
  const envelope = read.kind === "event" ? read.event : read.envelope;
  const numbered = envelope === null ? null : { streamId: entry.streamId, event: envelope };
  const continuity =
    numbered === null ? unnumbered(entry, batch.to) : continuityOf(batch.to, numbered, worker.trimmed);
  if (continuity.kind === "gap") {
    const missed = await worker.intake.between(batch.to?.streamId ?? null, entry.streamId);
    if (missed.length > 0) return { kind: "missed", entries: missed };
    await context.tellGap(continuity.gap);
  }
  if (continuity.kind !== "handled") {
    if (read.kind === "unreadable") return { kind: "unreadable", entry, envelope, reason: read.reason };
    const stored = { streamId: read.streamId, event: read.event };
    const span = handlingSpan(context.traces, projection.name, stored);
    const failed = await applyOne(projection, stored, batch.fold);
    if (failed !== null) {
      refuse(span);
      return { kind: "failed", entry, stored, reason: failed };
    }
    if (span !== null) batch.spans.push(span);
    batch.applied.push(stored);
    batch.to = positionAt(stored);
  }
  batch.seen.push(entry.streamId);
  return { kind: "none" };
}

/** What nobody numbered can only be told by its place. */
function unnumbered(entry: Entry, reached: Position | null): Continuity {
  const handled = reached !== null && compareStreamIds(entry.streamId, reached.streamId) <= 0;
  return { kind: handled ? "handled" : "next" };
}

/** `null`, or why the callback could not handle the event. Throws where Redis was at fault. */
export async function applyOne(
  projection: Projection,
  stored: StoredEvent,
  fold: Fold,
): Promise<string | null> {
  try {
    await projection.apply(stored, fold.tables);
    fold.accept();
    return null;
  } catch (error) {
    fold.discard();
    if (isWorldFailure(error)) throw error;
    return describeError(error).slice(0, 2000) || "it threw nothing that says why";
  }
}

async function commit(worker: Worker, { fold, seen, applied, spans, to }: Batch): Promise<Turn | null> {
  const { context, projection, position } = worker;
  const { keys } = context;
  const changes = fold.changes();
  const done = applied.flatMap(({ streamId }) => (worker.failedBefore.has(streamId) ? [streamId] : []));
  const beside = (await projection.alongside?.({ changes, applied })) ?? [];
  const outcome = await step(`commit ${projection.name}`, () =>
    context.writer.write({
      guards: [
        context.lease,
        ...positionGuards(keys, projection.name, position),
        ...generationGuards(worker),
      ],
      ops: [
        ...rowOps(
          keys,
          { name: projection.name, generation: worker.generation, tables: worker.tables },
          changes,
        ),
        ...beside,
        ...(to === null || to === position ? [] : positionOps(keys, projection.name, to)),
        ...done.map((field): Op => ({ op: "hdel", key: keys.attempts(projection.name), field })),
        ...seen.map((id): Op => ({ op: "xack", key: keys.stream, group: projection.name, id })),
      ],
    }),
  );
  const ended = afterWrite(worker, outcome, to);
  if (ended !== null) return ended;
  for (const span of spans) span.end();
  for (const streamId of done) worker.failedBefore.delete(streamId);
  worker.generation ??= firstGeneration;
  for (const table of changes.keys()) worker.tables.add(table);
  worker.rows.learn(changes);
  if (applied.length > 0) context.onCommitted(projection.name, applied);
  return null;
}

/** "Only while no rebuild has put another generation in this one's place, or is about to." */
export function generationGuards({ context, projection, generation }: Worker): Guard[] {
  const key = context.keys.projection(projection.name);
  const equals = generation === null ? null : String(generation);
  return [
    { kind: "field", key, field: generationField, equals },
    { kind: "field", key, field: holdField, equals: null },
  ];
}

/** `null` where it was written; else what to do instead. */
function afterWrite(
  worker: Worker,
  outcome: Awaited<ReturnType<AtomicWriter["write"]>>,
  to: Position | null,
): Turn | null {
  if (outcome.kind === "written") {
    worker.position = to;
    return null;
  }
  worker.lost = true;
  return outcome.guard === worker.context.lease ? { kind: "fenced_out" } : { kind: "more" };
}
