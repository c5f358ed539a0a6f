/** How everybody says that something has happened. (Types first; `createProducer` below.) */
import type { EmitResult } from "./atomic-write.ts";

export type EmitOptions = {
  subject?: string;
  /** The delivery this belongs to. */
  correlationId?: string;
  /** The id of the event this follows from. */
  causationId?: string;
  traceparent?: string;
};

export type NotificationProducer = {
  /**
   * Says one fact. Saying it again gives the first id and `duplicate: true`. Throws a Failure: `invalid_event`,
   * `unknown_event_type`, `idempotency_conflict` (bad input), `reserved_event_type` (refused), `bus_full` (temporary),
   * `bus_unavailable` (unavailable, after bounded retries).
   */
  emit(type: string, data: unknown, options?: EmitOptions): Promise<EmitResult>;
};
