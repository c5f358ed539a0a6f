/** The arguments and answers of atomic-write.lua. Pure: the script's header says what they mean. */
import type { Reply } from "../redis/connection.ts";
import type { Keys } from "../redis/keys.ts";
import type { Guard, Op } from "./atomic-write.ts";

/** An event ready for the script: its envelope's text lacks the last brace. */
export type PreparedEvent = { id: string; type: string; key: string; digest: string; text: string };

export type ScriptCall = {
  guards: readonly Guard[];
  ops: readonly Op[];
  events: readonly PreparedEvent[];
  /** Used where the log has no epoch yet. */
  freshEpoch: string;
  /** Whether one event's conflict stops all, or only itself. */
  mode: "all" | "each";
};

export type EventOutcome =
  | { kind: "said"; streamId: string }
  /** `id`: of the one that was said first. */
  | { kind: "duplicate"; streamId: string; id: string }
  /** `streamId`: of the one it contradicts; empty where that is in the same write. */
  | { kind: "conflict"; streamId: string };

export type ScriptAnswer =
  | { kind: "written"; nowMs: number; events: EventOutcome[] }
  | { kind: "guard_failed"; nowMs: number; guard: number }
  | { kind: "conflict"; nowMs: number; event: number; streamId: string }
  | { kind: "wrong_type"; nowMs: number; key: string; found: string };

type Step = { command: string; key: string; args: (string | number)[] };

/** Redis' Lua takes a few thousand arguments at a time. */
const longestArguments = 2000;

const letters = {
  hset: "h",
  hdel: "h",
  hincrby: "h",
  zadd: "z",
  zrem: "z",
  set: "s",
  del: "*",
  rpush: "l",
  xack: "x",
} as const satisfies Record<Op["op"], string>;

/** The keys and arguments of one call. */
export function encodeCall(keys: Keys, call: ScriptCall): { keys: string[]; args: (string | number)[] } {
  const named = new Map([
    [keys.meta, "h"],
    [keys.stream, "x"],
    [keys.idempotency, "h"],
  ]);
  for (const guard of call.guards) noteType(named, guard.key, guard.kind === "value" ? "s" : "h");
  for (const op of call.ops) noteType(named, op.key, letters[op.op]);
  const names = [...named.keys()];
  const positions = new Map(names.map((key, index) => [key, index + 1]));
  const position = (key: string) => positions.get(key) ?? 0;
  const steps = stepsOf(call.ops);
  const args = [
    call.freshEpoch,
    call.mode,
    [...named.values()].join(""),
    call.guards.length,
    ...call.guards.flatMap((guard) => guardArgs(guard, position(guard.key))),
    call.events.length,
  ];
  for (const { key, digest, id, type, text } of call.events) args.push(key, digest, id, type, text);
  args.push(steps.length);
  for (const step of steps) {
    args.push(step.command, position(step.key), step.args.length);
    for (const arg of step.args) args.push(arg);
  }
  return { keys: names, args };
}

/** Throws where the answer is none of the script's. */
export function decodeAnswer(reply: Reply): ScriptAnswer {
  if (!Array.isArray(reply)) throw new Error("atomic-write.lua answered with something else than a list");
  const [kind, now, ...rest] = reply;
  const nowMs = Number(now);
  switch (kind) {
    case "written":
      return { kind, nowMs, events: rest.map((outcome) => eventOutcome(String(outcome))) };
    case "guard_failed":
      return { kind, nowMs, guard: Number(rest[0]) - 1 };
    case "conflict":
      return { kind, nowMs, event: Number(rest[0]) - 1, streamId: String(rest[1]) };
    case "wrong_type":
      return { kind, nowMs, key: String(rest[0]), found: String(rest[1]) };
    default:
      throw new Error(`atomic-write.lua answered ${String(kind)}`);
  }
}

function noteType(named: Map<string, string>, key: string, letter: string): void {
  const known = named.get(key);
  if (known === undefined || known === "*") named.set(key, letter);
  else if (letter !== "*" && letter !== known)
    throw new Error(`One write takes ${key} for two types of key.`);
}

function guardArgs(guard: Guard, position: number): (string | number)[] {
  if (guard.kind === "lease") return ["L", position, guard.token, "-"];
  const expected = guard.equals === null ? "-" : `=${guard.equals}`;
  return guard.kind === "field" ? ["F", position, guard.field, expected] : ["V", position, "", expected];
}

/** Ops in order, those that Redis can take in one command put together: one write per touched key. */
function stepsOf(ops: readonly Op[]): Step[] {
  const steps: Step[] = [];
  const open = new Map<string, Step>();
  for (const op of ops) {
    const { command, shared, args } = stepOf(op);
    const last = open.get(op.key);
    const [group] = args;
    const fits =
      last?.command === command &&
      last.args.length < longestArguments &&
      (command !== "XACK" || last.args[0] === group);
    if (shared && last !== undefined && fits) {
      last.args.push(...(command === "XACK" ? args.slice(1) : args));
      continue;
    }
    const step = { command, key: op.key, args };
    steps.push(step);
    open.set(op.key, step);
  }
  return steps;
}

function stepOf(op: Op): { command: string; shared: boolean; args: (string | number)[] } {
  switch (op.op) {
    case "hset":
      return { command: "HSET", shared: true, args: [op.field, op.value] };
    case "hdel":
      return { command: "HDEL", shared: true, args: [op.field] };
    case "hincrby":
      return { command: "HINCRBY", shared: false, args: [op.field, integer(op.by)] };
    case "zadd":
      return { command: "ZADD", shared: true, args: [finite(op.score), op.member] };
    case "zrem":
      return { command: "ZREM", shared: true, args: [op.member] };
    case "set":
      return { command: "SET", shared: false, args: [op.value] };
    case "del":
      return { command: "DEL", shared: false, args: [] };
    case "rpush":
      return { command: "RPUSH", shared: false, args: [op.value, integer(op.keepLast)] };
    case "xack":
      return { command: "XACK", shared: true, args: [op.group, streamId(op.id)] };
    default:
      return op satisfies never;
  }
}

function integer(value: number): number {
  if (!Number.isSafeInteger(value)) throw new Error(`${value} is no integer that Redis could count with.`);
  return value;
}

function finite(value: number): number {
  if (!Number.isFinite(value)) throw new Error(`${value} is no score.`);
  return value;
}

function streamId(id: string): string {
  if (!/^\d{1,20}-\d{1,20}$/.test(id)) throw new Error(`${JSON.stringify(id)} is no stream id.`);
  return id;
}

function eventOutcome(text: string): EventOutcome {
  if (text.startsWith("!")) return { kind: "conflict", streamId: text.slice(1) };
  if (!text.startsWith("=")) return { kind: "said", streamId: text };
  const blank = text.indexOf(" ");
  return { kind: "duplicate", streamId: text.slice(1, blank), id: text.slice(blank + 1) };
}
