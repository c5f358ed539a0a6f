/**
 * Our hooks where core.hooksPath is in use (husky, a shared folder of hooks, a folder in the tree): a hooks folder of our
 * own in the clone's git folder, which git is led to by lines at the end of the clone's configuration. No file of the
 * others' is touched; each of our hooks hands on to the one that git would have run.
 */
import { readdir, readFile, realpath, rename, rm, rmdir, stat, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { pause } from "../clock.ts";
import { Failure } from "../errors.ts";
import type { HooksPath } from "./hooks-path.ts";
import { endsWithInclude, withInclude, withoutInclude } from "./include-block.ts";
import type { HookPlaces } from "./places.ts";
import { type GuardSettings, isGuardScript, quotedForConfig } from "./script-text.ts";
import { type FormerHook, otherHookScript, prePushScript } from "./scripts.ts";
import { isExactly, isThere, putFile, textOf } from "./small-files.ts";

/** Hooks that a person's git runs, and that cost nothing when nothing happens. */
const usual: readonly string[] = [
  "applypatch-msg",
  "commit-msg",
  "post-applypatch",
  "post-checkout",
  "post-commit",
  "post-merge",
  "post-rewrite",
  "pre-applypatch",
  "pre-auto-gc",
  "pre-commit",
  "pre-merge-commit",
  "pre-push",
  "pre-rebase",
  "prepare-commit-msg",
  "sendemail-validate",
];

/** Hooks that git runs at every change of a ref or of the index, or for others: only where there is one to hand on to. */
const onDemand: readonly string[] = [
  "p4-changelist",
  "p4-post-changelist",
  "p4-pre-submit",
  "p4-prepare-changelist",
  "post-index-change",
  "post-receive",
  "post-update",
  "pre-receive",
  "proc-receive",
  "push-to-checkout",
  "reference-transaction",
  "update",
];

const hookMode = 0o755;
/** Relative to the configuration: a clone that is moved takes it along. */
const includedPath = "signalbox/hooks.gitconfig";

/** Whether git is led to our hooks, and all are as they should be. */
export async function isByPath(
  places: HookPlaces,
  settings: GuardSettings,
  path: HooksPath,
): Promise<boolean> {
  if (path.obeyed !== places.hooks) return false;
  const config = (await textOf(places.config)) ?? "";
  if (!endsWithInclude(config, includedPath)) return false;
  if (!(await isExactly(places.included, includedText(places), 0o644))) return false;
  for (const [name, text] of await scriptsFor(places, settings, path))
    if (!(await isExactly(join(places.hooks, name), text, hookMode))) return false;
  return true;
}

/** Whether anything of this way is there. */
export async function isAnyByPath(places: HookPlaces): Promise<boolean> {
  if (await isThere(places.hooks)) return true;
  const config = (await textOf(places.config)) ?? "";
  return withoutInclude(config) !== config;
}

/** Leads git to our hooks. False: it was so. */
export async function putByPath(
  places: HookPlaces,
  settings: GuardSettings,
  path: HooksPath,
): Promise<boolean> {
  if (await isByPath(places, settings, path)) return false;
  const scripts = await scriptsFor(places, settings, path);
  for (const name of await readdir(places.hooks).catch(() => [])) await makeRoom(places, name, scripts);
  for (const [name, text] of scripts) await putFile(join(places.hooks, name), text, hookMode);
  await putFile(places.included, includedText(places), 0o644);
  await editConfig(places, (text) => withInclude(text, includedPath));
  return true;
}

/** Lets git go where it went before. False: there was nothing of ours. */
export async function takeByPath(places: HookPlaces): Promise<boolean> {
  if (!(await isAnyByPath(places))) return false;
  await editConfig(places, withoutInclude);
  await rm(places.included, { force: true });
  for (const name of await readdir(places.hooks).catch(() => []))
    if (isGuardScript((await textOf(join(places.hooks, name))) ?? "")) await rm(join(places.hooks, name));
  // What somebody else put there stays.
  await rmdir(places.hooks).catch(() => undefined);
  return true;
}

async function scriptsFor(
  places: HookPlaces,
  settings: GuardSettings,
  { formerFolder }: HooksPath,
): Promise<[name: string, text: string][]> {
  const former = { kind: "looked_up", ownHooks: places.hooks, plainHooks: places.plainHooks } as const;
  const there: readonly string[] = await readdir(formerFolder).catch(() => []);
  const names = [...usual, ...onDemand.filter((name) => there.includes(name))];
  const texts = await Promise.all(names.map((name) => scriptOf(name, settings, former)));
  return names.map((name, at) => [name, texts[at] ?? ""]);
}

function scriptOf(
  name: string,
  settings: GuardSettings,
  former: FormerHook & { kind: "looked_up" },
): Promise<string> {
  return name === "pre-push" ? prePushScript(settings, former) : otherHookScript(name, settings, former);
}

function includedText(places: HookPlaces): string {
  return `# Read last, so that it wins over every other core.hooksPath of this clone; each hook there hands on.\n[core]\n\thooksPath = ${quotedForConfig(places.hooks)}\n`;
}

/** A tool that asks git for its hooks folder puts its hooks into ours: they are kept there, but do not run. */
async function makeRoom(
  places: HookPlaces,
  name: string,
  scripts: readonly [name: string, text: string][],
): Promise<void> {
  const path = join(places.hooks, name);
  if (isGuardScript((await textOf(path)) ?? "")) {
    if (!scripts.some(([each]) => each === name)) await rm(path);
  } else if (!basename(path).endsWith(asideEnding)) await rename(path, `${path}${asideEnding}`);
}

const asideEnding = ".set-aside";

/** Changes the clone's configuration under git's own lock. Throws `clone_config_locked` where that stays taken. */
async function editConfig(places: HookPlaces, edit: (text: string) => string): Promise<void> {
  const file = await realpath(places.config);
  const lock = `${file}.lock`;
  for (let tries = 1; ; tries++) {
    try {
      const { mode } = await stat(file);
      await writeFile(lock, "", { flag: "wx", mode: mode & 0o777 });
      break;
    } catch (cause) {
      const isTaken = cause instanceof Error && "code" in cause && cause.code === "EEXIST";
      if (!isTaken) throw cause;
      if (tries >= lockTriesMax)
        throw new Failure({
          code: "clone_config_locked",
          kind: "temporary",
          message: `${lock} stays: another git is changing this clone's configuration, or one was killed there.`,
          cure: "Try again; if no git runs here, remove that file.",
          cause,
        });
      await pause(lockPauseMs);
    }
  }
  try {
    const before = await readFile(file, "utf8");
    const after = edit(before);
    if (after === before) await rm(lock);
    else {
      await writeFile(lock, after);
      await rename(lock, file);
    }
  } catch (error) {
    await rm(lock, { force: true });
    throw error;
  }
}

const lockTriesMax = 40;
const lockPauseMs = 50;
