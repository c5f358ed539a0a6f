/** What a write refuses with: nothing was written. */
import { badInput, Failure } from "../errors.ts";

/** The same key with another payload. `streamId` is the first one's, empty where it was in the same write. */
export function conflictFailure(type: string | undefined, streamId: string): Failure {
  const where = streamId === "" ? "in the same write" : `as ${streamId}`;
  return badInput("idempotency_conflict", `This ${type} was said before, ${where}, with another payload.`, {
    cure: "Say the same again, or what makes it another event (a higher attempt, a new sha).",
  });
}

/** A type that its speaker has no right to. */
export function reservedFailure(type: string): Failure {
  return new Failure({
    code: "reserved_event_type",
    kind: "refused",
    message: `Only the integrator and the platform may say ${type}.`,
    cure: "Say what you know (review.approved, branch.pushed, deployment.started); the line says what became of it.",
  });
}

/** Memory is short. Retryable. */
export function busFull(cause?: unknown): Failure {
  return new Failure({
    code: "bus_full",
    kind: "temporary",
    message: "Redis' memory is nearly full: no new event is taken. It may be said again later.",
    cure: "Give Redis more memory (maxmemory), or keep events for a shorter time (retention).",
    cause,
  });
}

/** Something else than Signalbox keeps a value under one of its keys. */
export function wrongKeyType(key: string, found: string): Failure {
  return new Failure({
    code: "wrong_key_type",
    kind: "failed",
    message: `The key ${key} holds something else than Signalbox keeps there (${found}); nothing was written.`,
    cure: "Something else writes to this Redis: give Signalbox one of its own, or remove that key.",
  });
}
