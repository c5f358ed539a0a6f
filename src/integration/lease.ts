/**
 * The integrator's lease, seen from its holder: the proof that the push asks for.
 *
 * A `HeldLease` exists only between a won acquire and its end, and only `session-lease.ts` makes one: code that wants to move
 * main cannot be written without it. It knows how long it is still safe to act (on this process's monotonic clock,
 * counted from *before* the question was sent, so never longer than Redis thinks) and what the lease ref on the remote
 * must still be. The lease makes work orderly; the ref, compared by the remote in the same push as main, makes it safe.
 */
import { monotonicMs } from "../clock.ts";

export type LeaseRefState = {
  /** The commit the remote's lease ref is at, as last set by us; null where the remote refuses the namespace. */
  commit: string | null;
  sequence: number;
};

export class HeldLease {
  readonly owner: string;
  readonly token: number;
  #validUntilMs: number;
  #lost: string | null = null;
  #ref: LeaseRefState;

  private constructor(owner: string, token: number, validUntilMs: number, ref: LeaseRefState) {
    this.owner = owner;
    this.token = token;
    this.#validUntilMs = validUntilMs;
    this.#ref = ref;
  }

  /** For `session-lease.ts` alone: a lease that Redis gave and the remote confirmed. */
  static held(grant: { owner: string; token: number; askedAtMs: number; ttlMs: number }): HeldLease {
    return new HeldLease(grant.owner, grant.token, grant.askedAtMs + grant.ttlMs, {
      commit: null,
      sequence: 0,
    });
  }

  /** Redis renewed it; `askedAtMs` is when the question was sent. */
  renewed(askedAtMs: number, ttlMs: number): void {
    this.#validUntilMs = Math.max(this.#validUntilMs, askedAtMs + ttlMs);
  }

  /** Somebody else holds it, or it ran out: nothing may be done in its name any more. */
  lose(why: string): void {
    this.#lost ??= why;
  }

  /** Why it is lost, or null while it is held. */
  get lost(): string | null {
    return this.#lost ?? (this.remainingMs() <= 0 ? "it ran out before it could be renewed" : null);
  }

  /** How long it is still safe to act, ms. */
  remainingMs(): number {
    return this.#validUntilMs - monotonicMs();
  }

  get ref(): LeaseRefState {
    return this.#ref;
  }

  /** The remote's lease ref was moved by a push of ours. */
  refMoved(ref: LeaseRefState): void {
    this.#ref = ref;
  }
}

/** Thrown where a lease that is no longer held would have been used. The session ends; the checkpoint stays. */
export class LeaseLost extends Error {
  constructor(why: string) {
    super(`The lease is lost: ${why}.`);
    this.name = "LeaseLost";
  }
}

/** Before each step with an outside effect: at least `neededMs` of the lease must be left. */
export function requireLease(lease: HeldLease, neededMs: number): void {
  if (lease.lost !== null) throw new LeaseLost(lease.lost);
  if (lease.remainingMs() < neededMs)
    throw new LeaseLost(`only ${Math.round(lease.remainingMs())} ms are left of it`);
}
