/**
 * Does an approval of an older commit cover the candidate? Only if nothing that a reviewer would have to read was added
 * since: merges of main that git reproduces identically, and commits that touch only the item's own folder.
 */
import { isCommitHere } from "./commit-here.ts";
import type { LineRepository } from "./line-repository.ts";

export type CoverQuestion = {
  reviewed: string;
  sha: string;
  main: string;
  /** With its last slash. */
  itemFolder: string;
};

export type ReviewCover = { kind: "covered" } | { kind: "unreviewed"; commits: string[]; detail: string };

/** What was added to `reviewed` on the way to `sha` that nobody reviewed. */
export async function uncoveredCommits(line: LineRepository, question: CoverQuestion): Promise<ReviewCover> {
  const { reviewed, sha, main } = question;
  if (!(await isCommitHere(line, reviewed)) || !(await line.isAncestor(reviewed, sha)))
    return { kind: "unreviewed", commits: [], detail: "the branch was rewritten" };
  const added = await line.commitsBetween({ from: [reviewed, main], to: sha });
  const commits: string[] = [];
  for (const commit of added) if (!(await isCovered(line, commit, question))) commits.push(commit);
  if (commits.length === 0) return { kind: "covered" };
  const detail =
    commits.length === 1
      ? "1 unreviewed commit was added"
      : `${commits.length} unreviewed commits were added`;
  return { kind: "unreviewed", commits, detail };
}

async function isCovered(line: LineRepository, id: string, question: CoverQuestion): Promise<boolean> {
  const commit = await line.objects.readCommit(id);
  const [first, second, ...more] = commit.parents;
  if (first === undefined || more.length > 0) return false;
  if (second === undefined) {
    const changed = await line.changedPaths(first, id);
    return changed.every((change) => change.path.startsWith(question.itemFolder));
  }
  // A merge made by hand may hide an edit: only what git itself would have made is no news.
  const other = (await line.isAncestor(second, question.main)) ? second : null;
  if (other === null) return false;
  const merge = await line.mergeTrees(first, second);
  return merge.kind === "clean" && merge.tree === commit.tree;
}
