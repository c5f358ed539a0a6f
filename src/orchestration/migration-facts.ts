/** What the clone and its remote hold of the old way of working. Reads; the clone's refs, checkouts and files stay as they are. */
import { open, realpath } from "node:fs/promises";
import { join, sep } from "node:path";
import { parseRoadmap } from "../books/roadmap.ts";
import { remoteAway } from "../errors.ts";
import type { Clone } from "../git/clone.ts";
import { fileAt } from "../git/clone-commit.ts";
import { withCloneRefs } from "../git/clone-commits.ts";
import { headsAtRemote } from "../git/clone-remote.ts";
import { type LineRepository, trackingRef } from "../git/line-repository.ts";
import { uncoveredCommits } from "../git/review-cover.ts";
import { uncommittedPaths, worktrees } from "../git/worktrees.ts";
import type { ReviewFact } from "./migration.ts";
import type { BranchPlace } from "./submit.ts";

export type Ground = BranchPlace & {
  clone: Pick<Clone, "format">;
  openLine(): Promise<LineRepository>;
  main: string;
  todos: string;
};

/** A branch of the clone, or one that only the remote has. */
export type Branch = {
  name: string;
  /** Full name of the ref of the clone that has it. */
  ref: string;
  sha: string;
  place: string | null;
};

export type OldWorld = {
  branches: Branch[];
  /** What main's books say. */
  roadmap: { listed: ReadonlySet<string>; delivered: ReadonlySet<string> };
  atRemote(branch: string): string | null;
  /** The state file in the folder `name` of the branch: of its worktree where it has one. Null: there is none. */
  stateFile(branch: Branch, name: string): Promise<string | null>;
  onMain(branch: Branch): Promise<boolean>;
  review(branch: Branch, slug: string, reviewed: string): Promise<ReviewFact>;
  /** What is not committed, but for what the old way never committed: the item's own files and its tools' own. */
  uncommitted(place: string, slug: string): Promise<string[]>;
  [Symbol.asyncDispose](): Promise<void>;
};

/** A state file is a page; what is longer is something else. */
const longestStateBytes = 256 * 1024;
const folderOfOldTools = ".teleclaude/";

/** Opens the view. Throws `remote_away` (temporary). */
export async function openGround(ground: Ground): Promise<OldWorld> {
  const { git, userGit, clone, remote, todos } = ground;
  const answer = await headsAtRemote(userGit, clone, remote, ["*"]);
  if (answer.kind === "remote_away") throw remoteAway(ground.remote, answer.detail);
  const line = await ground.openLine();
  const main = await fetchMain(line, ground);
  const commits = await booksOf(line, main, todos);
  return {
    branches: await branchesOf(ground, answer.heads),
    roadmap: commits,
    atRemote: (branch) => answer.heads.get(branch) ?? null,
    async stateFile({ sha, place }, name) {
      if (name.includes("..")) return null;
      const path = `${todos}/${name}/state.yaml`;
      if (place !== null) return fileInside(place, path);
      const file = await fileAt(git, clone, sha, path);
      return file.kind === "text" ? file.text.slice(0, longestStateBytes) : null;
    },
    // A commit that main has was fetched with main.
    onMain: async ({ sha }) =>
      main !== null && (await line.objects.has(sha)) && (await line.isAncestor(sha, main)),
    review: (branch, slug, reviewed) => reviewOf({ ...ground, line, mainSha: main }, branch, slug, reviewed),
    async uncommitted(place, slug) {
      const own = [`${todos}/${slug}/`, `${todos}/roadmap.yaml`, folderOfOldTools];
      const paths = await uncommittedPaths(git, place);
      return paths.filter((path) => !own.some((each) => `${path}/`.startsWith(each) || path === each));
    },
    [Symbol.asyncDispose]: () => line.close(),
  };
}

async function fetchMain(line: LineRepository, ground: Ground): Promise<string | null> {
  const ref = `refs/heads/${ground.main}`;
  const fetched = await line.fetch([{ ref, into: trackingRef(ref) }]);
  if (fetched.kind === "remote_away") throw remoteAway(ground.remote, fetched.detail);
  return fetched.refs.get(ref) ?? null;
}

async function booksOf(
  line: LineRepository,
  main: string | null,
  todos: string,
): Promise<OldWorld["roadmap"]> {
  if (main === null) return { listed: new Set(), delivered: new Set() };
  const { tree } = await line.objects.readCommit(main);
  const text = async (name: string): Promise<string | null> => {
    const entry = await line.objects.entryAt(tree, `${todos}/${name}`);
    if (entry === null || !entry.mode.startsWith("100")) return null;
    return (await line.objects.readBlob(entry.id)).toString("utf8");
  };
  const { entries, delivered } = parseRoadmap(await text("roadmap.yaml"), await text("delivered.yaml"));
  return { listed: new Set(entries.map(({ slug }) => slug)), delivered };
}

/** Local branches, and those of the remote that this clone has fetched and not checked out. */
async function branchesOf(ground: Ground, heads: ReadonlyMap<string, string>): Promise<Branch[]> {
  const { git, clone, remote, main } = ground;
  const [local, tracking] = ["refs/heads/", `refs/remotes/${remote}/`];
  const args = ["for-each-ref", "--format=%(refname) %(objectname)", local, tracking];
  const listed = (await git.must(args, { cwd: clone.commonDir })).stdout.toString("utf8");
  const refs = listed.split("\n").flatMap((line) => {
    const [ref, sha] = line.split(" ");
    return ref && sha ? [{ ref, sha }] : [];
  });
  const places = new Map<string, string>();
  for (const { branch, path, main: isMain, prunable } of await worktrees(git, clone))
    if (branch !== null && !isMain && !prunable) places.set(branch, path);
  const branches = new Map<string, Branch>();
  for (const { ref, sha } of refs) {
    const isLocal = ref.startsWith(local);
    const name = ref.slice((isLocal ? local : tracking).length);
    if (name === main || name === "HEAD" || name.startsWith("signalbox/")) continue;
    // What was fetched once and is gone, or elsewhere, by now is nothing that anybody could hand over from here.
    if (!isLocal && (branches.has(name) || heads.get(name) !== sha)) continue;
    branches.set(name, { name, ref, sha, place: places.get(name) ?? null });
  }
  return [...branches.values()];
}

/** A file below `top`; null where there is none, or where a link leads out. */
async function fileInside(top: string, path: string): Promise<string | null> {
  const real = await realpath(join(top, path)).catch(() => null);
  if (real === null || !real.startsWith((await realpath(top)) + sep)) return null;
  const file = await open(real).catch(() => null);
  if (file === null) return null;
  try {
    const { size, isFile } = await file.stat().then((stat) => ({ size: stat.size, isFile: stat.isFile() }));
    if (!isFile) return null;
    const bytes = Buffer.alloc(Math.min(size, longestStateBytes));
    const { bytesRead } = await file.read(bytes, 0, bytes.length, 0);
    return bytes.toString("utf8", 0, bytesRead);
  } finally {
    await file.close();
  }
}

type ReviewGround = Ground & { line: LineRepository; mainSha: string | null };

async function reviewOf(
  ground: ReviewGround,
  { ref, sha }: Branch,
  slug: string,
  reviewed: string,
): Promise<ReviewFact> {
  const { git, clone, line, mainSha, todos } = ground;
  const id = await commitOf(ground, reviewed);
  if (id === null) return { kind: "unknown" };
  if (id === sha) return { kind: "covered", sha: id };
  return withCloneRefs({ git, clone, line }, [ref], async ([tip]) => {
    if (tip !== sha) return { kind: "stale", sha: id, detail: "its branch is just being moved" };
    const question = { reviewed: id, sha, main: mainSha ?? id, itemFolder: `${todos}/${slug}/` };
    const cover = await uncoveredCommits(line, question);
    if (cover.kind === "covered") return { kind: "covered", sha: id };
    return { kind: "stale", sha: id, detail: `${cover.detail} since its review` };
  });
}

/** The one commit that a perhaps shortened id means. A branch may be called like it: names are not asked. */
async function commitOf({ git, clone }: Ground, short: string): Promise<string | null> {
  const cwd = clone.commonDir;
  const listed = await git.run(["rev-parse", `--disambiguate=${short}`], { cwd });
  const ids = listed.stdout
    .toString("latin1")
    .split("\n")
    .filter((id) => id !== "");
  const kinds = await git.must(["cat-file", "--batch-check=%(objecttype)"], {
    cwd,
    stdin: `${ids.join("\n")}\n`,
  });
  const types = kinds.stdout.toString("latin1").split("\n");
  const commits = ids.filter((_, at) => types[at] === "commit");
  return commits.length === 1 ? (commits[0] ?? null) : null;
}
