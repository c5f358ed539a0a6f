/** Pure. Lines of exact widths: cells of a table, a line with something at its right end, text wrapped to a width. */
import { escapeForDisplay } from "../../git/names.ts";
import { fit, type Line, type Span, type Style, styled, widthOf } from "../text.ts";

/** The line in exactly `width` columns: cut with an ellipsis, or filled up with blanks. */
export function cell(line: Line, width: number, align: "left" | "right" = "left"): Line {
  if (width <= 0) return [];
  const shown = fit(line, width);
  const blanks = " ".repeat(Math.max(0, width - widthOf(shown)));
  if (blanks === "") return shown;
  return align === "left" ? [...shown, blanks] : [blanks, ...shown];
}

/** `left`, and `right` at the right end; where both have no room, `left` is cut. */
export function apart(left: Line, right: Line, width: number): Line {
  const end = fit(right, width);
  const room = width - widthOf(end);
  return room < 2 ? cell(left, width) : [...cell(left, room - 1), " ", ...end];
}

/** The end of a text in at most `width` columns: what is typed is looked at where it is typed. */
export function ending(text: string, width: number): string {
  const shown = escapeForDisplay(text);
  if (widthOf([shown]) <= width) return shown;
  const characters = [...shown];
  let used = 1;
  let from = characters.length;
  while (from > 0) {
    used += widthOf([characters[from - 1] ?? ""]);
    if (used > width) break;
    from -= 1;
  }
  return `…${characters.slice(from).join("")}`;
}

/**
 * Text in lines of at most `width` columns, broken at blanks where there are some, each behind `indent`. Line ends in it
 * stay, and tabs become blanks.
 */
export function wrapped(text: string, width: number, { indent = "", style }: WrapOptions = {}): Line[] {
  const room = Math.max(8, width - indent.length);
  const spoken = (line: string): Span => (style === undefined ? line : styled(style, line));
  return text
    .replaceAll("\t", "  ")
    .split(/\r?\n/)
    .flatMap((paragraph) => broken(paragraph, room))
    .map((line) => [indent, spoken(line)]);
}

export type WrapOptions = { indent?: string; style?: Style };

/** Looks at every character once: a worker may print a megabyte on one line, and it is broken anew for every frame. */
function broken(text: string, width: number): string[] {
  const lines: string[] = [];
  let rest = text;
  for (let head = headOf(rest, width); head.length < rest.length; head = headOf(rest, width)) {
    const blank = head.lastIndexOf(" ");
    // A break at a blank that leaves most of the line empty reads worse than one inside a long word.
    const at = blank > head.length / 3 ? blank : head.length;
    lines.push(rest.slice(0, at).trimEnd());
    rest = rest.slice(at).trimStart();
  }
  return rest === "" && lines.length > 0 ? lines : [...lines, rest];
}

/** As much as fits; at least one character, or a wide one would never end. */
function headOf(text: string, width: number): string {
  let head = "";
  let used = 0;
  for (const character of text) {
    used += widthOf([character]);
    if (used > width && head !== "") break;
    head += character;
  }
  return head;
}
