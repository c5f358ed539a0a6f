/** Questions about commits: who is whose ancestor, what main's own line is, who wrote what, how much is new. */

import { Failure } from "../errors.ts";
import { type Commit, parseTrailers, type Trailer } from "./commit.ts";
import type { LineCore } from "./line-core.ts";
import { checkSha } from "./names.ts";

export type ChainCommit = {
  id: string;
  tree: string;
  parents: string[];
  author: Author;
  committer: Author;
  /** Committer's time, seconds since the epoch. For display: clocks differ. */
  committedSeconds: number;
  subject: string;
  message: string;
  trailers: Trailer[];
};
export type Author = { name: string; email: string };
export type Authorship = { commits: number; authors: Author[] };
export type NewObjects = {
  /** How many objects they have that `base` has not; 0 means that all are ancestors of `base`. */
  objects: number;
  /** The commits among them, as far as was counted. */
  commits: ReadonlySet<string>;
  /** Their content's bytes, uncompressed. */
  bytes: number;
  /** Counting stopped at a limit: the true numbers are higher. */
  exceeded: boolean;
};

const fields = ["%H", "%T", "%P", "%an", "%ae", "%cn", "%ce", "%ct", "%B"].join("%x1f");

/** Whether `old` is on the first-parent chain of `tip` (or is it), within 10,000 steps. No process. */
export async function isFirstParentAncestor(line: LineCore, old: string, tip: string): Promise<boolean> {
  let at: string | undefined = idOf(tip);
  for (let steps = 0; steps <= 10_000 && at !== undefined; steps += 1) {
    if (at === old) return true;
    at = (await line.objects.readCommit(at)).parents[0];
  }
  return false;
}

/** Whether `a` is an ancestor of `b`, or `b` itself. Throws Failure `git_failed` where one of them is missing. */
export async function isAncestor(line: LineCore, a: string, b: string): Promise<boolean> {
  if (idOf(a) === idOf(b)) return true;
  const args = ["merge-base", "--is-ancestor", a, b];
  return (await line.git.must(args, { cwd: line.directory, accept: [1] })).code === 0;
}

/** All best common ancestors; none where the histories are unrelated. */
export async function mergeBases(line: LineCore, a: string, b: string): Promise<string[]> {
  const args = ["merge-base", "--all", idOf(a), idOf(b)];
  const result = await line.git.must(args, { cwd: line.directory, accept: [1] });
  return result.stdout
    .toString("latin1")
    .split("\n")
    .filter((each) => each !== "");
}

/** The commits of main's own line after `from` (`null`: from the beginning) up to `to`, oldest first, with their trailers. */
export async function firstParentChain(
  line: LineCore,
  from: string | null,
  to: string,
): Promise<ChainCommit[]> {
  if (from === to) return [];
  const range = from === null ? [idOf(to)] : [idOf(to), `^${idOf(from)}`];
  const args = [
    "log",
    "--first-parent",
    "--reverse",
    "-z",
    "--no-show-signature",
    "--no-decorate",
    "--no-notes",
  ];
  const result = await line.git.must([...args, `--format=tformat:${fields}`, ...range, "--"], {
    cwd: line.directory,
  });
  return result.stdout
    .toString("utf8")
    .split("\0")
    .filter((record) => record !== "")
    .map(parseChainRecord);
}

/** How many commits `to` has that `from` has not, and their authors, most frequent first. Merges do not count as work. */
export async function authorsOf(line: LineCore, from: string, to: string): Promise<Authorship> {
  const args = [
    "log",
    "-z",
    "--no-merges",
    "--no-mailmap",
    "--no-show-signature",
    "--format=tformat:%an%x1f%ae",
  ];
  const result = await line.git.must([...args, idOf(to), `^${idOf(from)}`, "--"], { cwd: line.directory });
  const records = result.stdout
    .toString("utf8")
    .split("\0")
    .filter((record) => record !== "");
  return authorship(
    records.map((record) => {
      const [name = "", email = ""] = record.split("\u001f");
      return { author: { name, email }, parents: [] };
    }),
  );
}

/** What `shas` bring in over `base`, together, counted up to the limits. One process. */
export async function newObjects(
  line: LineCore,
  base: string,
  shas: readonly string[],
  limit: { objects: number; bytes: number },
): Promise<NewObjects> {
  const args = ["rev-list", "--objects", "--no-object-names", ...shas.map(idOf), `^${idOf(base)}`, "--"];
  const longestBytes = (limit.objects + 1) * (base.length + 1);
  const result = await line.git.run(args, { cwd: line.directory, stdoutLimitBytes: longestBytes });
  const tooMany = result.end === "overflow";
  if (!tooMany && result.code !== 0) throw missing(shas.join(", "));
  const ids = result.stdout
    .toString("latin1")
    .split("\n")
    .filter((each) => each.length === base.length);
  const commits = new Set<string>();
  let bytes = 0;
  for (let at = 0; at < ids.length && bytes <= limit.bytes; at += 256) {
    const headers = await Promise.all(ids.slice(at, at + 256).map((id) => line.reader.header(id)));
    for (const header of headers) {
      bytes += header?.bytes ?? 0;
      if (header?.kind === "commit") commits.add(header.id);
    }
  }
  return {
    objects: ids.length,
    commits,
    bytes,
    exceeded: tooMany || ids.length > limit.objects || bytes > limit.bytes,
  };
}

/** The commits that are reachable from `sha` by way of `among` alone, newest first as far as parents tell. No process. */
export async function commitsAmong(
  line: LineCore,
  sha: string,
  among: ReadonlySet<string>,
): Promise<Commit[]> {
  const open = new Set([sha]);
  const found: Commit[] = [];
  for (const id of open) {
    if (!among.has(id)) continue;
    const commit = await line.objects.readCommit(id);
    found.push(commit);
    for (const parent of commit.parents) open.add(parent);
  }
  return found;
}

/** Who made these commits, most frequent first. Merges do not count as work. (Pure.) */
export function authorship(commits: readonly { author: Author; parents: readonly string[] }[]): Authorship {
  const work = commits.filter(({ parents }) => parents.length < 2);
  const counts = new Map<string, { author: Author; count: number }>();
  for (const { author } of work) {
    const { name, email } = author;
    const key = `${name}\u001f${email}`;
    counts.set(key, { author: { name, email }, count: (counts.get(key)?.count ?? 0) + 1 });
  }
  const sorted = [...counts.values()].sort((a, b) => b.count - a.count);
  return { commits: work.length, authors: sorted.map((entry) => entry.author) };
}

/** One record of `firstParentChain`'s format (pure). */
export function parseChainRecord(record: string): ChainCommit {
  const [id = "", tree = "", parents = "", an = "", ae = "", cn = "", ce = "", seconds = "0", ...rest] =
    record.split("\u001f");
  const message = rest.join("\u001f");
  return {
    id,
    tree,
    parents: parents.split(" ").filter((each) => each !== ""),
    author: { name: an, email: ae },
    committer: { name: cn, email: ce },
    committedSeconds: Number(seconds),
    subject: message.split("\n", 1)[0] ?? "",
    message,
    trailers: parseTrailers(message),
  };
}

/** `id` where it is one; a TypeError otherwise, since anything else could be an option or a range. */
export function idOf(id: string): string {
  const wrong = checkSha(id);
  if (wrong !== null) throw new TypeError(wrong);
  return id;
}

function missing(sha: string): Failure {
  return new Failure({
    code: "object_missing",
    kind: "failed",
    message: `commit ${sha}, or one it is compared with, is missing`,
  });
}
