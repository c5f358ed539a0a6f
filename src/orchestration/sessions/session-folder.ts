/**
 * Where sessions are kept, and the marks in their folders whose time says something: `silent` is there while a session is
 * silent, `pulse` was touched by the last call of its own.
 */
import { readdir, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { wallMs } from "../../clock.ts";

type Mark = "silent" | "pulse";

/** The folder of all sessions. */
export function sessionsFolder(privateDir: string): string {
  return join(privateDir, "sessions");
}

/** Where a session's output is. */
export function logFolder(folder: string): string {
  return join(folder, "log");
}

/** A session's folder; null for what cannot be an id. */
export function folderOf(privateDir: string, id: string): string | null {
  return idPattern.test(id) ? join(sessionsFolder(privateDir), id) : null;
}

const idPattern = /^[a-z0-9][a-z0-9-]{0,120}$/;

/** Names of the session folders there are. */
export async function sessionNames(privateDir: string): Promise<string[]> {
  const entries = await readdir(sessionsFolder(privateDir), { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

/** When a mark was last set, ms since the epoch; null: it is not there. */
export async function markedAtMs(folder: string, mark: Mark): Promise<number | null> {
  return stat(join(folder, mark)).then(
    ({ mtimeMs }) => mtimeMs,
    () => null,
  );
}

/** Sets a mark, at this machine's time of now. The folder must be there. */
export async function setMark(folder: string, mark: Mark): Promise<void> {
  const path = join(folder, mark);
  await writeFile(path, "", { mode: 0o600, flag: "a" });
  await utimes(path, wallMs() / 1000, wallMs() / 1000);
}

export async function removeMark(folder: string, mark: Mark): Promise<void> {
  await rm(join(folder, mark), { force: true });
}

/** A sign of life of the session that calls us; nothing where there is no such session here. */
export async function beat(privateDir: string, sessionId: string | null): Promise<void> {
  const folder = sessionId === null ? null : folderOf(privateDir, sessionId);
  // A session of another repository, or one that was pruned, has no folder here.
  if (folder !== null) await setMark(folder, "pulse").catch(() => {});
}
