/**
 * Pure: an entry put into a YAML list at a place, or moved to another, in the list's own text.
 *
 * Comments stay. Those that stand directly above an entry belong to it and move with it, but for the comment that heads
 * the file; one with a blank line below it belongs to nobody and stays where it is. Where entries are set apart by blank
 * lines, a new one is too.
 */
import { type Document, isSeq } from "yaml";
import { parse } from "./list-parse.ts";
import {
  behindByteOrderMark,
  blockEntry,
  checked,
  type Entry,
  flowText,
  isEntry,
  type ListEdit,
  withoutMark,
} from "./list-text.ts";
import { type BlockList, flowWithout, itemLines, type ListToken, listToken } from "./list-tokens.ts";
import { lineEnd, lineStart, nextLine, type Splice, spliced } from "./splices.ts";

export type Position = { at: "first" } | { at: "last" } | { at: "before" | "after"; slug: string };

/** `no_such`: the entry to be moved, or the one it is to stand beside, is not in the list. */
export type Placing = ListEdit | { kind: "no_such"; slug: string };

/** The list with one entry more. */
export function withEntryAt(text: string, entry: Entry, position: Position): Placing {
  const parsed = parse(withoutMark(text));
  if (parsed.kind === "malformed") return { kind: "unusual" };
  const index = indexOf(parsed.values, position);
  if (index === null) return { kind: "no_such", slug: slugOf(position) };
  const expected = parsed.values.toSpliced(index, 0, entry);
  return behindByteOrderMark(text, (rest) => {
    const added = insertion({ text: rest, document: parsed.document, entry, index });
    return checked(spliced(rest, [added]), expected);
  });
}

/** The list with the slug's entry at another place. Where it is there already, the text as it was. */
export function withEntryMoved(text: string, slug: string, position: Position): Placing {
  const parsed = parse(withoutMark(text));
  if (parsed.kind === "malformed") return { kind: "unusual" };
  const { document, values } = parsed;
  const from = values.findIndex((value) => isEntry(value) && value.slug === slug);
  if (from < 0) return { kind: "no_such", slug };
  const to = indexOf(values, position);
  if (to === null) return { kind: "no_such", slug: slugOf(position) };
  if (to === from || to === from + 1) return { kind: "edited", text };
  const expected = values.toSpliced(from, 1).toSpliced(to > from ? to - 1 : to, 0, values[from]);
  const token = listToken(document.contents);
  if (token === null) return { kind: "unusual" };
  return behindByteOrderMark(text, (rest) => {
    const moved =
      token.type === "block-seq"
        ? movedLines(rest, token, from, to)
        : movedInFlow({ text: rest, document, token, from, to });
    return moved === null ? { kind: "unusual" } : checked(moved, expected);
  });
}

/** The index before which the place is; null where there is no such neighbour. */
function indexOf(values: readonly unknown[], position: Position): number | null {
  if (position.at === "first") return 0;
  if (position.at === "last") return values.length;
  const found = values.findIndex((value) => isEntry(value) && value.slug === position.slug);
  if (found < 0) return null;
  return position.at === "before" ? found : found + 1;
}

function slugOf(position: Position): string {
  return "slug" in position ? position.slug : "";
}

type Insertion = { text: string; document: Document; entry: Entry; index: number };

function insertion({ text, document, entry, index }: Insertion): Splice {
  const token = listToken(document.contents);
  const end = lineEnd(text);
  if (token === null) {
    const gap = text === "" || text.endsWith("\n") ? "" : end;
    return at(text.length, gap + blockEntry(entry, 0, end));
  }
  if (token.type === "flow-collection") return inFlow(document, token, flowText(entry), index);
  return linesAt(text, token, index, blockEntry(entry, indentOf(text, token), end));
}

function at(offset: number, text: string): Splice {
  return { from: offset, to: offset, text };
}

/** Whole lines, put before the item at `index` and the comments that belong to it, or behind the last one. */
function linesAt(text: string, token: BlockList, index: number, lines: string): Splice {
  const end = lineEnd(text);
  const gap = isSpaced(text, token) ? end : "";
  if (index < token.items.length) {
    const before = index > 0 && gap !== "" && !isBlankAbove(text, leadOf(text, token, index)) ? end : "";
    return at(leadOf(text, token, index), before + lines + gap);
  }
  const last = endOf(text, token, index - 1);
  const isClosed = last === 0 || text[last - 1] === "\n";
  // The text keeps its own way to end: with a line end, or without.
  const tail = isClosed ? lines : lines.slice(0, -end.length);
  return at(last, `${isClosed ? "" : end}${gap}${tail}`);
}

/** The text of `from`, with the comments that belong to it, cut out and put before `to`. */
function movedLines(text: string, token: BlockList, from: number, to: number): string {
  const end = lineEnd(text);
  const start = leadOf(text, token, from);
  const cutTo = itemLines(text, token, from).to;
  const own = text.slice(start, endOf(text, token, from));
  const lines = own.endsWith("\n") ? own : own + end;
  const put = linesAt(text, token, to, lines);
  const moved = spliced(text, [{ from: start, to: cutTo, text: "" }, put]);
  if (from < token.items.length - 1 || to === token.items.length) return moved;
  // What was the last entry's end is now that of the one before it.
  const wasClosed = /\n$/.test(text);
  return moved.trimEnd() + (wasClosed ? end : "");
}

/** Where an item begins, with the comment lines directly above it. The comment that heads the file is nobody's. */
function leadOf(text: string, token: BlockList, index: number): number {
  const hyphenLine = itemLines(text, token, index).from;
  let lead = hyphenLine;
  while (lead > 0) {
    const above = lineStart(text, lead - 1);
    if (!/^[ \t]*#/.test(text.slice(above, lead))) break;
    lead = above;
  }
  const headsTheFile = index === 0 && /^(?:%[^\n]*\n|---[^\n]*\n|\s)*$/.test(text.slice(0, lead));
  return headsTheFile ? hyphenLine : lead;
}

/** Where an item's last line that says something ends. */
function endOf(text: string, token: BlockList, index: number): number {
  const { from, to } = itemLines(text, token, index);
  const said = text.slice(from, to).trimEnd().length;
  return nextLine(text, from + Math.max(said - 1, 0));
}

/** Whether a blank line stands between any two neighbours. */
function isSpaced(text: string, token: BlockList): boolean {
  const gaps = token.items.slice(1).map((_, index) => isBlankAbove(text, leadOf(text, token, index + 1)));
  return gaps.length > 0 && gaps.every((isBlank) => isBlank);
}

function isBlankAbove(text: string, offset: number): boolean {
  return offset > 0 && text.slice(lineStart(text, offset - 1), offset).trim() === "";
}

function indentOf(text: string, token: BlockList): number {
  const line = itemLines(text, token, 0).from;
  return /^[ ]*/.exec(text.slice(line))?.[0].length ?? token.indent;
}

function inFlow(document: Document, token: ListToken, text: string, index: number): Splice {
  const ranges = rangesOf(document);
  const next = ranges[index];
  if (next !== undefined) return at(next[0], `${text}, `);
  const last = ranges.at(-1);
  if (last !== undefined) return at(last[1], `, ${text}`);
  return at((token.type === "flow-collection" ? token.start.offset : 0) + 1, text);
}

type Move = {
  text: string;
  document: Document;
  token: Exclude<ListToken, BlockList>;
  from: number;
  to: number;
};

function movedInFlow({ text, document, token, from, to }: Move): string | null {
  const own = rangesOf(document)[from];
  if (own === undefined) return null;
  const put = inFlow(document, token, text.slice(own[0], own[1]), to);
  return spliced(text, [put, ...flowWithout(text, token, new Set([from]))]);
}

function rangesOf(document: Document): (readonly [number, number])[] {
  if (!isSeq(document.contents)) return [];
  return document.contents.items.flatMap((item) => {
    const range: unknown = typeof item === "object" && item !== null ? Reflect.get(item, "range") : null;
    if (!Array.isArray(range)) return [];
    const [start, end]: unknown[] = range;
    return typeof start === "number" && typeof end === "number" ? [[start, end] as const] : [];
  });
}
