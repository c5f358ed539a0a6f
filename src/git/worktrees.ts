/**
 * The clone's worktrees: which there are, whether one is clean, and the removal of one that holds nothing of anybody's.
 * Cleanliness is judged with every filter of the repository switched off: a file whose filter would be needed to compare
 * it counts as changed, and the worktree is kept.
 */

import { realpath, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import { pause } from "../clock.ts";
import type { Clone } from "./clone.ts";
import type { ConfigEntry } from "./environment.ts";
import { parseConfigList } from "./find-git.ts";
import { type Git, gitFailed, lastLines } from "./run.ts";

export type Worktree = {
  path: string;
  /** `null` in a bare main entry, or before the first commit. */
  head: string | null;
  /** Short name of the branch checked out, `null` when detached. */
  branch: string | null;
  /** The clone's own checkout: never removed. */
  main: boolean;
  bare: boolean;
  locked: boolean;
  /** Its folder is gone. */
  prunable: boolean;
};
export type Cleanliness = { kind: "clean" } | { kind: "dirty"; why: string };
export type Removal = { kind: "removed" } | { kind: "gone" } | { kind: "kept"; why: string };

/** Files in a worktree's git folder that mean: in the middle of something. */
const inTheMiddle = new Map([
  ["rebase-merge", "a rebase"],
  ["rebase-apply", "a rebase or am"],
  ["MERGE_HEAD", "a merge"],
  ["CHERRY_PICK_HEAD", "a cherry-pick"],
  ["REVERT_HEAD", "a revert"],
  ["BISECT_LOG", "a bisect"],
]);

/** All worktrees of the clone, the main one first. */
export async function worktrees(git: Git, clone: Pick<Clone, "commonDir">): Promise<Worktree[]> {
  const args = ["worktree", "list", "--porcelain", "-z"];
  for (let tries = 1; ; tries++) {
    const result = await git.run(args, { cwd: clone.commonDir });
    if (result.code === 0) return parseWorktrees(result.stdout.toString("utf8"));
    // One that a worker is just adding is half there for a moment, and git stumbles over it.
    if (tries >= listTriesMax) throw gitFailed(args, result);
    await pause(20 * tries);
  }
}

const listTriesMax = 5;

/** The records of `git worktree list --porcelain -z` (pure). */
export function parseWorktrees(text: string): Worktree[] {
  const records = text.split("\0\0").filter((record) => record !== "");
  return records.map((record, index) => {
    const lines = record.split("\0");
    const fieldOf = (key: string): string | null =>
      lines.find((line) => line.startsWith(`${key} `))?.slice(key.length + 1) ?? null;
    const has = (key: string): boolean => lines.some((line) => line === key || line.startsWith(`${key} `));
    const head = fieldOf("HEAD");
    return {
      path: fieldOf("worktree") ?? "",
      head: head === null || /^0+$/.test(head) ? null : head,
      branch: fieldOf("branch")?.replace(/^refs\/heads\//, "") ?? null,
      main: index === 0,
      bare: has("bare"),
      locked: has("locked"),
      prunable: has("prunable"),
    };
  });
}

/** Whether a worktree has nothing uncommitted, untracked or half done. Runs no code of the repository. */
export async function cleanliness(git: Git, path: string): Promise<Cleanliness> {
  const middle = await middleOf(git, path);
  if (middle !== null) return { kind: "dirty", why: `it is in the middle of ${middle}` };
  const changed = (await uncommittedPaths(git, path)).length;
  if (changed === 0) return { kind: "clean" };
  return { kind: "dirty", why: `it has ${changed} uncommitted ${changed === 1 ? "change" : "changes"}` };
}

/** What is changed, staged, unmerged or untracked in a worktree; of an untracked folder its name. Runs no code of it. */
export async function uncommittedPaths(git: Git, path: string): Promise<string[]> {
  const config = await withoutFilters(git, path);
  // Looking into a submodule would run git with that one's own configuration.
  const args = ["status", "--porcelain=v2", "-z", "--untracked-files=normal", "--ignore-submodules=all"];
  const result = await git.must([...args, "--no-renames"], { cwd: path, config });
  return parseStatus(result.stdout.toString("utf8"));
}

/** The paths of `git status --porcelain=v2 -z --no-renames` (pure). */
export function parseStatus(text: string): string[] {
  return text.split("\0").flatMap((record) => {
    // How many words stand before the path: changed ones have eight, unmerged ones ten, untracked ones one.
    const words = { "1": 8, u: 10, "?": 1 }[record.charAt(0)];
    return words === undefined ? [] : [record.split(" ").slice(words).join(" ")];
  });
}

/**
 * Removes a linked worktree that is clean and at `sha`. Kept, with the reason: the main one, a locked one, one with
 * submodules, one that moved on, or one that `occupied` (somebody's current folder) lies in.
 */
export async function removeWorktree(
  git: Git,
  clone: Pick<Clone, "commonDir">,
  target: { path: string; sha: string; occupied?: readonly string[] },
): Promise<Removal> {
  const real = await realpath(target.path).catch(() => target.path);
  const found = (await worktrees(git, clone)).find((each) => each.path === real || each.path === target.path);
  if (found === undefined) return { kind: "gone" };
  const path = found.path;
  if (found.prunable && !found.locked) {
    // Only the folder's entry is left; git forgets it unless the folder came back.
    await git.run(["worktree", "remove", "--", path], { cwd: clone.commonDir });
    return { kind: "gone" };
  }
  const why = await reasonToKeep(git, found, target);
  if (why !== null) return { kind: "kept", why };
  const config = await withoutFilters(git, path);
  const result = await git.run(["worktree", "remove", "--", path], { cwd: clone.commonDir, config });
  return result.code === 0 ? { kind: "removed" } : { kind: "kept", why: lastLines(result.stderr, 1) };
}

/** Configuration that switches off every filter the repository names (pure but for asking their names). */
export async function withoutFilters(git: Git, path: string): Promise<ConfigEntry[]> {
  const result = await git.must(["config", "--list", "--includes", "-z"], { cwd: path });
  const names = new Set<string>();
  for (const [key] of parseConfigList(result.stdout.toString("utf8"))) {
    const name = /^filter\.(.+)\.[^.]+$/i.exec(key)?.[1];
    if (name !== undefined) names.add(name);
  }
  return [...names].flatMap((name): ConfigEntry[] => [
    [`filter.${name}.clean`, ""],
    [`filter.${name}.smudge`, ""],
    [`filter.${name}.process`, ""],
    [`filter.${name}.required`, "false"],
  ]);
}

async function reasonToKeep(
  git: Git,
  found: Worktree,
  target: { sha: string; occupied?: readonly string[] },
): Promise<string | null> {
  if (found.main || found.bare) return "it is the main worktree";
  if (found.locked) return "it is locked";
  if (found.head !== target.sha) return "it is at another commit";
  const occupied = (target.occupied ?? []).some(
    (folder) => folder === found.path || folder.startsWith(`${found.path}${sep}`),
  );
  if (occupied) return "somebody's current folder is in it";
  const clean = await cleanliness(git, found.path);
  if (clean.kind === "dirty") return clean.why;
  return (await hasSubmodules(git, found.path)) ? "it has submodules" : null;
}

async function middleOf(git: Git, path: string): Promise<string | null> {
  const args = ["rev-parse", "--path-format=absolute", "--git-dir"];
  const gitDir = (await git.must(args, { cwd: path })).stdout.toString("utf8").trimEnd();
  for (const [name, what] of inTheMiddle) {
    const there = await stat(join(gitDir, name)).then(
      () => true,
      () => false,
    );
    if (there) return what;
  }
  return null;
}

async function hasSubmodules(git: Git, path: string): Promise<boolean> {
  const result = await git.must(["ls-files", "--stage", "-z"], { cwd: path });
  const text = result.stdout.toString("latin1");
  return text.startsWith("160000 ") || text.includes("\u0000160000 ");
}
