/** Where git takes hooks from: core.hooksPath as this person's git reads it, ours told from everybody else's. */
import { readdir, readFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import type { Clone } from "../git/clone.ts";
import type { Git } from "../git/run.ts";
import { type HookPlaces, hookPlaces } from "./places.ts";
import { textOf } from "./small-files.ts";

export type HookGround = {
  clone: Pick<Clone, "commonDir" | "mainRoot">;
  /** A runner made with `mode: "user"`: a global core.hooksPath counts. */
  userGit: Git;
};

export type HooksPath = {
  /** What git obeys, as it is written; null: the repository's own hooks folder. */
  obeyed: string | null;
  /** The same, were we not there. */
  former: string | null;
  /** The folder that `former` means in the main worktree. */
  formerFolder: string;
};

/** Reads core.hooksPath. One given for a single command (`-c`, the environment) is nobody's setting. */
export async function readHooksPath({ clone, userGit }: HookGround): Promise<HooksPath> {
  const places = hookPlaces(clone.commonDir);
  const cwd = clone.mainRoot ?? clone.commonDir;
  const args = ["config", "--show-scope", "--type=path", "-z", "--get-all", "core.hooksPath"];
  const result = await userGit.run(args, { cwd });
  const fields = result.code === 0 ? result.stdout.toString("utf8").split("\0") : [];
  const values: string[] = [];
  for (let at = 0; at + 1 < fields.length; at += 2)
    if (fields[at] !== "command") values.push(fields[at + 1] ?? "");
  const former = values.filter((value) => value !== places.hooks).at(-1) ?? null;
  return {
    obeyed: values.at(-1) ?? null,
    former,
    formerFolder: former === null ? places.plainHooks : resolve(cwd, former),
  };
}

/** Worktrees with a core.hooksPath of their own (extensions.worktreeConfig): git runs none of our hooks there. */
export async function worktreesOfTheirOwn(places: HookPlaces): Promise<string[]> {
  const config = (await textOf(places.config)) ?? "";
  if (!/^\s*worktreeconfig/im.test(config)) return [];
  const gitDir = dirname(places.config);
  const folder = join(gitDir, "worktrees");
  const names = await readdir(folder).catch(() => []);
  const found = [gitDir, ...names.map((name) => join(folder, name))].map(async (each) => {
    const text = await textOf(join(each, "config.worktree"));
    if (text === null || !/^\s*hookspath/im.test(text)) return null;
    if (each === gitDir) return dirname(gitDir);
    return dirname((await readFile(join(each, "gitdir"), "utf8").catch(() => each)).trim());
  });
  return (await Promise.all(found)).filter((path) => path !== null);
}
