/**
 * How everybody says that something has happened.
 *
 * Guaranteed: when `emit` resolves, the event is in the log, once, however often it was tried. While Redis is away it is
 * tried again for a bounded time; a lost reply is harmless, because the next try gets the first one's id. The price:
 * there is no spool, so whoever must not lose the fact keeps it elsewhere and says it again later.
 */

import { pause } from "../clock.ts";
import { describeError, isFailure, unavailable } from "../errors.ts";
import { isWorldFailure } from "../redis/failure.ts";
import {
  type AtomicWriter,
  createWriter,
  type EmitResult,
  type EventDraft,
  type WriterOptions,
} from "./atomic-write.ts";
import { newEventId } from "./event-id.ts";
import { step } from "./step.ts";

export type EmitOptions = Omit<EventDraft, "type" | "data" | "id">;

export type NotificationProducer = {
  /**
   * Says one fact. Saying it again gives the first id and `duplicate: true`. Throws a Failure: `invalid_event`,
   * `unknown_event_type`, `idempotency_conflict` (bad input), `reserved_event_type` (refused), `bus_full` (temporary),
   * `bus_unavailable` (unavailable, after bounded retries).
   */
  emit(type: string, data: unknown, options?: EmitOptions): Promise<EmitResult>;
};

export type Retry = { tries: number; firstDelayMs: number; longestDelayMs: number };

const patience: Retry = { tries: 6, firstDelayMs: 50, longestDelayMs: 1000 };

/** A producer with a writer of its own. */
export function createProducer(options: WriterOptions & { retry?: Retry }): NotificationProducer {
  return producerOf(createWriter(options), options.retry);
}

/** A producer that says its events through a writer that is there already. */
export function producerOf(writer: AtomicWriter, retry: Retry = patience): NotificationProducer {
  return {
    emit(type, data, options = {}) {
      const draft: EventDraft = { ...options, type, data, id: newEventId() };
      return step(`emit ${type}`, () => emitPatiently(writer, draft, retry));
    },
  };
}

async function emitPatiently(writer: AtomicWriter, draft: EventDraft, retry: Retry): Promise<EmitResult> {
  for (let attempt = 1; ; attempt++) {
    try {
      const outcome = await writer.write({ events: [draft] });
      const [result] = outcome.kind === "written" ? outcome.events : [];
      if (result === undefined) throw new Error(`An emit of ${draft.type} was answered without an event.`);
      // The first try may have been written and its reply lost: then the "former" event is this very one.
      return result.id === draft.id ? { ...result, duplicate: false } : result;
    } catch (error) {
      if (!isWorldFailure(error) || isFailure(error, "redis_closed")) throw error;
      if (attempt >= retry.tries) throw busUnavailable(draft.type, attempt, error);
    }
    await pause(Math.min(retry.longestDelayMs, retry.firstDelayMs * 2 ** (attempt - 1)));
  }
}

function busUnavailable(type: string, tries: number, cause: unknown) {
  const message = `The event ${type} could not be said: after ${tries} tries, ${describeError(cause)}.`;
  return unavailable("bus_unavailable", message, {
    cure: "See that Redis is there (signalbox doctor), then say it again: it will not be doubled.",
    cause,
  });
}
