/** Waits for what is away for a moment (Redis, the remote, a lock of somebody else's), with a limit. */
import { pause } from "../../clock.ts";
import { type Failure, isFailure } from "../../errors.ts";

export type Patience = {
  /** True: it was waited, and may be tried again. False: not something that passes, or it was too often in a row. */
  waits(failure: Failure, stop: AbortSignal): Promise<boolean>;
  /** Something came off: the next time counts from the beginning. */
  renew(): void;
  /** What `act` gives, tried again while it is away. Throws what does not pass. */
  through<T>(act: () => Promise<T>, stop: AbortSignal): Promise<T>;
};

/** Twice as long each time up to the longest, so often: some minutes. */
const triesMax = 30;
const firstDelayMs = 100;
const longestDelayMs = 10_000;

/** `tell` says what is waited for, once each time. */
export function openPatience(tell: (line: string) => void): Patience {
  let tries = 0;
  const waits = async (failure: Failure, stop: AbortSignal): Promise<boolean> => {
    const passes = failure.kind === "temporary" || failure.kind === "unavailable";
    if (!passes || ++tries > triesMax || stop.aborted) return false;
    if (tries === 1) tell(`waits: ${failure.message}`);
    await pause(Math.min(firstDelayMs * 2 ** tries, longestDelayMs), stop);
    return true;
  };
  const renew = () => {
    tries = 0;
  };
  return {
    waits,
    renew,
    async through(act, stop) {
      for (;;)
        try {
          const done = await act();
          renew();
          return done;
        } catch (error) {
          if (!isFailure(error) || !(await waits(error, stop))) throw error;
        }
    },
  };
}
