/**
 * Pure. What a worker says with its last line: the short way for workers that cannot call `signalbox todo mark-phase`. Only
 * the whole line counts, and only the last one: a reviewer may quote the words anywhere before.
 */
import { plainText } from "./plain-text.ts";

export type Verdict =
  | { kind: "approve" }
  | { kind: "request_changes" }
  | { kind: "finalize_ready"; slug: string }
  | { kind: "none" };

/** How much of the end of an output holds its last line, bytes. A longer line is no verdict. */
export const lastLineBytes = 8192;

/** The verdict in a line. */
export function verdictOf(line: string | null): Verdict {
  const text = (line ?? "").trim();
  if (text === "APPROVE") return { kind: "approve" };
  if (text === "REQUEST_CHANGES") return { kind: "request_changes" };
  const slug = /^FINALIZE_READY: ?([a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?)$/.exec(text)?.[1];
  return slug === undefined ? { kind: "none" } : { kind: "finalize_ready", slug };
}

/** The last line with something on it in the end of an output (at most `lastLineBytes`); null: there is none. */
export function lastLineOf(end: Uint8Array): string | null {
  const lines = plainText(new TextDecoder().decode(end)).split("\n");
  const last = lines.findLastIndex((line) => line.trim() !== "");
  if (last === -1) return null;
  // Where the window is full, its first line is only the end of a line.
  if (last === 0 && end.length >= lastLineBytes) return null;
  return lines[last]?.trim() ?? null;
}
