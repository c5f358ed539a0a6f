/**
 * Our pre-push hook in the repository's own hooks folder, in front of what was there: that is kept beside it as the very
 * file it was, and run by ours. All worktrees share the folder.
 *
 * Every step leaves one of the two hooks in place: the former one is linked to its new name before ours is swapped in,
 * and renamed back over ours. What another tool does meanwhile to our file (lefthook renames it to pre-push.old, pre-commit
 * to pre-push.legacy) is undone so that its files are as they would be without us.
 */
import {
  copyFile,
  link,
  lstat,
  mkdir,
  readdir,
  readlink,
  rename,
  rm,
  rmdir,
  symlink,
} from "node:fs/promises";
import { join } from "node:path";
import { formerName, type HookPlaces } from "./places.ts";
import { type GuardSettings, isGuardScript } from "./script-text.ts";
import { prePushScript } from "./scripts.ts";
import { isExactly, isThere, putFile, textOf } from "./small-files.ts";

const hookMode = 0o755;

/** Whether our hook is there, as it should be. */
export async function isInFolder(places: HookPlaces, settings: GuardSettings): Promise<boolean> {
  return isExactly(hookFile(places), await scriptFor(places, settings), hookMode);
}

/** Whether a hook of ours, of whatever version, is the repository's pre-push hook. */
export async function isOursInFolder(places: HookPlaces): Promise<boolean> {
  return isOurs(hookFile(places));
}

/** Puts our hook in front. False: it was there. */
export async function putInFolder(places: HookPlaces, settings: GuardSettings): Promise<boolean> {
  if (await isInFolder(places, settings)) return false;
  await mkdir(places.plainHooks, { recursive: true });
  const hook = hookFile(places);
  await takeBackCopies(places);
  if ((await isThere(hook)) && !(await isOurs(hook))) {
    await setAside(places);
    await keep(hook, places.former);
  }
  await putFile(hook, await scriptFor(places, settings), hookMode);
  return true;
}

/** Puts back what was there before. False: there was nothing of ours. */
export async function takeFromFolder(places: HookPlaces): Promise<boolean> {
  const hook = hookFile(places);
  const copies = await takeBackCopies(places);
  if (await isOurs(hook)) {
    if (await isThere(places.former)) await rename(places.former, hook);
    else await rm(hook);
    return true;
  }
  if (await isThere(places.former)) {
    if (await isThere(hook)) await setAside(places);
    else await rename(places.former, hook);
    return true;
  }
  return copies > 0;
}

/** Takes the hooks folder away, where it was ours and is empty. */
export async function removeFolder(places: HookPlaces): Promise<void> {
  await rmdir(places.plainHooks).catch(() => undefined);
}

function hookFile(places: HookPlaces): string {
  return join(places.plainHooks, "pre-push");
}

async function isOurs(path: string): Promise<boolean> {
  const found = await lstat(path).catch(() => null);
  return found?.isFile() === true && isGuardScript((await textOf(path)) ?? "");
}

/** lefthook takes a file for its own by this word, and then replaces it without a trace instead of renaming it. */
const lefthooksWord = "LEFTHOOK";

async function scriptFor(places: HookPlaces, settings: GuardSettings): Promise<string> {
  const former = await textOf(places.former);
  const isLefthooks = former?.includes(lefthooksWord) === true;
  const note = isLefthooks
    ? `${lefthooksWord}: by this word lefthook knows what it may replace. The guard then comes back in front.`
    : null;
  return prePushScript(settings, { kind: "beside", name: formerName, note });
}

/** Our hook under other names, as tools keep what they replace: there belongs what ours had replaced before. */
async function takeBackCopies(places: HookPlaces): Promise<number> {
  const names = await readdir(places.plainHooks).catch(() => []);
  let found = 0;
  for (const name of names.filter((each) => each.startsWith("pre-push.") && each !== formerName)) {
    const path = join(places.plainHooks, name);
    if (!(await isOurs(path))) continue;
    found += 1;
    if (await isThere(places.former)) await rename(places.former, path);
    else await rm(path);
  }
  return found;
}

/**
 * A former hook, while another one has taken our place: without us it would have been replaced. It is kept under another
 * name all the same, unless nothing is lost with it.
 */
async function setAside(places: HookPlaces): Promise<void> {
  const [former, hook] = [await textOf(places.former), await textOf(hookFile(places))];
  if (former === null) return;
  const isAnOlderOne = [former, hook].every((text) => text?.includes(lefthooksWord) === true);
  if (former === hook || isAnOlderOne) return rm(places.former);
  await rename(places.former, await freeName(`${places.former}-replaced`));
}

async function freeName(path: string): Promise<string> {
  for (let number = 1; ; number++) {
    const name = number === 1 ? path : `${path}-${number}`;
    if (!(await isThere(name))) return name;
  }
}

/** Gives a file, or a link, a second name in the same folder. */
async function keep(path: string, second: string): Promise<void> {
  const found = await lstat(path);
  if (found.isSymbolicLink()) return symlink(await readlink(path), second);
  await link(path, second).catch(async (error: unknown) => {
    const cannotLink = error instanceof Error && "code" in error && error.code !== "EEXIST";
    if (cannotLink) await copyFile(path, second);
    else throw error;
  });
}
