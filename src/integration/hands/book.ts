/** Reads the project's books from a merged tree and applies what a landing changes in them, as tree objects. */
import type { Config } from "../../config.ts";
import type { Commit } from "../../git/commit.ts";
import { authorship } from "../../git/history.ts";
import type { LineRepository } from "../../git/line-repository.ts";
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
  const todoNames = new Set((await line.objects.readTree(folder.id)).map(({ name }) => name));
  const file = (path: string) => readBookFile(line, tree, path);
  const demo = await file(`${delivery.todos}/${slug}/demo.md`);
  const { edits, warnings } = bookkeeping(
    {
      folders: { todos: delivery.todos, demos: delivery.demos },
      roadmap: await file(`${delivery.todos}/roadmap.yaml`),
      delivered: await file(`${delivery.todos}/delivered.yaml`),
      demo,
      todoNames,
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
  const entries = new Map<string, { mode: string; id: string } | null>();
  for (const [path, text] of edits)
    entries.set(
      path,
      text === null ? null : { mode: await modeAt(line, tree, path), id: await line.objects.writeBlob(text) },
    );
  return { tree: await line.objects.editTree(tree, entries), warnings };
}

const nothing: LandingStats = { files: 0, insertions: 0, deletions: 0, commits: 0, authors: [] };
const bookBytesMax = 4_000_000;

async function readBookFile(line: LineRepository, tree: string, path: string): Promise<BookFile> {
  const entry = await line.objects.entryAt(tree, path);
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

async function modeAt(line: LineRepository, tree: string, path: string): Promise<string> {
  const mode = (await line.objects.entryAt(tree, path))?.mode;
  return mode?.startsWith("100") ? mode : "100644";
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
    const file = await readBookFile(line, tree, name);
    if (file.kind === "text") files[name] = file.text;
  }
  return projectVersion(files);
}

function isFolder(mode: string): boolean {
  return mode === "40000" || mode === "040000";
}
