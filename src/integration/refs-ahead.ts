/**
 * Refs of the remote that an earlier question brought along. While the line works, the read-back after a push also asks
 * where the next candidates' branches are, so the next delivery begins with refs that are milliseconds old and needs no
 * fetch of its own; their objects come with the fetch of the first. Old or missing answers are simply not used.
 */
import { monotonicMs } from "../clock.ts";
import { batchMax } from "./batch-window.ts";
import { headOf } from "./facts.ts";
import type { QueueStore } from "./stores/queue-store.ts";

export type RefsAhead = {
  /** Full names of the branches of the next queued candidates. */
  upcoming(): Promise<string[]>;
  /** What the remote answered when it was asked for these refs. */
  note(asked: readonly string[], refs: ReadonlyMap<string, string>): void;
  /** All that was asked for a moment ago (null: the remote has none), if it holds these. Each answer is used once. */
  take(names: readonly string[]): ReadonlyMap<string, string | null> | null;
};

/** How old an answer may be, ms. */
const freshMs = 2000;
/** How far ahead is looked: enough for the batch in hand and the one behind it. */
const candidatesAhead = 2 * batchMax + 8;

export function refsAhead(queue: QueueStore): RefsAhead {
  let answer = new Map<string, string | null>();
  let atMs = Number.NEGATIVE_INFINITY;
  return {
    async upcoming() {
      const queued = await queue.queued(candidatesAhead);
      return [...new Set(queued.map(({ branch }) => headOf(branch)))];
    },
    note(asked, refs) {
      answer = new Map(asked.map((name) => [name, refs.get(name) ?? null]));
      atMs = monotonicMs();
    },
    take(names) {
      const isFresh = monotonicMs() - atMs <= freshMs;
      atMs = Number.NEGATIVE_INFINITY;
      if (!isFresh || names.some((name) => !answer.has(name))) return null;
      return answer;
    },
  };
}
