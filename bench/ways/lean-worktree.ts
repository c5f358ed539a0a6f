/**
 * The rival: the leanest integrator that works in a checkout. One worktree that is kept, eight processes: fetch, reset,
 * merge, the merge's id, add, commit, push, delete the branch.
 */
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { isoTime, wallMs } from "../../src/clock.ts";
import { snapshotOf, withDelivered, withoutItem } from "./books.ts";
import type { Ground, Site, Way } from "./way.ts";

/** Makes a checkout of its own that lands branches of the remote. */
export async function leanWorktree(place: Ground, { directory, remote }: Site): Promise<Way> {
  await place.git(dirname(directory), ["clone", "--quiet", "--single-branch", remote, directory]);
  await place.git(directory, ["config", "gc.auto", "0"]);
  const git = async (...args: string[]) => (await place.git(directory, args)).trim();
  const edit = async (path: string, change: (text: string) => string): Promise<void> => {
    const full = join(directory, path);
    await writeFile(full, change(await readFile(full, "utf8")));
  };
  return {
    async land({ slug, branch, sha }) {
      const wanted = ["+refs/heads/main:refs/remotes/origin/main", `refs/heads/${branch}`];
      await git("fetch", "--quiet", "--no-tags", "origin", ...wanted);
      await git("reset", "--quiet", "--hard", "refs/remotes/origin/main");
      await git("merge", "--quiet", "--no-ff", "--message", `Merge ${slug}`, sha);
      const [merge = "", mergeTree = ""] = (await git("rev-parse", "HEAD", "HEAD^{tree}")).split("\n");
      await edit("todos/roadmap.yaml", (text) => withoutItem(text, slug));
      const date = isoTime(wallMs()).slice(0, 10);
      await edit("todos/delivered.yaml", (text) => withDelivered(text, { slug, date, commit: merge }));
      await mkdir(join(directory, "demos", slug), { recursive: true });
      await rename(join(directory, "todos", slug, "demo.md"), join(directory, "demos", slug, "demo.md"));
      await writeFile(join(directory, "demos", slug, "snapshot.json"), snapshotOf(slug, merge));
      await rm(join(directory, "todos", slug), { recursive: true });
      await git("add", "--all", "todos", "demos");
      await git("commit", "--quiet", "--message", `Deliver ${slug}`);
      await git("push", "--quiet", "origin", "HEAD:refs/heads/main");
      await git("push", "--quiet", "origin", `:refs/heads/${branch}`);
      return { mergeTree };
    },
  };
}
