/** The bare remote of a world, seen from its own side: what main is, how often it moved, and what may go wrong with it. */
import { chmod, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Ran } from "./child.ts";

export type Landing = {
  sha: string;
  parents: string[];
  tree: string;
  subject: string;
  author: string;
  committer: string;
  trailers: Record<string, string>;
};

export type RefUpdate = { old: string; new: string };

/** The hooks a test gives the remote. */
export type HookName = "pre-receive" | "update" | "reference-transaction";

export type Origin = {
  directory: string;
  /** Git in the bare repository; fails the test on a failing exit code. */
  git(...args: string[]): Promise<string>;
  /** Main's first-parent chain, oldest first, without what was there when the world began. */
  history(branch?: string): Promise<Landing[]>;
  /** What a ref is, or `null`. */
  ref(name: string): Promise<string | null>;
  refs(): Promise<Map<string, string>>;
  /** Every update of a ref since the world began, in order, from the remote's own reflog. */
  updates(ref?: string): Promise<RefUpdate[]>;
  /** Files of a tree: path → content. */
  files(revision?: string): Promise<Map<string, string>>;
  /** A hook of the remote, as a shell script; `null` takes it away. */
  hook(name: HookName, script: string | null): Promise<void>;
  /** Moves the repository out of reach, and back. */
  away(): Promise<void>;
  back(): Promise<void>;
};

/** Opens the bare repository at `directory`, whose history so far ends in `start`. */
export async function openOrigin(
  directory: string,
  start: string,
  git: (args: readonly string[], cwd: string) => Promise<Ran>,
): Promise<Origin> {
  const run = async (...args: string[]): Promise<string> => {
    const ran = await git(args, directory);
    if (ran.code !== 0) throw new Error(`${ran.command}: ${ran.stderr}`);
    return ran.stdout;
  };
  const refs = async (): Promise<Map<string, string>> => {
    const lines = (await run("for-each-ref", "--format=%(refname) %(objectname)")).trim().split("\n");
    return new Map(lines.map((line) => [line.split(" ")[0] ?? "", line.split(" ")[1] ?? ""]));
  };
  return {
    directory,
    git: run,
    refs,
    ref: async (name) => (await refs()).get(name) ?? null,
    history: async (branch = "main") =>
      parseHistory(await run(...logCommand, `${start}..refs/heads/${branch}`)),
    updates: async (ref = "refs/heads/main") => {
      const all = parseReflog(await readFile(join(directory, "logs", ref), "utf8").catch(() => ""));
      const began = all.findIndex((update) => update.new === start);
      return all.slice(began + 1);
    },
    files: async (revision = "refs/heads/main") => {
      const paths = (await run("ls-tree", "-r", "-z", "--name-only", revision))
        .split("\0")
        .filter((path) => path !== "");
      const read = paths.map(
        async (path) => [path, await run("cat-file", "blob", `${revision}:${path}`)] as const,
      );
      return new Map(await Promise.all(read));
    },
    hook: async (name, script) => {
      if (script === null) await rm(join(directory, "hooks", name), { force: true });
      else await writeHook(directory, name, script);
    },
    away: () => rename(directory, `${directory}.away`),
    back: () => rename(`${directory}.away`, directory),
  };
}

const logCommand = [
  "log",
  "--first-parent",
  "--reverse",
  "--format=%H%x1f%P%x1f%T%x1f%s%x1f%an <%ae>%x1f%cn <%ce>%x1f%(trailers:only,unfold)%x1e",
];

function parseHistory(text: string): Landing[] {
  const records = text.split("\x1e").map((record) => record.replace(/^\n/, ""));
  return records
    .filter((record) => record !== "")
    .map((record) => {
      const [sha = "", parents = "", tree = "", subject = "", author = "", committer = "", trailers = ""] =
        record.split("\x1f");
      return {
        sha,
        parents: parents.split(" "),
        tree,
        subject,
        author,
        committer,
        trailers: parseTrailers(trailers),
      };
    });
}

function parseReflog(text: string): RefUpdate[] {
  const lines = text.split("\n").filter((line) => line !== "");
  return lines.map((line) => ({ old: line.split(" ")[0] ?? "", new: line.split(" ")[1] ?? "" }));
}

function parseTrailers(text: string): Record<string, string> {
  const lines = text.split("\n").filter((line) => line.includes(": "));
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(": ")), line.slice(line.indexOf(": ") + 2)]),
  );
}

async function writeHook(directory: string, name: string, script: string): Promise<void> {
  const path = join(directory, "hooks", name);
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
}
