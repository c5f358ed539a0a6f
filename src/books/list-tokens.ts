/** Pure: where the items of a YAML list stand in its text, by the parser's own tokens. */
import { type CST, isSeq } from "yaml";
import { lineStart, nextLine, type Splice } from "./splices.ts";

/** `indent` is the column of the hyphens. */
export type BlockList = { type: "block-seq"; indent: number; items: CST.BlockSequence["items"] };
export type ListToken = BlockList | CST.FlowCollection;

/** The tokens of a list, or null where the node is none that was parsed from text. */
export function listToken(node: unknown): ListToken | null {
  if (!isSeq(node)) return null;
  const token = node.srcToken;
  if (token?.type === "block-seq") {
    // A comment below the last item is kept as one more, without a hyphen.
    const items = token.items.filter(({ start }) => start.some(({ type }) => type === "seq-item-ind"));
    return { type: "block-seq", indent: token.indent, items };
  }
  return token?.type === "flow-collection" ? token : null;
}

/**
 * The whole lines of a block list's item: from its hyphen to its last line, with what is indented deeper below it and
 * the blank lines after that. Comments between the items stay.
 */
export function itemLines(text: string, token: BlockList, index: number): Splice {
  const hyphen = hyphenAt(token, index);
  const nextHyphen = index + 1 < token.items.length ? hyphenAt(token, index + 1) : text.length;
  const from = lineStart(text, hyphen);
  const limit = nextHyphen === text.length ? text.length : lineStart(text, nextHyphen);
  const column = hyphen - from;
  let to = nextLine(text, hyphen);
  while (to < limit) {
    const end = nextLine(text, to);
    const line = text.slice(to, end);
    const isOwn = line.trim() === "" || indentOf(line) > column;
    if (!isOwn) break;
    to = end;
  }
  return { from, to, text: "" };
}

/** Takes items out of a flow list, each with one comma; the others keep their text, the ends their spaces. */
export function flowWithout(text: string, token: CST.FlowCollection, gone: ReadonlySet<number>): Splice[] {
  const open = token.start.offset + 1;
  const close = token.end.find(({ type }) => type === "flow-seq-end")?.offset ?? open;
  const commas = token.items.flatMap(({ start }) => start.filter(({ type }) => type === "comma"));
  const starts = [open, ...commas.map(({ offset }) => offset + 1)];
  const pieces = starts.map((from, index) => ({
    from,
    to: commas[index]?.offset ?? close,
    isGone: gone.has(index),
  }));
  const isLeft = pieces.some(({ from, to, isGone }) => !isGone && text.slice(from, to).trim() !== "");
  if (!isLeft) return [{ from: open, to: close, text: "" }];
  return pieces.flatMap(({ from, to, isGone }, index) => {
    if (!isGone) return [];
    const next = pieces[index + 1];
    if (next !== undefined) {
      const isTrailingComma = text.slice(next.from, next.to).trim() === "";
      if (isTrailingComma) return [{ from, to: next.from, text: "" }];
      return [{ from: wordAt(text, from, to), to: wordAt(text, next.from, next.to), text: "" }];
    }
    return [{ from: commaBefore(pieces, index), to: from + text.slice(from, to).trimEnd().length, text: "" }];
  });
}

/** The comma before the row of vanishing items that ends with `last`. */
function commaBefore(pieces: readonly { from: number; isGone: boolean }[], last: number): number {
  const kept = pieces.slice(0, last).findLastIndex(({ isGone }) => !isGone);
  return (pieces[kept + 1]?.from ?? 1) - 1;
}

function wordAt(text: string, from: number, to: number): number {
  return to - text.slice(from, to).trimStart().length;
}

function hyphenAt(token: BlockList, index: number): number {
  const hyphen = token.items[index]?.start.find(({ type }) => type === "seq-item-ind");
  if (hyphen === undefined) throw new TypeError(`The list has no item ${index}.`);
  return hyphen.offset;
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}
