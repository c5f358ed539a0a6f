/** A worker of a world: a linked worktree with a branch of its own, and hands to commit and push. */
import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Ran } from "./child.ts";

export type Worker = {
  slug: string;
  branch: string;
  directory: string;
  /** Writes files (`null` removes one) and commits them; the new sha. */
  commit(files: Record<string, string | Buffer | null>, message?: string): Promise<string>;
  /** Pushes the branch; the sha that the remote has now. */
  push(...options: string[]): Promise<string>;
  /** Merges the remote's main as far as git can; what conflicts waits, in the files, for the next commit. */
  mergeMain(): Promise<void>;
  /** Git in the worktree; fails the test on a failing exit code. */
  git(...args: string[]): Promise<string>;
  /** Git in the worktree, whatever it answers. */
  tryGit(...args: string[]): Promise<Ran>;
  head(): Promise<string>;
};

export type WorkerPlace = {
  slug: string;
  branch: string;
  directory: string;
  run: (args: readonly string[], cwd: string) => Promise<Ran>;
};

/** The worker in the worktree at `directory`, which exists. */
export function workerAt({ slug, branch, directory, run }: WorkerPlace): Worker {
  const git = async (...args: string[]): Promise<string> => {
    const ran = await run(args, directory);
    if (ran.code !== 0) throw new Error(`${ran.command}: ${ran.stderr}${ran.stdout}`);
    return ran.stdout;
  };
  const head = async (): Promise<string> => (await git("rev-parse", "HEAD")).trim();
  return {
    slug,
    branch,
    directory,
    git,
    tryGit: (...args) => run(args, directory),
    head,
    commit: async (files, message = `Work on ${slug}`) => {
      for (const [path, content] of Object.entries(files)) {
        const full = join(directory, path);
        if (content === null) await rm(full, { recursive: true, force: true });
        else {
          await mkdir(dirname(full), { recursive: true });
          await writeFile(full, content);
        }
      }
      await git("add", "--all");
      await git("commit", "--quiet", "--message", message);
      return head();
    },
    mergeMain: async () => {
      await git("fetch", "--quiet", "origin");
      await run(["merge", "--quiet", "origin/main"], directory);
    },
    push: async (...options) => {
      await git("push", "--quiet", ...options, "origin", `HEAD:refs/heads/${branch}`);
      return head();
    },
  };
}
