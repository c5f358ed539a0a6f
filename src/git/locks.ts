/**
 * Lock files that nobody owns, in a bare repository of ours. A git that is killed leaves them, and each blocks every
 * later update of its ref for ever; that of a pack it had just fetched (`.keep`) keeps it from ever being packed. One is removed only where no git is at work in that folder (seen in /proc), or, on
 * systems without /proc, once it is ten minutes old: ref locks live for milliseconds.
 */

import { readdir, readFile, readlink, realpath, rm, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import { wallMs } from "../clock.ts";
import { shownByProc } from "../process-identity.ts";

const minAgeMs = 1_000;
const blindAgeMs = 600_000;

/** Removes stale lock files of the bare repository at `directory`; answers their paths. A lock younger than a second stays. */
export async function removeStaleLocks(directory: string): Promise<string[]> {
  const locks = await findLocks(directory);
  if (locks.length === 0) return [];
  const lookedAtMs = wallMs();
  const atWork = await gitAtWork(directory);
  if (atWork === "yes") return [];
  const oldEnoughMs = atWork === "no" ? minAgeMs : blindAgeMs;
  const removed: string[] = [];
  for (const path of locks) {
    const found = await stat(path).catch(() => null);
    // Made after the look began, its owner may have come after it, too.
    if (found === null || lookedAtMs - found.mtimeMs < oldEnoughMs) continue;
    await rm(path, { force: true });
    removed.push(path);
  }
  return removed;
}

async function findLocks(directory: string): Promise<string[]> {
  const flat = async (folder: string): Promise<string[]> => {
    const names = await readdir(folder).catch(() => []);
    return names.filter((name) => name.endsWith(".lock")).map((name) => join(folder, name));
  };
  const deep = async (folder: string): Promise<string[]> => {
    const names = await readdir(folder, { recursive: true }).catch(() => []);
    return names.filter((name) => name.endsWith(".lock")).map((name) => join(folder, name));
  };
  const found = await Promise.all([
    flat(directory),
    flat(join(directory, "objects", "info")),
    deep(join(directory, "refs")),
    fetchedPacks(join(directory, "objects", "pack")),
  ]);
  return found.flat();
}

/** The locks of packs that a fetch has not yet pointed refs at. A person's own `.keep` says something else. */
async function fetchedPacks(folder: string): Promise<string[]> {
  const found: string[] = [];
  for (const name of await readdir(folder).catch(() => [])) {
    if (!name.endsWith(".keep")) continue;
    const path = join(folder, name);
    const text = await readFile(path, "utf8").catch(() => "");
    if (text.startsWith("fetch-pack ")) found.push(path);
  }
  return found;
}

/** Those of ours that run for as long as we do, and only read. */
const readers: ReadonlySet<string> = new Set(["cat-file", "diff-tree"]);

/** Whether some git that may hold a lock runs in `directory`. */
async function gitAtWork(directory: string): Promise<"yes" | "no" | "cannot_tell"> {
  const real = await realpath(directory);
  const pids = await readdir("/proc").catch(() => []);
  const numbers = pids.filter((name) => /^\d+$/.test(name));
  if (numbers.length === 0) return "cannot_tell";
  for (const pid of numbers) {
    const command = (await shownByProc(Number(pid), "cmdline")) ?? "";
    const words = command.split("\0");
    if (!/(?:^|\/)git(?:-[a-z-]+)?$/.test(words[0] ?? "") || readers.has(words[1] ?? "")) continue;
    const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => "");
    const inside = cwd === real || cwd.startsWith(`${real}${sep}`);
    if (inside || words.some((word) => word.includes(real) || word.includes(directory))) return "yes";
  }
  return "no";
}
