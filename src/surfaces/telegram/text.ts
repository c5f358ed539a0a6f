/**
 * Pure: text for Telegram, as words with marked ranges (entities) instead of a markup language: there is nothing to escape,
 * and nothing a name could break out of.
 *
 * What others wrote has two more ways to do harm, and neither is open here. Characters that fool an eye are shown by their
 * number. And Telegram itself makes links of what looks like a command, a mention, a tag or an address: a branch called
 * `/resume` would be a command that an admin sends with one touch. It looks for none in `code` and `pre`, so whatever
 * could be taken for one is set in these.
 */
import type { MessageEntity } from "grammy/types";
import { escapeForDisplay, escapeLinesForDisplay } from "../../git/names.ts";

export type Style = "bold" | "italic" | "code" | "pre";

/** A piece of a text; a plain string is in no style. */
export type Span = string | { text: string; style: Style };

export type Written = { text: string; entities: MessageEntity[] };

/** Most UTF-16 units in a message, after its entities were applied. */
export const longestMessage = 4096;
/** Most marked ranges in a message; Telegram leaves out what comes after. */
const mostEntities = 100;

/** One line that others wrote: bold where it can be taken for nothing else, `code` otherwise. At most 300 characters. */
export function title(text: string): Span {
  const shown = cut(escapeForDisplay(text.trim()), 300);
  return { text: shown, style: isCalm(shown) ? "bold" : "code" };
}

/** A name, a commit, a path. At most 200 characters. */
export function name(text: string): Span {
  return { text: cut(escapeForDisplay(text), 200), style: "code" };
}

/** What others wrote, on one line: plain where it can be taken for nothing else. At most 300 characters. */
export function phrase(text: string): Span {
  const shown = cut(escapeForDisplay(text.trim()), 300);
  return isCalm(shown) ? shown : { text: shown, style: "code" };
}

/** What others wrote, on any number of lines. */
export function passage(text: string): Span {
  const shown = escapeLinesForDisplay(text).trim();
  return isCalm(shown) ? shown : { text: shown, style: "pre" };
}

/** Words of our own, set apart. */
export function bold(text: string): Span {
  return { text, style: "bold" };
}

/** Lines of spans as one message; empty lines at the ends, and spans without text, are left out. */
export function written(lines: readonly (readonly Span[])[]): Written {
  const spans = lines.flatMap((line, index) => (index === 0 ? line : ["\n", ...line]));
  return clipped(spans, longestMessage);
}

/**
 * A message whose middle may be long: it is shortened, and says so, until head and foot, which are short, have their
 * place too.
 */
export function letter(parts: { head: readonly Span[][]; body: Span; foot: readonly Span[][] }): Written {
  const { head, body, foot } = parts;
  const whole = textOf(body);
  const lines = (kept: string): Span[][] => [
    ...head,
    ...(kept === "" ? [] : [[styledAs(body, kept)]]),
    ...foot,
  ];
  const length = lengthOf(lines(whole));
  if (length <= longestMessage) return written(lines(whole));
  const note = `\n… (${whole.length} characters in all)`;
  const room = whole.length - (length - longestMessage) - note.length;
  return written(lines(`${cut(whole, Math.max(room, 0))}${note}`));
}

/** The first `length` UTF-16 units of a text, with `…` as the last where it was longer; no character is cut in two. */
export function cut(text: string, length: number): string {
  if (text.length <= length) return text;
  if (length < 1) return "";
  return `${wholeCharacters(text.slice(0, length - 1))}…`;
}

/** Nothing in it that Telegram would make a link of. */
function isCalm(text: string): boolean {
  return !/(?:^|[^\p{L}\p{N}_])[/@#$]\p{L}|\p{L}\.\p{L}|\p{N}\.\p{L}|:\/\/|@|\n/u.test(text);
}

function clipped(spans: readonly Span[], longest: number): Written {
  let text = "";
  const entities: MessageEntity[] = [];
  const all = spans.map(textOf).join("");
  // Telegram trims a message, and a range that was counted before that would be off.
  const leading = all.length - all.trimStart().length;
  const end = Math.min(all.trimEnd().length, leading + longest);
  let at = 0;
  for (const span of spans) {
    const from = Math.max(at, leading);
    const piece = wholeCharacters(all.slice(from, Math.min(at + textOf(span).length, end)));
    at += textOf(span).length;
    if (piece.length === 0 || from >= end) continue;
    if (typeof span !== "string" && entities.length < mostEntities)
      entities.push({ type: span.style, offset: text.length, length: piece.length });
    text += piece;
  }
  return { text, entities };
}

/** Without a first half of a character at the end. */
function wholeCharacters(text: string): string {
  return /[\ud800-\udbff]$/.test(text) ? text.slice(0, -1) : text;
}

function textOf(span: Span): string {
  return typeof span === "string" ? span : span.text;
}

function styledAs(span: Span, text: string): Span {
  return typeof span === "string" ? text : { text, style: span.style };
}

function lengthOf(lines: readonly (readonly Span[])[]): number {
  return lines.reduce(
    (sum, line) => sum + 1 + line.reduce((length, span) => length + textOf(span).length, 0),
    -1,
  );
}
