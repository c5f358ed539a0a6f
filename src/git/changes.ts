/** What differs between two commits or trees. Paths and modes come from the tree objects alone, along what differs. */

import { idOf } from "./history.ts";
import type { LineCore } from "./line-core.ts";
import { folderMode, rawNameOf, type TreeEntry } from "./tree.ts";

export type Side = { mode: string; id: string };
export type ChangedPath = {
  path: string;
  /** `null`: added. */
  before: Side | null;
  /** `null`: removed. */
  after: Side | null;
};
/** One file of a difference; without numbers where it is binary. A rename is named by its new path. */
export type FileStat = { path: string; insertions: number | null; deletions: number | null };
export type DiffStat = { files: number; insertions: number; deletions: number };

/**
 * The files that differ between two commits' (or trees') trees; a rename is a removal and an addition. No process.
 * With `limit`, the walk ends after so many files.
 */
export async function changedPaths(
  line: Pick<LineCore, "reader" | "objects">,
  a: string,
  b: string,
  limit = Infinity,
): Promise<ChangedPath[]> {
  const found: ChangedPath[] = [];
  const compare = async (prefix: string, before: string | null, after: string | null): Promise<void> => {
    const [old, now] = await Promise.all([entriesOf(line, before), entriesOf(line, after)]);
    for (const name of new Set([...old.keys(), ...now.keys()])) {
      if (found.length >= limit) return;
      const [was, is] = [old.get(name), now.get(name)];
      if (was?.id === is?.id && was?.mode === is?.mode) continue;
      const path = `${prefix}${(is ?? was)?.name ?? ""}`;
      const [wasFile, isFile] = [fileSide(was), fileSide(is)];
      if (wasFile !== null || isFile !== null) found.push({ path, before: wasFile, after: isFile });
      const [wasFolder, isFolder] = [folderId(was), folderId(is)];
      if (wasFolder !== null || isFolder !== null) await compare(`${path}/`, wasFolder, isFolder);
    }
  };
  const [treeA, treeB] = await Promise.all([treeOf(line, a), treeOf(line, b)]);
  if (treeA !== treeB) await compare("", treeA, treeB);
  return found;
}

export const statFlags = [
  "-r",
  "-z",
  "--numstat",
  "--find-renames",
  "--no-ext-diff",
  "--no-textconv",
  "--ignore-submodules=all",
] as const;

/** Files, inserted and deleted lines between two commits or trees, renames found. Binary files count as files only. */
export async function diffStat(line: LineCore, a: string, b: string): Promise<DiffStat> {
  return parseNumstat(await numstat(line, a, b));
}

/** The same, file by file, in the order of the paths. */
export async function fileStats(line: LineCore, a: string, b: string): Promise<FileStat[]> {
  return parseFileStats(await numstat(line, a, b));
}

async function numstat(line: LineCore, a: string, b: string): Promise<string> {
  const [treeA, treeB] = await Promise.all([treeOf(line, idOf(a)), treeOf(line, idOf(b))]);
  const answer = await line.stats.compare(treeA, treeB);
  if (answer !== null) return answer;
  const args = ["diff-tree", ...statFlags, treeA, treeB, "--"];
  return (await line.git.must(args, { cwd: line.directory })).stdout.toString("utf8");
}

/** The sum of `--numstat -z` records (pure). */
export function parseNumstat(text: string): DiffStat {
  const stat = { files: 0, insertions: 0, deletions: 0 };
  for (const record of text.split("\0")) {
    // A rename's two names follow as records of their own, without numbers.
    const match = /^(\d+|-)\t(\d+|-)\t/.exec(record);
    if (match === null) continue;
    stat.files += 1;
    stat.insertions += Number(match[1] === "-" ? 0 : match[1]);
    stat.deletions += Number(match[2] === "-" ? 0 : match[2]);
  }
  return stat;
}

/** The files of `--numstat -z` records (pure). A rename's record has an empty path; its old and new one follow. */
export function parseFileStats(text: string): FileStat[] {
  const records = text.split("\0");
  const files: FileStat[] = [];
  for (let at = 0; at < records.length; at++) {
    const match = /^(\d+|-)\t(\d+|-)\t(.*)$/s.exec(records[at] ?? "");
    if (match === null) continue;
    const [, insertions, deletions, named = ""] = match;
    const path = named === "" ? (records[at + 2] ?? "") : named;
    if (named === "") at += 2;
    files.push({ path, insertions: lines(insertions), deletions: lines(deletions) });
  }
  return files;
}

function lines(count: string | undefined): number | null {
  return count === undefined || count === "-" ? null : Number(count);
}

/** The tree of a commit; a tree is its own. */
export async function treeOf(line: Pick<LineCore, "reader" | "objects">, id: string): Promise<string> {
  const header = await line.reader.header(idOf(id));
  return header?.kind === "tree" ? id : (await line.objects.readCommit(id)).tree;
}

async function entriesOf(
  line: Pick<LineCore, "objects">,
  tree: string | null,
): Promise<Map<string, TreeEntry>> {
  if (tree === null) return new Map();
  return new Map(
    (await line.objects.readTree(tree)).map((entry) => [rawNameOf(entry).toString("latin1"), entry]),
  );
}

function fileSide(entry: TreeEntry | undefined): Side | null {
  return entry === undefined || entry.mode === folderMode ? null : { mode: entry.mode, id: entry.id };
}

function folderId(entry: TreeEntry | undefined): string | null {
  return entry?.mode === folderMode ? entry.id : null;
}
