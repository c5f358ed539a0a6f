/**
 * One atomic write: check guards, change state, append events, acknowledge — all or nothing, in one Lua script.
 *
 * Every durable change of Signalbox goes through here: an emit is a write with one event and no guard; the processor's
 * commit is a write guarded by its lease and cursor; a queue move is a write guarded by the integrator's lease and the
 * item's former value, with its event. So a status and its event can never part, and a stale writer can never write.
 * Decisions are made in Node by pure functions over what was read; the guard says "only if that is still so"; a failed
 * guard means read again and decide again.
 */

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
  traceparent?: string;
};

/** `duplicate`: it had been said before, and this is the first one's id. */
export type EmitResult = { id: string; streamId: string; duplicate: boolean };

export type WriteRequest = { guards?: readonly Guard[]; ops?: readonly Op[]; events?: readonly EventDraft[] };

export type WriteOutcome =
  | { kind: "written"; nowMs: number; events: EmitResult[] }
  | { kind: "guard_failed"; guard: Guard; nowMs: number };

export type AtomicWriter = {
  /** All of it or nothing. Throws a Failure where an event is refused or Redis cannot take it. */
  write(request: WriteRequest): Promise<WriteOutcome>;
};
