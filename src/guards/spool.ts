/**
 * What the guards have stopped, on its way to the event stream. A script leaves a small file; the daemon says it and takes
 * it away. So a block costs no connection, and none is lost while Redis or the daemon is away. This is no store: what was
 * said is gone from here, and what is said twice (a crash between the two) is one event, because its id is the file's.
 */
import { createHash } from "node:crypto";
import { lstat, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { isoTime, wallMs } from "../clock.ts";
import { isFailure } from "../errors.ts";
import type { AtomicWriter } from "../events/atomic-write.ts";
import { redactUrl } from "../git/identity.ts";
import { readBlockRecord } from "./block-record.ts";
import { guardPlaces } from "./places.ts";

const blockedType = "domain.software-development.integration.guard.blocked";
/** A draft whose script was killed; younger ones are being written. */
const draftAgeMs = 3_600_000;
/** More than an event shows; and taking passwords out of a line costs its length squared. */
const longestBytes = 8 * 1024;

/** Says everything that waits, oldest first; answers how much. Throws what the writer throws: the rest stays. */
export async function sayBlocked(privateDir: string, writer: AtomicWriter): Promise<number> {
  let said = 0;
  for (const { path, mtimeMs, ino, isDraft } of await waiting(privateDir)) {
    if (isDraft) {
      if (wallMs() - mtimeMs > draftAgeMs) await rm(path, { force: true });
      continue;
    }
    const bytes = await readFile(path);
    const text = redactUrl(bytes.subarray(0, longestBytes).toString("utf8"));
    const blocked = readBlockRecord(text, isoTime(Math.floor(mtimeMs)));
    if (blocked !== null) {
      const id = idOf(`${path}\0${mtimeMs}\0${ino}\0`, bytes);
      const event = { type: blockedType, data: blocked, id };
      await writer.write({ events: [event] }).catch((error: unknown) => {
        // What the catalog does not take will never be taken: kept, it would keep back all others.
        if (!isFailure(error, "invalid_event")) throw error;
      });
      said += 1;
    }
    await rm(path, { force: true });
  }
  return said;
}

/** How many blocks wait to be said. */
export async function countWaiting(privateDir: string): Promise<number> {
  const names = await readdir(guardPlaces(privateDir).spool).catch(() => []);
  return names.filter((name) => !name.startsWith(".")).length;
}

type Waiting = { path: string; mtimeMs: number; ino: number; isDraft: boolean };

async function waiting(privateDir: string): Promise<Waiting[]> {
  const { spool } = guardPlaces(privateDir);
  const names = await readdir(spool).catch(() => []);
  const found = names.map(async (name): Promise<Waiting | null> => {
    const path = join(spool, name);
    const stats = await lstat(path).catch(() => null);
    if (stats?.isFile() !== true) return null;
    return { path, mtimeMs: stats.mtimeMs, ino: stats.ino, isDraft: name.startsWith(".") };
  });
  const there = (await Promise.all(found)).filter((each) => each !== null);
  return there.sort((one, other) => one.mtimeMs - other.mtimeMs);
}

/** A UUID (version 8) of the file, the same at every reading. */
function idOf(identity: string, bytes: Buffer): string {
  const hex = createHash("sha256").update(identity).update(bytes).digest("hex");
  const parts = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ];
  return parts.join("-");
}
