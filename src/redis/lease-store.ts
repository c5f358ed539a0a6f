/**
 * A lease in Redis: one holder, a fencing token that only grows, judged by the Redis clock alone. Used for the
 * processor (events) and for the integrator (integration). Each operation is one atomic script.
 */
import type { Redis } from "./connection.ts";

export type LeaseRecord = {
  owner: string;
  token: number;
  acquiredAtMs: number;
  renewedAtMs: number;
  expiresAtMs: number;
};

export type AcquireOutcome =
  | { kind: "acquired"; lease: LeaseRecord }
  | { kind: "held"; lease: LeaseRecord };

export type RenewOutcome = { kind: "renewed"; lease: LeaseRecord } | { kind: "lost" };

export type LeaseStore = {
  /** Takes the lease when it is free or expired. The token is max(the highest given, floor) + 1. */
  acquire(owner: string, ttlMs: number, tokenFloor?: number): Promise<AcquireOutcome>;
  /** Extends it, only while `token` still holds it unexpired. */
  renew(token: number, ttlMs: number): Promise<RenewOutcome>;
  /** Gives it back, only if `token` holds it. Idempotent. */
  release(token: number): Promise<boolean>;
  /** The holder and Redis' time now; `lease` is null when nobody holds it unexpired. */
  read(): Promise<{ nowMs: number; lease: LeaseRecord | null }>;
};

export type LeaseStoreOptions = { redis: Redis; leaseKey: string; tokenKey: string };
