/**
 * Where a work item is worked on: a branch, and a worktree that has it checked out. Both are found wherever they are and
 * whoever made them; what is missing is made: the branch at main, the worktree in `trees/<slug>`.
 *
 * Guaranteed: no branch is moved and no worktree that is there is written to. Asked twice, or by two at once, there is one
 * place.
 */
import { realpath } from "node:fs/promises";
import { dirname, join } from "node:path";
import { badInput, Failure } from "../errors.ts";
import { type Clone, resolveBranch } from "../git/clone.ts";
import { missingCommits } from "../git/clone-commit.ts";
import { bringHeads, headsAtRemote } from "../git/clone-remote.ts";
import { checkBranch } from "../git/names.ts";
import { addWorktree, createBranch, ignoreFolder, type WorktreeAddition } from "../git/worktree-add.ts";
import { type Worktree, worktrees } from "../git/worktrees.ts";
import { type ItemPlace, placeOf } from "./item-place.ts";
import type { BranchPlace } from "./submit.ts";

/** Where new worktrees go, in the main checkout. */
export const treesFolder = "trees";

export type PlaceGround = BranchPlace & { clone: Clone; main: string };

export type PlaceRequest = {
  slug: string;
  /** The branch it is known to be on, or that a person names; null: it is found, or made with the slug's name. */
  branch: string | null;
  /** A worktree that somebody made; null: it is found, or made. */
  worktree: string | null;
  /** Gives the commit a new branch begins at; asked only where one is made. */
  begin: () => Promise<string>;
};

export type Place = ItemPlace & {
  /** `created`: the branch is new · `adopted`: it was there, and its worktree is new or somebody else's · `there`. */
  how: "created" | "adopted" | "there";
  /** The commit a new branch began at. */
  base: string | null;
};

/**
 * Finds the item's place, or makes it. Throws `bad_branch`, `not_a_worktree`, `branch_elsewhere` (bad input),
 * `path_taken`, `worktree_refused` (failed), `worktree_unfinished`, `remote_away` (temporary).
 */
export async function openPlace(ground: PlaceGround, request: PlaceRequest): Promise<Place> {
  const { git, clone, main } = ground;
  const { slug, branch, worktree } = request;
  const all = await worktrees(git, clone);
  if (worktree !== null)
    return { ...(await named(ground, all, worktree, branch)), how: "adopted", base: null };
  const found = placeOf(all, { slug, branch, main });
  if (found !== null) return { ...found, how: "there", base: null };
  const { name, how, base } = await openBranch(ground, request);
  const path = join(folderFor(clone), slug);
  if (clone.mainRoot !== null) await ignoreFolder(git, clone, treesFolder);
  const added = await addWorktree(ground, clone, { path, branch: name });
  if (added.kind !== "added" && added.kind !== "in_use") throw notAdded(slug, name, added);
  const place = placeOf(await worktrees(git, clone), { slug, branch: name, main });
  if (place === null) throw new Error(`${added.path} was added and is not there`);
  return { ...place, how, base };
}

/** In the main checkout; beside the others, where the repository is bare and has none. */
function folderFor({ mainRoot, root }: Clone): string {
  return mainRoot === null ? dirname(root) : join(mainRoot, treesFolder);
}

async function named(
  { clone, main, remote }: PlaceGround,
  all: readonly Worktree[],
  worktree: string,
  branch: string | null,
): Promise<ItemPlace> {
  const path = await realpath(worktree).catch(() => worktree);
  const found = all.find((each) => each.path === path && !each.bare && !each.prunable);
  if (found === undefined)
    throw badInput("not_a_worktree", `${path} is no worktree of ${clone.mainRoot ?? clone.commonDir}.`, {
      cure: "git worktree list shows them.",
    });
  if (found.branch === null || found.head === null)
    throw badInput("not_a_worktree", `${path} has no branch checked out.`, {
      cure: "git switch -c BRANCH there.",
    });
  const wrong = checkBranch(found.branch, main, remote);
  if (wrong !== null) throw badInput("bad_branch", `${path} cannot be an item's place: ${wrong}.`);
  if (branch !== null && branch !== found.branch)
    throw badInput("branch_elsewhere", `${path} has ${found.branch} checked out, not ${branch}.`);
  return { path: found.path, branch: found.branch, head: found.head };
}

type OpenedBranch = { name: string; how: "created" | "adopted"; base: string | null };

/** The branch: this clone's, else the remote's, else a new one. */
async function openBranch(ground: PlaceGround, request: PlaceRequest): Promise<OpenedBranch> {
  const { git, clone } = ground;
  const name = request.branch ?? request.slug;
  if ((await resolveBranch(git, clone, name)) !== null) return { name, how: "adopted", base: null };
  const there = await fromRemote(ground, name);
  const base = there ?? (await request.begin());
  const made = await createBranch(git, clone, name, base);
  if (made.kind === "refused") {
    const message = `The branch ${name} cannot be made: ${made.detail}`;
    const cure = `Name another one: signalbox todo start ${request.slug} --branch BRANCH`;
    throw new Failure({ code: "branch_refused", kind: "not_ready", message, cure });
  }
  const isNew = made.kind === "created" && there === null;
  return { name, how: isNew ? "created" : "adopted", base: isNew ? base : null };
}

/** The remote's branch, brought here; null where it has none. */
async function fromRemote(
  { git, userGit, clone, remote }: PlaceGround,
  name: string,
): Promise<string | null> {
  const answer = await headsAtRemote(userGit, clone, remote, [name]);
  // Away: whoever asked for a place to work gets one; a branch of that name is met again at the hand-over.
  if (answer.kind === "remote_away") return null;
  const sha = answer.heads.get(name) ?? null;
  if (sha === null) return null;
  const isHere = async () => (await missingCommits(git, clone, [sha])).length === 0;
  if (!(await isHere())) await bringHeads(userGit, clone, remote, [name]);
  if (await isHere()) return sha;
  const message = `${remote}/${name} cannot be fetched right now.`;
  throw new Failure({ code: "remote_away", kind: "temporary", message, cure: "Try again." });
}

function notAdded(
  slug: string,
  branch: string,
  added: Exclude<WorktreeAddition, { kind: "added" | "in_use" }>,
): Failure {
  switch (added.kind) {
    case "taken":
      return new Failure({
        code: "path_taken",
        kind: "not_ready",
        message: `${added.path} is not empty and not the worktree of ${branch}; nothing was written there.`,
        cure: `Move it away, or name the worktree: signalbox todo start ${slug} --worktree DIR`,
      });
    case "unfinished":
      return new Failure({
        code: "worktree_unfinished",
        kind: "temporary",
        message: `${added.path} was begun by another git and is not finished.`,
        cure: `If none is at work there: git worktree remove --force --force ${added.path}, then start again.`,
      });
    case "refused":
      return new Failure({
        code: "worktree_refused",
        kind: "failed",
        message: `No worktree of ${branch} could be added: ${added.detail}`,
        cure: "Do what git asks for, then start again.",
      });
    default:
      return added satisfies never;
  }
}
