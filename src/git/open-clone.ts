/** A clone together with the git that serves it: everything of the start that needs git, asked at once. */
import { type Clone, inspectClone, readRemotes } from "./clone.ts";
import type { ConfigEntry, Environment } from "./environment.ts";
import { findGit, readRemoteAccess } from "./find-git.ts";
import { createGit, type Git } from "./run.ts";

/**
 * Finds git and the clone at `directory`, and takes over the person's own settings for reaching remotes. Throws a
 * Failure: `git_not_found`, `not_a_repository`.
 */
export async function openClone(directory: string, env: Environment): Promise<{ git: Git; clone: Clone }> {
  const binary = await findGit(env);
  const [access, seen] = await Promise.all([
    readRemoteAccess(binary, env),
    inspectClone(createGit({ binary, env }), directory),
  ]);
  const git = createGit({ binary, env, access });
  // Of all those settings, only the rewriting of URLs (insteadOf) shows in what was seen without them.
  const clone = access.some(rewritesUrls) ? { ...seen, remotes: await readRemotes(git, seen.root) } : seen;
  return { git, clone };
}

function rewritesUrls([key]: ConfigEntry): boolean {
  return /^url\./i.test(key);
}
