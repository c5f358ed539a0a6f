/**
 * One atomic write: check guards, change state, append events, acknowledge — all or nothing, in one Lua script.
 *
 * Every durable change of Signalbox goes through here: an emit is a write with one event and no guard; the processor's
 * commit is a write guarded by its lease and cursor; a queue move is a write guarded by the integrator's lease and the
 * item's former value, with its event. So a status and its event can never part, and a stale writer can never write.
 * Decisions are made in Node by pure functions over what was read; the guard says "only if that is still so"; a failed
 * guard means read again and decide again.
 *
 * Guaranteed: nothing is written unless all of it can be (key types are looked at first, because Lua has no rollback);
 * an event has one entry per idempotency key, whoever says it and how often; `time`, `sequence` and `epoch` come from
 * Redis alone; the stream is never trimmed here. The price: a script's keys must live on one node (they share a hash
 * tag), and what the guards compare travels whole. A lost reply leaves open whether it was written: an event may be said
 * again (it is a duplicate then), a guarded change is read again.
 */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { isFailure } from "../errors.ts";
import { defineScript, type Redis } from "../redis/connection.ts";
import type { Keys } from "../redis/keys.ts";
import { traceContextOf } from "../telemetry/trace-context.ts";
import { noTraces, type Traces } from "../telemetry/traces.ts";
import type { Catalog } from "./catalog.ts";
import { coalesce } from "./coalesce.ts";
import { openEnvelopeText, subjectOf } from "./envelope.ts";
import { newEventId } from "./event-id.ts";
import { sayTraced } from "./said-spans.ts";
import { memoryWatermark } from "./watermark.ts";
import { busFull, conflictFailure, reservedFailure, wrongKeyType } from "./write-failures.ts";
import {
  decodeAnswer,
  type EventOutcome,
  encodeCall,
  type PreparedEvent,
  type ScriptAnswer,
} from "./write-protocol.ts";

/** What must hold, on Redis' own clock, for the write to happen. Values are compared whole. */
export type Guard =
  | { kind: "lease"; key: string; token: number }
  | { kind: "field"; key: string; field: string; equals: string | null }
  | { kind: "value"; key: string; equals: string | null };

/** One change. Values are strings (JSON where they are structured). */
export type Op =
  | { op: "hset"; key: string; field: string; value: string }
  | { op: "hdel"; key: string; field: string }
  | { op: "hincrby"; key: string; field: string; by: number }
  | { op: "zadd"; key: string; score: number; member: string }
  | { op: "zrem"; key: string; member: string }
  | { op: "set"; key: string; value: string }
  | { op: "del"; key: string }
  | { op: "rpush"; key: string; value: string; keepLast: number }
  | { op: "xack"; key: string; group: string; id: string };

/** An event about to be said. `data` is checked against the catalog. */
export type EventDraft = {
  type: string;
  data: unknown;
  /** Default: the payload's slug. */
  subject?: string;
  correlationId?: string;
  causationId?: string;
  /** The place in a trace that it is said from; where a span is active, that one counts. What is none is left out. */
  traceparent?: string;
  tracestate?: string;
  /** Default: a new UUIDv7. Given by who may have to say it again after a lost reply. */
  id?: string;
};

/** `duplicate`: it had been said before, and this is the first one's id. */
export type EmitResult = { id: string; streamId: string; duplicate: boolean };

export type WriteRequest = { guards?: readonly Guard[]; ops?: readonly Op[]; events?: readonly EventDraft[] };

export type WriteOutcome =
  | { kind: "written"; nowMs: number; events: EmitResult[] }
  | { kind: "guard_failed"; guard: Guard; nowMs: number };

export type AtomicWriter = {
  /**
   * All of it or nothing. Throws a Failure: `invalid_event`, `unknown_event_type`, `event_too_large`,
   * `idempotency_conflict` (bad input), `reserved_event_type` (refused), `bus_full` (temporary), `wrong_key_type`, or
   * what the connection throws. Events alone, without guards and ops, are put together with others of the same moment.
   */
  write(request: WriteRequest): Promise<WriteOutcome>;
};

/** Who may say what only the line itself can know. */
export const speakerRoles = ["integrator", "platform"] as const;

export type WriterOptions = {
  redis: Redis;
  keys: Keys;
  catalog: Catalog;
  /** `eventSource(...)`: who says it. */
  source: string;
  /** One of `speakerRoles` may say reserved types, and goes on above the memory watermark. */
  role: string;
  /** Default: none. */
  traces?: Traces;
};

/** The share of `maxmemory` above which nothing new is taken, so that what has begun can be finished. */
const watermark = 0.9;

const script = defineScript(
  "atomic-write",
  readFileSync(new URL("./atomic-write.lua", import.meta.url), "utf8"),
);

/** A writer for one speaker. Holds no state but what waits to be sent. */
export function createWriter(options: WriterOptions): AtomicWriter {
  const { redis, keys, traces = noTraces } = options;
  const speaker = speakerRoles.some((role) => role === options.role);
  const refuseWhenFull = speaker ? () => null : memoryWatermark(redis, watermark);

  async function call(request: WriteRequest, events: PreparedEvent[], mode: "all" | "each") {
    // Awaited only where Redis must be asked: else the call leaves in the very turn it was made in.
    const looking = events.length > 0 ? refuseWhenFull() : null;
    if (looking !== null) await looking;
    const encoded = encodeCall(keys, {
      guards: request.guards ?? [],
      ops: request.ops ?? [],
      events,
      // A new one each time: a log that was emptied under us must not get its old epoch again.
      freshEpoch: randomBytes(8).toString("hex"),
      mode,
    });
    try {
      return checked(decodeAnswer(await redis.script(script, encoded.keys, encoded.args)));
    } catch (error) {
      throw events.length > 0 && isFailure(error, "redis_out_of_memory") ? busFull(error) : error;
    }
  }

  const sayOne = coalesce<PreparedEvent, { nowMs: number; outcome: EventOutcome }>(
    async (events) => {
      const answer = await call({}, events, "each");
      if (answer.kind !== "written") throw new Error(`A write without guards answered ${answer.kind}.`);
      return answer.events.map((outcome) => ({ nowMs: answer.nowMs, outcome }));
    },
    { items: 128, inFlight: 4 },
  );

  return {
    write: (request) => sayTraced(traces, request, write),
  };

  async function write(request: WriteRequest): Promise<WriteOutcome> {
    const events = (request.events ?? []).map((draft) => prepare(draft, options, speaker));
    const [only] = events;
    const alone = !request.guards?.length && !request.ops?.length && events.length === 1;
    if (alone && only !== undefined) {
      const { nowMs, outcome } = await sayOne(only);
      return { kind: "written", nowMs, events: [emitResult(only, outcome)] };
    }
    const answer = await call(request, events, "all");
    switch (answer.kind) {
      case "written":
        return {
          kind: "written",
          nowMs: answer.nowMs,
          events: events.map((event, index) => emitResult(event, answer.events[index])),
        };
      case "conflict":
        throw conflictFailure(events[answer.event]?.type, answer.streamId);
      case "guard_failed": {
        const guard = request.guards?.[answer.guard];
        if (guard === undefined) throw new Error("atomic-write.lua named a guard that was not there");
        return { kind: "guard_failed", guard, nowMs: answer.nowMs };
      }
      default:
        return answer satisfies never;
    }
  }
}

function prepare(draft: EventDraft, { catalog, source }: WriterOptions, speaker: boolean): PreparedEvent {
  // Who may say it comes before what it says: to the rest its fields are none of their business.
  if (!speaker && catalog.find(draft.type)?.reserved) throw reservedFailure(draft.type);
  const { definition, data, dataschema, key, digest } = catalog.validate(draft.type, draft.data);
  const id = draft.id ?? newEventId();
  const idempotencykey = key ?? `${draft.type}:${id}`;
  const subject = draft.subject ?? subjectOf(data);
  const text = openEnvelopeText({
    specversion: "1.0",
    id,
    source,
    type: draft.type,
    subject,
    dataschema,
    datacontenttype: "application/json",
    data,
    idempotencykey,
    eventlevel: definition.level,
    visibility: definition.visibility,
    correlationid: draft.correlationId,
    causationid: draft.causationId,
    ...traceContextOf(draft),
  });
  return { id, type: draft.type, key: idempotencykey, digest, text };
}

function emitResult({ id, type }: PreparedEvent, outcome: EventOutcome | undefined): EmitResult {
  switch (outcome?.kind) {
    case "said":
      return { id, streamId: outcome.streamId, duplicate: false };
    case "duplicate":
      return { id: outcome.id, streamId: outcome.streamId, duplicate: true };
    case "conflict":
      throw conflictFailure(type, outcome.streamId);
    case undefined:
      throw new Error("atomic-write.lua left an event out");
  }
}

function checked(answer: ScriptAnswer): Exclude<ScriptAnswer, { kind: "wrong_type" }> {
  if (answer.kind === "wrong_type") throw wrongKeyType(answer.key, answer.found);
  return answer;
}
