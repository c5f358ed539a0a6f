/** The desk's half that is about the log: what was said, what can be said, and saying it. */

import { compareStreamIds } from "../events/entry.ts";
import type { StoredEvent } from "../events/envelope.ts";
import { readLogState } from "../events/log-state.ts";
import { jsonSchemaOf } from "../events/schemas.ts";
import { type EventFilter, newestEvents, readEvents, type StreamSource } from "../events/stream.ts";
import type { AuditPage } from "./audit.ts";
import { type DeskGround, producerAs } from "./desk-ground.ts";
import { type AuditQuery, readAudit } from "./read-audit.ts";
import type { EmittedShape, EventShape } from "./shapes.ts";
import type { EventPage, EventTypeShape } from "./shapes-of-api.ts";

export type EventQuery = Pick<EventFilter, "type" | "slug" | "since"> & {
  /** Newest first, before this stream id; an empty text begins at the end of the log. */
  before?: string;
  limit: number;
};

export type LogDesk = {
  /** Oldest first after `since`, or newest first `before`. Throws `bad_since`. */
  events(query: EventQuery): Promise<EventPage>;
  eventTypes(): EventTypeShape[];
  /** Who did what, oldest first. Throws `bad_since`. */
  audit(query: AuditQuery): Promise<AuditPage>;
  /** Throws what an emit throws. */
  emit(by: string, type: string, data: unknown): Promise<EmittedShape>;
  /** Whether events after this stream id may be gone: trimmed away, or the log is another one. */
  isGapAfter(streamId: string): Promise<boolean>;
  /** The log itself, for whoever follows it. */
  source: StreamSource;
};

/** An event as it is shown: with its place in the log. */
export function eventShape({ event, streamId }: StoredEvent): EventShape {
  return { ...event, streamid: streamId };
}

export function openLogDesk(ground: DeskGround): LogDesk {
  const { redis, keys, catalog } = ground;
  const source = { redis, keys, catalog };
  return {
    source,
    async events({ before, limit, ...filter }) {
      // One more than asked for tells whether there is a next page.
      const wanted = { ...filter, limit: limit + 1 };
      const found = [];
      const reading =
        before === undefined ? readEvents(source, wanted) : newestEvents(source, { ...wanted, before });
      for await (const stored of reading) found.push(eventShape(stored));
      const items = found.slice(0, limit);
      return { items, next: found.length > limit ? (items.at(-1)?.streamid ?? null) : null };
    },
    audit: (query) => readAudit(source, query),
    async isGapAfter(streamId) {
      const [state, first, last] = await Promise.all([
        readLogState(redis, keys),
        firstOf(readEvents(source, { limit: 1 })),
        firstOf(newestEvents(source, { before: "", limit: 1 })),
      ]);
      // Ahead of everything: that was another log.
      if (last === null || compareStreamIds(streamId, last.streamId) > 0) return streamId !== "0-0";
      return state.trimmed > 0 && first !== null && compareStreamIds(streamId, first.streamId) < 0;
    },
    eventTypes: () =>
      catalog.definitions.map((definition) => {
        const { type, summary, level } = definition;
        return { type, summary, level, schema: jsonSchemaOf(definition) };
      }),
    async emit(by, type, data) {
      const { id, streamId, duplicate } = await producerAs(ground, by).emit(type, data);
      return { id, stream_id: streamId, duplicate };
    },
  };
}

async function firstOf(events: AsyncGenerator<StoredEvent>): Promise<StoredEvent | null> {
  for await (const stored of events) return stored;
  return null;
}
