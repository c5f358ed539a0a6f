/**
 * Pure. Text for a terminal, safe by construction: a line is a list of spans, and what a span says is escaped when it is
 * painted. So a branch name, a message or a path can never move the cursor, change a colour or forge a line: nothing
 * in this room writes a plain string to the terminal.
 */
import { escapeForDisplay } from "../git/names.ts";

export type Style = "strong" | "dim" | "good" | "bad" | "warn" | "accent";
export type Span = string | { readonly text: string; readonly style: Style };
export type Line = readonly Span[];

const codes: Record<Style, readonly [open: number, close: number]> = {
  strong: [1, 22],
  dim: [2, 22],
  good: [32, 39],
  bad: [31, 39],
  warn: [33, 39],
  accent: [36, 39],
};

/** `text` in a style; the style vanishes where colours are off. */
export function styled(style: Style, text: string): Span {
  return { text, style };
}

/** The line as it goes to the terminal, every span escaped, with colours where asked for. */
export function paint(line: Line, colour: boolean): string {
  return line.map((span) => paintSpan(span, colour)).join("");
}

/** How many columns a span or line takes once painted. */
export function widthOf(line: Line): number {
  return line.reduce((sum, span) => sum + columns(escapeForDisplay(textOf(span))), 0);
}

/** The line cut to `width` columns, with an ellipsis where something is missing. */
export function fit(line: Line, width: number): Line {
  if (widthOf(line) <= width) return line;
  const kept: Span[] = [];
  let left = Math.max(width - 1, 0);
  for (const span of line) {
    const shown = escapeForDisplay(textOf(span));
    const part = cut(shown, left);
    kept.push(typeof span === "string" ? part : { ...span, text: part });
    left -= columns(part);
    if (part !== shown) break;
  }
  return [...kept, "…"];
}

function textOf(span: Span): string {
  return typeof span === "string" ? span : span.text;
}

function paintSpan(span: Span, colour: boolean): string {
  const shown = escapeForDisplay(textOf(span));
  if (typeof span === "string" || !colour) return shown;
  const [open, close] = codes[span.style];
  return `\u001b[${open}m${shown}\u001b[${close}m`;
}

function cut(text: string, width: number): string {
  let used = 0;
  let kept = "";
  for (const character of text) {
    used += columns(character);
    if (used > width) break;
    kept += character;
  }
  return kept;
}

/** Columns of already escaped text: East Asian wide characters and emoji take two, combining marks none. */
function columns(text: string): number {
  if (/^[ -~]*$/.test(text)) return text.length;
  let count = 0;
  for (const character of text) {
    if (/\p{Mark}/u.test(character)) continue;
    count += wide.test(character) ? 2 : 1;
  }
  return count;
}

const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1f64f}\u{1f680}-\u{1f6ff}\u{1f900}-\u{1f9ff}\u{20000}-\u{3fffd}]/u;
