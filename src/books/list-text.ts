/**
 * Pure: entries as the text of a YAML list, and an edit of one, checked: it is read back and compared with what it should
 * say. What is not touched stays to the byte.
 */
import { stringify } from "yaml";
import { readValues } from "./list-values.ts";

/** One map of the list; keys in the order of the file. */
export type Entry = Readonly<Record<string, unknown>>;

export type ListEdit = { kind: "edited"; text: string } | { kind: "unusual" };

/** Edits what is behind a byte order mark: the parser does not count it, offsets are those of the text after it. */
export function behindByteOrderMark(text: string, edit: (rest: string) => ListEdit): ListEdit {
  const rest = withoutMark(text);
  const edited = edit(rest);
  if (rest === text) return edited;
  return edited.kind === "edited" ? { kind: "edited", text: byteOrderMark + edited.text } : edited;
}

/** The text without the mark in front of it. */
export function withoutMark(text: string): string {
  return text.startsWith(byteOrderMark) ? text.slice(byteOrderMark.length) : text;
}

const byteOrderMark = "\uFEFF";

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
  const bracketed = withoutMargin(stringify([value], { ...style, collectionStyle: "flow" }));
  return withoutMargin(bracketed.slice(1, -1));
}

/** Without what YAML takes for blank: a no-break space, say, is a letter of the value. */
function withoutMargin(text: string): string {
  return text.replace(/^[ \n]+|[ \n]+$/g, "");
}

/** An edit that reads as it should, or `unusual`. */
export function checked(text: string, expected: readonly unknown[]): ListEdit {
  const reading = readValues(text);
  const isRight = reading.kind === "list" && isSame(reading.values, expected);
  return isRight ? { kind: "edited", text } : { kind: "unusual" };
}

/** No blank lines are left at the end, and no line end where there was none. */
export function tidyEnd(before: string, after: string): string {
  if (after.trim() === "") return "";
  const end = before.endsWith("\r\n") ? "\r\n" : before.endsWith("\n") ? "\n" : "";
  const said = after.trimEnd();
  const isTidy = after.length === said.length + end.length && after.endsWith(end);
  return isTidy ? after : said + end;
}

/** Whether two lists say the same. The order of keys counts: both came out of the same parser. */
export function isSame(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((one, index) => one === b[index] || isEqual(one, b[index]));
}

function isEqual(a: unknown, b: unknown): boolean {
  try {
    return JSON.stringify(a) === JSON.stringify(b);
  } catch (error) {
    // By an alias inside of what it names, a value can hold itself. Nothing vouches for an edit of that.
    if (error instanceof TypeError) return false;
    throw error;
  }
}

/** A map, as every entry should be. */
export function isEntry(value: unknown): value is Entry {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
