/** A clone to be guarded, with a real remote, and the shell that a worker types in. */
import { chmod, lstat, mkdir, readdir, readFile, readlink, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import type { TestContext } from "node:test";
import { inspectClone } from "../../src/git/clone.ts";
import { type GuardedClone, installGuards } from "../../src/guards/guard.ts";
import { guardPlaces } from "../../src/guards/places.ts";
import { type Ran, runChild } from "../world/child.ts";
import { createGitWorld, type GitWorld } from "../world/git.ts";

export type Yard = {
  world: GitWorld;
  /** The clone as the guards see it now: remotes and configuration are read again. */
  place(): Promise<GuardedClone>;
  privateDir: string;
  /** Runs a program in the clone, or in `cwd`, as a person does: with `wrapped`, the wrappers are first on PATH. */
  type(program: string, args: readonly string[], options?: TypeOptions): Promise<Ran>;
  /** A hook that writes its name, arguments and input into `<directory>/hooks.log`, and ends with `code`. */
  noisyHook(name: string, code?: number): string;
  /** What those hooks wrote. */
  heard(): Promise<string>;
  /** Main at the remote. */
  main(): Promise<string>;
  /** The notes of what was stopped, whole. */
  notes(): Promise<string[]>;
};

export type TypeOptions = {
  cwd?: string;
  wrapped?: boolean;
  env?: Record<string, string>;
  stdin?: string;
};

type Cutover = GuardedClone["config"]["cutover"];

const live: Cutover = { enabled: true, parity_evidence_accepted: true, rollback_on_incomplete_parity: true };

/** Opens one; it is gone with the test. `guarded`: installed already. */
export async function openYard(
  t: TestContext,
  options: { guarded?: boolean; cutover?: Partial<Cutover> } = {},
): Promise<Yard> {
  const world = await createGitWorld();
  t.after(() => world[Symbol.asyncDispose]());
  const privateDir = join(world.directory, "private home");
  await mkdir(privateDir, { recursive: true, mode: 0o700 });
  const { bin, spool } = guardPlaces(privateDir);
  const cutover = { ...live, ...options.cutover };
  const place = async (): Promise<GuardedClone> => ({
    clone: await inspectClone(world.git, world.clone),
    config: { main: "main", remote: "origin", cutover },
    privateDir,
    git: world.git,
    environment: { variables: world.env },
  });
  if (options.guarded === true) await installGuards(await place());
  const log = join(world.directory, "hooks.log");
  return {
    world,
    place,
    privateDir,
    type: (program, args, { cwd = world.clone, wrapped = false, env = {}, stdin } = {}) => {
      const PATH = wrapped ? `${bin}:${world.env.PATH}` : world.env.PATH;
      const given = stdin === undefined ? {} : { stdin };
      return runChild(program, args, { cwd, env: { ...world.env, PATH, ...env }, ...given });
    },
    noisyHook: (name, code = 0) =>
      `#!/bin/sh\n{ printf '%s' '${name}'; printf ' <%s>' "$@"; echo; cat; } >> '${log}'\nexit ${code}\n`,
    heard: () => readFile(log, "utf8").catch(() => ""),
    main: () => world.run(world.origin, "rev-parse", "refs/heads/main"),
    notes: async () => {
      const names = (await readdir(spool)).filter((name) => !name.startsWith("."));
      return Promise.all(names.map((name) => readFile(join(spool, name), "utf8")));
    },
  };
}

/** Writes an executable file. */
export async function putScript(path: string, text: string, mode = 0o755): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
  await chmod(path, mode);
}

/** Everything below a folder, byte for byte: path → kind, mode and content. */
export async function pictureOf(folder: string, skip: RegExp = /^$/): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const picture: Record<string, string> = {};
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name);
    const name = relative(folder, path);
    if (skip.test(name)) continue;
    const { mode } = await lstat(path);
    const rights = (mode & 0o7777).toString(8);
    if (entry.isSymbolicLink()) picture[name] = `link ${await readlink(path)}`;
    else if (entry.isDirectory()) picture[name] = `folder ${rights}`;
    else picture[name] = `file ${rights} ${await readFile(path, "latin1")}`;
  }
  return picture;
}

/** What of a git folder a guard may touch at all. */
export function hooksPicture(commonDir: string): Promise<Record<string, string>> {
  return pictureOf(
    commonDir,
    /^(objects|refs|logs|worktrees|index|packed-refs|\w+_HEAD|COMMIT_EDITMSG|info\/|.*\.sample$)/,
  );
}
