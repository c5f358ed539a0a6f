/** The one way to wait in a test: on a state, with a deadline. */
import { monotonicMs, pause } from "../../src/clock.ts";

export type WaitOptions = {
  /** What is awaited, for the message of a miss. */
  what: string;
  /** Default 20 s. */
  withinMs?: number;
  /** Between two looks. Default 25 ms: for looks that cost a process, take more. */
  everyMs?: number;
};

/**
 * Looks until `condition` gives something true, and gives that back. A miss throws, with `what` and, where the condition
 * threw at its last look, that error as its cause.
 */
export async function waitUntil<T>(
  condition: () => Promise<T | null | undefined | false> | T | null | undefined | false,
  options: WaitOptions,
): Promise<T> {
  const withinMs = options.withinMs ?? 20_000;
  const deadline = monotonicMs() + withinMs;
  for (;;) {
    let cause: unknown;
    try {
      const found = await condition();
      if (found !== null && found !== undefined && found !== false) return found;
    } catch (error) {
      cause = error;
    }
    if (monotonicMs() > deadline)
      throw new Error(`after ${withinMs} ms still not: ${options.what}`, { cause });
    await pause(options.everyMs ?? 25);
  }
}
