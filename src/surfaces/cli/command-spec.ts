/** What a command is, before it runs: enough for the parser, `--help`, the completion scripts and docs/cli.md. (Types.) */
import type { Invocation } from "./invocation.ts";

/** How an option's value is read. A flag has none; a list may be given several times. */
export type OptionKind = "flag" | "text" | "list" | "count" | "duration";

export type OptionSpec = {
  /** The long name, without dashes. */
  name: string;
  /** One letter: `f` for `-f`. */
  short?: string;
  kind: OptionKind;
  about: string;
  /** How the value is called in help: `NAME` in `--slug NAME`. */
  value?: string;
  choices?: readonly string[];
};

export type ArgumentSpec = {
  name: string;
  about: string;
  optional?: boolean;
  choices?: readonly string[];
};

/** A command's code, loaded only when it runs. Its number is the exit status. */
export type Run = (call: Invocation) => Promise<number>;

export type CommandSpec = {
  /** The words that call it: `queue show`. */
  name: string;
  about: string;
  arguments?: readonly ArgumentSpec[];
  options?: readonly OptionSpec[];
  /** Takes `--json`. */
  json?: boolean;
  /** Runs also where only the group was named: `queue` is `queue list`. */
  isDefault?: boolean;
  /** Exit codes worth a line in the reference, beside 0, 1 and 2. */
  exits?: Readonly<Record<number, string>>;
  load: () => Promise<Run>;
};

/** A word that only gathers commands. */
export type GroupSpec = { name: string; about: string };

/** Everything that can be called. */
export type Vocabulary = {
  /** As help and the reference show them. */
  sections: readonly Section[];
  groups: readonly GroupSpec[];
};

export type Section = { title: string; commands: readonly CommandSpec[] };
