/**
 * Commits of the user's clone, taken into the line's repository for as long as a question about them is asked: there git
 * runs nothing that the clone's configuration names.
 */
import { randomBytes } from "node:crypto";
import type { Clone } from "./clone.ts";
import { reachingRemotes } from "./environment.ts";
import type { LineRepository } from "./line-repository.ts";
import { quietFetch } from "./remote.ts";
import type { Git } from "./run.ts";

export type CloneGround = { git: Git; clone: Pick<Clone, "commonDir">; line: LineRepository };

/**
 * Brings these refs of the clone (full names) and answers what `act` makes of the commits they are at, in their order;
 * null for a ref that the clone does not have. Nothing is left behind but objects that nothing holds. Throws `git_failed`.
 */
export async function withCloneRefs<T>(
  { git, clone, line }: CloneGround,
  refs: readonly string[],
  act: (commits: readonly (string | null)[]) => Promise<T>,
): Promise<T> {
  const cwd = clone.commonDir;
  const there = await git.must(["for-each-ref", "--format=%(refname)", "--", ...refs], { cwd });
  const names = new Set(there.stdout.toString("utf8").split("\n"));
  const passing = `refs/signalbox/passing/${randomBytes(8).toString("hex")}`;
  const into = refs.map((ref, at) => (names.has(ref) ? { ref, into: `${passing}/${at}` } : null));
  const specs = into.flatMap((each) => (each === null ? [] : [`${each.ref}:${each.into}`]));
  if (specs.length === 0) return act(refs.map(() => null));
  const fetch = ["fetch", ...quietFetch, "--", clone.commonDir, ...specs];
  await git.must(fetch, { cwd: line.directory, env: reachingRemotes });
  try {
    return await act(await Promise.all(into.map(async (each) => (each ? line.resolve(each.into) : null))));
  } finally {
    const drops = into.flatMap((each) => (each === null ? [] : [`delete ${each.into}`]));
    const stdin = `${drops.join("\n")}\n`;
    await git.run(["update-ref", "--no-deref", "--stdin"], { cwd: line.directory, stdin });
  }
}
