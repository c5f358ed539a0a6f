/**
 * Pure: a YAML file that is a list of maps, as `roadmap.yaml` and `delivered.yaml` are, edited in its own text. Nothing
 * is printed anew, so comments, order, quotes, indentation and line ends of what is not touched stay to the byte.
 *
 * The guarantee: an edit is read back and compared with what it should say. Where the text is too unusual for it, the
 * answer is `unusual` and the file stays as it was, rather than being a little wrong.
 *
 * In a plain list (list-values.ts) an item is edited as a list of its own and put back in its place: what an edit costs
 * does not grow with the list. An edit of anything else looks at the whole text.
 */
import { addition, afterWithout, isGone, removal } from "./list-edits.ts";
import {
  behindByteOrderMark,
  blockEntry,
  checked,
  type Entry,
  isEntry,
  type ListEdit,
  tidyEnd,
  withoutMark,
} from "./list-text.ts";
import { itemText, readValues } from "./list-values.ts";
import { lineEnd, type Splice, spliced } from "./splices.ts";

export type ListReading =
  | { kind: "list"; entries: Entry[] }
  /** Not YAML, or no list, or an alias bomb. */
  | { kind: "malformed"; why: string };

/** The entries of the list. A file without content is an empty one; what is no map in it is passed over. */
export function readList(text: string): ListReading {
  // With its mark, the parser would take the first item's first line to be one column further in than the others.
  const reading = readValues(withoutMark(text));
  return reading.kind === "malformed" ? reading : { kind: "list", entries: reading.values.filter(isEntry) };
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
  const reading = readValues(text);
  if (reading.kind === "malformed") return { kind: "unusual" };
  const { values, starts } = reading;
  const expected: unknown[] = [];
  const changed: number[] = [];
  values.forEach((value, index) => {
    const isOut = isGone(value, gone);
    const left = isOut ? null : afterWithout(value, gone);
    if (isOut || !Object.is(left, value)) changed.push(index);
    if (!isOut) expected.push(left);
  });
  if (changed.length === 0) return { kind: "edited", text };
  const splices = (starts && removalByItem(text, starts, changed, gone)) ?? removal(text, gone);
  if (splices === null) return { kind: "unusual" };
  return checked(tidyEnd(text, spliced(text, splices)), expected);
}

/** The items that change, each looked at alone. */
function removalByItem(
  text: string,
  starts: readonly number[],
  changed: readonly number[],
  gone: ReadonlySet<string>,
): Splice[] | null {
  const splices: Splice[] = [];
  for (const index of changed) {
    const own = removal(itemText(text, starts, index), gone);
    if (own === null) return null;
    const start = starts[index] ?? 0;
    for (const { from, to, text: put } of own)
      splices.push({ from: start + from, to: start + to, text: put });
  }
  return splices;
}

function putFirst(text: string, entry: Entry): ListEdit {
  const reading = readValues(text);
  if (reading.kind === "malformed") return { kind: "unusual" };
  const [first] = reading.starts ?? [];
  const splices =
    first === undefined
      ? addition(text, entry)
      : [{ from: first, to: first, text: blockEntry(entry, 0, lineEnd(text)) }];
  if (splices === null) return { kind: "unusual" };
  return checked(spliced(text, splices), [entry, ...reading.values]);
}
