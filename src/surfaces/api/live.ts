/**
 * What everybody who watches is told: events as they come, and the board whenever it changed. One follower of the log and
 * one watcher of the board serve all; the watcher rests while nobody watches.
 *
 * Guaranteed: every event of the log after `since`, in its order, once to every listener. The board is the newest one at
 * the moment of its sending; those in between are left out. The price: a change that is no event (a phase, a judgement)
 * is seen within `lookEveryMs`, and who watches a large board in a crowd gets fewer of them: boards are told to some at a
 * time, so that no event waits behind the boards of others.
 */
import { sameBoard, sameLine } from "../../board/board.ts";
import type { Desk } from "../../board/desk.ts";
import { eventShape } from "../../board/desk-log.ts";
import type { Board } from "../../board/shapes-of-api.ts";
import { monotonicMs, pause } from "../../clock.ts";
import { describeError } from "../../errors.ts";
import { followEvents } from "../../events/stream.ts";
import { createWake } from "../../events/wake.ts";
import { type Frame, frameOf, logFrame } from "./frames.ts";

export type Listener = {
  /** An event of the log. */
  log(frame: Frame): void;
  /** The newest board; it replaces every one before. */
  board(frame: Frame): void;
};

export type Live = {
  /** Every event after `since` will be told, from now on. Throws what Redis throws where it is away. */
  listen(listener: Listener): Promise<{ since: string; end(): void }>;
  listeners(): number;
  /** The desk is another one, perhaps with other types of events. */
  refresh(): void;
  close(): Promise<void>;
};

export type LiveLog = { warn(fields: Record<string, unknown>, message: string): void };

/** At most ten boards a second; of large ones to many, so many bytes at once, and then a pause. */
const boardEveryMs = 100;
const bytesAtOnce = 8_000_000;
const betweenMs = 80;
const lookEveryMs = 200;
/** Sessions come and go without any of what is looked at; and the processor's place is news this often. */
const readAnywayMs = 2000;
const tryAgainMs = 500;

/** Opens nothing before the first listener comes. */
export function openLive({ desk, log }: { desk: () => Desk; log: LiveLog }): Live {
  const listeners = new Set<Listener>();
  const closing = new AbortController();
  const wake = createWake();
  const follower = openFollower();
  let watching: Promise<void> | null = null;
  let board: { value: Board; frame: Frame } | null = null;
  /** Who has not been told of the board yet. */
  const waiting = new Set<Listener>();

  async function watch(): Promise<void> {
    let seen = "";
    let readMs = Number.NEGATIVE_INFINITY;
    while (listeners.size > 0 && !closing.signal.aborted) {
      try {
        const pulse = await desk().pulse();
        const isDue = board === null || monotonicMs() - readMs > readAnywayMs;
        if (isDue || pulse !== seen) {
          seen = pulse;
          if (isDue) readMs = monotonicMs();
          await readBoard(isDue ? sameBoard : sameLine);
        }
        await tell();
        await pause(boardEveryMs, closing.signal);
        await wake.wait(lookEveryMs - boardEveryMs);
      } catch (error) {
        log.warn({ error: describeError(error) }, "The board could not be read; it is tried again.");
        await pause(tryAgainMs, closing.signal);
      }
    }
    board = null;
  }

  async function readBoard(isSame: (a: Board, b: Board) => boolean): Promise<void> {
    const value = await desk().board();
    if (board !== null && isSame(board.value, value)) return;
    board = { value, frame: frameOf({ event: "board", data: JSON.stringify(value) }) };
    for (const listener of listeners) waiting.add(listener);
  }

  /** Some at a time; who comes meanwhile is told, too. */
  async function tell(): Promise<void> {
    let bytes = 0;
    for (const listener of waiting) {
      if (board === null || closing.signal.aborted) return;
      waiting.delete(listener);
      listener.board(board.frame);
      bytes += board.frame.length;
      if (bytes < bytesAtOnce) continue;
      bytes = 0;
      await pause(betweenMs, closing.signal);
    }
  }

  /** Follows the log from its end at the first call, until the end of everything. */
  function openFollower() {
    let restart = new AbortController();
    let last: string | null = null;
    let running: Promise<void> | null = null;
    async function run(): Promise<void> {
      while (!closing.signal.aborted) {
        const signal = AbortSignal.any([closing.signal, restart.signal]);
        try {
          for await (const stored of followEvents(desk().source, { since: last ?? "0-0" }, signal)) {
            last = stored.streamId;
            const frame = logFrame(eventShape(stored));
            for (const listener of listeners) listener.log(frame);
            wake.call();
          }
        } catch (error) {
          log.warn({ error: describeError(error) }, "The log could not be followed; it is tried again.");
          await pause(tryAgainMs, closing.signal);
        }
      }
    }
    return {
      async begin(): Promise<void> {
        if (last !== null) return;
        const { items } = await desk().events({ before: "", limit: 1 });
        // Two may have asked at once.
        last ??= items[0]?.streamid ?? "0-0";
        running ??= run();
      },
      last: () => last ?? "0-0",
      restart() {
        restart.abort();
        restart = new AbortController();
      },
      ended: async () => running,
    };
  }

  return {
    async listen(listener) {
      await follower.begin();
      listeners.add(listener);
      const since = follower.last();
      const end = () => {
        listeners.delete(listener);
        waiting.delete(listener);
      };
      waiting.add(listener);
      watching ??= watch().finally(() => {
        watching = null;
        board = null;
      });
      wake.call();
      return { since, end };
    },
    listeners: () => listeners.size,
    refresh: () => follower.restart(),
    async close() {
      closing.abort();
      wake.call();
      await Promise.all([watching, follower.ended()]);
    },
  };
}
