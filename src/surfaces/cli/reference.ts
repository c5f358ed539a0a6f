/** docs/cli.md, from the table of commands: the text is what the program knows of itself. */
import type { CommandSpec, OptionSpec } from "./command-spec.ts";
import { sections } from "./commands.ts";
import { exitMeanings } from "./exit-codes.ts";
import { type JsonShape, jsonShapes } from "./json-fields.ts";

/** The whole page. */
export function cliReference(): string {
  return [
    "# Command line",
    "",
    "<!-- Generated from src/surfaces/cli/commands.ts by scripts/generate-cli-doc.ts. -->",
    "",
    "`signalbox [-C DIR]… <command>`. Answers go to stdout, diagnostics and progress to stderr. With `--json`, stdout has",
    "one JSON document (`events`, and whatever follows, one object a line) and a failure is one object",
    "`{error: {code, message, cure, problems}}` on stderr. Colours only on a terminal; `NO_COLOR` is obeyed. Names that",
    "came from a branch, a message or an event are shown escaped. `-C DIR` goes before the command, as git has it.",
    "",
    "## Exit status",
    "",
    "| code | means |",
    "| --- | --- |",
    ...exitMeanings.map(([code, meaning]) => `| ${code} | ${meaning} |`),
    "",
    "Commands that only read exit 0 whatever they report.",
    "",
    ...sections.flatMap(({ title, commands }) => [`## ${title}`, "", ...commands.flatMap(entry)]),
  ].join("\n");
}

function entry(spec: CommandSpec): string[] {
  const options: OptionSpec[] = [
    ...(spec.options ?? []),
    ...(spec.json === true
      ? [{ name: "json", kind: "flag" as const, about: "one JSON document on stdout" }]
      : []),
  ];
  const rows = [
    ...(spec.arguments ?? []).map(({ name, about }) => `- \`${name}\`: ${about}`),
    ...options.map((option) => `- \`${flag(option)}\`: ${option.about}${times(option)}`),
    ...shapeRow(jsonShapes[spec.name]),
    ...Object.entries(spec.exits ?? {}).map(([code, meaning]) => `- exit ${code}: ${meaning}`),
  ];
  return [
    `### \`signalbox ${usage(spec)}\``,
    "",
    `${upperFirst(spec.about)}.`,
    "",
    ...rows,
    ...(rows.length > 0 ? [""] : []),
  ];
}

function shapeRow(shape: JsonShape | undefined): string[] {
  if (shape === undefined) return [];
  const form = { object: "one object", list: "a list of objects", lines: "one object a line" }[shape.form];
  return [`- JSON, ${form}: ${shape.fields.map((field) => `\`${field}\``).join(", ")}`];
}

function usage(spec: CommandSpec): string {
  const words = spec.name.split(" ");
  const name = spec.isDefault === true ? [...words.slice(0, -1), `[${words.at(-1)}]`].join(" ") : spec.name;
  const args = (spec.arguments ?? []).map(({ name, optional }) =>
    optional === true ? `[${name.toUpperCase()}]` : name.toUpperCase(),
  );
  return [name, ...args].join(" ");
}

function flag(option: OptionSpec): string {
  const name = option.short === undefined ? `--${option.name}` : `--${option.name}, -${option.short}`;
  return option.kind === "flag" ? name : `${name} ${option.value ?? option.name}`;
}

function times(option: OptionSpec): string {
  return option.kind === "list" ? " (may be given several times)" : "";
}

function upperFirst(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
