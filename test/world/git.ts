/** A world of real git for tests: a bare origin, a clone, worktrees, a hermetic environment; gone when disposed. */

import { chmod, mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { findGit } from "../../src/git/find-git.ts";
import { type LineRepository, openLineRepository } from "../../src/git/line-repository.ts";
import type { ObjectFormat } from "../../src/git/objects.ts";
import { createGit, type Git } from "../../src/git/run.ts";

/** What a file becomes: text or bytes, `null` for removed, or with a kind of its own. */
export type FileChange =
  | string
  | Buffer
  | null
  | { executable: string }
  | { symlink: string }
  | { gitlink: string };

export type GitWorld = {
  /** The temporary folder all is in. */
  directory: string;
  /** The bare repository that plays the remote. */
  origin: string;
  /** The user's clone, on `main`, with one commit pushed. */
  clone: string;
  /** A person's environment: own HOME, an identity, no configuration of this machine. */
  env: Record<string, string>;
  /** The product's hermetic runner in that environment. */
  git: Git;
  /** Runs git as a person would; answers its trimmed output, throws where it fails. */
  run(cwd: string, ...args: string[]): Promise<string>;
  /** As `run`, but answers whatever happened. */
  attempt(cwd: string, ...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }>;
  /** Writes files in a checkout and commits them; answers the commit's id. */
  commit(checkout: string, files: Record<string, FileChange>, message?: string): Promise<string>;
  /** A linked worktree of the clone on a new branch; answers its folder. */
  worktree(branch: string, from?: string): Promise<string>;
  /** A branch with one commit on top of `from` (default `main`), pushed to the origin; answers the commit's id. */
  branch(name: string, files: Record<string, FileChange>, from?: string): Promise<string>;
  /** The origin cannot send this file of a commit, until what is answered is called: a fetch of it breaks off at its end. */
  cutOff(sha: string, path: string): Promise<() => Promise<void>>;
  /** Installs an executable hook in a repository (a bare one, or a `.git` folder). */
  hook(gitDirectory: string, name: string, script: string): Promise<void>;
  /** The line's repository, opened (and closed with the world). */
  line(): Promise<LineRepository>;
  [Symbol.asyncDispose](): Promise<void>;
};

/** A new world. Commit times are fixed, so that equal actions give equal ids. */
export async function createGitWorld(options: { format?: ObjectFormat } = {}): Promise<GitWorld> {
  const directory = await realpath(await mkdtemp(join(tmpdir(), "signalbox-git-")));
  const home = join(directory, "home");
  await mkdir(home);
  const env = personEnvironment(home);
  const binary = await findGit(env);
  const person = createGit({ binary, env, mode: "user" });
  const git = createGit({ binary, env });
  const lines: LineRepository[] = [];
  const [origin, clone] = [join(directory, "origin.git"), join(directory, "clone")];

  const attempt: GitWorld["attempt"] = async (cwd, ...args) => {
    const result = await person.run(args, { cwd });
    return { code: result.code, stdout: result.stdout.toString("utf8"), stderr: result.stderr };
  };
  const run: GitWorld["run"] = async (cwd, ...args) => {
    const result = await attempt(cwd, ...args);
    if (result.code !== 0) throw new Error(`git ${args.join(" ")}: ${result.stderr}${result.stdout}`);
    return result.stdout.trim();
  };
  const commit: GitWorld["commit"] = async (checkout, files, message = "Change") => {
    const gitlinks = Object.entries(files).filter(([, change]) => isKind(change, "gitlink"));
    for (const [path, change] of Object.entries(files)) await writeChange(join(checkout, path), change);
    await run(checkout, "add", "--all");
    for (const [path, change] of gitlinks) {
      const id = isKind(change, "gitlink") ? change.gitlink : "";
      await run(checkout, "update-index", "--add", "--cacheinfo", `160000,${id},${path}`);
    }
    await run(checkout, "commit", "--quiet", "--allow-empty", "-m", message);
    return run(checkout, "rev-parse", "HEAD");
  };
  const worktree: GitWorld["worktree"] = async (branch, from = "main") => {
    const path = join(directory, "trees", branch.replace(/\//g, "-"));
    await run(clone, "worktree", "add", "--quiet", "-b", branch, path, from);
    return path;
  };

  const format = options.format ?? "sha1";
  await run(directory, "init", "--quiet", "--bare", `--object-format=${format}`, "-b", "main", origin);
  await run(directory, "init", "--quiet", `--object-format=${format}`, "-b", "main", clone);
  await run(clone, "remote", "add", "origin", origin);
  await commit(clone, { "README.md": "# A world\n" }, "Begin");
  await run(clone, "push", "--quiet", "-u", "origin", "main");

  return {
    directory,
    origin,
    clone,
    env,
    git,
    run,
    attempt,
    commit,
    worktree,
    branch: async (name, files, from = "main") => {
      const path = await worktree(name, from);
      const sha = await commit(path, files, `Work on ${name}`);
      await run(path, "push", "--quiet", "--force", "origin", `HEAD:refs/heads/${name}`);
      return sha;
    },
    cutOff: async (sha, path) => {
      const id = await run(origin, "rev-parse", `${sha}:${path}`);
      const file = join(origin, "objects", id.slice(0, 2), id.slice(2));
      const whole = await readFile(file);
      await chmod(file, 0o644);
      await writeFile(file, whole.subarray(0, whole.length / 2));
      return () => writeFile(file, whole);
    },
    hook: async (gitDirectory, name, script) => {
      const path = join(gitDirectory, "hooks", name);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, `#!/bin/sh\n${script}\n`);
      await chmod(path, 0o755);
    },
    line: async () => {
      const opened = await openLineRepository({
        directory: join(directory, "private", "line.git"),
        remoteUrl: origin,
        git,
      });
      lines.push(opened);
      return opened;
    },
    [Symbol.asyncDispose]: async () => {
      for (const line of lines) await line.close();
      await rm(directory, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

function personEnvironment(home: string): Record<string, string> {
  const who = { NAME: "Ada Worker", EMAIL: "ada@example.org", DATE: "2026-01-02T03:04:05Z" };
  const identity = Object.entries(who).flatMap(([key, value]) => [
    [`GIT_AUTHOR_${key}`, value],
    [`GIT_COMMITTER_${key}`, value],
  ]);
  return {
    PATH: process.env.PATH ?? "",
    HOME: home,
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_CONFIG_NOSYSTEM: "1",
    ...Object.fromEntries(identity),
  };
}

async function writeChange(path: string, change: FileChange): Promise<void> {
  await rm(path, { recursive: true, force: true });
  if (change === null) return;
  await mkdir(dirname(path), { recursive: true });
  if (typeof change === "string" || Buffer.isBuffer(change)) await writeFile(path, change);
  else if (isKind(change, "symlink")) await symlink(change.symlink, path);
  else if (isKind(change, "executable")) await writeFile(path, change.executable, { mode: 0o755 });
  else await mkdir(path);
}

function isKind<K extends string>(
  change: FileChange,
  kind: K,
): change is Extract<FileChange, Record<K, string>> {
  return change !== null && typeof change === "object" && kind in change;
}
