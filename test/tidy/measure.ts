/** Sizes, names and words: what keeps a file readable by somebody new. */
import { posix } from "node:path";
import type { Finding, House } from "./house.ts";
import { inSource } from "./rooms.ts";
import type { Source } from "./source.ts";

export const limits = { fileLines: 300, functionLines: 60, parameters: 4 };

/** Files and functions that may be larger: `path` or `path#function` → why. An entry nobody needs any more is a finding. */
export type Allowed = Record<string, string>;

/** Files, functions and parameter lists beyond their limit, and exceptions that are no longer needed. */
export function oversizes(house: House, allowed: Allowed): Finding[] {
  const used = new Set<string>();
  const findings = house.sources.filter(inSource).flatMap((source) =>
    sizesOf(source).filter(({ key }) => {
      if (!(key in allowed)) return true;
      used.add(key);
      return false;
    }),
  );
  const unused = Object.keys(allowed).filter((key) => !used.has(key));
  return [
    ...findings,
    ...unused.map((path) => ({ path, line: 1, message: "is allowed to be large, and is not" })),
  ];
}

function sizesOf(source: Source): (Finding & { key: string })[] {
  const { path } = source;
  const file =
    source.lines > limits.fileLines ? [{ key: path, path, line: 1, message: `${source.lines} lines` }] : [];
  const functions = source.functions.flatMap(({ name, lines, parameters, line }) => {
    const key = `${path}#${name}`;
    const long =
      lines > limits.functionLines ? [{ key, path, line, message: `${name}: ${lines} lines` }] : [];
    const wide =
      parameters > limits.parameters
        ? [{ key, path, line, message: `${name}: ${parameters} parameters` }]
        : [];
    return [...long, ...wide];
  });
  return [...file, ...functions];
}

const banned = /^(utils?|helpers?|managers?|services?|common|data|info)$/;

/** File, folder and class names that say nothing. */
export function emptyNames(house: House): Finding[] {
  const files = Object.keys(house.texts)
    .filter((path) => /^(src|test|bench|scripts)\//.test(path))
    .filter((path) => wordsOf(path).some((word) => banned.test(word)))
    .map((path) => ({ path, line: 1, message: "a name that says nothing" }));
  const classes = house.sources.filter(inSource).flatMap((source) =>
    source.classes
      .filter(({ text }) => text.split(/(?=[A-Z])/).some((word) => banned.test(word.toLowerCase())))
      .map(({ text, line }) => ({
        path: source.path,
        line,
        message: `class ${text}: a name that says nothing`,
      })),
  );
  return [...files, ...classes];
}

function wordsOf(path: string): string[] {
  return path.split("/").flatMap((part) => posix.parse(part).name.split(/[-.]/));
}

/** `any`, casts without a reason, and notes to oneself. */
export function looseEnds(house: House): Finding[] {
  return house.sources
    .filter(({ path }) => /^(src|scripts|bench)\//.test(path))
    .flatMap((source) => [
      ...source.anys.map(({ line }) => ({ path: source.path, line, message: "any" })),
      ...source.casts
        .filter(({ text, line }) => text !== "as const" && !hasReason(source, line))
        .map(({ text, line }) => ({
          path: source.path,
          line,
          message: `\`${text}\` without a reason beside it`,
        })),
      ...source.comments
        .filter(({ text }) => /\b(TODO|FIXME|XXX|HACK)\b/.test(text))
        .map(({ line }) => ({
          path: source.path,
          line,
          message: "a note to oneself: do it, or open an issue",
        })),
      ...source.comments
        .filter(({ text }) => /@ts-(ignore|nocheck)/.test(text))
        .map(({ line }) => ({ path: source.path, line, message: "the compiler is silenced" })),
    ]);
}

/** A comment on the line of the cast, or ending on the line above it. */
function hasReason(source: Source, line: number): boolean {
  return source.comments.some((comment) => {
    const end = comment.line + comment.text.split("\n").length - 1;
    return comment.line === line || end === line || end === line - 1;
  });
}
