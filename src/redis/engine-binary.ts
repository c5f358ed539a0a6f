/** Finds the server programs on this machine: on PATH, and among the copies that were fetched. */
import { constants } from "node:fs";
import { access, readdir } from "node:fs/promises";
import { delimiter, isAbsolute, join } from "node:path";
import {
  compareVersions,
  type EngineVersion,
  isRecent,
  mayOpen,
  parseVersionLine,
} from "./engine-version.ts";

export type EngineBinary = EngineVersion & { path: string };

const programs = ["redis-server", "valkey-server"];

/** Every usable server: those of PATH in its order, then fetched copies, the newest first. */
export async function findBinaries(path: string, enginesDir: string): Promise<EngineBinary[]> {
  const folders = path.split(delimiter).filter(isAbsolute);
  const onPath = await look(folders);
  const copies = await readdir(enginesDir).catch(() => []);
  const fetched = await look(
    copies.filter((name) => !name.startsWith(".")).map((n) => join(enginesDir, n, "bin")),
  );
  fetched.sort((a, b) => compareVersions(b.version, a.version));
  return [...onPath, ...fetched].filter(isRecent);
}

/** The first that may open the data of `maker`; any, where there are none yet. */
export function chooseBinary(
  binaries: readonly EngineBinary[],
  maker: EngineVersion | null,
): EngineBinary | null {
  return binaries.find((binary) => maker === null || mayOpen(binary, maker)) ?? null;
}

/** What the program at `path` says it is; `null` where it does not run. */
export async function versionOf(path: string): Promise<EngineBinary | null> {
  // Loaded where it is needed: it would cost every command a fifth of its start.
  const { execa } = await import("execa");
  const { stdout } = await execa(path, ["--version"], { reject: false, timeout: 10_000, stdin: "ignore" });
  const version = parseVersionLine(stdout);
  return version && { ...version, path };
}

async function look(folders: readonly string[]): Promise<EngineBinary[]> {
  const found: EngineBinary[] = [];
  for (const path of folders.flatMap((folder) => programs.map((name) => join(folder, name)))) {
    const runs = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    const binary = runs ? await versionOf(path) : null;
    if (binary) found.push(binary);
  }
  return found;
}
