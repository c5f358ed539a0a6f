/** Pure: the text of a YAML list, parsed whole, with the places of everything in it. */
import { type Document, isNode, parseDocument } from "yaml";

export type Parsed =
  | { kind: "parsed"; document: Document; values: unknown[] }
  | { kind: "malformed"; why: string };

const longestText = 4 * 1024 * 1024;
const aliasesMax = 1000;

/** The list and its document, or why it is none. Never throws for a text, however hostile. */
export function parse(text: string): Parsed {
  if (isTooLong(text)) return { kind: "malformed", why: "it is too large" };
  try {
    // What is unusual in a project's own file is nothing to warn about on our standard error.
    const document = parseDocument(text, { keepSourceTokens: true, prettyErrors: false, logLevel: "error" });
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

/** A text that nobody wrote by hand, and that is not worth the time it would take. */
export function isTooLong(text: string): boolean {
  return text.length > longestText;
}

/** The value of a node, aliases followed. */
export function plain(node: unknown, document: Document): unknown {
  return isNode(node) ? node.toJS(document, { maxAliasCount: aliasesMax }) : node;
}

function firstClause(message: string): string {
  return (message.split(/[\n;]/)[0] ?? "").replace(/[.:]$/, "");
}
