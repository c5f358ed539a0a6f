/**
 * The pre-push hook of a clone, for all its worktrees: put in front of whatever was there, kept in front, and taken away
 * without a trace. Which of two ways depends on the clone: beside the hooks in its own hooks folder, or, where
 * core.hooksPath is in use, by a folder of ours.
 */
import { mkdir, rm, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { isAnyByPath, isByPath, putByPath, takeByPath } from "./hook-by-path.ts";
import { isInFolder, isOursInFolder, putInFolder, removeFolder, takeFromFolder } from "./hook-in-folder.ts";
import { type HookGround, type HooksPath, readHooksPath, worktreesOfTheirOwn } from "./hooks-path.ts";
import { type HookPlaces, hookPlaces } from "./places.ts";
import type { GuardSettings } from "./script-text.ts";
import { isThere, putFile, textOf } from "./small-files.ts";

export type { HookGround };

/** How the hook stands: `on`; never asked for; or asked for, and not (all) there. */
export type HookState = {
  kind: "on" | "absent" | "silenced";
  /** `folder`: in the hooks folder; `path`: by core.hooksPath. */
  way: "folder" | "path";
  /** The hook that ours hands on to; null: there is none. */
  former: string | null;
  /** What is wrong; null where nothing is. */
  why: string | null;
  /** Worktrees with a core.hooksPath of their own, where no hook of ours runs. */
  past: string[];
};

/** Puts the hook in front, or back in front. False: it was. Throws `clone_config_locked`. */
export async function installHook(ground: HookGround, settings: GuardSettings): Promise<boolean> {
  const places = hookPlaces(ground.clone.commonDir);
  const path = await readHooksPath(ground);
  const way = wayOf(path, places);
  await noteAsked(places);
  if (way === "path") {
    const isNew = await putByPath(places, settings, path);
    return (await takeFromFolder(places)) || isNew;
  }
  const isNew = await putInFolder(places, settings);
  return (await takeByPath(places)) || isNew;
}

/** Puts it back in front where it was asked for once and is not any more. True: that was needed. */
export async function keepHook(ground: HookGround, settings: GuardSettings): Promise<boolean> {
  if (!(await isAsked(hookPlaces(ground.clone.commonDir)))) return false;
  return installHook(ground, settings);
}

/** Takes the hook away; everything is as it was before. False: there was none. */
export async function uninstallHook({ clone }: HookGround): Promise<boolean> {
  const places = hookPlaces(clone.commonDir);
  const wasAsked = await isAsked(places);
  const byPath = await takeByPath(places);
  const inFolder = await takeFromFolder(places);
  if (wasAsked && (await asked(places))?.made_hooks_folder === true) await removeFolder(places);
  await rm(places.record, { force: true });
  await rmdir(places.folder).catch(() => undefined);
  return wasAsked || byPath || inFolder;
}

/** Looks how the hook stands; changes nothing. */
export async function lookAtHook(ground: HookGround, settings: GuardSettings): Promise<HookState> {
  const places = hookPlaces(ground.clone.commonDir);
  const path = await readHooksPath(ground);
  const way = wayOf(path, places);
  const isAnywhere = (await isOursInFolder(places)) || (await isAnyByPath(places));
  const isOn =
    way === "path"
      ? await isByPath(places, settings, path)
      : path.obeyed === null && (await isInFolder(places, settings));
  const former = way === "path" ? join(path.formerFolder, "pre-push") : places.former;
  const past = isAnywhere ? await worktreesOfTheirOwn(places) : [];
  return {
    kind: isOn ? "on" : isAnywhere || (await isAsked(places)) ? "silenced" : "absent",
    way,
    former: (await isThere(former)) ? former : null,
    why: isOn ? null : await whyNot(path, places),
    past,
  };
}

function wayOf({ former, formerFolder }: HooksPath, places: HookPlaces): HookState["way"] {
  return former === null || formerFolder === places.plainHooks ? "folder" : "path";
}

async function whyNot(path: HooksPath, places: HookPlaces): Promise<string> {
  if (path.obeyed !== null && path.obeyed !== places.hooks)
    return `core.hooksPath is ${path.obeyed}, so git does not run it`;
  const folder = path.obeyed ?? places.plainHooks;
  if (!(await isThere(join(folder, "pre-push")))) return `there is no pre-push hook in ${folder}`;
  if (path.obeyed === null && !(await isOursInFolder(places)))
    return `another tool has put its own pre-push hook into ${folder}`;
  return `the hooks in ${folder} are not as this version and this clone need them`;
}

type Asked = { made_hooks_folder: boolean };

/** Says that the hook is wanted in this clone, and whether the hooks folder was there before. */
async function noteAsked(places: HookPlaces): Promise<void> {
  if (await isAsked(places)) return;
  const record: Asked = { made_hooks_folder: !(await isThere(places.plainHooks)) };
  await mkdir(places.folder, { recursive: true });
  await putFile(places.record, `${JSON.stringify(record)}\n`, 0o644);
}

async function isAsked(places: HookPlaces): Promise<boolean> {
  return isThere(places.record);
}

async function asked(places: HookPlaces): Promise<Asked | null> {
  try {
    const value: Partial<Asked> | null = JSON.parse((await textOf(places.record)) ?? "null");
    return value === null ? null : { made_hooks_folder: value.made_hooks_folder === true };
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
