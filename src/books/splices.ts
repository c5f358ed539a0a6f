/** Pure: small replacements in a text, by offset, and the lines around an offset. */

/** Replaces `[from, to)` by `text`. */
export type Splice = { from: number; to: number; text: string };

/** The text with all splices done. Where two overlap, the one that begins first, and then the larger one, counts. */
export function spliced(text: string, splices: readonly Splice[]): string {
  const ordered = splices.toSorted((a, b) => a.from - b.from || b.to - a.to);
  let result = "";
  let at = 0;
  for (const { from, to, text: replacement } of ordered) {
    if (from < at) continue;
    result += text.slice(at, from) + replacement;
    at = to;
  }
  return result + text.slice(at);
}

/** Whether `offset` lies in one of the ranges. */
export function isInside(offset: number, ranges: readonly { from: number; to: number }[]): boolean {
  return ranges.some(({ from, to }) => from <= offset && offset < to);
}

/** Offset of the first character of the line that `offset` is in. */
export function lineStart(text: string, offset: number): number {
  return text.lastIndexOf("\n", offset - 1) + 1;
}

/** Offset after the line that `offset` is in, its end included. */
export function nextLine(text: string, offset: number): number {
  const end = text.indexOf("\n", offset);
  return end < 0 ? text.length : end + 1;
}

/** How the text ends its lines. */
export function lineEnd(text: string): "\r\n" | "\n" {
  return text.includes("\r\n") ? "\r\n" : "\n";
}
