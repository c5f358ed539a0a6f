/** A clone together with the git that serves it: everything of the start that needs git, asked at once. */
import { type Clone, cloneAt, readRemotes } from "./clone.ts";
import type { ConfigEntry, Environment } from "./environment.ts";
import { findGit, readRemoteAccess } from "./find-git.ts";
import { createGit, type Git } from "./run.ts";

/**
 * Finds git and the clone at `directory`, and takes over the person's own settings for reaching remotes. `meanwhile` is
 * called when git was asked and has not answered: time for what only the processor does. Throws a Failure:
 * `git_not_found`, `not_a_repository`.
 */
export async function openClone(
  directory: string,
  env: Environment,
  meanwhile: () => Promise<unknown> = async () => {},
): Promise<{ git: Git; clone: Clone }> {
  const binary = await findGit(env);
  const place = await cloneAt(directory);
  const [access, seen] = await Promise.all([
    readRemoteAccess(binary, env),
    place.ask(createGit({ binary, env })),
    meanwhile(),
  ]);
  const git = createGit({ binary, env, access });
  // Of all those settings, only the rewriting of URLs (insteadOf) shows in what was seen without them.
  const clone = access.some(rewritesUrls) ? { ...seen, remotes: await readRemotes(git, seen.root) } : seen;
  return { git, clone };
}

function rewritesUrls([key]: ConfigEntry): boolean {
  return /^url\./i.test(key);
}
