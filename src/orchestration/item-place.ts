/** Pure: which of the clone's worktrees an item is worked on in. */
import { slugFromBranch } from "../git/names.ts";
import type { Worktree } from "../git/worktrees.ts";

export type ItemPlace = { path: string; branch: string; head: string };

/**
 * The worktree that has the item's branch checked out, wherever it lies and whoever made it. Where nobody said which
 * branch that is: the one called like the slug, else the only one whose name makes this slug. Null where there is none.
 */
export function placeOf(
  worktrees: readonly Worktree[],
  { slug, branch, main }: { slug: string; branch: string | null; main: string },
): ItemPlace | null {
  const places = worktrees.flatMap(({ path, branch: at, head, prunable }) =>
    at === null || head === null || prunable || at === main ? [] : [{ path, branch: at, head }],
  );
  if (branch !== null) return places.find((place) => place.branch === branch) ?? null;
  const exact = places.find((place) => place.branch === slug);
  if (exact !== undefined) return exact;
  const [only, ...others] = places.filter((place) => slugFromBranch(place.branch) === slug);
  return only !== undefined && others.length === 0 ? only : null;
}

/** The slugs that worktrees could be of: for the nearest names. */
export function slugsOf(worktrees: readonly Worktree[], main: string): string[] {
  return worktrees.flatMap(({ branch }) =>
    branch === null || branch === main ? [] : [slugFromBranch(branch)],
  );
}
