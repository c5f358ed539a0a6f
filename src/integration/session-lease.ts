/**
 * Taking and keeping the integrator's lease: first in Redis (fast, polite), then on the remote (the fence).
 *
 * The token's floor comes from the remote's lease ref, so that an emptied Redis cannot give a token twice. Acquiring
 * ends with a compare-and-swap of that ref to (token, 0): from then on every push of a former holder, which expects an
 * older ref, is refused by the remote itself. Losing the swap gives the lease back. Renewal runs beside the work and
 * never blocks it; when it cannot be had before the lease runs out, the lease is lost, whatever the reason.
 */
import { monotonicMs, pause } from "../clock.ts";
import { describeError } from "../errors.ts";
import { step } from "../events/step.ts";
import type { LeaseStore } from "../redis/lease-store.ts";
import { HeldLease } from "./lease.ts";
import type { LeaseRefs } from "./lease-refs.ts";

export type LeaseTiming = { ttlMs: number; renewMs: number };

export type AcquireResult =
  | { kind: "acquired"; lease: HeldLease }
  | { kind: "busy"; owner: string }
  | { kind: "remote_away"; detail: string }
  /** Another session moved the remote's lease ref between our look and our swap. */
  | { kind: "overtaken"; detail: string };

export type SessionLease = {
  acquire(): Promise<AcquireResult>;
  /** Renews until `stopped` aborts or the lease is lost. */
  keep(lease: HeldLease, stopped: AbortSignal): Promise<void>;
  release(lease: HeldLease): Promise<void>;
};

export function sessionLease(options: {
  store: LeaseStore;
  refs: LeaseRefs;
  owner: string;
  timing: LeaseTiming;
}): SessionLease {
  const { store, refs, owner, timing } = options;

  async function acquire(): Promise<AcquireResult> {
    const seen = await refs.read();
    if (seen.kind === "remote_away") return seen;
    const askedAtMs = monotonicMs();
    const floor = seen.kind === "present" ? seen.token : 0;
    const outcome = await step("lease.acquire", () => store.acquire(owner, timing.ttlMs, floor));
    if (outcome.kind === "held") return { kind: "busy", owner: outcome.lease.owner };
    const { token } = outcome.lease;
    const lease = HeldLease.held({ owner, token, askedAtMs, ttlMs: timing.ttlMs });
    const expected = seen.kind === "present" ? seen.commit : null;
    const swap = await step("lease.fence", () => refs.swap(expected, { token, sequence: 0, owner }));
    switch (swap.kind) {
      case "swapped":
        lease.refMoved({ commit: swap.commit, sequence: 0 });
        return { kind: "acquired", lease };
      case "unsupported":
        // The remote refuses the namespace: Redis alone keeps order, and `status` says `fence: none`.
        return { kind: "acquired", lease };
      case "stale":
        await store.release(token);
        return { kind: "overtaken", detail: swap.detail };
      case "remote_away":
        await store.release(token);
        return swap;
      default:
        return swap satisfies never;
    }
  }

  async function keep(lease: HeldLease, stopped: AbortSignal): Promise<void> {
    while (!stopped.aborted) {
      await pause(timing.renewMs, stopped);
      if (stopped.aborted) return;
      const askedAtMs = monotonicMs();
      try {
        const outcome = await store.renew(lease.token, timing.ttlMs);
        if (outcome.kind === "lost") return lease.lose("another session holds it, or it was taken back");
        lease.renewed(askedAtMs, timing.ttlMs);
      } catch (error) {
        // Redis may come back before the lease runs out: only time decides.
        if (lease.remainingMs() <= 0) return lease.lose(`it could not be renewed: ${describeError(error)}`);
        await pause(Math.min(1000, timing.renewMs), stopped);
      }
    }
  }

  return {
    acquire,
    keep,
    async release(lease) {
      await store.release(lease.token);
    },
  };
}

/** The part of the lease that must be left before a push is begun, ms: an eighth of the time to live, at least 250. */
export function pushBudgetMs(timing: LeaseTiming): number {
  return Math.max(250, Math.floor(timing.ttlMs / 8));
}
