/**
 * Pure: the text of a YAML list, parsed with the places of everything in it, and an edit of it, checked: it is read back
 * and compared with what it should say. What is not touched stays to the byte.
 */
import { type Document, isNode, parseDocument, stringify } from "yaml";

/** One map of the list; keys in the order of the file. */
export type Entry = Readonly<Record<string, unknown>>;

export type ListEdit = { kind: "edited"; text: string } | { kind: "unusual" };

/** Edits what is behind a byte order mark: the parser does not count it, offsets are those of the text after it. */
export function behindByteOrderMark(text: string, edit: (rest: string) => ListEdit): ListEdit {
  if (!text.startsWith(byteOrderMark)) return edit(text);
  const edited = edit(text.slice(1));
  return edited.kind === "edited" ? { kind: "edited", text: byteOrderMark + edited.text } : edited;
}

const byteOrderMark = "\uFEFF";

export type Parsed =
  | { kind: "parsed"; document: Document; values: unknown[] }
  | { kind: "malformed"; why: string };

const longestText = 4 * 1024 * 1024;
const aliasesMax = 1000;

/** The list and its document, or why it is none. Never throws for a text, however hostile. */
export function parse(text: string): Parsed {
  if (text.length > longestText) return { kind: "malformed", why: "it is too large" };
  try {
    const document = parseDocument(text, { keepSourceTokens: true, prettyErrors: false });
    const [error] = document.errors;
    if (error !== undefined) return { kind: "malformed", why: firstClause(error.message) };
    const value: unknown = document.toJS({ maxAliasCount: aliasesMax }) ?? [];
    if (!Array.isArray(value)) return { kind: "malformed", why: "it is not a list" };
    return { kind: "parsed", document, values: value };
  } catch (error) {
    // The library throws a RangeError for endless nesting, a ReferenceError for aliases that lead nowhere or too far.
    if (error instanceof RangeError || error instanceof ReferenceError)
      return { kind: "malformed", why: firstClause(error.message) };
    throw error;
  }
}

/** YAML 1.1 readers, of which there are many, would take an unquoted date or `yes` for something else. */
const style = { compat: "yaml-1.1", lineWidth: 0, flowCollectionPadding: false } as const;

/** The entry as lines of a block list whose hyphens stand at `indent`. */
export function blockEntry(entry: Entry, indent: number, end: string): string {
  const keys = Object.entries(entry).map(([key, value]) => `${key}: ${flowText(value)}`);
  const margin = " ".repeat(indent);
  return keys.map((line, index) => `${margin}${index === 0 ? "- " : "  "}${line}${end}`).join("");
}

/** A value as it stands inside a flow collection, or behind a key. */
export function flowText(value: unknown): string {
  // Inside a flow collection more characters end a plain scalar: written as the only item of one, and unwrapped.
  return stringify([value], { ...style, collectionStyle: "flow" })
    .trim()
    .slice(1, -1)
    .trim();
}

/** An edit that reads as it should, or `unusual`. */
export function checked(text: string, expected: unknown[]): ListEdit {
  const parsed = parse(text);
  const isRight = parsed.kind === "parsed" && isSame(parsed.values, expected);
  return isRight ? { kind: "edited", text } : { kind: "unusual" };
}

/** No blank lines are left at the end, and no line end where there was none. */
export function tidyEnd(before: string, after: string): string {
  if (after.trim() === "") return "";
  const end = /(?:\r?\n)?$/.exec(before)?.[0] ?? "";
  return after.replace(/\s*$/, "") + end;
}

/** Both came out of the same parser: the order of keys is the order in the text. */
export function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** A map, as every entry should be. */
export function isEntry(value: unknown): value is Entry {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value of a node, aliases followed. */
export function plain(node: unknown, document: Document): unknown {
  return isNode(node) ? node.toJS(document, { maxAliasCount: aliasesMax }) : node;
}

function firstClause(message: string): string {
  return (message.split(/[\n;]/)[0] ?? "").replace(/[.:]$/, "");
}
