/**
 * Pure. The scripts that guards are: a head with everything a script knows, then its parts, each from a file of its own.
 * One file in the end, because every file that a shell opens is a part of what a guard costs.
 */
import { anyCase } from "./policy.ts";

/** What a script knows of the repository that it guards. */
export type GuardSettings = {
  privateDir: string;
  /** The branch, by its short name. */
  main: string;
  /** What all spellings of the canonical remote's URLs have in common (`canonicalOfRemote`), at least one. */
  addresses: readonly string[];
};

export type ScriptParts = {
  /** `git`, `pre-push`, …: what the script stands for. */
  name: string;
  settings: GuardSettings;
  /** More that it knows: names of the shell's variables, and their values. */
  more: Readonly<Record<string, string>>;
  /** The texts that follow, in order. */
  bodies: readonly string[];
};

/** What the second line of every script of ours begins with. */
export const scriptMark = "# signalbox-guard ";

/** A whole script. */
export function scriptText({ name, settings, more, bodies }: ScriptParts): string {
  const { privateDir, main, addresses } = settings;
  const known = {
    private: privateDir,
    main,
    main_any: anyCase(main),
    main_ref: anyCase(`refs/heads/${main}`),
    guarded: addresses.map((address) => `${address}\n`).join(""),
    newline: "\n",
    ...more,
  };
  const head = Object.entries(known).map(([variable, value]) => `${variable}=${quoted(value)}\n`);
  return [
    "#!/bin/sh\n",
    `${scriptMark}1 ${name}\n`,
    "# Written by Signalbox, and anew whenever it is installed. signalbox guard uninstall takes it away.\n",
    ...head,
    "\n",
    bodies.join("\n"),
  ].join("");
}

/** Whether a file's text is a script of ours, of whatever version. */
export function isGuardScript(text: string): boolean {
  return text.split("\n", 2)[1]?.startsWith(scriptMark) === true;
}

/** One word for the shell, whatever is in it. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** One value for git's configuration. */
export function quotedForConfig(text: string): string {
  return `"${text.replace(/["\\]/g, "\\$&").replaceAll("\n", "\\n").replaceAll("\t", "\\t")}"`;
}
