/**
 * The checkpoint in Redis: the delivery in hand, one value. Only the holder of the lease writes it, so a session that
 * was taken over cannot overwrite what its successor does.
 */
import { monotonicMs } from "../../clock.ts";
import type { AtomicWriter, Guard, Op } from "../../events/atomic-write.ts";
import type { Redis } from "../../redis/connection.ts";
import type { Keys } from "../../redis/keys.ts";
import { serverTimeMs } from "../../redis/server-time.ts";
import type { Delivery } from "../delivery.ts";
import { type HeldLease, LeaseLost } from "../lease.ts";

export type DeliveryStore = {
  /** The unfinished delivery, if there is one. A value that cannot be read is `corrupt`, never "nothing in hand". */
  load(): Promise<
    { kind: "none" } | { kind: "unfinished"; delivery: Delivery } | { kind: "corrupt"; raw: string }
  >;
  /** Saves it; throws `LeaseLost` where the lease is not ours any more. */
  save(delivery: Delivery, lease: HeldLease): Promise<void>;
  /** The same while `guard` holds; false where it does not. */
  saveWhile(guard: Guard, delivery: Delivery, lease: HeldLease): Promise<boolean>;
  /** The parts of a write that also saves or clears the checkpoint. */
  /** Forgets it; throws `LeaseLost` as `save` does. */
  clear(lease: HeldLease): Promise<void>;
  /** The time by the Redis clock; asked of Redis once, then told by its answers and this machine's running clock. */
  nowMs(): Promise<number>;
  saveOp(delivery: Delivery): Op;
  clearOp(): Op;
};

export const leaseName = "integration/main";

/** "Only while this lease is held", for any write of its holder. */
export function leaseGuard(keys: Keys, lease: HeldLease): Guard {
  return { kind: "lease", key: keys.lease(leaseName), token: lease.token };
}

export function openDeliveryStore(options: {
  redis: Redis;
  keys: Keys;
  writer: AtomicWriter;
}): DeliveryStore {
  const { redis, keys, writer } = options;
  const saveOp = (delivery: Delivery): Op => ({
    op: "set",
    key: keys.checkpoint,
    value: JSON.stringify(delivery),
  });
  let seen: { serverMs: number; atMs: number } | null = null;
  const learn = (serverMs: number) => {
    seen = { serverMs, atMs: monotonicMs() };
    return serverMs;
  };
  async function write(op: Op, lease: HeldLease): Promise<void> {
    const outcome = await writer.write({ guards: [leaseGuard(keys, lease)], ops: [op] });
    learn(outcome.nowMs);
    if (outcome.kind === "guard_failed") throw new LeaseLost("another session holds it");
  }
  const clearOp = (): Op => ({ op: "del", key: keys.checkpoint });
  return {
    async load() {
      const raw = await redis.command(["GET", keys.checkpoint]);
      if (typeof raw !== "string") return { kind: "none" };
      // Loaded where it is needed: its schema would cost every command that only names the lease.
      const { parseCheckpoint } = await import("../checkpoint.ts");
      const delivery = parseCheckpoint(raw);
      return delivery === null ? { kind: "corrupt", raw } : { kind: "unfinished", delivery };
    },
    save: (delivery, lease) => write(saveOp(delivery), lease),
    async saveWhile(guard, delivery, lease) {
      const outcome = await writer.write({
        guards: [leaseGuard(keys, lease), guard],
        ops: [saveOp(delivery)],
      });
      if (outcome.kind === "written") return true;
      if (outcome.guard.kind === "lease") throw new LeaseLost("another session holds it");
      return false;
    },
    nowMs: async () =>
      seen === null ? learn(await serverTimeMs(redis)) : seen.serverMs + monotonicMs() - seen.atMs,
    clear: (lease) => write(clearOp(), lease),
    saveOp,
    clearOp,
  };
}
