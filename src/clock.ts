/** The only reader of time. Everything else takes time as an argument, or asks Redis, whose clock is the one all machines share. */

import { setTimeout as delay } from "node:timers/promises";

/** This machine's wall clock, ms since the epoch. For display and local deadlines only: never compared between machines. */
export function wallMs(): number {
  return Date.now();
}

/** A clock that never jumps, ms from an arbitrary start. For durations and deadlines. */
export function monotonicMs(): number {
  return performance.now();
}

/** Waits `ms` milliseconds, or until `signal` aborts. Resolves either way: the caller looks at the signal. */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return;
  await delay(ms, undefined, signal ? { signal } : {}).catch((error: unknown) => {
    if (!signal?.aborted) throw error;
  });
}

/** RFC 3339 UTC with milliseconds, the one way times are written. */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}

/** Milliseconds of an RFC 3339 time, or `null` where it is not one. */
export function parseTimeMs(text: string): number | null {
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? null : ms;
}
