/**
 * Completion scripts for bash, zsh and fish, from the table of commands. They are static text: completing starts no
 * process, so it is as fast as the shell.
 */
import type { CommandSpec, Vocabulary } from "./command-spec.ts";

export type Shell = "bash" | "zsh" | "fish";

/** The script for `shell`, to be sourced. */
export function completionScript(shell: Shell, vocabulary: Vocabulary): string {
  switch (shell) {
    case "bash":
      return bash(vocabulary);
    case "zsh":
      return zsh(vocabulary);
    case "fish":
      return fish(vocabulary);
    default:
      return shell satisfies never;
  }
}

function commandsOf({ sections }: Vocabulary): CommandSpec[] {
  return sections.flatMap((section) => section.commands);
}

type Place = { path: string; words: { word: string; about: string }[] };

/** What may follow each run of command words: subcommands, choices of the first argument, options. */
function places({ sections, groups }: Vocabulary): Place[] {
  const commands = commandsOf({ sections, groups });
  const paths = ["", ...groups.map((group) => group.name), ...commands.map((command) => command.name)];
  return paths.map((path) => ({
    path,
    words: [...subcommands(path, [...groups, ...commands]), ...wordsOf(leafOf(path, commands))],
  }));
}

function leafOf(path: string, commands: readonly CommandSpec[]): CommandSpec | undefined {
  return (
    commands.find((command) => command.name === path) ??
    commands.find(
      (command) => command.isDefault === true && command.name.split(" ").slice(0, -1).join(" ") === path,
    )
  );
}

function subcommands(path: string, all: readonly { name: string; about: string }[]): Place["words"] {
  const depth = path === "" ? 0 : path.split(" ").length;
  return all
    .filter(
      ({ name }) => name.split(" ").length === depth + 1 && (path === "" || name.startsWith(`${path} `)),
    )
    .map(({ name, about }) => ({ word: name.split(" ").at(-1) ?? "", about }));
}

function wordsOf(spec: CommandSpec | undefined): Place["words"] {
  if (spec === undefined) return [{ word: "--help", about: "show help" }];
  return [
    ...(spec.arguments?.[0]?.choices ?? []).map((word) => ({ word, about: "" })),
    ...(spec.options ?? []).map(({ name, about }) => ({ word: `--${name}`, about })),
    ...(spec.json === true ? [{ word: "--json", about: "one JSON document" }] : []),
    { word: "--help", about: "show help" },
  ];
}

/** A shell pattern of every run of words that leads to a place with something below it. */
function prefixes(vocabulary: Vocabulary): string {
  return [...vocabulary.groups, ...commandsOf(vocabulary)].map(({ name }) => `"${name}"`).join("|");
}

function bash(vocabulary: Vocabulary): string {
  const cases = places(vocabulary).map(
    ({ path, words }) => `    "${path}") words="${words.map(({ word }) => word).join(" ")}" ;;`,
  );
  return `# bash completion for signalbox: source <(signalbox completion bash)
_signalbox() {
  local current="\${COMP_WORDS[COMP_CWORD]}" path="" words="" index word next
  for ((index = 1; index < COMP_CWORD; index++)); do
    word="\${COMP_WORDS[index]}"
    if [[ $word == -C ]]; then ((index++)); continue; fi
    next="\${path:+$path }$word"
    case "$next" in ${prefixes(vocabulary)}) path="$next" ;; esac
  done
  case "$path" in
${cases.join("\n")}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  if ((\${#COMPREPLY[@]} == 0)); then COMPREPLY=($(compgen -f -- "$current")); fi
}
complete -F _signalbox signalbox
`;
}

function zsh(vocabulary: Vocabulary): string {
  const cases = places(vocabulary).map(({ path, words }) => {
    const entries = words.map(
      ({ word, about }) => `"${word}:${about.replace(/["`$\\]/g, "").replace(/:/g, ",")}"`,
    );
    return `    "${path}") entries=(${entries.join(" ")}) ;;`;
  });
  return `#compdef signalbox
# zsh completion for signalbox: source <(signalbox completion zsh)
_signalbox() {
  local -a entries
  local line="" next="" index word
  for ((index = 2; index < CURRENT; index++)); do
    word="\${words[index]}"
    if [[ $word == -C ]]; then ((index++)); continue; fi
    next="\${line:+$line }$word"
    case "$next" in (${prefixes(vocabulary)}) line="$next" ;; esac
  done
  case "$line" in
${cases.join("\n").replace(/^ {4}"/gm, '    ("')}
  esac
  _describe "signalbox" entries || _files
}
compdef _signalbox signalbox
`;
}

function fish(vocabulary: Vocabulary): string {
  const quoted = (text: string) => `'${text.replace(/\\/g, "\\\\").replace(/'/g, "\\'")}'`;
  const lines = places(vocabulary).flatMap(({ path, words }) =>
    words.map(({ word, about }) => {
      const what = word.startsWith("--") ? `-l ${word.slice(2)}` : `-a ${word}`;
      return `complete -c signalbox -n ${quoted(`__signalbox_at ${quoted(path)}`)} -f ${what} -d ${quoted(about)}`;
    }),
  );
  const known = [...vocabulary.groups, ...commandsOf(vocabulary)].map(({ name }) => quoted(name)).join(" ");
  return `# fish completion for signalbox: signalbox completion fish | source
function __signalbox_path
  set -l path ''
  for word in (commandline -opc)[2..-1]
    set -l next (string trim -- "$path $word")
    if contains -- "$next" ${known}
      set path $next
    end
  end
  test "$path" = "$argv[1]"
end
${lines.join("\n")}
`;
}
