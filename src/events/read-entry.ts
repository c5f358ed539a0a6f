/** What an entry of the stream says, in the words of a catalog. */
import type { Catalog } from "./catalog.ts";
import type { Entry } from "./entry.ts";
import { type CloudEvent, majorOf, parseEnvelope, type StoredEvent } from "./envelope.ts";

export type ReadEntry =
  | ({ kind: "event" } & StoredEvent)
  /** `envelope`: what could be read of it; an event nobody here understands still has its number. */
  | { kind: "unreadable"; streamId: string; reason: string; envelope: CloudEvent | null };

/** What an entry says, in the shape of today's catalog. Never throws. */
export function readEntry(catalog: Catalog, { streamId, text }: Entry): ReadEntry {
  if (text === null) return unreadable(streamId, "it has no field `event`", null);
  const parsed = parseEnvelope(text);
  if (parsed.kind === "unparseable") return unreadable(streamId, parsed.reason, null);
  const { event } = parsed;
  const major = majorOf(event);
  if (major === null) return unreadable(streamId, `its schema is ${event.dataschema}`, event);
  const upcast = catalog.upcast(event.type, major, event.data);
  if (upcast.kind === "unreadable") return unreadable(streamId, upcast.reason, event);
  return { kind: "event", streamId, event: { ...event, data: upcast.data } };
}

function unreadable(streamId: string, reason: string, envelope: CloudEvent | null): ReadEntry {
  return { kind: "unreadable", streamId, reason, envelope };
}
