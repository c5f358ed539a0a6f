/** Pure: the bookkeeping of a landing as plain text edits, for the ways that ours is compared with. No YAML reader. */

/** The roadmap without one item. */
export function withoutItem(roadmap: string, slug: string): string {
  return roadmap.replace(`- slug: ${slug}\n  title: The ${slug}\n`, "");
}

/** The list of what was delivered, with this one on top. */
export function withDelivered(
  delivered: string,
  row: { slug: string; date: string; commit: string },
): string {
  const [header = "", ...rest] = delivered.split("\n");
  const entry = [
    `- slug: ${row.slug}`,
    `  title: The ${row.slug}`,
    `  date: ${row.date}`,
    `  commit: ${row.commit}`,
  ];
  return [header, ...entry, ...rest].join("\n");
}

/** What is kept of an item beside its demo. */
export function snapshotOf(slug: string, commit: string): string {
  return `${JSON.stringify({ slug, merge_commit: commit }, null, 2)}\n`;
}
