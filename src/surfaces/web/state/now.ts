/** The time, as it passes, for ages that are shown. One timer for all of them, and none while nothing shows an age. */
import { useSyncExternalStore } from "react";
import { every, wallMs } from "../clock.ts";

let nowMs = wallMs();
let stop: (() => void) | null = null;
const listeners = new Set<() => void>();

/** The wall clock in ms, drawn anew every second. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => nowMs);
}

function subscribe(heard: () => void): () => void {
  listeners.add(heard);
  if (stop === null) {
    // It stood still while nobody looked.
    nowMs = wallMs();
    stop = every(1000, tick);
  }
  return () => {
    listeners.delete(heard);
    if (listeners.size > 0) return;
    stop?.();
    stop = null;
  };
}

function tick(): void {
  nowMs = wallMs();
  for (const heard of listeners) heard();
}
