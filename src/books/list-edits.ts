/** Pure: where the text of a list is to be changed for an edit, by what the parser says of the whole of it. */
import { type Document, isAlias, isMap, isScalar, isSeq, visit } from "yaml";
import { parse, plain } from "./list-parse.ts";
import { blockEntry, type Entry, flowText, isEntry } from "./list-text.ts";
import { flowWithout, itemLines, listToken } from "./list-tokens.ts";
import { isInside, lineEnd, type Splice } from "./splices.ts";

/** What takes the entries of these slugs out, and the slugs out of every other entry's `after`; null: it is not known. */
export function removal(text: string, gone: ReadonlySet<string>): Splice[] | null {
  const parsed = parse(text);
  if (parsed.kind === "malformed") return null;
  const { document, values } = parsed;
  const removed = entrySplices(text, document, values, gone);
  if (removed === null) return null;
  const afters = afterSplices(text, document, gone);
  const aliases = aliasSplices(document, [...removed, ...afters.removed], gone);
  return [...removed, ...afters.splices, ...aliases];
}

/** What puts an entry in front of all others, below whatever comment heads the file; null: it is not known. */
export function addition(text: string, entry: Entry): Splice[] | null {
  const parsed = parse(text);
  return parsed.kind === "malformed" ? null : [firstSplice(text, parsed.document, entry)];
}

/** Whether the entry is one of these slugs'. */
export function isGone(value: unknown, gone: ReadonlySet<string>): boolean {
  return isEntry(value) && isIn(value.slug, gone);
}

/** What an entry says without these slugs in its `after`: itself, where none is there. */
export function afterWithout(value: unknown, gone: ReadonlySet<string>): unknown {
  if (!isEntry(value)) return value;
  const { after } = value;
  if (isIn(after, gone)) return { ...value, after: [] };
  if (!Array.isArray(after) || !after.some((slug) => isIn(slug, gone))) return value;
  return { ...value, after: after.filter((slug) => !isIn(slug, gone)) };
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
      // One by one: so many arguments as a hostile list has items, no call takes.
      for (const splice of flowWithout(text, token, new Set(indexes))) removed.push(splice);
      continue;
    }
    for (const index of indexes) removed.push(itemLines(text, token, index));
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

function isIn(value: unknown, gone: ReadonlySet<string>): boolean {
  return typeof value === "string" && gone.has(value);
}
