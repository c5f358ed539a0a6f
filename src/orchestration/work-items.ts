/**
 * Work items as a projection of the event stream, and the two ways to use it: reading one as of now, and changing one.
 *
 * Guaranteed: what is read is up to date also while the daemon is down or behind, since the events after the projection's
 * position are folded on top of its rows. A change is one atomic write of its events, which fails and is decided again
 * where somebody else changed the same item meanwhile: two changes never both stand on the same state. The price: a
 * reader of a daemon that was down for long reads the whole rest of the log.
 */
import { Failure } from "../errors.ts";
import type { AtomicWriter, EmitResult, EventDraft } from "../events/atomic-write.ts";
import type { Catalog } from "../events/catalog.ts";
import { compareStreamIds } from "../events/entry.ts";
import type { StoredEvent } from "../events/envelope.ts";
import { hashFields } from "../events/log-state.ts";
import { openProjection, type Projection } from "../events/projection.ts";
import { readEvents } from "../events/stream.ts";
import type { Redis } from "../redis/connection.ts";
import type { Keys } from "../redis/keys.ts";
import { evolve, type ItemState } from "./item.ts";
import { itemEventOf } from "./item-event.ts";

export const workItemsProjectionName = "work-items";
const table = "items";

/** One row a slug. */
export const workItemsProjection: Projection = {
  name: workItemsProjectionName,
  async apply(stored, tables) {
    const slug = stored.event.subject;
    if (slug === undefined) return;
    const before = asItem(await tables.get(table, slug));
    const after = folded(before, stored, slug);
    if (after !== before && after !== null) tables.put(table, slug, after);
  },
};

export type ItemSource = { redis: Redis; keys: Keys; catalog: Catalog };

export type WorkItems = {
  /** The item as of now; null where no event names it. */
  get(slug: string): Promise<ItemState | null>;
  /** All there are, in the order of their beginning. */
  all(): Promise<ItemState[]>;
  /**
   * Changes one item: `decide` is asked what to say about the state as it is now, and asked again where that changed
   * before it was written. `mark` is the number to put into the events' `mark`. An empty list says nothing. Throws
   * `item_busy` (temporary) where it changes all the time, and what `decide` and the writer throw.
   */
  change(slug: string, decide: Decide): Promise<Changed>;
};

export type Decide = (
  state: ItemState | null,
  mark: number,
) => Promise<readonly EventDraft[]> | readonly EventDraft[];

/** `events` in the order they were decided; none where there was nothing to say. */
export type Changed = { state: ItemState | null; events: EmitResult[] };

/** Opens the items. Who only reads gives no writer. */
export function openItems(source: ItemSource, writer?: AtomicWriter): WorkItems {
  const { redis, keys } = source;
  const projection = openProjection(source, workItemsProjectionName);

  async function get(slug: string): Promise<ItemState | null> {
    // The position before the row: read the other way round, an event between the two could be missed.
    const position = await projection.position();
    let state = asItem(await projection.get(table, slug));
    for await (const stored of newsAfter(source, position?.streamId ?? null, slug))
      state = folded(state, stored, slug);
    return state;
  }

  return {
    get,
    async all() {
      const position = await projection.position();
      const rows = await projection.all(table);
      const states = new Map([...rows].map(([slug, row]) => [slug, asItem(row)]));
      for await (const stored of newsAfter(source, position?.streamId ?? null)) {
        const slug = stored.event.subject;
        if (slug !== undefined) states.set(slug, folded(states.get(slug) ?? null, stored, slug));
      }
      return [...states.values()].filter((state) => state !== null).sort(byBeginning);
    },
    async change(slug, decide) {
      if (writer === undefined) throw new Error("these items were opened for reading only");
      for (let tries = 0; tries < changeTriesMax; tries++) {
        // The version comes first: a state newer than its version only costs another try.
        const [version] = await hashFields(redis, keys.itemVersions, [slug]);
        const state = await get(slug);
        const mark = Number(version ?? 0) + 1;
        const drafts = await decide(state, mark);
        if (drafts.length === 0) return { state, events: [] };
        const key = keys.itemVersions;
        const written = await writer.write({
          guards: [{ kind: "field", key, field: slug, equals: version ?? null }],
          ops: [{ op: "hset", key, field: slug, value: String(mark) }],
          events: drafts,
        });
        if (written.kind === "written") return { state: await get(slug), events: written.events };
      }
      throw new Failure({
        code: "item_busy",
        kind: "temporary",
        message: `${slug} is being changed by somebody else all the time; nothing was changed.`,
        cure: "Try again.",
      });
    },
  };
}

const changeTriesMax = 10;

/** A row as it was written; null for none. */
function asItem(row: unknown): ItemState | null {
  // The projection's own writing, read back: only this file writes the table.
  return (row ?? null) as ItemState | null;
}

/** The item after an event; the same value where the event says nothing about it, or is in it already. */
function folded(before: ItemState | null, { event, streamId }: StoredEvent, slug: string): ItemState | null {
  const said = itemEventOf(event);
  if (said === null) return before;
  if (before !== null && compareStreamIds(streamId, before.through) <= 0) return before;
  return evolve(before, said, { slug, at: event.time, streamId });
}

function newsAfter(source: ItemSource, streamId: string | null, slug?: string): AsyncGenerator<StoredEvent> {
  return readEvents(source, {
    ...(streamId === null ? {} : { since: streamId }),
    ...(slug === undefined ? {} : { slug }),
  });
}

function byBeginning(a: ItemState, b: ItemState): number {
  if (a.started_at !== b.started_at) return a.started_at < b.started_at ? -1 : 1;
  return a.slug < b.slug ? -1 : 1;
}
