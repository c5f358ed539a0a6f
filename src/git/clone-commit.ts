/**
 * Files read from, and small commits made in, the user's clone without any checkout: no worktree, index, branch or ref is
 * touched. Written by git itself, since the clone is the user's; the commit is theirs, too, by their own name.
 */
import { Failure } from "../errors.ts";
import type { Clone } from "./clone.ts";
import { treeEditor } from "./edit-tree.ts";
import { idOf } from "./history.ts";
import { type Git, gitFailed } from "./run.ts";
import { parseTree, serializeTree, type TreeEntry } from "./tree.ts";

type Where = Pick<Clone, "commonDir" | "format">;

/** A file of a commit. `unreadable`: a folder, a symlink, a submodule, too large, no UTF-8. */
export type CommittedFile =
  | { kind: "absent" }
  | { kind: "text"; text: string; mode: string }
  | { kind: "unreadable"; why: string };

const longestFileBytes = 4 * 1024 * 1024;

/** The file at `path` of a commit. */
export async function fileAt(git: Git, clone: Where, commit: string, path: string): Promise<CommittedFile> {
  const cwd = clone.commonDir;
  const args = ["ls-tree", "-z", "--full-tree", idOf(commit), "--", path];
  const listed = (await git.must(args, { cwd })).stdout.toString("utf8").split("\0")[0] ?? "";
  const match = /^(\d+) (\w+) ([0-9a-f]+)\t/.exec(listed);
  if (match === null) return { kind: "absent" };
  const [, mode = "", , id = ""] = match;
  if (!mode.startsWith("100")) return { kind: "unreadable", why: "it is no plain file" };
  const size = Number((await git.must(["cat-file", "-s", id], { cwd })).stdout.toString("latin1"));
  if (size > longestFileBytes) return { kind: "unreadable", why: "it is too large" };
  const bytes = (await git.must(["cat-file", "blob", id], { cwd })).stdout;
  try {
    return {
      kind: "text",
      text: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes),
      mode,
    };
  } catch {
    return { kind: "unreadable", why: "it is not UTF-8" };
  }
}

export type FileCommit = {
  parent: string;
  /** Path → its whole text. A file that is there keeps its mode. */
  files: ReadonlyMap<string, string>;
  message: string;
};

/**
 * A commit on `parent` that changes only these files; its id. `userGit` gives it the person's name. Throws `no_identity`
 * (bad input) where git does not know it.
 */
export async function commitFiles(
  gits: { git: Git; userGit: Git },
  clone: Where,
  { parent, files, message }: FileCommit,
): Promise<string> {
  const { git, userGit } = gits;
  const cwd = clone.commonDir;
  const before = await one(git, cwd, ["rev-parse", "--verify", "--end-of-options", `${idOf(parent)}^{tree}`]);
  const edits = new Map<string, { mode: string; id: string }>();
  for (const [path, text] of files) {
    const known = await fileAt(git, clone, parent, path);
    const id = await one(git, cwd, ["hash-object", "-w", "--stdin", "--no-filters"], text);
    edits.set(path, { mode: known.kind === "text" ? known.mode : "100644", id });
  }
  const tree = await treeEditor(treesOf(git, clone))(before, edits);
  return commitTree(userGit, clone, { tree, parents: [parent], message });
}

/** A commit of a tree that is there; its id. Throws `no_identity` (bad input) where git does not know the person's name. */
export async function commitTree(
  userGit: Git,
  { commonDir: cwd }: Pick<Clone, "commonDir">,
  { tree, parents, message }: { tree: string; parents: readonly string[]; message: string },
): Promise<string> {
  const above = parents.flatMap((parent) => ["-p", idOf(parent)]);
  const args = ["commit-tree", "--no-gpg-sign", ...above, idOf(tree)];
  const made = await userGit.run(args, { cwd, stdin: message });
  if (made.code === 0) return idOf(made.stdout.toString("latin1").trim());
  if (!/tell me who you are|empty ident|no (?:name|email) was given/i.test(made.stderr))
    throw gitFailed(args, made);
  throw new Failure({
    code: "no_identity",
    kind: "bad_input",
    message: "git does not know who you are, and a commit needs a name.",
    cure: 'git config user.name "…" && git config user.email "…"',
  });
}

/** The tree of a merge of two commits, made in memory; null where they conflict. */
export async function mergedTree(git: Git, clone: Where, a: string, b: string): Promise<string | null> {
  const args = ["merge-tree", "--write-tree", "--no-messages", idOf(a), idOf(b)];
  const result = await git.must(args, { cwd: clone.commonDir, accept: [1] });
  return result.code === 1 ? null : idOf(result.stdout.toString("latin1").trim());
}

/** Whether `a` is an ancestor of `b`, or `b` itself. */
export async function isWithin(git: Git, clone: Where, a: string, b: string): Promise<boolean> {
  const args = ["merge-base", "--is-ancestor", idOf(a), idOf(b)];
  return (await git.must(args, { cwd: clone.commonDir, accept: [1] })).code === 0;
}

/** The paths that differ between `sha` and where it left `main`; all of them where the histories are unrelated. */
export async function changedSince(git: Git, clone: Where, main: string, sha: string): Promise<string[]> {
  const cwd = clone.commonDir;
  const base = await git.must(["merge-base", idOf(main), idOf(sha)], { cwd, accept: [1] });
  const from = base.code === 1 ? main : base.stdout.toString("latin1").trim();
  const args = [
    "diff-tree",
    "-r",
    "-z",
    "--name-only",
    "--no-ext-diff",
    "--no-renames",
    from,
    idOf(sha),
    "--",
  ];
  const changed = (await git.must(args, { cwd })).stdout.toString("utf8");
  return changed.split("\0").filter((path) => path !== "");
}

/** Which of these commits are not in the clone. */
export async function missingCommits(git: Git, clone: Where, ids: readonly string[]): Promise<string[]> {
  if (ids.length === 0) return [];
  const stdin = ids.map((id) => `${idOf(id)}\n`).join("");
  const args = ["cat-file", "--batch-check=%(objecttype)"];
  const said = (await git.must(args, { cwd: clone.commonDir, stdin })).stdout.toString("latin1").split("\n");
  return ids.filter((_, index) => said[index] !== "commit");
}

function treesOf(git: Git, { commonDir: cwd, format }: Where) {
  return {
    readTree: async (id: string): Promise<TreeEntry[]> =>
      parseTree(
        (await git.must(["cat-file", "tree", idOf(id)], { cwd })).stdout,
        format === "sha256" ? 32 : 20,
      ),
    writeTree: (entries: readonly TreeEntry[]): Promise<string> =>
      one(git, cwd, ["hash-object", "-w", "-t", "tree", "--stdin"], serializeTree(entries)),
  };
}

async function one(git: Git, cwd: string, args: string[], stdin?: string | Buffer): Promise<string> {
  const result = await git.must(args, stdin === undefined ? { cwd } : { cwd, stdin });
  return result.stdout.toString("latin1").trim();
}
