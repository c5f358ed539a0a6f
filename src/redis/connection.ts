/**
 * The one door to Redis: a small port over node-redis, so that nothing outside this room knows which client or which
 * engine answers.
 *
 * Guaranteed: every call settles within its deadline, also where the server is frozen or the connection half open; a
 * command is sent at most once (a lost reply is the caller's to judge: `redis_timeout` and `redis_unreachable` mean "may
 * or may not have been done"); the first command after a loss opens a new connection, paced by a capped, jittered
 * backoff. The price: one late answer costs the whole connection, and with it the other commands in flight.
 */
import { createHash } from "node:crypto";
import { ErrorReply } from "@redis/client/dist/lib/errors.js";
import { pause } from "../clock.ts";
import { type Failure, isFailure, unavailable } from "../errors.ts";
import { classifyReply, failureOfReply } from "./failure.ts";
import type { Link } from "./link.ts";
import { movedTo, openRoute } from "./route.ts";
import { type Address, describeTarget, type RedisTarget } from "./target.ts";

/** What Redis answers, as RESP2 shapes it. */
export type Reply = string | number | null | Reply[];

/** A Lua script: its text, and its SHA-1, by which it is called. */
export type Script = { readonly name: string; readonly text: string; readonly sha: string };

export type Redis = {
  /** One command. `deadlineMs` bounds the wait for the answer (a frozen server answers never): default 5000. */
  command(args: readonly (string | number)[], options?: { deadlineMs?: number }): Promise<Reply>;
  /** Several commands in one round trip, not atomic. Fails with the first error. */
  pipeline(commands: readonly (readonly (string | number)[])[]): Promise<Reply[]>;
  /**
   * Runs a script: the first time on this connection by its text, then by its hash, and by its text again where the
   * server has forgotten it. Keys are declared.
   */
  script(script: Script, keys: readonly string[], args: readonly (string | number)[]): Promise<Reply>;
  /** A connection of its own, for one blocking reader. */
  duplicate(): Promise<Redis>;
  /** Ends it; commands in flight fail. Never throws. */
  close(): Promise<void>;
};

export type ConnectOptions = {
  /** How long a command may wait for its answer, ms; default 5000. A command can say otherwise. */
  deadlineMs?: number;
};

/** What a call needs to know of the connection. `failures` counts since the last good answer and sets the backoff. */
type State = {
  target: RedisTarget;
  deadlineMs: number;
  link: Link | null;
  opening: Promise<Link> | null;
  failures: number;
  hint: Address | null;
  closing: AbortController;
  /** Those it has called. */
  scripts: WeakSet<Script>;
};

/** Within one call: `expired` stops a command that still waited for a connection from being sent after all. */
type Call = { link: Link | null; expired: boolean };

const defaultDeadlineMs = 5000;
/** Why a connection was closed. Given, because the reason that is made otherwise costs a short command more than closing. */
const closedHere = "closed by its owner";
const firstPauseMs = 25;
const longestPauseMs = 2000;
const redirectsAtMost = 5;

/**
 * Connects to the server behind `target` and sees it answer. Throws `redis_unreachable` (unavailable) at the first
 * failure, `redis_denied` where user or password are wrong.
 */
export async function connect(target: RedisTarget, options: ConnectOptions = {}): Promise<Redis> {
  const state: State = {
    target,
    deadlineMs: options.deadlineMs ?? defaultDeadlineMs,
    link: null,
    opening: null,
    failures: 0,
    hint: null,
    closing: new AbortController(),
    scripts: new WeakSet(),
  };
  try {
    await bounded(state, state.deadlineMs, () => currentLink(state), "the connection");
  } catch (error) {
    // A link that opens a moment too late would belong to nobody.
    state.closing.abort(closedHere);
    state.link?.destroy();
    throw error;
  }
  const command: Redis["command"] = (args, { deadlineMs = state.deadlineMs } = {}) => {
    const texts = args.map(String);
    return bounded(state, deadlineMs, (call) => send(state, call, texts), texts[0] ?? "");
  };
  return {
    command,
    pipeline: (commands) => {
      const lists = commands.map((args) => args.map(String));
      return bounded(state, state.deadlineMs, (call) => sendAll(state, call, lists), "a pipeline");
    },
    script: async (script, keys, args) => {
      const tail = [keys.length, ...keys, ...args];
      // A command calls a script once: its digest costs more than sending it, and the server may not know it anyway.
      if (!state.scripts.has(script)) {
        state.scripts.add(script);
        return command(["EVAL", script.text, ...tail]);
      }
      try {
        return await command(["EVALSHA", script.sha, ...tail]);
      } catch (error) {
        if (!isFailure(error, "redis_script_missing")) throw error;
        return command(["EVAL", script.text, ...tail]);
      }
    },
    duplicate: () => connect(target, options),
    close: async () => {
      state.closing.abort(closedHere);
      state.link?.destroy();
      await state.opening?.catch(() => undefined);
    },
  };
}

/** A script ready to be called. `name` is for people only. The digest is made at the first call: many are never called. */
export function defineScript(name: string, text: string): Script {
  let sha: string | null = null;
  return {
    name,
    text,
    get sha() {
      sha ??= createHash("sha1").update(text).digest("hex");
      return sha;
    },
  };
}

async function send(state: State, call: Call, args: readonly string[]): Promise<Reply> {
  call.link = state.link?.alive() ? state.link : await currentLink(state);
  if (call.expired) throw closedOrLost(state);
  return sendOn(state, call, call.link, args);
}

async function sendAll(state: State, call: Call, lists: readonly (readonly string[])[]): Promise<Reply[]> {
  const link = await currentLink(state);
  call.link = link;
  if (call.expired) throw closedOrLost(state);
  // Written in one tick, so one round trip. All are awaited: a rejection that nobody awaits would end the process.
  const settled = await Promise.allSettled(lists.map((args) => sendOn(state, call, link, args)));
  return settled.map((outcome) => {
    if (outcome.status === "rejected") throw outcome.reason;
    return outcome.value;
  });
}

async function sendOn(state: State, call: Call, first: Link, args: readonly string[]): Promise<Reply> {
  let link = first;
  for (let redirects = 0; ; redirects += 1) {
    try {
      return await link.send(args);
    } catch (error) {
      const name = args[0] ?? "";
      if (!(error instanceof ErrorReply)) {
        drop(state, link);
        throw closedOrLost(state, name, error);
      }
      const { class: kind, elsewhere } = classifyReply(error.message);
      if (elsewhere) drop(state, link);
      if (kind !== "moved" || redirects === redirectsAtMost) {
        throw failureOfReply(name, error.message, link.where);
      }
      // MOVED is a refusal: nothing was done, so following it sends nothing twice.
      if (state.link === link) {
        state.hint = movedTo(error.message, link.where);
        drop(state, link);
        state.failures = 0;
      }
      link = await currentLink(state);
      call.link = link;
      if (call.expired) throw closedOrLost(state);
    }
  }
}

/** The live link, or a new one; callers that come meanwhile share the attempt and its failure. */
function currentLink(state: State): Promise<Link> {
  if (state.closing.signal.aborted) return Promise.reject(closedOrLost(state));
  if (state.link?.alive()) return Promise.resolve(state.link);
  if (state.link) drop(state, state.link);
  state.opening ??= openNext(state).finally(() => {
    state.opening = null;
  });
  return state.opening;
}

async function openNext(state: State): Promise<Link> {
  if (state.failures > 0) await pause(backoffMs(state.failures), state.closing.signal);
  if (state.closing.signal.aborted) throw closedOrLost(state);
  try {
    const link = await openRoute(state.target, state.hint, state.deadlineMs);
    if (state.closing.signal.aborted) {
      link.destroy();
      throw closedOrLost(state);
    }
    state.failures = 0;
    state.link = link;
    return link;
  } catch (error) {
    state.failures += 1;
    state.hint = null;
    throw error;
  }
}

/** A lost link is a first failure, so that a server that accepts and hangs up is not hammered. */
function drop(state: State, link: Link): void {
  link.destroy();
  if (state.link !== link) return;
  state.link = null;
  state.failures = Math.max(1, state.failures);
}

function backoffMs(failures: number): number {
  const ceiling = Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(failures, 10));
  return ceiling / 2 + Math.random() * (ceiling / 2);
}

/** Runs `work`, but not longer than `deadlineMs`; then the link it used is cut and the caller told. */
function bounded<T>(
  state: State,
  deadlineMs: number,
  work: (call: Call) => Promise<T>,
  what: string,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const call: Call = { link: null, expired: false };
    let settled = false;
    const expire = (): void => {
      if (settled) return;
      call.expired = true;
      if (call.link) drop(state, call.link);
      reject(timedOut(state, what, deadlineMs));
    };
    // After this process itself was stopped, timers fire before the sockets are read: an answer that is there wins.
    const timer = setTimeout(() => setImmediate(expire), deadlineMs);
    const settle = <V>(finish: (value: V) => void, value: V): void => {
      settled = true;
      clearTimeout(timer);
      finish(value);
    };
    work(call).then(
      (value) => settle(resolve, value),
      (error: unknown) => settle(reject, error),
    );
  });
}

function timedOut(state: State, what: string, deadlineMs: number): Failure {
  const where = describeTarget(state.target);
  return unavailable("redis_timeout", `Redis at ${where} did not answer ${what} within ${deadlineMs} ms`);
}

function closedOrLost(state: State, command?: string, cause?: unknown): Failure {
  const where = describeTarget(state.target);
  if (state.closing.signal.aborted) {
    return unavailable("redis_closed", `The connection to Redis at ${where} is closed`);
  }
  const during = command === undefined ? "" : ` while ${command} waited for its answer`;
  return unavailable("redis_unreachable", `The connection to Redis at ${where} was lost${during}`, { cause });
}
