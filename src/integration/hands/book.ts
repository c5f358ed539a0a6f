/** Reads the project's books from a merged tree and applies what a landing changes in them, as tree objects. */
import type { Config } from "../../config.ts";
import type { Commit } from "../../git/commit.ts";
import { authorship } from "../../git/history.ts";
import type { LineRepository } from "../../git/line-repository.ts";
import type { TreeEntry } from "../../git/tree.ts";
import { type BookFile, bookkeeping } from "../bookkeeping.ts";
import { type LandingStats, projectVersion, versionFiles } from "../snapshot.ts";

export type BookQuestion = {
  slug: string;
  /** The merged tree, before any bookkeeping. */
  tree: string;
  /** For the demo's snapshot: what landed, against what. */
  main: string;
  sha: string;
  /** The commits it brings in; null where they are too many to be listed. */
  own: readonly Commit[] | null;
  mergeCommit: string;
  deliveredAt: string;
};

/** The tree with the bookkeeping done: `tree` itself where there is none to do. */
export async function withBookkeeping(
  line: LineRepository,
  delivery: Config["delivery"],
  question: BookQuestion,
): Promise<{ tree: string; warnings: string[] }> {
  const { slug, tree, mergeCommit, deliveredAt } = question;
  const folder = await line.objects.entryAt(tree, delivery.todos);
  if (folder === null || !isFolder(folder.mode)) return { tree, warnings: [] };
  const todos = await line.objects.readTree(folder.id);
  const todo = (name: string) => todos.find((entry) => entry.name === name) ?? null;
  const [roadmap, delivered, demo] = await Promise.all([
    readBookFile(line, todo("roadmap.yaml")),
    readBookFile(line, todo("delivered.yaml")),
    demoOf(line, todo(slug)),
  ]);
  const { edits, warnings } = bookkeeping(
    {
      folders: { todos: delivery.todos, demos: delivery.demos },
      roadmap,
      delivered,
      demo,
      todoNames: new Set(todos.map(({ name }) => name)),
    },
    {
      slug,
      title: null,
      deliveredAt,
      mergeCommit,
      version: demo.kind === "absent" ? null : await versionIn(line, tree),
      // Counted only where somebody will read it.
      stats: demo.kind === "absent" ? nothing : await statsOf(line, question),
    },
  );
  if (edits.size === 0) return { tree, warnings };
  const entries = await Promise.all(
    [...edits].map(async ([path, text]) => [path, await entryOf(line, tree, path, text)] as const),
  );
  return { tree: await line.objects.editTree(tree, new Map(entries)), warnings };
}

const nothing: LandingStats = { files: 0, insertions: 0, deletions: 0, commits: 0, authors: [] };
const bookBytesMax = 4_000_000;

async function demoOf(line: LineRepository, item: TreeEntry | null): Promise<BookFile> {
  if (item === null || !isFolder(item.mode)) return { kind: "absent" };
  return readBookFile(line, await line.objects.entryAt(item.id, "demo.md"));
}

async function readBookFile(line: LineRepository, entry: TreeEntry | null): Promise<BookFile> {
  if (entry === null) return { kind: "absent" };
  if (!entry.mode.startsWith("100")) return { kind: "unreadable", why: "it is no regular file" };
  if (((await line.objects.size(entry.id)) ?? 0) > bookBytesMax)
    return { kind: "unreadable", why: "it is too large" };
  const content = await line.objects.readBlob(entry.id);
  try {
    return { kind: "text", text: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(content) };
  } catch {
    return { kind: "unreadable", why: "it is not UTF-8" };
  }
}

/** What shall stand at the path: the text, in the mode of the file that is there, or nothing. */
async function entryOf(line: LineRepository, tree: string, path: string, text: string | null) {
  if (text === null) return null;
  const [before, id] = await Promise.all([line.objects.entryAt(tree, path), line.objects.writeBlob(text)]);
  return { mode: before?.mode.startsWith("100") ? before.mode : "100644", id };
}

async function statsOf(line: LineRepository, question: BookQuestion): Promise<LandingStats> {
  const { main, tree, sha, own } = question;
  const [stat, work] = await Promise.all([
    line.diffStat(main, tree),
    own === null ? line.authorsOf(main, sha) : authorship(own),
  ]);
  return { ...stat, commits: work.commits, authors: work.authors.map(({ name }) => name) };
}

/** The project's own version, from the manifests in the root of its tree. */
async function versionIn(line: LineRepository, tree: string): Promise<string | null> {
  const files: Parameters<typeof projectVersion>[0] = {};
  for (const name of versionFiles) {
    const file = await readBookFile(line, await line.objects.entryAt(tree, name));
    if (file.kind === "text") files[name] = file.text;
  }
  return projectVersion(files);
}

function isFolder(mode: string): boolean {
  return mode === "40000" || mode === "040000";
}
