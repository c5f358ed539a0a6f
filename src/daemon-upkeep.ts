/** What the daemon does again and again: one loop a task, never twice at once, a failure logged and met by the next turn. */
import { pause } from "./clock.ts";
import { describeError } from "./errors.ts";

export type UpkeepTask = {
  name: string;
  everyMs: number;
  run(): Promise<void>;
};

export type Upkeep = {
  /** Run this task as soon as it is free. Returns at once. */
  now(name: string): void;
  /** Settles when all loops have ended. */
  ended: Promise<void>;
};

/** Starts the loops; each task runs at once for the first time. */
export function startUpkeep(
  tasks: readonly UpkeepTask[],
  options: { stop: AbortSignal; log: { warn(fields: object, message: string): void } },
): Upkeep {
  const { stop, log } = options;
  const wakes = new Map<string, AbortController>();

  async function loop(task: UpkeepTask): Promise<void> {
    while (!stop.aborted) {
      const wake = new AbortController();
      wakes.set(task.name, wake);
      try {
        await task.run();
      } catch (error) {
        log.warn({ task: task.name, detail: describeError(error) }, "Upkeep failed; it is tried again.");
      }
      await pause(task.everyMs, AbortSignal.any([stop, wake.signal]));
    }
  }

  return {
    now: (name) => wakes.get(name)?.abort(),
    ended: Promise.all(tasks.map(loop)).then(() => undefined),
  };
}
