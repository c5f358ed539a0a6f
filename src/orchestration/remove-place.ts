/**
 * Removes an item's worktree and local branch, each only with proof that nothing of anybody's goes with it: the worktree
 * is clean, at its branch's commit and nobody's current folder; the branch's commits are at the remote, or on main. What
 * is not proven stays, and it is said why. Files that the repository ignores are not looked at, as git has it.
 */
import { remoteBranch } from "../git/branch-push.ts";
import { type Clone, resolveBranch } from "../git/clone.ts";
import { deleteLocalBranch } from "../git/local-branches.ts";
import type { Git } from "../git/run.ts";
import { removeWorktree } from "../git/worktrees.ts";
import type { ItemPlace } from "./item-place.ts";
import type { BranchPlace } from "./submit.ts";

export type RemovalGround = BranchPlace & {
  main: string;
  /** Folders that somebody is in. */
  occupied: readonly string[];
};

/** `what` is a worktree's folder, or a branch's name. */
export type Removed = { what: string; removed: boolean; why: string | null };

/** Null for what is not there. */
export type PlaceRemoval = { worktree: Removed | null; branch: Removed | null };

/** Safe to ask for again: what is gone is gone. */
export async function removePlace(
  ground: RemovalGround,
  { place, branch }: { place: ItemPlace | null; branch: string },
): Promise<PlaceRemoval> {
  const { git, clone, occupied } = ground;
  const worktree =
    place === null
      ? null
      : told(place.path, await removeWorktree(git, clone, { path: place.path, sha: place.head, occupied }));
  const sha = branch === ground.main ? null : await resolveBranch(git, clone, branch);
  if (sha === null) return { worktree, branch: null };
  const lost = await whatWouldBeLost(ground, branch, sha);
  if (lost !== null) return { worktree, branch: { what: branch, removed: false, why: lost } };
  return { worktree, branch: told(branch, await deleteLocalBranch(git, clone, branch, sha)) };
}

function told(what: string, result: { kind: string; why?: string }): Removed {
  return { what, removed: result.kind !== "kept", why: result.kind === "kept" ? (result.why ?? null) : null };
}

/** Null where every commit of the branch is somewhere else too; main as this clone has fetched it, the branch as it is there now. */
async function whatWouldBeLost(ground: RemovalGround, branch: string, sha: string): Promise<string | null> {
  const { git, userGit, clone, remote, main } = ground;
  if (await isWithin(git, clone, sha, `refs/remotes/${remote}/${main}`)) return null;
  const there = await remoteBranch(userGit, clone, { remote, branch });
  if (there.kind === "remote_away") return `${remote} could not be asked whether it has its commits`;
  if (there.sha === sha) return null;
  if (there.sha !== null && (await isWithin(git, clone, sha, there.sha))) return null;
  return `it has commits that are not at ${remote}`;
}

async function isWithin(
  git: Git,
  clone: Pick<Clone, "commonDir">,
  sha: string,
  of: string,
): Promise<boolean> {
  const args = ["merge-base", "--is-ancestor", sha, of];
  return (await git.run(args, { cwd: clone.commonDir })).code === 0;
}
