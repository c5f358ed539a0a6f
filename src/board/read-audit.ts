/** The acts in the log, for whoever asks who did what. */
import { newestEvents, type StreamSource } from "../events/stream.ts";
import { type AuditEntry, type AuditPage, actOf, isBy } from "./audit.ts";

export type AuditQuery = {
  /** After this stream id, or from this RFC 3339 time on. Default: from the beginning of the log. */
  since?: string;
  /** Before this stream id. */
  before?: string;
  by?: string;
  /** At most so many, the newest. */
  limit?: number;
  /** Told of entries that cannot be read; they are left out. */
  onUnreadable?: (streamId: string, reason: string) => void;
};

/** Oldest first. Only as far back as the log goes (`retention`). Throws `bad_since`. */
export async function readAudit(source: StreamSource, query: AuditQuery): Promise<AuditPage> {
  const { limit = Number.POSITIVE_INFINITY, by, before = "", ...filter } = query;
  const found: AuditEntry[] = [];
  for await (const stored of newestEvents(source, { ...filter, before })) {
    const entry = actOf(stored);
    if (entry === null || (by !== undefined && !isBy(entry, by))) continue;
    found.push(entry);
    // One more than asked for tells whether there are older ones.
    if (found.length > limit) break;
  }
  const items = found.slice(0, Math.min(limit, found.length)).reverse();
  return { items, next: found.length > limit ? (items[0]?.streamid ?? null) : null };
}
