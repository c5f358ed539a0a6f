/** A wake-up that is not lost where nobody waits yet, and counts once however often it is given. */
import { pause } from "../clock.ts";

export type Wake = {
  call(): void;
  /** Resolves at a call since the last one, or after `ms`. True where it was called. */
  wait(ms: number): Promise<boolean>;
};

export function createWake(): Wake {
  let called = false;
  let waiting: AbortController | null = null;
  return {
    call() {
      called = true;
      waiting?.abort();
    },
    async wait(ms) {
      if (!called) {
        waiting = new AbortController();
        await pause(ms, waiting.signal);
        waiting = null;
      }
      const was = called;
      called = false;
      return was;
    },
  };
}
