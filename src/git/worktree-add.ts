/**
 * New branches and worktrees of the user's clone. A branch is made where there is none and never moved. A worktree is
 * checked out as the person would (their filters and hooks count), into a folder that was empty or not there.
 *
 * git itself stumbles where two processes add worktrees at once: what it says then is tried again, what it refuses is not.
 */
import { appendFile, mkdir, readdir, readFile, realpath } from "node:fs/promises";
import { dirname, join } from "node:path";
import { monotonicMs, pause } from "../clock.ts";
import type { Clone } from "./clone.ts";
import { idOf } from "./history.ts";
import { type Git, gitFailed, lastLines } from "./run.ts";
import { removeWorktree, type Worktree, worktrees } from "./worktrees.ts";

type Where = Pick<Clone, "commonDir">;

export type BranchCreation = { kind: "created" } | { kind: "exists" } | { kind: "refused"; detail: string };

/** Makes a branch at `sha`, where there is none of that name. The name must have passed `checkBranch`. */
export async function createBranch(
  git: Git,
  clone: Where,
  branch: string,
  sha: string,
): Promise<BranchCreation> {
  const ref = `refs/heads/${branch}`;
  const nothing = "0".repeat(sha.length);
  const args = ["update-ref", "--no-deref", "-m", "branch: created for a work item", ref, idOf(sha), nothing];
  const result = await git.run(args, { cwd: clone.commonDir });
  if (result.code === 0) return { kind: "created" };
  const there = await git.run(["rev-parse", "--verify", "--quiet", ref], { cwd: clone.commonDir });
  return there.code === 0 ? { kind: "exists" } : { kind: "refused", detail: lastLines(result.stderr, 2) };
}

export type WorktreeAddition =
  | { kind: "added"; path: string }
  /** The branch is checked out already, there. */
  | { kind: "in_use"; path: string }
  /** The folder is somebody's. */
  | { kind: "taken"; path: string }
  /** Another process began to add it and has not finished. */
  | { kind: "unfinished"; path: string }
  | { kind: "refused"; detail: string };

/** Checks a branch out into a new worktree at `path`. `userGit` is a runner made with `mode: "user"`. */
export async function addWorktree(
  gits: { git: Git; userGit: Git },
  clone: Where,
  { path, branch }: { path: string; branch: string },
): Promise<WorktreeAddition> {
  const { git, userGit } = gits;
  await mkdir(dirname(path), { recursive: true });
  const real = join(await realpath(dirname(path)), path.slice(dirname(path).length + 1));
  const args = ["worktree", "add", "--quiet", "--", real, branch];
  for (let tries = 1; ; tries++) {
    const known = await finished(git, clone, { branch, path: real });
    if (known !== null) return known;
    // A folder that was not listed and has files may have been made since: git lists one before it fills it.
    if ((await readdir(real).catch(() => [])).length > 0)
      return (await finished(git, clone, { branch, path: real })) ?? { kind: "taken", path: real };
    const result = await userGit.run(args, { cwd: clone.commonDir, deadlineMs: checkoutWithinMs });
    if (result.code === 0) return { kind: "added", path: real };
    if (result.end !== "exited") throw gitFailed(args, result);
    const isRace = raceWords.test(result.stderr);
    if (!isRace || tries >= addTriesMax) {
      const there = await finished(git, clone, { branch, path: real });
      return there ?? { kind: "refused", detail: lastLines(result.stderr, 2) };
    }
    await pause(25 * tries);
  }
}

const checkoutWithinMs = 1_800_000;
const addTriesMax = 10;
/** Words of a git that met another one's half-made worktree, or its lock. */
const raceWords =
  /commondir|gitdir|worktrees\/|not a git repository|unable to create|cannot lock ref|could not lock|unable to read|file exists/i;

/** How long somebody else's half-made worktree is waited for, ms. */
const unfinishedWithinMs = 30_000;

/** What the clone knows of the branch or the folder already; null: nothing is in the way. */
async function finished(
  git: Git,
  clone: Where,
  { branch, path }: { branch: string; path: string },
): Promise<WorktreeAddition | null> {
  const deadline = monotonicMs() + unfinishedWithinMs;
  for (;;) {
    const all = await worktrees(git, clone);
    const there =
      all.find((each) => each.branch === branch && !isGone(each)) ?? all.find((each) => each.path === path);
    if (there === undefined) return null;
    if (isGone(there)) {
      // Only its entry is left; git forgets it unless the folder came back.
      await removeWorktree(git, clone, { path: there.path, sha: there.head ?? "" });
      return null;
    }
    if (!(await isBeingMade(clone, there.path)))
      return there.branch === branch
        ? { kind: "in_use", path: there.path }
        : { kind: "taken", path: there.path };
    if (monotonicMs() > deadline) return { kind: "unfinished", path: there.path };
    await pause(100);
  }
}

function isGone({ prunable, locked }: Worktree): boolean {
  return prunable && !locked;
}

/** git locks a worktree with this word while it makes it. */
async function isBeingMade({ commonDir }: Where, path: string): Promise<boolean> {
  const names = await readdir(join(commonDir, "worktrees")).catch(() => []);
  for (const name of names) {
    const folder = join(commonDir, "worktrees", name);
    const text = (file: string) => readFile(join(folder, file), "utf8").catch(() => "");
    if ((await text("gitdir")).trim() === join(path, ".git"))
      return (await text("locked")).trim() === "initializing";
  }
  return false;
}

/** Keeps a folder of the main checkout out of git's sight, by the clone's own exclude file; nothing is committed. */
export async function ignoreFolder(
  git: Git,
  clone: Where & Pick<Clone, "mainRoot">,
  folder: string,
): Promise<void> {
  if (clone.mainRoot === null) return;
  // Asked with a name inside: a pattern such as `trees/` speaks of folders only.
  const asked = ["check-ignore", "--quiet", "--no-index", "--", `${folder}/any/file`];
  if ((await git.run(asked, { cwd: clone.mainRoot })).code === 0) return;
  const file = join(clone.commonDir, "info", "exclude");
  await mkdir(dirname(file), { recursive: true });
  const before = await readFile(file, "utf8").catch(() => "");
  const gap = before === "" || before.endsWith("\n") ? "" : "\n";
  // Added, never written anew: it is the person's, and others may add to it at the same time.
  await appendFile(file, `${gap}/${folder}/\n`);
}
