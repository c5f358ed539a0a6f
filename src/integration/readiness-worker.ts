/**
 * Runs the judge in the daemon: on notes, on a timer, never twice at once. A failure is logged and met by the next
 * round; while the world is broken rounds come more slowly.
 */
import { pause } from "../clock.ts";
import { describeError } from "../errors.ts";
import { step } from "../events/step.ts";
import type { Judge, Judged } from "./trigger.ts";

export type WorkerLog = { warn(fields: Record<string, unknown>, message: string): void };

export type ReadinessWorker = {
  /** These slugs have news. Returns at once. */
  note(slugs: Iterable<string>): void;
  /** Something landed: who waited for others to be delivered has news. Returns at once. */
  noteLanding(): void;
  /** Judge everything that is open. Returns at once. */
  noteAll(): void;
  /** Works until `stopped`; resolves when the last round is done. */
  run(stopped: AbortSignal): Promise<void>;
};

export function readinessWorker(options: {
  judge: Judge;
  everyMs: number;
  log: WorkerLog;
  /** Called after a round that may have queued something. */
  settled(): void;
}): ReadinessWorker {
  const { judge, everyMs, log, settled } = options;
  let all = true;
  let slugs = new Set<string>();
  /** Those that wait for others to be delivered. */
  const waiting = new Set<string>();
  let wake = new AbortController();

  async function round(): Promise<void> {
    const asked = all ? null : slugs;
    // Nothing to judge, but the queue may have been resumed: the spawner looks.
    if (asked !== null && asked.size === 0) return settled();
    all = false;
    slugs = new Set();
    try {
      remember(await step("trigger.settle", () => judge.settle(asked)));
    } catch (error) {
      // Nothing is lost: what was asked is asked again.
      if (asked === null) all = true;
      else for (const slug of asked) slugs.add(slug);
      throw error;
    } finally {
      settled();
    }
  }

  function remember(judged: readonly Judged[]): void {
    for (const { judgement } of judged) {
      const { slug } = judgement.candidate;
      const isWaiting = judgement.conditions.some(({ name, holds }) => name === "after" && !holds);
      if (isWaiting) waiting.add(slug);
      else waiting.delete(slug);
    }
  }

  return {
    noteLanding() {
      for (const slug of waiting) slugs.add(slug);
      wake.abort();
    },
    note(news) {
      for (const slug of news) slugs.add(slug);
      wake.abort();
    },
    noteAll() {
      all = true;
      wake.abort();
    },
    async run(stopped) {
      let failures = 0;
      while (!stopped.aborted) {
        wake = new AbortController();
        try {
          await round();
          failures = 0;
        } catch (error) {
          failures++;
          log.warn({ detail: describeError(error), failures }, "Candidates could not be judged.");
        }
        if (all || slugs.size > 0) {
          if (failures > 0) await pause(Math.min(5000, 200 * 2 ** failures), stopped);
          continue;
        }
        const woken = AbortSignal.any([stopped, wake.signal]);
        await pause(everyMs, woken);
        if (!woken.aborted) all = true;
      }
    },
  };
}
