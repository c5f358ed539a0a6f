/**
 * The rows of a projection as of now, and changes that stand on exactly what was read.
 *
 * Guaranteed: what is read is up to date also while the daemon is down or behind, since the events after the projection's
 * position are folded on top of its rows. A change is one atomic write of its events, guarded by the row's version: where
 * somebody else changed the same row meanwhile it is decided again, so two changes never stand on the same state. The
 * price: while the daemon is down, a reader reads the whole rest of the log.
 */
import { pause } from "../clock.ts";
import { Failure, isFailure } from "../errors.ts";
import { isWorldFailure } from "../redis/failure.ts";
import type { AtomicWriter, EmitResult, EventDraft } from "./atomic-write.ts";
import type { StoredEvent } from "./envelope.ts";
import { hashFields } from "./log-state.ts";
import { openProjection } from "./projection.ts";
import { readEvents, type StreamSource } from "./stream.ts";

/** What of a projection is read: one of its tables, whose ids are the subjects of its events. */
export type RowSource<Row> = {
  projection: string;
  table: string;
  /** A row as the projection has written it. */
  read(row: unknown): Row | null;
  /** The row after an event. An event that is in the row already changes nothing. */
  fold(before: Row | null, stored: StoredEvent, id: string): Row | null;
};

export type CurrentRows<Row> = {
  /** The row as of now; null where no event made one. */
  get(id: string): Promise<Row | null>;
  all(): Promise<Row[]>;
  /**
   * Says what `decide` makes of the row as it is now; asked again where that changed before it was written, and while
   * Redis is away for a moment. An empty list says nothing. Throws `raced` (temporary) where it changes all the
   * time, and what `decide` and the writer throw: then nothing was said.
   */
  change(id: string, decide: Decide<Row>): Promise<Changed<Row>>;
};

/** `mark` counts the row's changes, from 1: in an event, it tells a repeated change from the first one. */
export type Decide<Row> = (
  row: Row | null,
  mark: number,
) => Promise<readonly EventDraft[]> | readonly EventDraft[];

/** `events` in the order they were decided; none where there was nothing to say. */
export type Changed<Row> = { row: Row | null; events: EmitResult[] };

/** Opens the rows. Who only reads gives no writer. */
export function openCurrentRows<Row>(
  source: StreamSource,
  rows: RowSource<Row>,
  writer?: AtomicWriter,
): CurrentRows<Row> {
  const { redis, keys } = source;
  const projection = openProjection(source, rows.projection);
  const versions = keys.projectionVersions(rows.projection);

  /** Events that the projection may not have handled yet. */
  async function news(id?: string): Promise<AsyncGenerator<StoredEvent>> {
    const position = await projection.position();
    const since = position === null ? {} : { since: position.streamId };
    return readEvents(source, { ...since, ...(id === undefined ? {} : { slug: id }) });
  }

  async function get(id: string): Promise<Row | null> {
    // The position before the row: read the other way round, an event between the two would be missed.
    const later = await news(id);
    let row = rows.read(await projection.get(rows.table, id));
    for await (const stored of later) row = rows.fold(row, stored, id);
    return row;
  }

  async function changeOnce(to: AtomicWriter, id: string, decide: Decide<Row>): Promise<Changed<Row> | null> {
    // The version before the row: a row newer than its version only costs another try.
    const [version = null] = await hashFields(redis, versions, [id]);
    const row = await get(id);
    const mark = Number(version ?? 0) + 1;
    const events = await decide(row, mark);
    if (events.length === 0) return { row, events: [] };
    const written = await to.write({
      guards: [{ kind: "field", key: versions, field: id, equals: version }],
      ops: [{ op: "hset", key: versions, field: id, value: String(mark) }],
      events,
    });
    return written.kind === "written" ? { row: await get(id), events: written.events } : null;
  }

  return {
    get,
    async all() {
      const later = await news();
      const found = await projection.all(rows.table);
      const current = new Map([...found].map(([id, row]) => [id, rows.read(row)]));
      for await (const stored of later) {
        const id = stored.event.subject;
        if (id !== undefined) current.set(id, rows.fold(current.get(id) ?? null, stored, id));
      }
      return [...current.values()].filter((row) => row !== null);
    },
    async change(id, decide) {
      if (writer === undefined) throw new Error("these rows were opened for reading only");
      const once = () => changeOnce(writer, id, decide);
      for (let tries = 0; tries < triesMax; tries++) {
        const changed = await patiently(once);
        if (changed !== null) return changed;
      }
      throw new Failure({
        code: "raced",
        kind: "temporary",
        message: `${id} is being changed by somebody else all the time; nothing was changed.`,
        cure: "Try again.",
      });
    },
  };
}

/** Of as many who change one row at once, each gets its turn: every round one of them wins. */
const triesMax = 30;
const worldTriesMax = 4;
const firstDelayMs = 50;

/**
 * Tried again while Redis is away. A reply may have been lost after the write: the next decision then stands on what was
 * written, and finds nothing left to say.
 */
async function patiently<T>(act: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++)
    try {
      return await act();
    } catch (error) {
      if (!isWorldFailure(error) || isFailure(error, "redis_closed") || tries >= worldTriesMax) throw error;
      await pause(firstDelayMs * 2 ** tries);
    }
}
