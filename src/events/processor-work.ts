/** What the processor does while it holds its lease. */
import { monotonicMs, pause } from "../clock.ts";
import { describeError } from "../errors.ts";
import type { Redis } from "../redis/connection.ts";
import { isGroupMissing } from "../redis/failure.ts";
import type { LeaseStore } from "../redis/lease-store.ts";
import { noTraces } from "../telemetry/traces.ts";
import type { Guard } from "./atomic-write.ts";
import { createWorker, type Tries, turn, type Worker, type WorkerContext } from "./callback-worker.ts";
import { type Gap, type LogState, otherLog } from "./continuity.ts";
import { entriesOfReply } from "./entry.ts";
import type { StoredEvent } from "./envelope.ts";
import { readLogState } from "./log-state.ts";
import { type News, openNews } from "./news.ts";
import { gapFound } from "./platform.ts";
import {
  type LeaseTiming,
  type LogMark,
  type ProcessorOptions,
  processorLeaseName,
} from "./processor-options.ts";
import { redeliverOne } from "./redeliver.ts";
import { createWake, type Wake } from "./wake.ts";

/** One callback and what wakes it. */
type Loop = { worker: Worker; wake: Wake; failing: string | null };

export type ProcessorState = {
  options: ProcessorOptions;
  /** As the lease knows this processor; null before it has asked for it. */
  owner: string | null;
  stopping: AbortController;
  active: boolean;
  /** The newest lease token of ours: no later one may be lower, also where Redis came back empty. */
  token: number;
  seen: LogMark | null;
  /** Gaps this process has told of. */
  told: Set<string>;
  loops: Loop[];
};

const defaultTries: Tries = { tries: 5, firstDelayMs: 100, longestDelayMs: 10_000 };
const defaultBatch = 500;
/** The longest time without looking, ms: callbacks look by themselves. */
const lookMs = 2000;

/** Returns when the lease is lost or the processor is to stop; gives the lease back. */
export async function work(state: ProcessorState, leases: LeaseStore, timing: LeaseTiming): Promise<void> {
  const { redis, keys, log, projections } = state.options;
  const token = state.token;
  const ended = new AbortController();
  const news = openNews(redis, keys.stream);
  const end = () => ended.abort();
  ended.signal.addEventListener("abort", () => {
    wakeAll(state);
    void news.close();
  });
  state.stopping.signal.addEventListener("abort", end);
  // Stopped while the lease was taken: what has happened is told to nobody who listens from now on.
  if (state.stopping.signal.aborted) end();
  const lease: Guard = { kind: "lease", key: keys.lease(processorLeaseName), token };
  const context = contextOf(state, lease);
  state.loops = projections.map((projection) => ({
    worker: createWorker(context, projection),
    wake: createWake(),
    failing: null,
  }));
  try {
    await compareLog(state, context, state.seen);
    state.active = true;
    await Promise.all([
      keepLease(leases, token, timing, ended),
      listen(state, context, news, ended.signal),
      ...state.loops.map((loop) => runLoop(state, loop, ended)),
    ]);
  } finally {
    state.active = false;
    ended.abort();
    state.stopping.signal.removeEventListener("abort", end);
    await leases.release(token).catch(() => false);
    log?.info({ token }, "processor: gave the lease back");
  }
}

/** Lets every callback look. */
export function wakeAll(state: ProcessorState): void {
  for (const { wake } of state.loops) wake.call();
}

/** A pause after the n-th failure in a row, ms. */
export function backoffMs(failures: number): number {
  return Math.min(5000, 50 * 2 ** Math.min(failures, 10));
}

function contextOf(state: ProcessorState, lease: Guard): WorkerContext {
  const { redis, keys, catalog, writer, tries = defaultTries, batch = defaultBatch } = state.options;
  return {
    redis,
    keys,
    catalog,
    writer,
    lease,
    tries,
    batch,
    traces: state.options.traces ?? noTraces,
    tellGap: (gap) => tellGap(state, lease, gap),
    onCommitted: (name, stored) => committed(state, name, stored),
  };
}

/** Holds the log against what was seen of it before: at the start, and whenever Redis was away. */
async function compareLog(
  state: ProcessorState,
  { redis, keys, tellGap: say }: WorkerContext,
  before: LogMark | null,
): Promise<void> {
  const log = await readLogState(redis, keys);
  const gap = otherLog(before, log) ?? (await vanished(redis, keys.stream, before, log));
  // Not told: the lease went with what was lost. Whoever works next compares with the same mark.
  if (gap !== null && !(await say(gap))) {
    state.seen = before;
    return;
  }
  const { epoch, sequence } = gap === null ? log : await readLogState(redis, keys);
  const [newest] = entriesOfReply(await redis.command(["XREVRANGE", keys.stream, "+", "-", "COUNT", 1]));
  state.seen = epoch === null ? null : { epoch, sequence, ...(newest ? { streamId: newest.streamId } : {}) };
}

/**
 * An older file of the same log that has grown past what was seen: its numbers look whole, but the very entry that was
 * seen last is not in it.
 */
async function vanished(
  redis: Redis,
  stream: string,
  before: LogMark | null,
  log: LogState,
): Promise<Gap | null> {
  const id = before?.streamId;
  if (before === null || id === undefined || before.sequence <= log.trimmed) return null;
  if (entriesOfReply(await redis.command(["XRANGE", stream, id, id])).length > 0) return null;
  return {
    kind: "went_back",
    epoch: log.epoch,
    expectedEpoch: before.epoch,
    expectedSequence: before.sequence,
    foundSequence: log.sequence,
  };
}

/** False where it could not be told, because the lease is gone. */
async function tellGap(state: ProcessorState, lease: Guard, gap: Gap): Promise<boolean> {
  const name = JSON.stringify(gap);
  if (state.told.has(name)) return true;
  const outcome = await state.options.writer.write({
    guards: [lease],
    events: [
      {
        type: gapFound,
        data: {
          kind: gap.kind,
          epoch: gap.epoch,
          expected_epoch: gap.expectedEpoch,
          expected_sequence: gap.expectedSequence,
          found_sequence: gap.foundSequence,
        },
      },
    ],
  });
  if (outcome.kind !== "written") return false;
  if (state.told.has(name)) return true;
  state.told.add(name);
  state.options.log?.warn({ gap }, "processor: events are missing from the log");
  tell(state, () => state.options.onGap?.(gap));
  return true;
}

function committed(state: ProcessorState, name: string, stored: readonly StoredEvent[]): void {
  const last = stored.at(-1);
  if (last !== undefined) {
    const { streamId, event } = last;
    const sequence = Number(event.sequence);
    const newer = state.seen?.epoch !== event.epoch || state.seen.sequence < sequence;
    if (newer) state.seen = { epoch: event.epoch, sequence, streamId };
  }
  tell(state, () => state.options.onCommitted?.(name, stored));
}

/** A listener that fails is no reason to stop: what it was told is committed. */
function tell(state: ProcessorState, listener: () => unknown): void {
  const failed = (error: unknown) =>
    state.options.log?.warn({ error: describeError(error) }, "processor: a listener failed");
  try {
    void Promise.resolve(listener()).catch(failed);
  } catch (error) {
    failed(error);
  }
}

async function keepLease(
  leases: LeaseStore,
  token: number,
  timing: LeaseTiming,
  ended: AbortController,
): Promise<void> {
  let waitMs = timing.renewMs;
  while (!ended.signal.aborted) {
    await pause(waitMs, ended.signal);
    if (ended.signal.aborted) return;
    try {
      const outcome = await leases.renew(token, timing.ttlMs);
      if (outcome.kind === "lost") ended.abort();
      waitMs = timing.renewMs;
    } catch {
      // Redis may be back before the lease runs out. Until then every commit is refused by its guard anyway.
      waitMs = Math.min(500, timing.renewMs);
    }
  }
}

/** Wakes the callbacks when something new is said. */
async function listen(
  state: ProcessorState,
  context: WorkerContext,
  news: News,
  ended: AbortSignal,
): Promise<void> {
  let failures = 0;
  let before: LogMark | null = null;
  while (!ended.aborted) {
    try {
      const found = await news.next(lookMs);
      if (failures > 0) await compareLog(state, context, before);
      if (found === "new" || failures > 0) wakeAll(state);
      failures = 0;
    } catch (error) {
      if (ended.aborted) return;
      // The blocking read breaks the moment Redis goes: what was seen until then is what it must come back with.
      if (failures === 0) before = state.seen;
      failures += 1;
      if (failures === 1)
        state.options.log?.warn({ error: describeError(error) }, "processor: cannot listen");
      await pause(backoffMs(failures), ended);
    }
  }
}

async function runLoop(state: ProcessorState, loop: Loop, ended: AbortController): Promise<void> {
  let failures = 0;
  let lookedAtMs = Number.NEGATIVE_INFINITY;
  while (!ended.signal.aborted) {
    const look = monotonicMs() - lookedAtMs >= lookMs;
    try {
      const result = await turn(loop.worker, look);
      if (failures > 0) tell(state, () => state.options.onRecovered?.());
      failures = 0;
      if (result.kind === "fenced_out") return ended.abort();
      if (result.kind === "later") {
        loop.failing = result.reason;
        await pause(result.afterMs, ended.signal);
      }
      if (result.kind !== "idle") continue;
      loop.failing = null;
      if (look && (await redeliverOne(loop.worker))) continue;
      if (look) lookedAtMs = monotonicMs();
      await loop.wake.wait(lookMs);
    } catch (error) {
      if (ended.signal.aborted) return;
      failures += 1;
      loop.failing = describeError(error);
      const detail = { callback: loop.worker.projection.name, error: loop.failing };
      if (failures === 1) state.options.log?.warn(detail, "processor: Redis does not serve a callback");
      // A group that is gone is made again at once.
      if (!isGroupMissing(error) || failures > 1) await pause(backoffMs(failures), ended.signal);
    }
  }
}
