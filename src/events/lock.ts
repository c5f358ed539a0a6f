/**
 * A lock of one thing, for rooms that may not open Redis: one holder, a token that only grows, an end on Redis' own
 * clock. Its guard puts a write under it, so that whoever lost the lock cannot write any more.
 *
 * A holder that is proven dead on this machine need not be waited for; of one elsewhere the time must run out. All locks of a repository draw
 * their tokens from one counter, so that a lock nobody holds leaves nothing behind.
 */
import { Failure } from "../errors.ts";
import type { Redis } from "../redis/connection.ts";
import type { Keys } from "../redis/keys.ts";
import { openLeaseStore } from "../redis/lease-store.ts";
import { hostInWords, isOwnerDead, ownerOfThisProcess, parseOwner } from "../redis/owner.ts";
import type { AtomicWriter, Guard } from "./atomic-write.ts";

/** Who holds it (a process, in words), and how long it still counts by Redis' clock. */
export type Hold = { holder: string; token: number; remainingMs: number };
export type Taking = { kind: "taken"; token: number } | { kind: "held"; hold: Hold };

export type Lock = {
  /** Takes it where it is free, its holder is dead, or its time has run out. Never re-entrant. */
  take(ttlMs: number): Promise<Taking>;
  /** Holds it `ttlMs` longer, from now. False: it is lost. */
  extend(token: number, ttlMs: number): Promise<boolean>;
  /** Gives it back. Harmless where it is lost. */
  release(token: number): Promise<void>;
  /** Who holds it now; null: nobody. */
  hold(): Promise<Hold | null>;
  /** "Only while this token holds it", for an atomic write. */
  guard(token: number): Guard;
};

/**
 * A writer whose every write stands under the lock: it throws `lock_lost` (temporary) once `token` does not hold it any
 * more, and nothing is written.
 */
export function writerUnder(writer: AtomicWriter, guard: Guard, what: string): AtomicWriter {
  return {
    async write(request) {
      const outcome = await writer.write({ ...request, guards: [guard, ...(request.guards ?? [])] });
      if (outcome.kind !== "guard_failed" || outcome.guard !== guard) return outcome;
      throw new Failure({
        code: "lock_lost",
        kind: "temporary",
        message: `${what} took so long that its lock ran out; nothing more was said.`,
        cure: "Try again.",
      });
    },
  };
}

/** The lock called `name` (`finalize:<slug>`). Its calls throw what the connection throws. */
export function openLock({ redis, keys }: { redis: Redis; keys: Keys }, name: string): Lock {
  const leaseKey = keys.lease(name);
  const store = openLeaseStore({ redis, leaseKey, tokenKey: keys.leaseToken("locks") });
  const hold = async (): Promise<Hold | null> => {
    const { nowMs, lease } = await store.read();
    if (lease === null) return null;
    return { holder: inWords(lease.owner), token: lease.token, remainingMs: lease.expiresAtMs - nowMs };
  };
  return {
    async take(ttlMs) {
      const owner = await ownerOfThisProcess("lock");
      for (;;) {
        const outcome = await store.acquire(owner, ttlMs);
        if (outcome.kind === "acquired") return { kind: "taken", token: outcome.lease.token };
        if (await isOwnerDead(outcome.lease.owner)) await store.release(outcome.lease.token);
        const held = await hold();
        // It was given back, or its time ran out, between the two questions: then it is to be had.
        if (held !== null) return { kind: "held", hold: held };
      }
    },
    extend: async (token, ttlMs) => (await store.renew(token, ttlMs)).kind === "renewed",
    release: async (token) => {
      await store.release(token);
    },
    hold,
    guard: (token) => ({ kind: "lease", key: leaseKey, token }),
  };
}

function inWords(owner: string): string {
  const process = parseOwner(owner);
  return process === null ? "somebody" : `process ${process.pid} on ${hostInWords(process.host)}`;
}
