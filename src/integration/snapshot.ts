/** Pure: what a landing leaves in `demos/<slug>/`: the demo as it was, and a snapshot of what the delivery was. */

export type LandingStats = {
  files: number;
  insertions: number;
  deletions: number;
  commits: number;
  /** Names, most commits first. */
  authors: string[];
};

export type Snapshot = LandingStats & {
  slug: string;
  title: string;
  version: string | null;
  /** RFC 3339. */
  delivered_at: string;
  merge_commit: string;
};

/** `snapshot.json`, keys in the documented order. */
export function snapshotText(snapshot: Snapshot): string {
  const { slug, title, version, delivered_at, merge_commit, ...stats } = snapshot;
  const { files, insertions, deletions, commits, authors } = stats;
  const ordered = {
    slug,
    title,
    version,
    delivered_at,
    merge_commit,
    files,
    insertions,
    deletions,
    commits,
    authors,
  };
  return `${JSON.stringify(ordered, null, 2)}\n`;
}

/** Whether a demo says, near its top, why there is none: `<!-- no-demo: reason -->`. */
export function declinesDemo(demo: string): boolean {
  const top = demo.split("\n", linesLookedAt).join("\n");
  return /<!--\s*no-demo:\s*\S.*?-->/is.test(top);
}

/** The first heading of a Markdown text, without a leading `Demo:`. Null where it has none. */
export function headingOf(markdown: string): string | null {
  const heading = /^#[ \t]+(.+?)[ \t]*#*[ \t]*\r?$/m.exec(markdown)?.[1];
  const title = heading?.replace(/^demo\s*:\s*/i, "") ?? "";
  return title === "" ? null : title;
}

/** The project's version, by the first of these files that has one: package.json, pyproject.toml, Cargo.toml. */
export function projectVersion(files: { [name in (typeof versionFiles)[number]]?: string }): string | null {
  for (const name of versionFiles) {
    const text = files[name];
    const version =
      text === undefined ? null : name.endsWith(".json") ? jsonVersion(text) : tomlVersion(text);
    if (version !== null) return version;
  }
  return null;
}

/** Files in the root of a tree that may know the version, the surest first. */
export const versionFiles = ["package.json", "pyproject.toml", "Cargo.toml"] as const;

const linesLookedAt = 10;
const longestVersion = 100;

function jsonVersion(text: string): string | null {
  try {
    const json: unknown = JSON.parse(text.replace(/^\uFEFF/, ""));
    const version = typeof json === "object" && json !== null && "version" in json ? json.version : null;
    return typeof version === "string" ? plausible(version) : null;
  } catch {
    // A package.json that is no JSON has no version: it is the project's own affair, and blocks no landing.
    return null;
  }
}

/** `version = "1.2.3"` in the table that describes the package. No TOML reader for one line. */
function tomlVersion(text: string): string | null {
  let table = "";
  for (const line of text.split(/\r?\n/)) {
    table = /^\s*\[([^[\]]+)\]\s*(?:#.*)?$/.exec(line)?.[1]?.trim() ?? table;
    const version = /^\s*version\s*=\s*(?:"([^"]*)"|'([^']*)')/.exec(line);
    if (version && ["project", "tool.poetry", "package"].includes(table))
      return plausible(version[1] ?? version[2] ?? "");
  }
  return null;
}

function plausible(version: string): string | null {
  return version !== "" && version.length <= longestVersion && !/[\p{Cc}\p{Cf}]/u.test(version)
    ? version
    : null;
}
