/**
 * Pure: what a list says, without parsing again what was parsed before. A landing changes an entry or two in lists of a
 * thousand, and what one landing wrote is what the next one reads.
 *
 * The guarantee: the answer is that of the whole text, parsed. It is put together from parts only for a *plain list*:
 * each item begins with `- ` in column 0, nothing else but blank lines and comments stands there, and no anchor, alias or
 * tag reaches from one item to another. In such a list the parser is in the same state at the start of every item, so an
 * item says the same among any neighbours. Everything else is parsed whole.
 *
 * What is remembered is the last few texts, and answers only for them and for items that are equal to the letter: nothing
 * grows with the number of landings. The values are shared, therefore frozen.
 */
import { type Document, isAlias, isSeq, visit } from "yaml";
import { isTooLong, parse } from "./list-parse.ts";
import { listToken } from "./list-tokens.ts";
import { nextLine } from "./splices.ts";

export type ListValues =
  | {
      kind: "list";
      /** Frozen, with all that is in them. */
      values: readonly unknown[];
      /** Where each item of a plain list begins, in the order of `values`; null: it is none. */
      starts: readonly number[] | null;
    }
  /** Not YAML, or no list, or an alias bomb. */
  | { kind: "malformed"; why: string };

/** The values of the list; of an empty text, none. */
export function readValues(text: string): ListValues {
  if (isTooLong(text)) return parsedWhole(text, null);
  const at = remembered.findIndex((one) => one.text === text);
  const [known] = at < 0 ? [] : remembered.splice(at, 1);
  const said = known === undefined ? read(text) : known.said;
  // This very text is what is asked for next, again and again: it will be told from the others by one look.
  remembered.unshift({ text, said });
  remembered.length = Math.min(remembered.length, textsRemembered);
  return said;
}

/** The text of one item of a plain list: its lines, and those up to the next. */
export function itemText(text: string, starts: readonly number[], index: number): string {
  return text.slice(starts[index], starts[index + 1]);
}

/** Two files before and after a landing, and as many again for what comes in between. */
const textsRemembered = 8;

/** The one asked for last is the first. */
const remembered: { text: string; said: ListValues }[] = [];

function read(text: string): ListValues {
  const starts = startsOf(text);
  return (starts && readByParts({ text, starts })) ?? parsedWhole(text, starts);
}

function parsedWhole(text: string, starts: readonly number[] | null): ListValues {
  const parsed = parse(text);
  if (parsed.kind === "malformed") return parsed;
  const isPlainList = starts !== null && isPlain(text, parsed.document, starts.length);
  return { kind: "list", values: frozen(parsed.values), starts: isPlainList ? starts : null };
}

/** A text, and where the items of a plain list may begin in it, or do. */
type Parts = { text: string; starts: readonly number[] };

/** By what is known of the most similar list; null where none is, or where something between is no plain item. */
function readByParts(parts: Parts): ListValues | null {
  const nearest = nearestOf(parts);
  if (nearest === null) return null;
  const { known, first, last } = nearest;
  const knownEnd = known.starts.length - last;
  const between = new Map<string, unknown>();
  for (let index = first; index < knownEnd; index++)
    between.set(itemText(known.text, known.starts, index), known.values[index]);
  const texts: string[] = [];
  for (let index = first; index < parts.starts.length - last; index++)
    texts.push(itemText(parts.text, parts.starts, index));
  const added = valuesOf(texts.filter((text) => !between.has(text)));
  if (added === null) return null;
  const additions = added.values();
  const middle = texts.map((text) => (between.has(text) ? between.get(text) : additions.next().value));
  const values = [...known.values.slice(0, first), ...middle, ...known.values.slice(knownEnd)];
  return { kind: "list", values: Object.freeze(values), starts: parts.starts };
}

/** A list that is known, and how many items it has in common with another one at its start and at its end. */
type Nearest = { known: Parts & { values: readonly unknown[] }; first: number; last: number };

function nearestOf(parts: Parts): Nearest | null {
  let nearest: Nearest | null = null;
  const count = parts.starts.length;
  for (const { text, said } of remembered) {
    if (said.kind === "malformed" || said.starts === null) continue;
    const known = { text, starts: said.starts, values: said.values };
    const first = commonAtStart(parts, known);
    const last = Math.min(commonAtEnd(parts, known), known.starts.length - first, count - first);
    if (first + last <= (nearest === null ? 0 : nearest.first + nearest.last)) continue;
    nearest = { known, first, last };
    // One item is new: no other list can be much nearer.
    if (first + last >= count - 1) break;
  }
  return nearest;
}

/** How many whole items are the same up to the first difference: those whose successor begins before it. */
function commonAtStart(a: Parts, b: Parts): number {
  const length = sameLength(
    Math.min(a.text.length, b.text.length),
    (from, to) => a.text.slice(from, to) === b.text.slice(from, to),
  );
  return Math.max(countUpTo(a.starts, length - itemMark.length) - 1, 0);
}

/** How many whole items are the same behind the last difference: those that begin on a line of their own there. */
function commonAtEnd(a: Parts, b: Parts): number {
  const [endA, endB] = [a.text.length, b.text.length];
  const length = sameLength(
    Math.min(endA, endB),
    (from, to) => a.text.slice(endA - to, endA - from) === b.text.slice(endB - to, endB - from),
  );
  return a.starts.length - countUpTo(a.starts, endA - length);
}

/** The largest length, up to `most`, to which the pieces are the same. Each step looks at half of what is left. */
function sameLength(most: number, isSame: (from: number, to: number) => boolean): number {
  let [low, high] = [0, most];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (isSame(low, middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** How many, from the front of an ascending list, are at most `limit`. */
function countUpTo(ascending: readonly number[], limit: number): number {
  let [low, high] = [0, ascending.length];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if ((ascending[middle] ?? 0) <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The values of items of plain lists, in their order; null where they are none. */
function valuesOf(items: readonly string[]): readonly unknown[] | null {
  if (items.length === 0) return [];
  // The line above makes it a text of its own: a mere piece of the whole would keep all of it in memory.
  const text = ["\n", ...items].join("");
  const parsed = parse(text);
  if (parsed.kind === "malformed" || !isPlain(text, parsed.document, items.length)) return null;
  return frozen(parsed.values);
}

const itemMark = "- ";
const nextItem = `\n${itemMark}`;

/** Where lines begin with `- `, below blank lines and comments; null where there is none, or something else is above. */
function startsOf(text: string): number[] | null {
  let at = 0;
  while (!text.startsWith(itemMark, at)) {
    const next = nextLine(text, at);
    if (next === text.length || !/^ *(?:#|\r?\n)/.test(text.slice(at, next))) return null;
    at = next;
  }
  const starts: number[] = [];
  for (let start = at; start > 0 || starts.length === 0; start = text.indexOf(nextItem, start) + 1)
    starts.push(start);
  return starts;
}

/** Below its head, the text is a plain list of so many items. That their number is right means that all of them are items. */
function isPlain(text: string, document: Document, count: number): boolean {
  const { contents } = document;
  if (!isSeq(contents) || contents.items.length !== count || listToken(contents)?.type !== "block-seq")
    return false;
  return !/\n(?!- )[^ #\r\n]/.test(text) && !hasReach(document);
}

/** Whether a node is named, or refers to another, or says how it is to be read. */
function hasReach(document: Document): boolean {
  let found = false;
  visit(document, {
    Node(_, node) {
      if (!isAlias(node) && node.anchor === undefined && node.tag === undefined) return undefined;
      found = true;
      return visit.BREAK;
    },
  });
  return found;
}

/** Frozen in depth. What holds itself is met frozen the second time; bytes cannot be frozen. */
function frozen<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value) || ArrayBuffer.isView(value))
    return value;
  Object.freeze(value);
  for (const one of Object.values(value)) frozen(one);
  return value;
}
