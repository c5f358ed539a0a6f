/** The browser's one reader of time. */

/** This machine's wall clock, ms since the epoch: for ages that are shown, and for deadlines here. */
export function wallMs(): number {
  return Date.now();
}

/** Calls `tick` every `everyMs` until the answer is called. */
export function every(everyMs: number, tick: () => void): () => void {
  const timer = setInterval(tick, everyMs);
  return () => clearInterval(timer);
}

/** Resolves after `ms`, or as soon as `signal` aborts. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done);
  });
}

/** Minutes that this browser's time zone is behind UTC. */
export function zoneOffsetMinutes(): number {
  return new Date().getTimezoneOffset();
}
