/**
 * What a landing changes in the project's own books, as edits of the merged tree. Pure.
 *
 * The slug's entry moves from the roadmap to the front of `delivered.yaml`, the slug goes out of every `after:`, a
 * group whose last child this was is delivered with it, the demo is kept in `demos/<slug>/`, and `todos/<slug>/` goes.
 * Computed from the merged tree each time, so files that a branch brought back go again; done twice, nothing changes.
 *
 * The books never hold up a landing: a file that cannot be read, or not be edited safely, is left alone and named in a
 * warning. A slug that is no work item (not in the roadmap, no folder) leaves no trace but in `after:` lists.
 */
import { readList, withFirst, withoutSlugs } from "../books/yaml-list.ts";
import { declinesDemo, headingOf, type LandingStats, snapshotText } from "./snapshot.ts";

/** A file of the merged tree. `unreadable`: a symlink, a submodule, no UTF-8, too large. */
export type BookFile =
  | { kind: "absent" }
  | { kind: "text"; text: string }
  | { kind: "unreadable"; why: string };

export type Book = {
  /** As configured: paths from the root of the tree. */
  folders: { todos: string; demos: string };
  /** `<todos>/roadmap.yaml` */
  roadmap: BookFile;
  /** `<todos>/delivered.yaml` */
  delivered: BookFile;
  /** `<todos>/<slug>/demo.md` */
  demo: BookFile;
  /** The names that lie directly in the todos folder; empty where there is none. */
  todoNames: ReadonlySet<string>;
};

export type Landed = {
  slug: string;
  /** For want of one in the roadmap or the demo; null: the slug. */
  title: string | null;
  /** RFC 3339. */
  deliveredAt: string;
  mergeCommit: string;
  version: string | null;
  stats: LandingStats;
};

export type Bookkeeping = {
  /** Path → its new text, or null: remove it, file or folder. Empty where there is nothing to do. */
  edits: Map<string, string | null>;
  /** One sentence for each thing that was left alone. */
  warnings: string[];
};

/** The edits a landing makes on top of its merge. */
export function bookkeeping(book: Book, landed: Landed): Bookkeeping {
  const { folders, todoNames } = book;
  const edits = new Map<string, string | null>();
  const warnings: string[] = [];
  const paths = {
    roadmap: `${folders.todos}/roadmap.yaml`,
    delivered: `${folders.todos}/delivered.yaml`,
  };
  const roadmap = entriesOf(paths.roadmap, book.roadmap, warnings);
  const delivered = entriesOf(paths.delivered, book.delivered, warnings);
  const title = titleOf(landed, book, roadmap ?? []);

  const isItem = todoNames.has(landed.slug) || (roadmap ?? []).some(({ slug }) => slug === landed.slug);
  const rows = isItem ? newRows({ landed, title, roadmap: roadmap ?? [], delivered }) : [];
  if (roadmap !== null && book.roadmap.kind === "text") {
    const gone = new Set([landed.slug, ...rows.map(({ slug }) => slug)]);
    note(edits, warnings, {
      path: paths.roadmap,
      before: book.roadmap.text,
      edit: withoutSlugs(book.roadmap.text, gone),
    });
  }
  if (delivered !== null && rows.length > 0) {
    const before = book.delivered.kind === "text" ? book.delivered.text : deliveredHeader;
    note(edits, warnings, { path: paths.delivered, before, edit: withRows(before, rows) });
  }
  if (todoNames.has(landed.slug)) {
    for (const [path, text] of demoEdits(book, landed, title, warnings)) edits.set(path, text);
  }
  for (const { slug } of isItem ? [{ slug: landed.slug }, ...rows] : [])
    if (todoNames.has(slug)) edits.set(`${folders.todos}/${slug}`, null);
  return { edits, warnings };
}

const deliveredHeader = "# What was delivered, newest first.\n";

/** One row of `delivered.yaml`. `group` is kept, so that the last child of a group knows its brothers. */
type Row = { slug: string; title: string; date: string; commit: string; group?: string; children?: string[] };

type ListEntry = { readonly [key: string]: unknown };

/** Null where the file is there and cannot be read as a list: it is left alone. */
function entriesOf(path: string, file: BookFile, warnings: string[]): readonly ListEntry[] | null {
  if (file.kind === "absent") return [];
  const reading = file.kind === "text" ? readList(file.text) : { kind: "malformed" as const, why: file.why };
  if (reading.kind === "list") return reading.entries;
  warnings.push(`${path} was left as it is: ${reading.why}.`);
  return null;
}

/** The rows to add, oldest first: the item, then each group that it completes. */
function newRows(books: {
  landed: Landed;
  title: string;
  roadmap: readonly ListEntry[];
  /** Null: not known, so no group can be told to be complete. */
  delivered: readonly ListEntry[] | null;
}): Row[] {
  const { landed, title, roadmap, delivered } = books;
  const known = new Set((delivered ?? []).map(({ slug }) => slug));
  const date = landed.deliveredAt.slice(0, 10);
  const rows: Row[] = [];
  let slug = landed.slug;
  let children: string[] = [];
  // A group may be the child of another one; each slug is added once, so a circle of groups ends.
  while (!known.has(slug)) {
    const entry = roadmap.find((one) => one.slug === slug);
    const group = groupOf(entry);
    rows.push({
      slug,
      title: slug === landed.slug ? title : oneLine(entry?.title) || slug,
      date,
      commit: landed.mergeCommit,
      ...(group === null ? {} : { group }),
      ...(children.length === 0 ? {} : { children }),
    });
    known.add(slug);
    if (
      delivered === null ||
      group === null ||
      roadmap.some((one) => groupOf(one) === group && !known.has(one.slug))
    )
      break;
    const earlier = delivered.filter((one) => groupOf(one) === group).map((one) => String(one.slug));
    children = [...new Set([...earlier.reverse(), slug])];
    slug = group;
  }
  return rows;
}

/** A group that is no slug is a mere label: nothing that could be delivered. */
function groupOf(entry: ListEntry | undefined): string | null {
  const group = entry?.group;
  return typeof group === "string" && slugPattern.test(group) ? group : null;
}

const slugPattern = /^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/;

function withRows(text: string, rows: readonly Row[]) {
  let edited = text;
  for (const row of rows) {
    const edit = withFirst(edited, row);
    if (edit.kind === "unusual") return edit;
    edited = edit.text;
  }
  return { kind: "edited" as const, text: edited };
}

function note(
  edits: Map<string, string | null>,
  warnings: string[],
  done: { path: string; before: string; edit: { kind: "edited"; text: string } | { kind: "unusual" } },
): void {
  const { path, before, edit } = done;
  if (edit.kind === "unusual") warnings.push(`${path} was left as it is: it could not be edited safely.`);
  else if (edit.text !== before) edits.set(path, edit.text);
}

function demoEdits(book: Book, landed: Landed, title: string, warnings: string[]): [string, string][] {
  const { demo, folders } = book;
  if (demo.kind === "unreadable")
    warnings.push(`${folders.todos}/${landed.slug}/demo.md was not kept: ${demo.why}.`);
  if (demo.kind !== "text" || declinesDemo(demo.text)) return [];
  const { slug, deliveredAt, mergeCommit, version, stats } = landed;
  const snapshot = snapshotText({
    ...stats,
    slug,
    title: headingOf(demo.text) ?? title,
    version,
    delivered_at: deliveredAt,
    merge_commit: mergeCommit,
  });
  const folder = `${folders.demos}/${slug}`;
  return [
    [`${folder}/demo.md`, demo.text],
    [`${folder}/snapshot.json`, snapshot],
  ];
}

function titleOf(landed: Landed, book: Book, roadmap: readonly ListEntry[]): string {
  const entry = roadmap.find(({ slug }) => slug === landed.slug);
  const heading = book.demo.kind === "text" ? headingOf(book.demo.text) : null;
  return oneLine(entry?.title) || oneLine(heading) || oneLine(landed.title) || landed.slug;
}

const longestTitle = 200;

/** Words on one line, or nothing. */
function oneLine(value: unknown): string {
  if (typeof value !== "string") return "";
  return value
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, " ")
    .trim()
    .slice(0, longestTitle);
}
