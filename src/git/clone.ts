/**
 * The user's clone, looked at without running anything of it: no hook, filter, fsmonitor or driver that its
 * configuration names. What changes it is in worktrees.ts, local-branches.ts and item-records.ts.
 */

import { realpath } from "node:fs/promises";
import { dirname } from "node:path";
import { badInput } from "../errors.ts";
import { checkRemoteName, escapeForDisplay } from "./names.ts";
import type { ObjectFormat } from "./objects.ts";
import { type Git, type GitResult, gitFailed, lastLines } from "./run.ts";

export type Remote = { name: string; fetchUrl: string; pushUrl: string };
export type Clone = {
  /** Top of the worktree that was asked about. */
  root: string;
  /** Top of the main worktree (`root`, where there are no others), `null` for a bare repository. */
  mainRoot: string | null;
  /** The `.git` folder all worktrees share. */
  commonDir: string;
  gitDir: string;
  remotes: Remote[];
  format: ObjectFormat;
};

/** The clone that `directory` lies in. Throws Failure `not_a_repository` where there is none. */
export async function inspectClone(git: Git, directory: string): Promise<Clone> {
  return (await cloneAt(directory)).ask(git);
}

/**
 * The same in two steps: first the folder itself, then git (two processes at once, a third in a linked worktree), started
 * before `ask` returns.
 */
export async function cloneAt(directory: string): Promise<{ ask(git: Git): Promise<Clone> }> {
  const cwd = await realpath(directory).catch(() => null);
  if (cwd === null) throw notARepository(directory, "");
  return { ask: (git) => askAbout(git, cwd, directory) };
}

async function askAbout(git: Git, cwd: string, directory: string): Promise<Clone> {
  const questions = [
    "--show-toplevel",
    "--path-format=absolute",
    "--git-common-dir",
    "--git-dir",
    "--show-object-format",
  ];
  const [answer, listed] = await Promise.all([
    git.run(["rev-parse", ...questions], { cwd }),
    git.run(listRemotes, { cwd }),
  ]);
  if (answer.code !== 0) throw notARepository(directory, lastLines(answer.stderr, 1));
  const [root = "", commonDir = "", gitDir = "", format = ""] = answer.stdout.toString("utf8").split("\n");
  return {
    root,
    mainRoot: await mainWorktree(git, { root, commonDir, gitDir }),
    commonDir,
    gitDir,
    remotes: remotesOf(listed),
    format: format === "sha256" ? "sha256" : "sha1",
  };
}

/** The remotes of the clone at `root`, their URLs as `git` rewrites them (insteadOf). */
export async function readRemotes(git: Git, root: string): Promise<Remote[]> {
  return remotesOf(await git.run(listRemotes, { cwd: root }));
}

/** The branch checked out in the worktree at `root`, `null` when detached. */
export async function currentBranch(git: Git, root: string): Promise<string | null> {
  const result = await git.run(["symbolic-ref", "--quiet", "HEAD"], { cwd: root });
  const ref = result.stdout.toString("utf8").trim();
  return result.code === 0 && ref.startsWith("refs/heads/") ? ref.slice("refs/heads/".length) : null;
}

/** The commit a local branch is at, `null` where there is no such branch. The name must have passed `checkBranch`. */
export async function resolveBranch(
  git: Git,
  clone: Pick<Clone, "commonDir">,
  branch: string,
): Promise<string | null> {
  const args = ["rev-parse", "--verify", "--quiet", "--end-of-options", `refs/heads/${branch}^{commit}`];
  const result = await git.run(args, { cwd: clone.commonDir });
  return result.code === 0 ? result.stdout.toString("latin1").trim() : null;
}

/** The lines of `git remote --verbose` (pure): insteadOf is already applied. Names we would refuse are left out. */
export function parseRemotes(text: string): Remote[] {
  const byName = new Map<string, Remote>();
  for (const line of text.split("\n")) {
    const match = /^([^\t]+)\t(.*) \((fetch|push)\)(?: \[[^\]]*\])?$/.exec(line);
    if (match === null || checkRemoteName(match[1] ?? "") !== null) continue;
    const [name = "", url = ""] = match.slice(1);
    const remote = byName.get(name) ?? { name, fetchUrl: url, pushUrl: url };
    if (match[3] === "push") remote.pushUrl = url;
    byName.set(name, remote);
  }
  return [...byName.values()];
}

const listRemotes = ["remote", "--verbose"];

function remotesOf(listed: GitResult): Remote[] {
  if (listed.end !== "exited" || listed.code !== 0) throw gitFailed(listRemotes, listed);
  return parseRemotes(listed.stdout.toString("utf8"));
}

async function mainWorktree(
  git: Git,
  { root, commonDir, gitDir }: Pick<Clone, "root" | "commonDir" | "gitDir">,
): Promise<string | null> {
  // In the main worktree itself there is nothing to ask: a bare repository has no worktree to be in.
  if (gitDir !== commonDir && (await isBare(git, commonDir))) return null;
  // A submodule, or a clone with a separate git folder, has its worktree elsewhere: its configuration says where.
  return commonDir.endsWith("/.git") ? dirname(commonDir) : root;
}

async function isBare(git: Git, commonDir: string): Promise<boolean> {
  const args = ["rev-parse", "--is-bare-repository"];
  const result = await git.must(args, { cwd: commonDir, env: { GIT_DIR: commonDir } });
  return result.stdout.toString("latin1").trim() === "true";
}

function notARepository(directory: string, said: string): Error {
  const dubious = /dubious ownership/.test(said);
  const where = `"${escapeForDisplay(directory)}"`;
  return badInput(
    "not_a_repository",
    dubious ? `${where} belongs to somebody else` : `${where} is not in a git worktree`,
    {
      cure: dubious
        ? "run this as the repository's owner"
        : "go to your clone, or name it: signalbox -C DIR …",
    },
  );
}
