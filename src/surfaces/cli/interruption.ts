/** Ctrl-C and TERM, for commands that have something to put away before they end. */

export type Interruption = { signal: AbortSignal; [Symbol.dispose](): void };

/** A signal that aborts at the first INT or TERM, instead of the process ending there. A second one ends it. */
export function interruption(): Interruption {
  const controller = new AbortController();
  const stop = () => controller.abort();
  process.once("SIGINT", stop).once("SIGTERM", stop);
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => {
      process.off("SIGINT", stop).off("SIGTERM", stop);
    },
  };
}

/** Waits until one of the signals aborts. */
export function untilAborted(...signals: readonly AbortSignal[]): Promise<void> {
  return new Promise((resolve) => {
    // An abort listener alone does not keep a process alive.
    const alive = setInterval(() => {}, 60_000);
    const end = () => {
      clearInterval(alive);
      resolve();
    };
    for (const signal of signals) {
      if (signal.aborted) end();
      signal.addEventListener("abort", end, { once: true });
    }
  });
}
