/** One entry of the stream, as Redis answers it. Light: who only counts entries loads no schemas. */
import type { Reply } from "../redis/connection.ts";

/** `deleted`: still pending, but gone from the stream. `type` is the readable second field. */
export type Entry = { streamId: string; text: string | null; type: string | null; deleted: boolean };

/** The entries of an XRANGE, or of one stream of an XREAD. */
export function entriesOfReply(reply: Reply): Entry[] {
  if (!Array.isArray(reply)) return [];
  return reply.flatMap((item) => {
    if (!Array.isArray(item) || typeof item[0] !== "string") return [];
    const fields = Array.isArray(item[1]) ? item[1] : [];
    const deleted = !Array.isArray(item[1]);
    return [{ streamId: item[0], text: fieldOf(fields, "event"), type: fieldOf(fields, "type"), deleted }];
  });
}

/** The entries of the only stream of an XREAD or XREADGROUP; none where it answered nothing. */
export function entriesOfRead(reply: Reply): Entry[] {
  const stream = Array.isArray(reply) ? reply[0] : null;
  return Array.isArray(stream) ? entriesOfReply(stream[1] ?? null) : [];
}

/** Whether a text is an id, or the first part of one: Redis knows none of more than 64 bits a part. */
export function isStreamId(text: string): boolean {
  return /^\d{1,20}(-\d{1,20})?$/.test(text) && text.split("-").every((part) => BigInt(part) <= mostOfPart);
}

const mostOfPart = 2n ** 64n - 1n;

/** Order of two stream ids. */
export function compareStreamIds(a: string, b: string): number {
  const [aMs = "0", aSerial = "0"] = a.split("-");
  const [bMs = "0", bSerial = "0"] = b.split("-");
  return compareDigits(aMs, bMs) || compareDigits(aSerial, bSerial);
}

/** Both parts are 64 bits wide: more than a number holds. */
function compareDigits(a: string, b: string): number {
  return a.length - b.length || (a === b ? 0 : a < b ? -1 : 1);
}

function fieldOf(fields: readonly Reply[], name: string): string | null {
  for (let index = 0; index + 1 < fields.length; index += 2) {
    const value = fields[index + 1];
    if (fields[index] === name && typeof value === "string") return value;
  }
  return null;
}
