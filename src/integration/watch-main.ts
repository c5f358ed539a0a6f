/**
 * Sees within seconds that main has moved, whoever moved it. Where the remote is a folder on this machine its files tell
 * that nothing happened, and the look costs no process; else the remote is asked for this one ref.
 *
 * Many pushes in a row are one move: once something foreign is seen, it waits until main stands still, but never longer
 * than `settleMaxMs`, so that what somebody does without a pause is told in time, too.
 */
import { monotonicMs, pause } from "../clock.ts";
import type { LsRemoteResult } from "../git/remote.ts";
import { headOf } from "./facts.ts";
import { type Followed, type Following, type FollowOptions, followMain, tellDeleted } from "./follow-main.ts";
import type { SessionLog } from "./session-ports.ts";

export type WatchedRemote = {
  /** Another one whenever main has moved; null where only asking tells. No process. */
  mark(): Promise<string | null>;
  ask(): Promise<LsRemoteResult>;
  /** Its commits are here: it was made here, or fetched. */
  has(main: string): Promise<boolean>;
};

export type MainWatch = {
  /** Looks once, and tells what it found; to be called every second. Throws what Redis or git throw. */
  look(stopped: AbortSignal): Promise<Followed[]>;
};

/** The daemon's task: looks where main is, and tells who should judge anew when somebody else has moved it. */
export function watchTask(
  options: FollowOptions,
  { stop, log, moved }: { stop: AbortSignal; log: Pick<SessionLog, "info">; moved(): void },
): { name: string; everyMs: number; run(): Promise<void> } {
  const watch = watchOf(options);
  return {
    name: "watch",
    everyMs: watchEveryMs,
    async run() {
      const found = await watch.look(stop);
      for (const one of found) log.info(one, "Main has moved, and not by a landing that was known.");
      if (found.length > 0) moved();
    },
  };
}

/** The watch over a line's own remote. */
export function watchOf(options: FollowOptions): MainWatch {
  const { line, config } = options;
  const ref = headOf(config.main);
  const remote: WatchedRemote = {
    mark: () => line.remoteMark(ref),
    ask: () => line.lsRemote([ref]),
    has: (main) => line.objects.has(main),
  };
  const follow = (main: string) => followMain(options, main);
  return mainWatch({ ref, remote, follow, gone: () => tellDeleted(options) });
}

/** How often the files of a remote on this machine are looked at, ms. */
const watchEveryMs = 1000;
/** How often a remote is asked that cannot be seen into, ms. */
const askEveryMs = 2500;
/** How often one is asked anyway whose files say that nothing happened, ms. */
const doubtEveryMs = 30_000;
const settleMs = 400;
const settleMaxMs = 1500;

export function mainWatch(options: {
  ref: string;
  remote: WatchedRemote;
  follow(main: string): Promise<Following>;
  /** The remote answers, and has no main. */
  gone(): Promise<Followed[]>;
}): MainWatch {
  const { ref, remote, follow, gone } = options;
  /** All of `main` is explained, and this was its mark before it was asked for. */
  let known: { mark: string | null; main: string } | null = null;
  let askedAtMs = Number.NEGATIVE_INFINITY;

  async function ask(): Promise<string | "gone" | null> {
    askedAtMs = monotonicMs();
    const answer = await remote.ask();
    return answer.kind === "answered" ? (answer.refs.get(ref) ?? "gone") : null;
  }

  /** Main once it stands still, or after a while as it is then. */
  async function stillMain(first: string, stopped: AbortSignal): Promise<string> {
    const untilMs = monotonicMs() + settleMaxMs;
    let main = first;
    while (monotonicMs() < untilMs && !stopped.aborted) {
      await pause(settleMs, stopped);
      const now = await ask();
      if (now === main || now === null || now === "gone") break;
      main = now;
    }
    return main;
  }

  return {
    async look(stopped) {
      const sinceMs = monotonicMs() - askedAtMs;
      if (sinceMs < askEveryMs && (known === null || known.mark === null)) return [];
      // Read before the question: what moves in between shows in the next look.
      const mark = await remote.mark();
      if (known !== null && mark !== null && mark === known.mark && sinceMs < doubtEveryMs) return [];
      const seen = await ask();
      if (seen === "gone") {
        known = null;
        return gone();
      }
      if (seen === null || seen === known?.main) {
        if (seen !== null) known = { mark, main: seen };
        return [];
      }
      const main = (await remote.has(seen)) ? seen : await stillMain(seen, stopped);
      const { found, whole } = await follow(main);
      known = whole && main === seen ? { mark, main } : null;
      return found;
    },
  };
}
