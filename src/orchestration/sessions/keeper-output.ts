/**
 * Where a worker's output comes to its keeper: through named pipes, which unlike the sockets that a child gets usually can
 * be opened again by name (`echo … > /dev/stderr` in a script). In a terminal the worker has the terminal itself, and tmux
 * copies what it shows into the pipe.
 */

import { randomUUID } from "node:crypto";
import { closeSync, constants, open, openSync, rmSync, write } from "node:fs";
import { Socket } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { monotonicMs, pause } from "../../clock.ts";
import type { SessionRequest } from "./session-files.ts";
import { lastLineBytes, lastLineOf } from "./verdict.ts";

export type WorkerOutput = {
  /** For the worker's stdin, stdout and stderr. */
  stdio: ("ignore" | "inherit" | number)[];
  /** The worker has its ends, or will not get them: ours are closed. */
  handedOver(): void;
  /** Waits for the last bytes, a moment at most; then the last line of standard output. */
  finish(): Promise<string | null>;
};

/** Names of the pipes in a session's folder; made by the runner. */
export const pipeNames = { stdout: "stdout.pipe", stderr: "stderr.pipe" } as const;

/** Opens the way of the worker's output to `take`. Throws where a terminal is not connected within seconds. */
export function openOutput(
  folder: string,
  runner: SessionRequest["runner"],
  take: (chunk: Buffer) => void,
): Promise<WorkerOutput> {
  return runner === "tmux" ? terminalOutput(folder, take) : pipedOutput(folder, take);
}

async function pipedOutput(folder: string, take: (chunk: Buffer) => void): Promise<WorkerOutput> {
  const end = endOfText();
  const stdout = openPipe(join(folder, pipeNames.stdout));
  const stderr = openPipe(join(folder, pipeNames.stderr));
  const both = [
    receive(stdout.reading, (chunk) => {
      end.add(chunk);
      take(chunk);
    }),
    receive(stderr.reading, take),
  ];
  return {
    stdio: ["ignore", stdout.writing, stderr.writing],
    handedOver: () => {
      closeSync(stdout.writing);
      closeSync(stderr.writing);
    },
    async finish() {
      await Promise.race([Promise.all(both), pause(lastBytesWithinMs)]);
      return lastLineOf(end.bytes());
    },
  };
}

/** Both ends: the reader first, since a writer of a pipe that nobody reads would wait. */
function openPipe(path: string): { reading: number; writing: number } {
  const reading = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const writing = openSync(path, constants.O_WRONLY);
  rmSync(path);
  return { reading, writing };
}

/** Resolves at its end. */
function receive(descriptor: number, take: (chunk: Buffer) => void): Promise<void> {
  const socket = new Socket({ fd: descriptor, readable: true, writable: false });
  return new Promise((resolve) => {
    // An error here is an end, too: what came before it was taken.
    socket
      .on("data", take)
      .once("close", () => resolve())
      .on("error", () => {});
  });
}

async function terminalOutput(folder: string, take: (chunk: Buffer) => void): Promise<WorkerOutput> {
  const path = join(folder, pipeNames.stdout);
  const descriptor = await Promise.race([openWhenConnected(path), pause(connectedWithinMs)]);
  if (descriptor === undefined) {
    // A thread that waits for the other end would keep this process from ending: it gets one.
    closeSync(openSync(path, constants.O_RDWR | constants.O_NONBLOCK));
    throw new Error("tmux did not connect the terminal to the log");
  }
  rmSync(path);
  const end = endOfText();
  // The terminal stays open as long as this process; a word that nobody knows tells that everything before it has come.
  const word = Buffer.from(`\u001b]${randomUUID()}\u0007`);
  const until = untilWord(word);
  const closed = receive(descriptor, (chunk) => {
    const kept = until.take(chunk);
    end.add(kept);
    take(kept);
  });
  return {
    stdio: ["inherit", "inherit", "inherit"],
    handedOver: () => {},
    async finish() {
      // Not awaited: a terminal that is gone or stopped takes nothing.
      write(1, word, () => {});
      const deadline = monotonicMs() + lastBytesWithinMs;
      const gone = closed.then(() => true);
      while (!until.isComplete() && monotonicMs() < deadline)
        if (await Promise.race([gone, pause(10)])) break;
      return lastLineOf(end.bytes());
    },
  };
}

/** Passes on what comes before `word`, which may lie across two chunks (then its first bytes have gone through). */
function untilWord(word: Buffer): { take(chunk: Buffer): Buffer; isComplete(): boolean } {
  let carried = Buffer.alloc(0);
  let complete = false;
  return {
    take(chunk) {
      if (complete) return Buffer.alloc(0);
      const joined = Buffer.concat([carried, chunk]);
      const found = joined.indexOf(word);
      complete = found !== -1;
      const kept = complete ? chunk.subarray(0, Math.max(0, found - carried.length)) : chunk;
      carried = joined.subarray(Math.max(0, joined.length - word.length + 1));
      return kept;
    },
    isComplete: () => complete,
  };
}

/** Blocks, in a thread of its own, until tmux has opened the other end. */
function openWhenConnected(path: string): Promise<number> {
  return promisify(open)(path, constants.O_RDONLY);
}

/** Keeps the end of what is added. */
function endOfText(): { add(chunk: Uint8Array): void; bytes(): Uint8Array } {
  let end = Buffer.alloc(0);
  return {
    add: (chunk) => {
      end = Buffer.concat([end, chunk]).subarray(-lastLineBytes);
    },
    bytes: () => end,
  };
}

const lastBytesWithinMs = 3000;
const connectedWithinMs = 5000;
