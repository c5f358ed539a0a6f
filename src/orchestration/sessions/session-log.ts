/**
 * What a worker has printed, in files of a bounded size: the beginning, and the end. A part is named by the position of
 * its first byte (`000000000000.part`), so what was cut is what lies between two parts, and no count can disagree with the
 * files. On disk: the head, and at most two parts of the tail.
 */
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from "node:fs";
import { open, readdir, stat } from "node:fs/promises";
import { join } from "node:path";

export type LogLimits = {
  /** Bytes kept of the beginning. */
  headBytes: number;
  /** Bytes kept of the end, at least; at most twice as many. */
  tailBytes: number;
};

export const usualLogLimits: LogLimits = { headBytes: 1 << 20, tailBytes: 4 << 20 };

export type LogWriter = {
  /** Takes the next bytes. Never throws: what the disk does not take is cut, and the worker is not held up. */
  write(chunk: Uint8Array): void;
  close(): void;
};

/** Begins the log in `folder`. */
export function beginLog(folder: string, limits: LogLimits): LogWriter {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  let at = 0;
  let part: { fd: number; left: number } | null = null;
  const tailParts: string[] = [];

  function nextPart(): { fd: number; left: number } {
    const isHead = at < limits.headBytes;
    const path = join(folder, `${String(at).padStart(digits, "0")}${suffix}`);
    const opened = {
      fd: openSync(path, "w", 0o600),
      left: isHead ? limits.headBytes - at : limits.tailBytes,
    };
    if (!isHead) tailParts.push(path);
    const oldest = tailParts.length > 2 ? tailParts.shift() : undefined;
    if (oldest !== undefined) rmSync(oldest, { force: true });
    return opened;
  }

  function close(): void {
    const open = part;
    part = null;
    if (open !== null) closeSync(open.fd);
  }

  return {
    write(chunk) {
      let rest = chunk;
      try {
        while (rest.length > 0) {
          part ??= nextPart();
          const written = writeSync(part.fd, rest, 0, Math.min(rest.length, part.left));
          at += written;
          part.left -= written;
          rest = rest.subarray(written);
          if (part.left === 0) close();
        }
      } catch {
        // A full disk, most likely. The next part begins behind what was lost.
        at += rest.length;
        try {
          close();
        } catch {
          part = null;
        }
      }
    },
    close,
  };
}

export type LogPart = { from: number; to: number; path: string };

/** The parts there are, in order; none where nothing was printed yet. */
export async function logParts(folder: string): Promise<LogPart[]> {
  const names = await readdir(folder).catch(() => []);
  const parts: LogPart[] = [];
  for (const name of names.filter((each) => partName.test(each)).sort()) {
    const path = join(folder, name);
    // Null where the writer has just taken it away.
    const size = await stat(path).then(
      (found) => found.size,
      () => null,
    );
    const from = Number(name.slice(0, digits));
    if (size !== null) parts.push({ from, to: from + size, path });
  }
  return parts;
}

/** When something was last printed, ms since the epoch; null: never. */
export async function lastWrittenMs(folder: string): Promise<number | null> {
  const last = (await logParts(folder)).at(-1);
  return last === undefined
    ? null
    : stat(last.path).then(
        ({ mtimeMs }) => mtimeMs,
        () => null,
      );
}

export type LogSizes = { printed: number; cut: number };

/** How much was printed, and how much of it is not kept, bytes. */
export function sizesOf(parts: readonly LogPart[]): LogSizes {
  const printed = parts.at(-1)?.to ?? 0;
  const kept = parts.reduce((sum, { from, to }) => sum + (to - from), 0);
  return { printed, cut: printed - kept };
}

export type LogPiece =
  | { kind: "bytes"; from: number; bytes: Buffer }
  | { kind: "cut"; from: number; to: number };

/** Everything from position `from` on that is kept, with what was cut in between. Ends at what is there now. */
export async function* readLog(folder: string, from = 0): AsyncGenerator<LogPiece> {
  let at = from;
  for (const part of await logParts(folder)) {
    if (part.to <= at) continue;
    if (part.from > at) yield { kind: "cut", from: at, to: part.from };
    at = Math.max(at, part.from);
    for await (const bytes of bytesOf(part, at)) {
      yield { kind: "bytes", from: at, bytes };
      at += bytes.length;
    }
  }
}

/** A part that vanishes under the reader gives nothing: the next reading tells that it was cut. */
async function* bytesOf(part: LogPart, from: number): AsyncGenerator<Buffer> {
  const file = await open(part.path, "r").catch(() => null);
  if (file === null) return;
  try {
    for (let at = from; at < part.to; ) {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(Math.min(chunkBytes, part.to - at)), {
        position: at - part.from,
      });
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
      at += bytesRead;
    }
  } finally {
    await file.close();
  }
}

const suffix = ".part";
const digits = 15;
const partName = /^\d{15}\.part$/;
const chunkBytes = 65_536;
