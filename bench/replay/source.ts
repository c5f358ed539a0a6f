/**
 * A real repository, only read: our remote borrows its objects (alternates), so nothing is copied and nothing is written
 * there. A second repository answers what git itself makes of each merge, apart from the product.
 */
import { mkdir, stat, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { told } from "../../test/world/child.ts";
import type { Place } from "../ground/place.ts";
import type { GitAnswer } from "./verdict.ts";

export type Source = {
  /** The bare remote that is landed on. */
  remote: string;
  tip: string;
  /** Git in the remote, as its own administrator. */
  git(...args: string[]): Promise<string>;
  /** What git makes of merging `branch` into `main`, with the attributes that a checkout of main would have. */
  ask(main: string, branch: string): Promise<GitAnswer>;
};

/** Throws where `path` is no repository. */
export async function openSource(place: Place, path: string): Promise<Source> {
  const gitDir = await gitDirOf(path);
  const read = async (...args: string[]) =>
    (await place.git(place.directory, ["--git-dir", gitDir, ...args])).trim();
  const tip = await read("rev-parse", "--verify", "HEAD^{commit}");
  const format = await read("rev-parse", "--show-object-format");
  const objects = await read("rev-parse", "--path-format=absolute", "--git-path", "objects");
  const borrowing = async (name: string, ...from: string[]): Promise<string> => {
    const directory = join(place.directory, name);
    const args = ["--quiet", "--bare", "--initial-branch=main", `--object-format=${format}`, directory];
    await place.git(place.directory, ["init", ...args]);
    await place.git(directory, ["config", "gc.auto", "0"]);
    await writeFile(join(directory, "objects/info/alternates"), `${from.join("\n")}\n`);
    return directory;
  };
  const remote = await borrowing("origin.git", objects);
  const witness = await borrowing("witness.git", objects, join(remote, "objects"));
  await mkdir(join(witness, "info"), { recursive: true });
  return {
    remote,
    tip,
    git: async (...args) => (await place.git(remote, args)).trim(),
    ask: (main, branch) => askGit(place, witness, { main, branch }),
  };
}

async function gitDirOf(path: string): Promise<string> {
  const below = join(path, ".git");
  const isCheckout = await stat(below).then(
    () => true,
    () => false,
  );
  return resolve(isCheckout ? below : path);
}

async function askGit(
  place: Place,
  witness: string,
  { main, branch }: { main: string; branch: string },
): Promise<GitAnswer> {
  const attributes = await place.tryGit(witness, ["cat-file", "blob", `${main}:.gitattributes`]);
  await writeFile(join(witness, "info/attributes"), attributes.code === 0 ? attributes.stdout : "");
  const ancestor = await place.tryGit(witness, ["merge-base", "--is-ancestor", branch, main]);
  if (ancestor.code === 0) return { kind: "nothing_to_do" };
  const merged = await place.tryGit(witness, ["merge-tree", "--write-tree", main, branch]);
  if (merged.code === 1) return { kind: "conflicting" };
  if (merged.code === 0) {
    const tree = merged.stdout.split("\n", 1)[0] ?? "";
    const before = (await place.git(witness, ["rev-parse", `${main}^{tree}`])).trim();
    return tree === before ? { kind: "nothing_to_do" } : { kind: "clean", tree };
  }
  if (/unrelated histories/.test(merged.stderr)) return { kind: "unrelated" };
  throw new Error(told(merged));
}
