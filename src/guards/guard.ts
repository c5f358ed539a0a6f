/** The guards of this machine, rings 1 and 2, of one clone: the wrappers and the pre-push hook together. */
import type { Config } from "../config.ts";
import type { Clone } from "../git/clone.ts";
import { canonicalOfRemote, checkRemoteUrl } from "../git/identity.ts";
import { createGit, type Git } from "../git/run.ts";
import { guardsIn } from "./cutover.ts";
import { lastCutover } from "./cutover-store.ts";
import { type HookState, installHook, keepHook, lookAtHook, uninstallHook } from "./hook.ts";
import type { GuardMode } from "./policy.ts";
import type { GuardSettings } from "./script-text.ts";
import { installWrappers, lookAtWrappers, removeWrappers, setGuardMode } from "./wrappers.ts";

/** What guards need to know of a clone; a `Workplace` is one. */
export type GuardedClone = {
  clone: Clone;
  config: Pick<Config, "main" | "remote" | "cutover">;
  privateDir: string;
  git: Git;
  environment: { variables: Readonly<Record<string, string | undefined>> };
};

export type GuardState = {
  mode: GuardMode;
  wrappers: "on" | "outdated" | "absent";
  hook: HookState;
};

export type GuardChanges = { wrappers: boolean; hook: boolean };

/** Installs both, or brings them up to date; what was there already is not written again. */
export async function installGuards(place: GuardedClone): Promise<GuardChanges> {
  const settings = await settingsOf(place);
  await setGuardMode(place.privateDir, await modeOf(place));
  return {
    wrappers: await installWrappers(settings),
    hook: await installHook(groundOf(place), settings),
  };
}

/** Takes both away: the clone is, byte for byte, as it was before. */
export async function uninstallGuards(place: GuardedClone): Promise<GuardChanges> {
  const hook = await uninstallHook(groundOf(place));
  return { hook, wrappers: await removeWrappers(place.privateDir) };
}

/**
 * Puts the hook back in front where another tool has taken its place since it was installed (husky and lefthook do so at
 * every install of theirs). True: that was needed. Where nobody installed guards, none come.
 */
export async function keepGuards(place: GuardedClone): Promise<boolean> {
  const settings = await settingsOf(place);
  if (!(await keepHook(groundOf(place), settings))) return false;
  await installWrappers(settings);
  return true;
}

/** How they stand; changes nothing. */
export async function lookAtGuards(place: GuardedClone): Promise<GuardState> {
  const settings = await settingsOf(place);
  const [wrappers, hook] = await Promise.all([
    lookAtWrappers(settings),
    lookAtHook(groundOf(place), settings),
  ]);
  return { mode: await modeOf(place), wrappers, hook };
}

/** What the scripts are to know: where main is, by all addresses that this clone fetches it from or pushes it to. */
export async function settingsOf({ clone, config, privateDir }: GuardedClone): Promise<GuardSettings> {
  const remote = clone.remotes.find(({ name }) => name === config.remote);
  const urls = [remote?.fetchUrl, remote?.pushUrl].filter((url) => url !== undefined);
  const usable = urls.filter((url) => checkRemoteUrl(url) === null);
  const root = clone.mainRoot ?? clone.root;
  const addresses = await Promise.all(usable.map((url) => canonicalOfRemote(url, root)));
  return { privateDir, main: config.main, addresses: [...new Set(addresses)] };
}

/** By the cutover, as it was last seen here. */
async function modeOf({ privateDir, config }: GuardedClone): Promise<GuardMode> {
  return guardsIn(await lastCutover({ privateDir, configured: config.cutover }));
}

function groundOf({ clone, git, environment }: GuardedClone) {
  return {
    clone,
    userGit: createGit({ binary: git.binary, env: environment.variables, mode: "user" }),
  };
}
