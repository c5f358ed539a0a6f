/** What a world may leave behind when it has ended: nothing. */
import { readdir, readFile, readlink } from "node:fs/promises";
import { join } from "node:path";

export type ProcessSeen = { pid: number; command: string; state: string };

/** Living processes whose folder, arguments or environment name `place`. Linux only: elsewhere it sees none. */
export async function processesOf(place: string): Promise<ProcessSeen[]> {
  const names = await readdir("/proc").catch(() => []);
  const pids = names.filter((name) => /^\d+$/.test(name)).map(Number);
  const seen = await Promise.all(pids.filter((pid) => pid !== process.pid).map((pid) => look(pid, place)));
  return seen.filter((found) => found !== null);
}

async function look(pid: number, place: string): Promise<ProcessSeen | null> {
  const folder = `/proc/${pid}`;
  const read = (name: string) => readFile(join(folder, name), "utf8").catch(() => "");
  const [command, environment, stat] = await Promise.all([read("cmdline"), read("environ"), read("stat")]);
  const directory = await readlink(join(folder, "cwd")).catch(() => "");
  const state = /\) (\w)/.exec(stat)?.[1] ?? "";
  const isOurs = [command, environment, directory].some((text) => text.includes(place));
  // A zombie has ended; whoever started it has only not asked yet.
  return isOurs && state !== "Z" && state !== ""
    ? { pid, command: command.replaceAll("\0", " ").trim(), state }
    : null;
}

/** Files below `directory` that only a crash or a forgetful hand leaves: locks and half-written files. */
export async function strayFiles(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile() || entry.isSocket())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => /\.lock$|\/tmp_(obj|pack|idx)_|\.tmp($|[-.])|\.partial$|\.sock$/.test(path));
}
