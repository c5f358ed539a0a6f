/** The scripts of the guards, put together from the files beside this one. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type GuardSettings, scriptText } from "./script-text.ts";

export type Tool = "git" | "gh";

/** The tools that have a wrapper. */
export const tools: readonly Tool[] = ["git", "gh"];

/** The wrapper of a tool, for the folder that it will lie in. */
export async function wrapperScript(tool: Tool, settings: GuardSettings, ownBin: string): Promise<string> {
  const bodies = await partsOf("address", "refuse", "real-tool", tool);
  return scriptText({ name: tool, settings, more: { tool, own_bin: ownBin }, bodies });
}

/** Where a hook finds the one that was there before it. */
export type FormerHook =
  /** Beside it, by this name. */
  | { kind: "beside"; name: string; note: string | null }
  /** Where git would look, were core.hooksPath not ours. */
  | { kind: "looked_up"; ownHooks: string; plainHooks: string };

/** The pre-push hook. */
export async function prePushScript(settings: GuardSettings, former: FormerHook): Promise<string> {
  const [address, refuse, hook, lookUp] = await partsOf("address", "refuse", "pre-push", "former-hook");
  const way = former.kind === "looked_up" ? lookUp : besideText(former);
  const more = variablesOf("pre-push", former);
  return scriptText({ name: "pre-push", settings, more, bodies: [address, refuse, way, hook] });
}

/** Any other hook, of a hooks folder of ours: it only hands on. */
export async function otherHookScript(
  hook: string,
  settings: GuardSettings,
  former: FormerHook & { kind: "looked_up" },
): Promise<string> {
  const bodies = await partsOf("former-hook", "other-hook");
  return scriptText({ name: hook, settings, more: variablesOf(hook, former), bodies });
}

function variablesOf(hook: string, former: FormerHook): Record<string, string> {
  if (former.kind === "beside") return { hook, former_name: former.name };
  return { hook, own_hooks: former.ownHooks, plain_hooks: former.plainHooks };
}

function besideText({ note }: FormerHook & { kind: "beside" }): string {
  const why = note === null ? "" : `# ${note}\n`;
  return `# The hook that was here before lies beside this one.\n${why}find_former() {\n  former=\${0%/*}/$former_name\n}\n`;
}

async function partsOf<const Names extends readonly string[]>(
  ...names: Names
): Promise<{ [at in keyof Names]: string }> {
  const texts = await Promise.all(
    names.map((name) => readFile(join(import.meta.dirname, `${name}.sh`), "utf8")),
  );
  // as: one text for each name.
  return texts as { [at in keyof Names]: string };
}
