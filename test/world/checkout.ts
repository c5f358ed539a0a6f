/** Everything of a user's checkout that Signalbox must not touch, as one comparable value. */
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

export type Fingerprint = Record<string, string>;

/**
 * Branch, index, stash, configuration, hooks and every file of the checkout at `directory` (linked worktrees below it
 * are left out: they are other checkouts).
 */
export async function fingerprint(
  directory: string,
  git: (...args: string[]) => Promise<string>,
): Promise<Fingerprint> {
  const gitDirectory = (await git("rev-parse", "--absolute-git-dir")).trim();
  const shared = (await git("rev-parse", "--path-format=absolute", "--git-common-dir")).trim();
  const files = await filesBelow(directory, (path) => path === ".git" || path === "trees");
  const contents = await Promise.all(
    files.map(async (path) => `${path} ${await digest(join(directory, path))}`),
  );
  const hooks = await filesBelow(join(shared, "hooks"), () => false);
  const state = (await readdir(gitDirectory)).filter((name) =>
    /^(rebase|MERGE|CHERRY|REVERT|BISECT)/.test(name),
  );
  return {
    head: await readFile(join(gitDirectory, "HEAD"), "utf8"),
    commit: await git("rev-parse", "HEAD"),
    index: await git("ls-files", "--stage"),
    stash: await git("stash", "list"),
    config: await digest(join(shared, "config")),
    hooks: hooks.sort().join("\n"),
    state: state.sort().join("\n"),
    files: contents.sort().join("\n"),
  };
}

async function filesBelow(directory: string, skip: (path: string) => boolean): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
  const found = await Promise.all(
    entries
      .filter((entry) => !skip(entry.name))
      .map(async (entry) => {
        if (!entry.isDirectory()) return [entry.name];
        const below = await filesBelow(join(directory, entry.name), () => false);
        return below.map((path) => join(entry.name, path));
      }),
  );
  return found.flat();
}

async function digest(path: string): Promise<string> {
  const content = await readFile(path).catch(() => "absent");
  return createHash("sha256").update(content).digest("hex");
}
