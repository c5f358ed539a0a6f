/**
 * Pure. A worker's command as it is written in the configuration, taken apart once. Words are split as a shell splits them
 * (blanks, quotes, backslashes), and that is all that is like a shell: nothing is expanded, every metacharacter is data,
 * and a value such as `{slug}` is put into a word after the splitting, so no value can become two words or a quote.
 */
import { nearestNames } from "../nearest.ts";

/** What `{…}` in a command may name. */
export const placeholders = ["slug", "branch", "base", "worktree"] as const;
export type Placeholder = (typeof placeholders)[number];
export type CommandValues = { readonly [name in Placeholder]: string };

type Piece = { kind: "text"; text: string } | { kind: "value"; name: Placeholder };
/** One argument: text and values in turn. */
export type CommandWord = readonly Piece[];

export type ParsedCommand =
  | { kind: "parsed"; words: readonly CommandWord[] }
  | { kind: "invalid"; why: string };

/** Takes a command apart. `invalid`: it is empty, a quote is open, a placeholder is unknown. */
export function parseCommand(template: string): ParsedCommand {
  const split = splitWords(template);
  if (split.kind === "invalid") return split;
  if ((split.words[0] ?? "") === "") return { kind: "invalid", why: "it names no program" };
  const words: CommandWord[] = [];
  for (const word of split.words) {
    const pieces = piecesOf(word);
    if (typeof pieces === "string") return { kind: "invalid", why: pieces };
    words.push(pieces);
  }
  return { kind: "parsed", words };
}

/** The program and its arguments, with the values in their places. */
export function argumentsOf(words: readonly CommandWord[], values: CommandValues): string[] {
  return words.map((word) =>
    word.map((piece) => (piece.kind === "text" ? piece.text : values[piece.name])).join(""),
  );
}

type Split = { kind: "split"; words: string[] } | { kind: "invalid"; why: string };

function splitWords(template: string): Split {
  const words: string[] = [];
  // Null between words: an empty pair of quotes is a word, too.
  let word: string | null = null;
  for (let at = 0; at < template.length; at++) {
    const character = template[at] ?? "";
    if (character === "\0") return { kind: "invalid", why: "it has a NUL character" };
    if (character === "'" || character === '"') {
      const quoted = readQuoted(template, at);
      if (quoted === null) return { kind: "invalid", why: `the quote ${character} is not closed` };
      word = (word ?? "") + quoted.text;
      at = quoted.end;
    } else if (character === "\\") {
      at++;
      if (at >= template.length) return { kind: "invalid", why: "it ends with a lone backslash" };
      word = (word ?? "") + (template[at] ?? "");
    } else if (/\s/.test(character)) {
      if (word !== null) words.push(word);
      word = null;
    } else word = (word ?? "") + character;
  }
  if (word !== null) words.push(word);
  return { kind: "split", words };
}

/** The text between the quote at `start` and its partner at `end`; null where there is none. */
function readQuoted(template: string, start: number): { text: string; end: number } | null {
  const quote = template[start];
  let text = "";
  for (let at = start + 1; at < template.length; at++) {
    const character = template[at] ?? "";
    if (character === quote) return { text, end: at };
    const next = template[at + 1] ?? "";
    // Between double quotes a backslash is only special before these, as in a shell.
    const escapes = quote === '"' && character === "\\" && /["\\$`]/.test(next);
    text += escapes ? next : character;
    if (escapes) at++;
  }
  return null;
}

/** The pieces of a word, or what is wrong with it. `{{name}}` is the text `{name}`; other braces are text. */
function piecesOf(word: string): CommandWord | string {
  const pieces: Piece[] = [];
  let from = 0;
  for (const match of word.matchAll(/\{\{([a-z_]+)\}\}|\{([a-z_]+)\}/g)) {
    pieces.push({ kind: "text", text: word.slice(from, match.index) });
    from = match.index + match[0].length;
    const [, literal, name] = match;
    const known = placeholders.find((each) => each === name);
    if (literal !== undefined) pieces.push({ kind: "text", text: `{${literal}}` });
    else if (known !== undefined) pieces.push({ kind: "value", name: known });
    else return unknownPlaceholder(name ?? "");
  }
  pieces.push({ kind: "text", text: word.slice(from) });
  return pieces.filter((piece) => piece.kind === "value" || piece.text !== "");
}

function unknownPlaceholder(name: string): string {
  const near = nearestNames(name, placeholders)[0];
  const known = placeholders.map((each) => `{${each}}`).join(", ");
  const hint = near === undefined ? `known are ${known}` : `did you mean {${near}}?`;
  return `{${name}} is not known (${hint}); to pass it as it is, write {{${name}}}`;
}
