/** Pure. The end of what a worker printed, as much as a surface shows: one line may have megabytes, and is asked for every second. */
import { escapeLinesForDisplay } from "../git/names.ts";

/** Characters of one line, and of all of them together; the newest lines are kept. */
const lineMax = 2000;
const allMax = 250_000;

/** The last `lines` of a text, each ended, made safe to look at. What is left out of a long line, or before the first one, is said. */
export function logEnd(text: string, lines: number): string {
  const all = text.replace(/\n$/, "").split("\n");
  const wanted = lines === 0 || text === "" ? [] : all.slice(-lines).map(shortened);
  let left = allMax;
  let from = wanted.length;
  while (from > 0 && left >= 0) {
    from -= 1;
    left -= wanted[from]?.length ?? 0;
  }
  const first = left < 0 ? from + 1 : from;
  if (wanted.length === 0) return "";
  const cut = first === 0 ? [] : [`[… ${first} lines more …]`];
  return `${escapeLinesForDisplay([...cut, ...wanted.slice(first)].join("\n"))}\n`;
}

function shortened(line: string): string {
  if (line.length <= lineMax) return line;
  return `${line.slice(0, lineMax).toWellFormed()} [… ${line.length} characters in all]`;
}
