/**
 * Pure: a YAML file that is a list of maps, as `roadmap.yaml` and `delivered.yaml` are, edited in its own text. Nothing
 * is printed anew, so comments, order, quotes, indentation and line ends of what is not touched stay to the byte.
 *
 * The guarantee: an edit is read back and compared with what it should say. Where the text is too unusual for it, the
 * answer is `unusual` and the file stays as it was, rather than being a little wrong.
 */
import { type Document, isAlias, isMap, isScalar, isSeq, visit } from "yaml";
import {
  behindByteOrderMark,
  blockEntry,
  checked,
  type Entry,
  flowText,
  isEntry,
  isSame,
  type ListEdit,
  parse,
  plain,
  tidyEnd,
} from "./list-text.ts";
import { flowWithout, itemLines, listToken } from "./list-tokens.ts";
import { isInside, lineEnd, type Splice, spliced } from "./splices.ts";

export type ListReading =
  | { kind: "list"; entries: Entry[] }
  /** Not YAML, or no list, or an alias bomb. */
  | { kind: "malformed"; why: string };

/** The entries of the list. A file without content is an empty one; what is no map in it is passed over. */
export function readList(text: string): ListReading {
  const parsed = parse(text);
  return parsed.kind === "malformed" ? parsed : { kind: "list", entries: parsed.values.filter(isEntry) };
}

/** The list without the entries of these slugs, and without the slugs in every other entry's `after`. */
export function withoutSlugs(text: string, gone: ReadonlySet<string>): ListEdit {
  return behindByteOrderMark(text, (rest) => takeOut(rest, gone));
}

/** The list with `entry` in front, below whatever comment heads the file. */
export function withFirst(text: string, entry: Entry): ListEdit {
  return behindByteOrderMark(text, (rest) => putFirst(rest, entry));
}

function takeOut(text: string, gone: ReadonlySet<string>): ListEdit {
  const parsed = parse(text);
  if (parsed.kind === "malformed") return { kind: "unusual" };
  const { document, values } = parsed;
  const expected = values.filter((value) => !isGone(value, gone)).map((value) => afterWithout(value, gone));
  if (isSame(expected, values)) return { kind: "edited", text };
  const removed = entrySplices(text, document, values, gone);
  if (removed === null) return { kind: "unusual" };
  const afters = afterSplices(text, document, gone);
  const aliases = aliasSplices(document, [...removed, ...afters.removed], gone);
  return checked(tidyEnd(text, spliced(text, [...removed, ...afters.splices, ...aliases])), expected);
}

function putFirst(text: string, entry: Entry): ListEdit {
  const parsed = parse(text);
  if (parsed.kind === "malformed") return { kind: "unusual" };
  const { document, values } = parsed;
  return checked(spliced(text, [firstSplice(text, document, entry)]), [entry, ...values]);
}

function entrySplices(
  text: string,
  document: Document,
  values: unknown[],
  gone: ReadonlySet<string>,
): Splice[] | null {
  const indexes = values.flatMap((value, index) => (isGone(value, gone) ? [index] : []));
  if (indexes.length === 0) return [];
  const token = listToken(document.contents);
  if (token === null) return null;
  if (token.type === "flow-collection") return flowWithout(text, token, new Set(indexes));
  return indexes.map((index) => itemLines(text, token, index));
}

/** Edits of the `after` lists; `removed` are the ranges that vanish. A list that would be left empty becomes `[]`. */
function afterSplices(
  text: string,
  document: Document,
  gone: ReadonlySet<string>,
): { splices: Splice[]; removed: Splice[] } {
  const removed: Splice[] = [];
  const added: Splice[] = [];
  for (const { value, colonEnd } of afterLists(document)) {
    if (isScalar(value) && isIn(value.value, gone) && value.range)
      removed.push({ from: value.range[0], to: value.range[1], text: "[]" });
    if (!isSeq(value)) continue;
    const names = value.items.map((item) => plain(item, document));
    const indexes = names.flatMap((name, index) => (isIn(name, gone) ? [index] : []));
    const token = listToken(value);
    if (indexes.length === 0 || token === null) continue;
    if (token.type === "flow-collection") {
      removed.push(...flowWithout(text, token, new Set(indexes)));
      continue;
    }
    removed.push(...indexes.map((index) => itemLines(text, token, index)));
    if (indexes.length === names.length && colonEnd !== null)
      added.push({ from: colonEnd, to: colonEnd, text: " []" });
  }
  return { splices: [...removed, ...added], removed };
}

type AfterList = { value: unknown; colonEnd: number | null };

function afterLists(document: Document): AfterList[] {
  if (!isSeq(document.contents)) return [];
  return document.contents.items.flatMap((item): AfterList[] => {
    const entry = isAlias(item) ? item.resolve(document) : item;
    const pair = isMap(entry)
      ? entry.items.find(({ key }) => isScalar(key) && key.value === "after")
      : undefined;
    if (pair === undefined) return [];
    const value = isAlias(pair.value) ? pair.value.resolve(document) : pair.value;
    const colon = pair.srcToken?.sep?.find(({ type }) => type === "map-value-ind");
    return [{ value, colonEnd: colon === undefined ? null : colon.offset + 1 }];
  });
}

/** An alias whose anchor vanishes is written out. */
function aliasSplices(document: Document, removed: readonly Splice[], gone: ReadonlySet<string>): Splice[] {
  const splices: Splice[] = [];
  visit(document, {
    Alias(_, alias) {
      const target = alias.resolve(document);
      const range = alias.range;
      if (!range || !target?.range || isInside(range[0], removed) || !isInside(target.range[0], removed))
        return;
      const value = plain(target, document);
      const kept = Array.isArray(value) ? value.filter((one) => !isIn(one, gone)) : value;
      splices.push({ from: range[0], to: range[1], text: flowText(kept) });
    },
  });
  return splices;
}

function firstSplice(text: string, document: Document, entry: Entry): Splice {
  const token = listToken(document.contents);
  if (token === null) {
    const gap = text === "" || text.endsWith("\n") ? "" : lineEnd(text);
    return { from: text.length, to: text.length, text: gap + blockEntry(entry, 0, lineEnd(text)) };
  }
  if (token.type === "flow-collection") {
    const at = token.start.offset + 1;
    const isEmpty = isSeq(document.contents) && document.contents.items.length === 0;
    return { from: at, to: at, text: isEmpty ? flowText(entry) : `${flowText(entry)}, ` };
  }
  const from = itemLines(text, token, 0).from;
  return { from, to: from, text: blockEntry(entry, token.indent, lineEnd(text)) };
}

function isGone(value: unknown, gone: ReadonlySet<string>): boolean {
  return isEntry(value) && isIn(value.slug, gone);
}

function afterWithout(value: unknown, gone: ReadonlySet<string>): unknown {
  if (!isEntry(value)) return value;
  if (isIn(value.after, gone)) return { ...value, after: [] };
  if (!Array.isArray(value.after)) return value;
  return { ...value, after: value.after.filter((slug) => !isIn(slug, gone)) };
}

function isIn(value: unknown, gone: ReadonlySet<string>): boolean {
  return typeof value === "string" && gone.has(value);
}
