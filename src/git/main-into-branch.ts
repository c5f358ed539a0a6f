/**
 * Brings main into a branch that is checked out, where git can do that by itself. The merge is made without the checkout,
 * exactly as it is made when it is asked what a review covers; only then the worktree is moved to it, forwards, as its
 * owner would, with their hooks and filters. A merge that conflicts touches nothing.
 */
import { remoteBranch } from "./branch-push.ts";
import type { Clone } from "./clone.ts";
import { idOf } from "./history.ts";
import { checkSha } from "./names.ts";
import { allAtOnce, quietFetch } from "./remote.ts";
import { type Git, gitFailed, lastLines } from "./run.ts";

export type MainIntoBranch =
  /** The branch has main already. */
  | { kind: "current" }
  | { kind: "merged"; sha: string; main: string }
  /** It would conflict: the branch stays as it is. */
  | { kind: "conflicted" }
  | { kind: "kept"; why: string };

export type BranchCheckout = {
  /** Runs git hermetically. */
  git: Git;
  /** Runs git as the person does. */
  userGit: Git;
  clone: Pick<Clone, "root" | "commonDir">;
  remote: string;
  main: string;
};

/** Merges the remote's main into the clean worktree at `path`, whose branch `branch` is at `head`. */
export async function mainIntoBranch(
  checkout: BranchCheckout,
  { path, branch, head }: { path: string; branch: string; head: string },
): Promise<MainIntoBranch> {
  const { git, userGit, main: name, remote } = checkout;
  const fetched = await fetchMain(checkout, path);
  if (fetched.kind !== "fetched") return fetched;
  const { main } = fetched;
  const cwd = path;
  const behind = await git.must(["merge-base", "--is-ancestor", main, idOf(head)], { cwd, accept: [1] });
  if (behind.code === 0) return { kind: "current" };
  const merging = ["merge-tree", "--write-tree", "--name-only", idOf(head), main];
  const merged = await git.run(merging, { cwd });
  const tree = merged.stdout.toString("latin1").split("\n", 1)[0] ?? "";
  if (merged.code === 1 && checkSha(tree) === null) return { kind: "conflicted" };
  if (merged.code !== 0 || checkSha(tree) !== null) throw gitFailed(merging, merged);
  const message = `Merge ${name} into ${branch}`;
  const committing = ["commit-tree", tree, "-p", idOf(head), "-p", main, "-m", message];
  const commit = (await userGit.must(committing, { cwd })).stdout.toString("latin1").trim();
  const forward = ["merge", "--ff-only", "--no-overwrite-ignore", "--no-stat", "--quiet", idOf(commit)];
  const moved = await userGit.run(forward, { cwd, deadlineMs: 300_000 });
  if (moved.code === 0) return { kind: "merged", sha: commit, main };
  return { kind: "kept", why: `${remote}/${name} could not be merged: ${lastLines(moved.stderr, 2)}` };
}

async function fetchMain(
  { git, userGit, clone, remote, main }: BranchCheckout,
  cwd: string,
): Promise<{ kind: "fetched"; main: string } | { kind: "kept"; why: string }> {
  const there = await remoteBranch(userGit, clone, { remote, branch: main });
  if (there.kind === "remote_away") return { kind: "kept", why: `${remote} is away: ${there.detail}` };
  if (there.sha === null) return { kind: "kept", why: `${remote} has no ${main}` };
  // Fetched before, and known as the remote's main: what a review covers is asked against that.
  const tracking = ["rev-parse", "--verify", "--quiet", `refs/remotes/${remote}/${main}^{commit}`];
  const known = (await git.run(tracking, { cwd })).stdout.toString("latin1").trim();
  if (known === there.sha) return { kind: "fetched", main: there.sha };
  const args = ["fetch", ...quietFetch, "--", remote, `refs/heads/${main}`];
  const fetched = await userGit.run(args, { cwd, deadlineMs: 300_000, config: allAtOnce });
  const here = await git.run(["cat-file", "-e", `${there.sha}^{commit}`], { cwd });
  if (here.code === 0) return { kind: "fetched", main: there.sha };
  return { kind: "kept", why: `${remote}/${main} could not be fetched: ${lastLines(fetched.stderr, 2)}` };
}
