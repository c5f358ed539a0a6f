/**
 * Merges of a history made once more, many in one process, without a checkout and without a trace: what git writes goes
 * into a repository of its own that borrows the other's objects, and is gone afterwards.
 */
import { randomBytes } from "node:crypto";
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { identify } from "../process-identity.ts";
import { safeAttributes } from "./attributes.ts";
import { openBatchReader } from "./batch-reader.ts";
import { type ChangedPath, changedPaths } from "./changes.ts";
import type { ConfigEntry } from "./environment.ts";
import { idOf } from "./history.ts";
import { parseMergeStream, type Remerged } from "./merge-stream.ts";
import { type ObjectFormat, type ObjectStore, openObjectStore } from "./objects.ts";
import { type Git, gitFailed } from "./run.ts";

export type HistoricMerge = { id: string; tree: string; parents: string[] };

/** What is to be merged once more, as git's own merge of a checkout of `ours` would be. */
export type RemergeRequest = {
  pairs: readonly (readonly [ours: string, theirs: string])[];
  /** The text of `.gitattributes` there; built-in merge drivers count. */
  attributes: string;
  /** Settings that a merge by hand may have had. */
  config?: readonly ConfigEntry[];
  signal?: AbortSignal;
};

/** `unrelated`: nothing in common. */
export type RemergeAnswer = Remerged | { kind: "unrelated" } | { kind: "failed"; detail: string };

export type Replay = {
  readonly objects: ObjectStore;
  /** Merges on the first-parent line up to `tip`, oldest first; the newest `last` where given. */
  merges(tip: string, last: number | null): Promise<HistoricMerge[]>;
  remerge(request: RemergeRequest): Promise<RemergeAnswer[]>;
  /** Files that differ between two trees. No process. */
  changedPaths(a: string, b: string, limit: number): Promise<ChangedPath[]>;
  [Symbol.asyncDispose](): Promise<void>;
};

export type ReplayGround = { git: Git; directory: string; format: ObjectFormat; folder: string };

/** Opens a replay over the repository at `directory`; what it writes meanwhile is below `folder`. */
export async function openReplay(options: ReplayGround): Promise<Replay> {
  const { git, format } = options;
  const scratch = await makeScratch(options);
  const reader = openBatchReader({ git, directory: scratch });
  const objects = openObjectStore({ directory: scratch, format, reader });
  const files = new Map<string, Promise<string>>();

  /** One file for each text of attributes. */
  function attributesFile(text: string): Promise<string> {
    const known = files.get(text);
    if (known !== undefined) return known;
    const path = join(scratch, `attributes-${files.size}`);
    const written = writeFile(path, safeAttributes(text)).then(() => path);
    files.set(text, written);
    return written;
  }

  async function run(request: RemergeRequest): Promise<RemergeAnswer[] | { failed: string }> {
    const { pairs, attributes, config = [], signal } = request;
    const args = ["merge-tree", "--write-tree", "--stdin", "--no-messages"];
    const result = await git.run(args, {
      cwd: scratch,
      stdin: pairs.map(([ours, theirs]) => `${idOf(ours)} ${idOf(theirs)}\n`).join(""),
      config: [["core.attributesFile", await attributesFile(attributes)], ...config],
      deadlineMs: 600_000,
      ...(signal === undefined ? {} : { signal }),
    });
    if (result.end === "aborted") throw gitFailed(args, result);
    const answers = result.code === 0 ? parseMergeStream(result.stdout) : null;
    return answers?.length === pairs.length ? answers : { failed: gitFailed(args, result).message };
  }

  async function alone(request: RemergeRequest, pair: readonly [string, string]): Promise<RemergeAnswer> {
    const answers = await run({ ...request, pairs: [pair] });
    if ("failed" in answers) {
      const bases = await git.run(["merge-base", ...pair.map(idOf)], { cwd: scratch });
      return bases.code === 1 ? { kind: "unrelated" } : { kind: "failed", detail: answers.failed };
    }
    return answers[0] ?? { kind: "failed", detail: "git gave no answer" };
  }

  return {
    objects,
    merges: (tip, last) => mergesOf(git, scratch, { tip, last }),
    async remerge(request) {
      const answers = await run(request);
      if (!("failed" in answers)) return answers;
      // One that git refuses to look at ends the process, and the answers to the others are lost with it.
      const each: RemergeAnswer[] = [];
      for (const pair of request.pairs) each.push(await alone(request, pair));
      return each;
    },
    changedPaths: (a, b, limit) => changedPaths({ reader, objects }, a, b, limit),
    [Symbol.asyncDispose]: async () => {
      await reader.close();
      await rm(scratch, { recursive: true, force: true });
    },
  };
}

async function makeScratch({ git, directory, format, folder }: ReplayGround): Promise<string> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await removeAbandoned(folder);
  const scratch = join(folder, `replay-${process.pid}-${randomBytes(4).toString("hex")}.git`);
  const args = ["init", "--quiet", "--bare", "--template=", `--object-format=${format}`, "--", scratch];
  await git.must(args, { cwd: folder });
  await mkdir(join(scratch, "objects/info"), { recursive: true });
  await writeFile(join(scratch, "objects/info/alternates"), `${join(directory, "objects")}\n`);
  return scratch;
}

/** What a killed replay left behind. */
async function removeAbandoned(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const pid = /^replay-(\d+)-[0-9a-f]+\.git$/.exec(name)?.[1];
    if (pid !== undefined && (await identify(Number(pid))) === null)
      await rm(join(folder, name), { recursive: true, force: true });
  }
}

/** One line a merge, its parents in order. */
async function mergesOf(
  git: Git,
  cwd: string,
  { tip, last }: { tip: string; last: number | null },
): Promise<HistoricMerge[]> {
  const args = ["log", "--first-parent", "--merges", "--no-show-signature", "--format=tformat:%H %T %P"];
  const limit = last === null ? [] : [`--max-count=${last}`];
  const result = await git.must([...args, ...limit, idOf(tip), "--"], { cwd });
  const lines = result.stdout.toString("latin1").split("\n");
  const merges = lines.filter((line) => line !== "").map(parseMerge);
  return merges.reverse();
}

function parseMerge(line: string): HistoricMerge {
  const [id = "", tree = "", ...parents] = line.split(" ");
  return { id, tree, parents };
}
