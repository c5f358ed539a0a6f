/** One look for all who ask at the same moment, and for those who ask soon after. */
import { monotonicMs } from "../clock.ts";

/** `look`, called at most once at a time; its answer serves for `freshMs`. A failure is told, and not kept. */
export function sharedLook<T>(freshMs: number, look: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | null = null;
  let last: { value: T; untilMs: number } | null = null;
  return () => {
    if (last !== null && monotonicMs() < last.untilMs) return Promise.resolve(last.value);
    running ??= look()
      .then((value) => {
        last = { value, untilMs: monotonicMs() + freshMs };
        return value;
      })
      .finally(() => {
        running = null;
      });
    return running;
  };
}
