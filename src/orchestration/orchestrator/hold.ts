/**
 * An item in one orchestrator's hands: a lock on Redis' clock, renewed while it is held. What is written under it is
 * refused once it is lost; a holder that is proven dead is not waited for.
 */
import type { Guard } from "../../events/atomic-write.ts";
import type { Lock } from "../../events/lock.ts";

export type Hold = {
  /** "Only while we hold it", for a write. */
  guard: Guard;
  /** Aborts when somebody else has it, or its time has run out. */
  lost: AbortSignal;
  /** Asked now; while nobody can be asked it counts as ours. */
  isOurs(): Promise<boolean>;
  release(): Promise<void>;
};

export type Holding = { kind: "held"; hold: Hold } | { kind: "busy"; holder: string };

/** Longer than Redis, or this machine, may be away for a moment. */
const ttlMs = 60_000;
const renewEveryMs = 15_000;

/** Takes the lock, where nobody has it. */
export async function takeHold(lock: Lock): Promise<Holding> {
  const taking = await lock.take(ttlMs);
  if (taking.kind === "held") return { kind: "busy", holder: taking.hold.holder };
  const { token } = taking;
  const lost = new AbortController();
  const renewal = setInterval(() => {
    lock.extend(token, ttlMs).then(
      (isOurs) => {
        if (!isOurs) lost.abort();
      },
      // Redis is away: the next renewal, or a refused write, tells.
      () => {},
    );
  }, renewEveryMs);
  renewal.unref();
  return {
    kind: "held",
    hold: {
      guard: lock.guard(token),
      lost: lost.signal,
      isOurs: () =>
        lock.hold().then(
          (held) => held?.token === token,
          () => true,
        ),
      async release() {
        clearInterval(renewal);
        // One that cannot be given back runs out by itself.
        await lock.release(token).catch(() => {});
      },
    },
  };
}
