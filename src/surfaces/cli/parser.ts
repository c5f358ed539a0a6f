/**
 * The argument list, read by commander from the table of commands: which command, with which arguments and options,
 * or what help to show. Everything a user can get wrong here is bad input (exit 2), with the nearest names.
 */
import { resolve } from "node:path";
import { Argument, Command, type CommanderError, InvalidArgumentError, Option } from "commander";
import { parseDurationMs } from "../../config/units.ts";
import { badInput, type Failure, isFailure } from "../../errors.ts";
import { nearestNames } from "../../nearest.ts";
import type { ArgumentSpec, CommandSpec, OptionSpec, Vocabulary } from "./command-spec.ts";
import { type Options, type OptionValue, openOptions } from "./invocation.ts";

export type Parsed =
  | { kind: "command"; spec: CommandSpec; args: (string | null)[]; options: Options; directory: string }
  /** Text for stdout: help or the version. */
  | { kind: "text"; text: string };

/** What can be called, and the version. */
export type Grammar = Vocabulary & { version: string };

/** Reads `argv` (without node and script). Throws a Failure of kind bad_input. */
export function parse(argv: readonly string[], grammar: Grammar, cwd: string): Parsed {
  return calledAlone(argv, grammar, cwd) ?? parseAll(argv, grammar, cwd);
}

/**
 * The command, read from a grammar of nothing but the commands that begin with the same word: building all of them costs
 * more than reading one. What is to be said (help, a complaint) needs them all and is left to the whole grammar.
 */
function calledAlone(argv: readonly string[], grammar: Grammar, cwd: string): Parsed | null {
  const word = withoutFolders(argv)[0];
  const sections = grammar.sections.map(({ title, commands }) => ({
    title,
    commands: commands.filter(({ name }) => name.split(" ")[0] === word),
  }));
  if (sections.every(({ commands }) => commands.length === 0)) return null;
  try {
    const parsed = parseAll(argv, { ...grammar, sections }, cwd);
    return parsed.kind === "command" ? parsed : null;
  } catch (error) {
    if (isFailure(error)) return null;
    throw error;
  }
}

function parseAll(argv: readonly string[], grammar: Grammar, cwd: string): Parsed {
  const heard: { call: Call | null; text: string } = { call: null, text: "" };
  const program = buildProgram(grammar, {
    onCommand: (call) => {
      heard.call = call;
    },
    onText: (part) => {
      heard.text += part;
    },
  });
  try {
    program.parse([...argv], { from: "user" });
  } catch (error) {
    if (!isCommanderError(error)) throw error;
    if (error.exitCode === 0) return { kind: "text", text: heard.text };
    throw asFailure(error, program, argv);
  }
  if (heard.call === null) return { kind: "text", text: heard.text };
  const folders: string[] = program.getOptionValue("C") ?? [];
  return { kind: "command", ...heard.call, directory: resolve(cwd, ...folders) };
}

type Call = { spec: CommandSpec; args: (string | null)[]; options: Options };

type Heard = {
  onCommand: (call: Call) => void;
  onText: (text: string) => void;
};

function buildProgram(grammar: Grammar, heard: Heard): Command {
  const program = prepared(new Command("signalbox"), heard)
    .description("The one way onto main: hands ready branches over, one at a time, and says what happened.")
    .version(grammar.version, "--version", "print the version")
    .enablePositionalOptions()
    .addOption(
      new Option(
        "-C <dir>",
        "run as if started in <dir>; may be given several times, each from the last",
      ).argParser((dir: string, before: string[] | undefined) => [...(before ?? []), dir]),
    );
  const parents = new Map<string, Command>([["", program]]);
  for (const { title, commands } of grammar.sections)
    for (const spec of commands) {
      openGroups(grammar, parents, { name: spec.name, title, heard });
      const { parent, word } = place(parents, spec.name);
      const command = leaf(spec, word, heard);
      parent.addCommand(parent === program ? command.helpGroup(`${title}:`) : command, {
        isDefault: spec.isDefault ?? false,
      });
    }
  return program;
}

/** The words before a command's last one, each a command of its own, made when it is first met: help has their order. */
function openGroups(
  grammar: Grammar,
  parents: Map<string, Command>,
  { name, title, heard }: { name: string; title: string; heard: Heard },
): void {
  for (const group of grammar.groups) {
    if (!name.startsWith(`${group.name} `) || parents.has(group.name)) continue;
    const { parent, word } = place(parents, group.name);
    const command = prepared(new Command(word), heard).description(group.about);
    parent.addCommand(group.name === word ? command.helpGroup(`${title}:`) : command);
    parents.set(group.name, command);
  }
}

function place(parents: Map<string, Command>, name: string): { parent: Command; word: string } {
  const words = name.split(" ");
  const word = words.pop() ?? "";
  const parent = parents.get(words.join(" "));
  if (parent === undefined) throw new Error(`no group for the command "${name}"`);
  return { parent, word };
}

/** Commander never writes or exits by itself: help is heard, errors are thrown. */
function prepared(command: Command, heard: Heard): Command {
  return command
    .exitOverride()
    .configureOutput({ writeOut: heard.onText, writeErr: () => {}, getOutHasColors: () => false })
    .helpOption("-h, --help", "show this help")
    .helpCommand(false)
    .showSuggestionAfterError(false);
}

function leaf(spec: CommandSpec, word: string, heard: Heard): Command {
  const command = prepared(new Command(word), heard).description(spec.about);
  for (const argument of spec.arguments ?? []) command.addArgument(asArgument(argument));
  for (const option of spec.options ?? []) command.addOption(asOption(option));
  if (spec.json === true) command.option("--json", "one JSON document on stdout");
  const declared = spec.arguments?.length ?? 0;
  return command.action((...heardArguments: unknown[]) => {
    const args = heardArguments.slice(0, declared).map((value) => (typeof value === "string" ? value : null));
    heard.onCommand({ spec, args, options: openOptions(optionValues(command, spec)) });
  });
}

function asArgument(spec: ArgumentSpec): Argument {
  const argument = new Argument(spec.optional === true ? `[${spec.name}]` : `<${spec.name}>`, spec.about);
  return spec.choices === undefined ? argument : argument.choices(spec.choices);
}

function asOption(spec: OptionSpec): Option {
  const name = `${spec.short === undefined ? "" : `-${spec.short}, `}--${spec.name}`;
  if (spec.kind === "flag") return new Option(name, spec.about);
  const option = new Option(`${name} <${spec.value ?? spec.name}>`, spec.about);
  if (spec.choices !== undefined) return option.choices(spec.choices);
  switch (spec.kind) {
    case "text":
      return option;
    case "list":
      return option.argParser((value: string, before: string[] | undefined) => [...(before ?? []), value]);
    case "count":
      return option.argParser(wholeNumber);
    case "duration":
      return option.argParser(duration);
    default:
      return spec.kind satisfies never;
  }
}

function wholeNumber(text: string): number {
  if (!/^[0-9]{1,9}$/.test(text)) throw new InvalidArgumentError("A whole number is wanted, such as 3.");
  return Number(text);
}

function duration(text: string): number {
  // "Do not wait" is something to ask for.
  const ms = parseDurationMs(text, 0);
  if (ms === null) throw new InvalidArgumentError("A duration is wanted, such as 90s, 15m or 2h.");
  return ms;
}

function optionValues(command: Command, spec: CommandSpec): Map<string, OptionValue> {
  const values = new Map<string, OptionValue>();
  const declared: readonly string[] = [
    ...(spec.options ?? []).map((option) => option.name),
    ...(spec.json === true ? ["json"] : []),
  ];
  for (const option of command.options) {
    const name = option.name();
    const value: unknown = command.getOptionValue(option.attributeName());
    if (declared.includes(name) && isOptionValue(value)) values.set(name, value);
  }
  return values;
}

function isOptionValue(value: unknown): value is OptionValue {
  return (
    typeof value === "string" ||
    typeof value === "number" ||
    typeof value === "boolean" ||
    (Array.isArray(value) && value.every((each) => typeof each === "string"))
  );
}

function isCommanderError(error: unknown): error is CommanderError {
  return (
    error instanceof Error && "exitCode" in error && "code" in error && /^commander\./.test(`${error.code}`)
  );
}

/** Commander's complaint as ours: what was wrong, and the names that may have been meant. */
function asFailure(error: CommanderError, program: Command, argv: readonly string[]): Failure {
  const at = deepest(program, argv);
  const help = `signalbox ${[...at.words, "--help"].join(" ")}`;
  const asked = /'(.*)'/s.exec(error.message)?.[1] ?? "";
  const message = sentence(error.message.replace(/^error: /, ""));
  switch (error.code) {
    case "commander.unknownOption": {
      const known = [...at.command.options, ...program.options].flatMap((option) => option.long ?? []);
      return badInput("unknown_option", `Unknown option ${asked}.`, {
        cure: meant(nearestNames(asked.split("=")[0] ?? "", [...known, "--help"], 3), help),
      });
    }
    case "commander.unknownCommand":
    case "commander.excessArguments": {
      const known = at.command.commands.map((command) => command.name());
      const siblings = at.command.parent?.commands.map((command) => command.name()) ?? [];
      const excess = error.code === "commander.excessArguments";
      if (excess && known.length === 0)
        return badInput("too_many_arguments", message, { cure: `See ${help}.` });
      const word = excess ? (at.rest[0] ?? "") : asked;
      const names = nearestNames(word, known.length > 0 ? known : siblings, 3);
      const called = [...at.words, word].join(" ");
      return badInput("unknown_command", `Unknown command ${called}.`, { cure: meant(names, help) });
    }
    case "commander.help":
      return badInput("missing_command", `Which command? There are: ${namesOf(at.command)}.`, {
        cure: `See ${help}.`,
      });
    default:
      return badInput("wrong_use", message, { cure: `See ${help}.` });
  }
}

function namesOf(command: Command): string {
  return command.commands.map((each) => each.name()).join(", ");
}

function sentence(text: string): string {
  const trimmed = text.trim();
  const upper = trimmed.charAt(0).toUpperCase() + trimmed.slice(1);
  return /[.!?]$/.test(upper) ? upper : `${upper}.`;
}

function meant(names: readonly string[], help: string): string {
  return names.length === 0 ? `See ${help}.` : `Did you mean ${names.join(", or ")}? See ${help}.`;
}

/** The command the words lead to, and the words that led there: for help that is near. */
function deepest(
  program: Command,
  argv: readonly string[],
): { command: Command; words: string[]; rest: string[] } {
  let command = program;
  const words: string[] = [];
  const plain = withoutFolders(argv);
  for (const [index, word] of plain.entries()) {
    const next = command.commands.find((each) => each.name() === word);
    if (next === undefined)
      return { command, words, rest: plain.slice(index).filter((w) => !w.startsWith("-")) };
    command = next;
    words.push(word);
  }
  return { command, words, rest: [] };
}

function withoutFolders(argv: readonly string[]): string[] {
  const start = argv.findIndex(
    (word, index) => word !== "-C" && argv[index - 1] !== "-C" && !word.startsWith("-C"),
  );
  return start < 0 ? [] : argv.slice(start);
}
