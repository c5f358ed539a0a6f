/**
 * Pure. What became of a merge in history, held against what the integrator would have made of it, and why the two are not
 * the same where they are not.
 */
import { createHash } from "node:crypto";
import type { RemergeAnswer } from "../git/replay.ts";

export type Verdict =
  /** Tree for tree. */
  | { kind: "identical" }
  /** The integrator would have blocked it, and a person resolved it. */
  | { kind: "both_conflict"; paths: string[] }
  | { kind: "differs"; paths: string[]; why: string };

export type Judged = { commit: string; verdict: Verdict };

export type Difference = { commit: string; paths: string[]; why: string };

export type ParityCounts = {
  merges: number;
  identical: number;
  both_conflict: number;
  differs: Difference[];
};

/** The settings under which git is asked again, where its merge is not what history has; the first that fits tells why. */
export const otherSettings = [
  { config: [["merge.renames", "false"]], why: "another strategy: merged without looking for renames" },
  {
    config: [["merge.directoryRenames", "true"]],
    why: "another strategy: renamed folders were followed",
  },
  {
    config: [["merge.directoryRenames", "false"]],
    why: "another strategy: renamed folders were not followed",
  },
  { config: [["merge.renormalize", "true"]], why: "filters: line endings were normalized while merging" },
] as const;

/** A file that history has otherwise than git's merge; blob ids, null where it is not there. */
export type DifferingFile = {
  path: string;
  history: string | null;
  main: string | null;
  branch: string | null;
  /** Only line endings or blanks at line ends tell it from git's merge. */
  sameButForLineEnds: boolean;
  /** What `.gitattributes` says of it that a merge without a checkout does not do: `filter=lfs`, `merge=npm`. */
  attribute: string | null;
};

/** The verdict where git's answer and the historic tree settle it; null where the files must be looked at. */
export function settledVerdict(
  merge: { tree: string; parents: readonly string[] },
  answer: RemergeAnswer,
): Verdict | null {
  if (merge.parents.length > 2)
    return differs(
      `a merge of ${merge.parents.length - 1} branches at once; the integrator lands one at a time`,
    );
  switch (answer.kind) {
    case "clean":
      return answer.tree === merge.tree ? { kind: "identical" } : null;
    case "conflicted":
      if (answer.submodulesOnly)
        return differs(
          "submodules: which of their commits is newer cannot be told without them",
          answer.paths,
        );
      return { kind: "both_conflict", paths: answer.paths.slice(0, pathsKept) };
    case "unrelated":
      return differs("unrelated histories: the integrator does not join them");
    case "failed":
      return differs(`git could not merge it again: ${answer.detail}`);
    default:
      return answer satisfies never;
  }
}

export type TreesOfMerge = { history: string; main: string; branch: string };

/** Why history has another tree than git's merge, from the files in which they differ. */
export function whyDiffers(trees: TreesOfMerge, files: readonly DifferingFile[]): string {
  if (trees.history === trees.main)
    return "another strategy: main was kept, and the branch's changes left out (ours)";
  if (trees.history === trees.branch)
    return "another strategy: the branch was taken, and main's changes left out (theirs)";
  if (files.every(({ sameButForLineEnds }) => sameButForLineEnds)) return "filters: only line endings differ";
  const attributes = [...new Set(files.flatMap(({ attribute }) => attribute ?? []))];
  if (files.every(({ attribute }) => attribute !== null))
    return `filters: .gitattributes has ${attributes.join(", ")} for them, which only a checkout does`;
  const isOneSides = ({ history, main, branch }: DifferingFile) => history === main || history === branch;
  if (files.every(isOneSides)) return "another strategy: each of these files was taken whole from one side";
  return "edited in the merge (or by another program): it is neither a side's nor what git makes of both";
}

/** At most so many paths are named of one merge. */
export const pathsKept = 50;

function differs(why: string, paths: readonly string[] = []): Verdict {
  return { kind: "differs", paths: paths.slice(0, pathsKept), why };
}

export function countVerdicts(judged: readonly Judged[]): ParityCounts {
  const counts: ParityCounts = { merges: judged.length, identical: 0, both_conflict: 0, differs: [] };
  for (const { commit, verdict } of judged) {
    if (verdict.kind === "identical") counts.identical++;
    else if (verdict.kind === "both_conflict") counts.both_conflict++;
    else counts.differs.push({ commit, paths: verdict.paths, why: verdict.why });
  }
  return counts;
}

/** Names a report by what it says, whoever makes it and however often. */
export function digestOf(judged: readonly Judged[]): string {
  const hash = createHash("sha256");
  for (const { commit, verdict } of judged)
    hash.update(`${commit} ${verdict.kind} ${verdict.kind === "differs" ? verdict.why : ""}\n`);
  return hash.digest("hex");
}

/** Attributes of a path that a merge without a checkout leaves out, by the last rule that matches it; null: none. */
export function foreignAttribute(attributes: string, path: string): string | null {
  let found: string | null = null;
  for (const line of attributes.split(/\r?\n/)) {
    const [pattern = "", ...names] = line.trim().split(/[ \t]+/);
    if (pattern === "" || pattern.startsWith("#") || pattern.startsWith("[") || !isMatch(pattern, path))
      continue;
    const foreign = names.find(
      (name) => /^(?:filter|merge|working-tree-encoding)=/.test(name) && !isBuiltIn(name),
    );
    found = foreign ?? found;
  }
  return found;
}

function isBuiltIn(attribute: string): boolean {
  return /^merge=(?:union|text|binary)$/.test(attribute);
}

/** Git's own rules of patterns as far as `*`, `**`, `?` and folders go. */
function isMatch(pattern: string, path: string): boolean {
  const anchored = pattern.replace(/^\//, "");
  const subject = anchored.includes("/") || pattern.startsWith("/") ? path : (path.split("/").at(-1) ?? path);
  const source = anchored
    .split(/(\*\*\/|\*\*|\*|\?)/)
    .map((part) => wildcards.get(part) ?? part.replace(/[.+^${}()|[\]\\]/g, "\\$&"))
    .join("");
  return new RegExp(`^${source}$`).test(subject);
}

const wildcards = new Map([
  ["**/", "(?:.*/)?"],
  ["**", ".*"],
  ["*", "[^/]*"],
  ["?", "[^/]"],
]);
