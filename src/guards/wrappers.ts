/** The wrappers of git and gh in the private folder: first on the PATH of sessions, and of any shell that asks. */
import { mkdir, rm } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { guardPlaces } from "./places.ts";
import type { GuardMode } from "./policy.ts";
import type { GuardSettings } from "./script-text.ts";
import { tools, wrapperScript } from "./scripts.ts";
import { isExactly, isThere, putFile } from "./small-files.ts";

const scriptMode = 0o755;

/** Writes what is missing or old; false: everything was there. */
export async function installWrappers(settings: GuardSettings): Promise<boolean> {
  const { bin, spool } = guardPlaces(settings.privateDir);
  for (const folder of [bin, spool]) await mkdir(folder, { recursive: true, mode: 0o700 });
  let isNew = false;
  for (const tool of tools)
    if (await putFile(join(bin, tool), await wrapperScript(tool, settings, bin), scriptMode)) isNew = true;
  return isNew;
}

/** Takes the wrappers away; a shell that has them on its PATH finds the tools themselves again. */
export async function removeWrappers(privateDir: string): Promise<boolean> {
  const { bin } = guardPlaces(privateDir);
  const wasThere = await isThere(bin);
  await rm(bin, { recursive: true, force: true });
  return wasThere;
}

/** `on`: there, in this version; `outdated`; `absent`. */
export async function lookAtWrappers(settings: GuardSettings): Promise<"on" | "outdated" | "absent"> {
  const { bin } = guardPlaces(settings.privateDir);
  if (!(await isThere(join(bin, "git")))) return "absent";
  for (const tool of tools)
    if (!(await isExactly(join(bin, tool), await wrapperScript(tool, settings, bin), scriptMode)))
      return "outdated";
  return "on";
}

/** Whether guards refuse or warn from now on; read by every script when it is about to refuse. */
export async function setGuardMode(privateDir: string, mode: GuardMode): Promise<void> {
  await putFile(guardPlaces(privateDir).mode, `${mode}\n`, 0o600);
}

/** Where the wrappers are on a PATH: `first`, `behind` the tool itself, or not there at all. */
export function placeOnPath(path: string, privateDir: string, hasGit: (folder: string) => boolean) {
  const { bin } = guardPlaces(privateDir);
  const folders = path.split(delimiter).map((folder) => folder.replace(/(.)\/$/, "$1"));
  const at = folders.indexOf(bin);
  if (at < 0) return "absent" as const;
  return folders.slice(0, at).some(hasGit) ? ("behind" as const) : ("first" as const);
}

/** For a shell to evaluate: puts the wrappers first on its PATH, once. */
export function shellLines(bin: string, quoted: (text: string) => string): string {
  return [
    `signalbox_guards=${quoted(bin)}`,
    `case ":$PATH:" in ":$signalbox_guards:"*) ;; *) PATH="$signalbox_guards:$PATH" ;; esac`,
    "export PATH",
    "unset signalbox_guards",
    "",
  ].join("\n");
}
