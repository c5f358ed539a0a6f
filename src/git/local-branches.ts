/** What may be done to the clone's own branches: delete one that landed, bring local main forward. Never a checkout's content behind its owner's back. */

import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Clone } from "./clone.ts";
import { resolveBranch } from "./clone.ts";
import { idOf } from "./history.ts";
import { allAtOnce, quietFetch } from "./remote.ts";
import { type Git, lastLines } from "./run.ts";
import { cleanliness, worktrees } from "./worktrees.ts";

export type BranchDeletion = { kind: "deleted" } | { kind: "gone" } | { kind: "kept"; why: string };
export type FastForward = { kind: "forwarded" } | { kind: "current" } | { kind: "kept"; why: string };

/** Deletes a local branch that is still at `sha` and checked out nowhere. */
export async function deleteLocalBranch(
  git: Git,
  clone: Pick<Clone, "commonDir">,
  branch: string,
  sha: string,
): Promise<BranchDeletion> {
  const at = await resolveBranch(git, clone, branch);
  if (at === null) return { kind: "gone" };
  if (at !== sha) return { kind: "kept", why: "it moved on" };
  const used = await checkoutOf(git, clone, branch);
  if (used !== null) return { kind: "kept", why: `it is checked out in ${used}` };
  // git compares once more under its lock: a branch that moves in between stays.
  const args = ["update-ref", "--no-deref", "-d", `refs/heads/${branch}`, idOf(sha)];
  const result = await git.run(args, { cwd: clone.commonDir });
  return result.code === 0 ? { kind: "deleted" } : { kind: "kept", why: lastLines(result.stderr, 1) };
}

/**
 * Brings local `main` forward to `sha`, taking the objects from the line's repository at `source`. Where main is checked
 * out, only with `checkout: true`, only a clean one, and only when no filter would have to run for the changed files.
 */
export async function fastForwardLocalMain(
  git: Git,
  clone: Pick<Clone, "commonDir">,
  target: { main: string; sha: string; source: string; checkout: boolean },
): Promise<FastForward> {
  const { main, sha } = target;
  const at = await resolveBranch(git, clone, main);
  if (at === null) return { kind: "kept", why: "there is no local main" };
  if (at === sha) return { kind: "current" };
  const used = await checkoutOf(git, clone, main);
  if (used !== null && !target.checkout) return { kind: "kept", why: `it is checked out in ${used}` };
  const brought = await bringObjects(git, clone, target);
  if (brought.kind === "away") return { kind: "kept", why: brought.why };
  const ancestor = await git.must(["merge-base", "--is-ancestor", at, idOf(sha)], {
    cwd: clone.commonDir,
    accept: [1],
  });
  if (ancestor.code === 1) {
    const behind = await git.run(["merge-base", "--is-ancestor", sha, at], { cwd: clone.commonDir });
    return behind.code === 0 ? { kind: "current" } : { kind: "kept", why: "it has commits of its own" };
  }
  if (used !== null) return forwardCheckout(git, used, at, sha);
  if (brought.kind === "fetched") {
    // That may have taken a while: whoever checked main out meanwhile would find the change undone in their files.
    const since = await checkoutOf(git, clone, main);
    if (since !== null) return { kind: "kept", why: `it is checked out in ${since}` };
  }
  const result = await git.run(["update-ref", "--no-deref", `refs/heads/${main}`, sha, at], {
    cwd: clone.commonDir,
  });
  return result.code === 0 ? { kind: "forwarded" } : { kind: "kept", why: lastLines(result.stderr, 1) };
}

/** The folder of the worktree that uses a branch (checked out, or being rebased or bisected there), `null` where none does. */
export async function checkoutOf(
  git: Git,
  clone: Pick<Clone, "commonDir">,
  branch: string,
): Promise<string | null> {
  const found = (await worktrees(git, clone)).find((each) => each.branch === branch);
  return found?.path ?? (await rewriting(clone.commonDir, branch));
}

/** While a branch is rebased or bisected its worktree counts as detached; git leaves the branch's name in a file. */
async function rewriting(commonDir: string, branch: string): Promise<string | null> {
  const linked = await readdir(join(commonDir, "worktrees")).catch(() => []);
  for (const gitDir of [commonDir, ...linked.map((name) => join(commonDir, "worktrees", name))]) {
    for (const file of ["rebase-merge/head-name", "rebase-apply/head-name", "BISECT_START"]) {
      const name = (await readFile(join(gitDir, file), "utf8").catch(() => "")).trim();
      if (name.replace(/^refs\/heads\//, "") === branch) return gitDir;
    }
  }
  return null;
}

async function bringObjects(
  git: Git,
  clone: Pick<Clone, "commonDir">,
  target: { sha: string; source: string },
): Promise<{ kind: "there" | "fetched" } | { kind: "away"; why: string }> {
  const known = await git.run(["cat-file", "-e", `${idOf(target.sha)}^{commit}`], { cwd: clone.commonDir });
  if (known.code === 0) return { kind: "there" };
  const args = [
    "fetch",
    ...quietFetch,
    "--refmap=",
    "--upload-pack=git-upload-pack",
    "--",
    target.source,
    target.sha,
  ];
  const env = { GIT_ALLOW_PROTOCOL: "file" };
  const result = await git.run(args, { cwd: clone.commonDir, env, config: allAtOnce });
  if (result.code === 0) return { kind: "fetched" };
  return { kind: "away", why: `its commits could not be brought: ${lastLines(result.stderr, 1)}` };
}

async function forwardCheckout(git: Git, path: string, from: string, to: string): Promise<FastForward> {
  const clean = await cleanliness(git, path);
  if (clean.kind === "dirty") return { kind: "kept", why: clean.why };
  const filtered = await filteredPath(git, path, from, to);
  if (filtered !== null) return { kind: "kept", why: `${filtered} has a filter, which is the user's to run` };
  const result = await git.run(
    ["merge", "--ff-only", "--no-overwrite-ignore", "--no-stat", "--quiet", "--end-of-options", idOf(to)],
    {
      cwd: path,
    },
  );
  return result.code === 0 ? { kind: "forwarded" } : { kind: "kept", why: lastLines(result.stderr, 1) };
}

/** A changed file that a filter would have to write, or an attributes file, which may name one. */
async function filteredPath(git: Git, path: string, from: string, to: string): Promise<string | null> {
  const diff = ["diff-tree", "-r", "-z", "--name-only", "--no-ext-diff", "--no-renames", from, to, "--"];
  const changed = (await git.must(diff, { cwd: path })).stdout;
  const names = changed
    .toString("utf8")
    .split("\0")
    .filter((name) => name !== "");
  const attributes = names.find((name) => name.split("/").pop() === ".gitattributes");
  if (attributes !== undefined) return attributes;
  const asked = await git.must(["check-attr", "-z", "--stdin", "filter"], { cwd: path, stdin: changed });
  const fields = asked.stdout.toString("utf8").split("\0");
  for (let at = 0; at + 2 < fields.length; at += 3) {
    if (!["unspecified", "unset"].includes(fields[at + 2] ?? "")) return fields[at] ?? "a file";
  }
  return null;
}
