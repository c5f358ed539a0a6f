/** Does an item's approval cover what its branch holds now? Asked in the line's own repository, where nothing of the clone runs. */
import type { Clone } from "../git/clone.ts";
import { withCloneRefs } from "../git/clone-commits.ts";
import type { LineRepository } from "../git/line-repository.ts";
import { uncoveredCommits } from "../git/review-cover.ts";
import type { Git } from "../git/run.ts";

export type CoverGround = {
  git: Git;
  clone: Pick<Clone, "commonDir">;
  /** Opens the line's repository; closed here. */
  openLine(): Promise<LineRepository>;
  remote: string;
  main: string;
  /** The folder of the items' own files. */
  todos: string;
  /** What an approval is bound to, as configured. */
  bind: "sha" | "slug" | "required";
};

export type Cover = { kind: "covered" } | { kind: "stale"; detail: string };

/**
 * Main is main as the clone has fetched it. A branch that was rewritten since the review, or has commits that are neither
 * plain merges of main nor the item's own files, makes it stale.
 */
export async function approvalCover(
  ground: CoverGround,
  item: { slug: string; branch: string; head: string; reviewed: string | null },
): Promise<Cover> {
  const { slug, branch, head, reviewed } = item;
  if (ground.bind === "slug") return { kind: "covered" };
  if (reviewed === null)
    return ground.bind === "required"
      ? { kind: "stale", detail: "it names no commit, and here it has to" }
      : { kind: "covered" };
  if (reviewed === head) return { kind: "covered" };
  await using line = await ground.openLine();
  const refs = [`refs/heads/${branch}`, `refs/remotes/${ground.remote}/${ground.main}`];
  return withCloneRefs({ ...ground, line }, refs, async ([tip, main]) => {
    if (tip !== head) return { kind: "stale", detail: "the branch is just being moved" };
    const itemFolder = `${ground.todos}/${slug}/`;
    const cover = await uncoveredCommits(line, { reviewed, sha: head, main: main ?? reviewed, itemFolder });
    if (cover.kind === "covered") return cover;
    return { kind: "stale", detail: `${cover.detail} since ${reviewed.slice(0, 7)} was reviewed` };
  });
}
