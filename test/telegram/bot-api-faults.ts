/** What goes wrong with the next calls of a Bot API server. */
import type { ServedMethod } from "./bot-api-arguments.ts";

/** What goes wrong with a call. */
export type Fault =
  /** Refused: come again later. */
  | { kind: "too_many"; retryAfterS: number }
  /** Done, and then the connection is gone before the answer. */
  | { kind: "lost_reply" }
  /** The connection is gone before anything was done. */
  | { kind: "reset" }
  /** Not done; answered as the Bot API does, with this code. */
  | { kind: "error"; code: number; description: string }
  /** Not done; answered by something in between, as a page. */
  | { kind: "page"; status: number }
  /** Not done; answered with this, as if all were well. */
  | { kind: "nonsense"; body: string };

/** A call that waits: `reached` when it has come in, and answered after `release`. */
export type Hold = { reached: Promise<void>; release(): void };

/** Nothing goes wrong yet. */
export function faults() {
  const coming = new Map<string, Fault[]>();
  const holds = new Map<string, { reach(): void; released: Promise<void> }>();
  let isAway = false;
  return {
    /** The next calls of a method meet these, one each. */
    fail(method: ServedMethod, ...next: Fault[]): void {
      coming.set(method, [...(coming.get(method) ?? []), ...next]);
    },
    /** The next call of a method waits until it is released. */
    hold(method: ServedMethod): Hold {
      const reached = Promise.withResolvers<void>();
      const released = Promise.withResolvers<void>();
      holds.set(method, { reach: reached.resolve, released: released.promise });
      return { reached: reached.promise, release: released.resolve };
    },
    leave(): void {
      isAway = true;
    },
    comeBack(): void {
      isAway = false;
    },
    isAway: (): boolean => isAway,
    /** What goes wrong with a call that has come in; waits where it is held. */
    async meet(method: string): Promise<Fault | null> {
      const held = holds.get(method);
      if (held !== undefined) {
        holds.delete(method);
        held.reach();
        await held.released;
      }
      return coming.get(method)?.shift() ?? null;
    },
  };
}
