/** The clone a command is about. */
import { badInput } from "../../errors.ts";
import type { Clone } from "../../git/clone.ts";
import { openClone } from "../../git/open-clone.ts";
import { createGit, type Git } from "../../git/run.ts";
import { nearestNames } from "../../nearest.ts";
import { beat } from "../../orchestration/sessions/session-folder.ts";
import { openWorkplace, type Workplace } from "../../workplace.ts";
import type { Invocation } from "./invocation.ts";

export type WorkplaceOptions = {
  /** Default: where the command was called. */
  folder?: string;
  /** Called while git works. */
  meanwhile?: () => Promise<unknown>;
};

/** The workplace at a folder. */
export async function workplaceOf(call: Invocation, options: WorkplaceOptions = {}): Promise<Workplace> {
  const { folder = call.directory, meanwhile } = options;
  const workplace = await openWorkplace(folder, call.environment, meanwhile);
  // Whoever calls us is alive.
  await beat(workplace.privateDir, call.environment.sessionId);
  return workplace;
}

/** Git as the person runs it, with their own configuration and their own way to the remote. */
export function userGitOf({ environment }: Invocation, { binary }: Git): Git {
  return createGit({ binary, env: environment.variables, mode: "user" });
}

/** What the clone is before anything is said about its remote: for `init`. Throws `not_a_repository`. */
export async function locateClone(call: Invocation): Promise<{ root: string; clone: Clone; git: Git }> {
  const { git, clone } = await openClone(call.directory, call.environment.variables);
  return { root: clone.mainRoot ?? clone.root, clone, git };
}

/** Throws `no_remote`, with the names there are, where the clone has no such remote. */
export function requireRemote(clone: Clone, remote: string): void {
  const names = clone.remotes.map(({ name }) => name);
  if (names.includes(remote)) return;
  const near = nearestNames(remote, names)[0];
  const there = `There ${names.length === 1 ? "is" : "are"}: ${names.join(", ")}.`;
  const hint = near === undefined ? there : `${there} Did you mean ${near}?`;
  throw badInput("no_remote", `This clone has no remote called ${remote}.`, {
    cure: names.length === 0 ? `Add one: git remote add ${remote} URL` : hint,
  });
}
