/**
 * Ctrl-Z: the terminal is given back as it was found, the program stops as any job does, and takes the terminal again when the
 * shell brings it to the front. In raw mode a terminal sends no signal for the key, so the program stops itself, and whoever
 * was started with it.
 */
import { pause } from "../../clock.ts";

/** Gives the terminal back while `during` runs, then takes it again and draws all anew. */
export type HandOver = (during: () => Promise<void>) => Promise<void>;

export type Suspension = {
  /** Whoever draws says how the terminal is handed over; the answer ends that. */
  drawnBy(handOver: HandOver): () => void;
  /** Stops until somebody continues us. Does nothing where nobody draws, or while it is stopped already. */
  begin(): void;
};

/** Where nobody could continue us (no shell with jobs started us), the system does not stop us: the board is back after this. */
const stoppedWithinMs = 100;

/** The suspension of this process. `failed` is told what went wrong: the board goes on. */
export function openSuspension(failed: (error: unknown) => void): Suspension {
  let handOver: HandOver | null = null;
  let isSuspended = false;

  async function suspend(over: HandOver): Promise<void> {
    isSuspended = true;
    try {
      await over(stopped);
    } catch (error) {
      failed(error);
    }
    isSuspended = false;
    // The window may have another size by now, and nobody tells a stopped program.
    process.kill(process.pid, "SIGWINCH");
  }

  return {
    drawnBy(over) {
      handOver = over;
      return () => {
        handOver = null;
      };
    },
    begin() {
      if (handOver !== null && !isSuspended) void suspend(handOver);
    },
  };
}

/** Stops this job, and returns when it was continued. */
async function stopped(): Promise<void> {
  const continued = Promise.withResolvers<void>();
  const over = new AbortController();
  process.once("SIGCONT", continued.resolve);
  try {
    process.kill(0, "SIGTSTP");
    await Promise.race([continued.promise, pause(stoppedWithinMs, over.signal)]);
  } finally {
    over.abort();
    process.off("SIGCONT", continued.resolve);
  }
}
