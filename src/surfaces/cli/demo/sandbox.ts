/**
 * The demo's own little world in a temporary folder: a bare origin, a clone, a worktree for each worker, a git identity
 * and a SIGNALBOX_HOME of its own. Nothing outside the folder is read or written, but for the engines this package
 * has fetched before.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { chmod, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Environment } from "../../../config.ts";
import { Failure } from "../../../errors.ts";
import { findGit } from "../../../git/find-git.ts";
import { createGit, type Git } from "../../../git/run.ts";
import { roadmap, seed, type Worker, workers } from "./story.ts";

export type Sandbox = {
  folder: string;
  clone: string;
  /** What a shell needs to be in it: for `--keep`. */
  variables: Readonly<Record<string, string>>;
  worktree(worker: Worker): string;
  git: Git;
  /** Starts a program inside, with the sandbox's environment. */
  start(command: string, args: readonly string[], cwd: string): ChildProcess;
  /** Runs `signalbox` in the clone to its end; throws with its words where it fails. */
  signalbox(...args: string[]): Promise<string>;
  /** Ends everything in it and removes it. */
  remove(): Promise<void>;
};

/** Builds it. `entry` is our own main.js. */
export async function buildSandbox(environment: Environment, entry: string): Promise<Sandbox> {
  const folder = await realpath(await mkdtemp(join(environment.temporaryDir, "signalbox-demo-")));
  try {
    const own = await furnish(folder, environment, entry);
    const variables = { ...inherited(environment), ...own };
    const git = createGit({ binary: await findGit(variables), env: variables, mode: "user" });
    const clone = await seedRepository(git, folder);
    return openSandbox({ folder, clone, git, own, variables });
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

type Parts = {
  folder: string;
  clone: string;
  git: Git;
  own: Record<string, string>;
  variables: Record<string, string>;
};

function openSandbox({ folder, clone, git, own, variables }: Parts): Sandbox {
  const start = (command: string, args: readonly string[], cwd: string) =>
    spawn(command, args, { cwd, env: variables, stdio: ["ignore", "pipe", "pipe"] });
  const signalbox = (...args: string[]) =>
    finished(start("signalbox", args, clone), `signalbox ${args[0] ?? ""}`);
  return {
    folder,
    clone,
    variables: { ...own, PATH: `${join(folder, "bin")}:$PATH` },
    worktree: (worker) => join(clone, "trees", worker.slug),
    git,
    start,
    signalbox,
    remove: async () => {
      await signalbox("down").catch(() => "");
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** Folders, a git identity, a `signalbox` on PATH, and the variables that lead to them. */
async function furnish(
  folder: string,
  environment: Environment,
  entry: string,
): Promise<Record<string, string>> {
  const home = join(folder, "home");
  await mkdir(join(folder, "bin"), { recursive: true });
  await mkdir(home, { mode: 0o700 });
  const launcher = join(folder, "bin", "signalbox");
  await writeFile(launcher, `#!/bin/sh\nexec '${quoted(process.execPath)}' '${quoted(entry)}' "$@"\n`);
  await chmod(launcher, 0o755);
  const gitConfig = join(folder, "gitconfig");
  await writeFile(gitConfig, "[user]\n\tname = A worker\n\temail = worker@example.invalid\n");
  // Engines fetched for the tests or an earlier demo are used again; the demo's own data never leave its folder.
  const engines = join(dirname(entry), "..", "node_modules", ".cache", "signalbox-engines");
  await mkdir(engines, { recursive: true })
    .then(() => symlink(engines, join(home, "engines")))
    .catch(() => undefined);
  return {
    PATH: `${join(folder, "bin")}:${environment.path}`,
    SIGNALBOX_HOME: home,
    GIT_CONFIG_GLOBAL: gitConfig,
    GIT_CONFIG_NOSYSTEM: "1",
  };
}

function quoted(path: string): string {
  return path.replaceAll("'", "'\\''");
}

/** The caller's variables, less what would lead out of the sandbox. */
function inherited({ variables }: Environment): Record<string, string> {
  const pairs: [string, string][] = [];
  for (const [name, value] of Object.entries(variables))
    if (value !== undefined && !/^(GIT_|SIGNALBOX_)/.test(name)) pairs.push([name, value]);
  return Object.fromEntries(pairs);
}

/** A bare origin with a first main, its clone, and a worktree on a branch of its own for each worker. */
async function seedRepository(git: Git, folder: string): Promise<string> {
  const origin = join(folder, "shop.git");
  const clone = join(folder, "shop");
  await git.must(["init", "--quiet", "--bare", "--initial-branch=main", origin], { cwd: folder });
  await git.must(["clone", "--quiet", origin, clone], { cwd: folder });
  await git.must(["checkout", "--quiet", "-B", "main"], { cwd: clone });
  const files = { ...seed, "todos/roadmap.yaml": roadmap(), ".gitignore": "trees/\n" };
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(clone, path)), { recursive: true });
    await writeFile(join(clone, path), text);
  }
  await git.must(["add", "--all"], { cwd: clone });
  await git.must(["commit", "--quiet", "--message", "Open the shop"], { cwd: clone });
  await git.must(["push", "--quiet", "--set-upstream", "origin", "main"], { cwd: clone });
  for (const { slug } of workers)
    await git.must(["worktree", "add", "--quiet", "-b", slug, join("trees", slug), "main"], { cwd: clone });
  return clone;
}

/** Its stdout when it ends well; a Failure with its last words when not. */
export async function finished(child: ChildProcess, name: string): Promise<string> {
  let stdout = "";
  let stderr = "";
  child.stdout?.on("data", (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr?.on("data", (chunk: Buffer) => {
    stderr = (stderr + chunk.toString()).slice(-4000);
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  if (code === 0) return stdout;
  throw new Failure({
    code: "demo_failed",
    kind: "failed",
    message: `In the sandbox, ${name} ended with ${code ?? "a signal"}.`,
    problems: stderr
      .trim()
      .split("\n")
      .map((message) => ({ path: "", message })),
  });
}
