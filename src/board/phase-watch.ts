/** Since when the delivery in hand is in its phase: the checkpoint has no time of it, so the first look that saw it tells. */
import { isoTime } from "../clock.ts";
import type { Delivery } from "../integration/delivery.ts";
import type { BoardParts } from "./board.ts";

export type PhaseWatch = {
  /** What the board says of a delivery; null where none is in hand. */
  see(delivery: Delivery | null, nowMs: number): BoardParts["inHand"];
};

/** Knows nothing yet: a delivery that is met in the middle is in its phase since then. */
export function phaseWatch(): PhaseWatch {
  let seen: { name: string; atMs: number } | null = null;
  return {
    see(delivery, nowMs) {
      if (delivery === null) {
        seen = null;
        return null;
      }
      const { deliveryId, attempt, phase, startedAtMs } = delivery;
      const name = `${deliveryId} ${attempt} ${phase}`;
      if (seen?.name !== name) seen = { name, atMs: phase === "picked" ? startedAtMs : nowMs };
      return { since: isoTime(startedAtMs), phaseSince: isoTime(seen.atMs) };
    },
  };
}
