/**
 * Walks one item to the hand-over: looks, decides (next-step.ts), acts, and looks again. That is all it knows; what was
 * done is written down where it was done, so a walk that is killed is gone on with by the next one.
 *
 * One at a time walks an item. What is away for a moment is waited for, what makes no progress is given up with a word.
 */
import { Failure, isFailure } from "../../errors.ts";
import { writerUnder } from "../../events/lock.ts";
import { openItems } from "../work-items.ts";
import { act } from "./act.ts";
import type { OrchestratorGround, Walker } from "./ground.ts";
import { type Hold, takeHold } from "./hold.ts";
import { lookAtItem, type Seen } from "./look.ts";
import { type Next, nextStep } from "./next-step.ts";
import type { Outcome } from "./outcome.ts";
import { openPatience } from "./patience.ts";
import { wordsOf } from "./words.ts";

export type WalkRequest = { slug: string; takesOver: boolean; stop: AbortSignal };

/** Resolves when the item is handed over, or nothing is left that could be done without somebody. Never throws a Failure. */
export async function walk(ground: OrchestratorGround, request: WalkRequest): Promise<Outcome> {
  const { slug, stop } = request;
  try {
    const holding = await takeHold(ground.lock(`orchestrate:${slug}`));
    if (holding.kind === "busy") return holding;
    const { hold } = holding;
    try {
      const writer = writerUnder(ground.writer, hold.guard, `Orchestrating ${slug}`);
      const walker: Walker = {
        ground,
        slug,
        items: openItems(ground.source, writer),
        takesOver: request.takesOver,
        stop: AbortSignal.any([stop, hold.lost]),
        memory: { prepared: false, prepareFailures: [], finalizeTrouble: null },
      };
      const outcome = await steps(walker, hold);
      const isLost = outcome.kind === "stopped" && !stop.aborted;
      return isLost ? { kind: "busy", holder: "another orchestrator" } : outcome;
    } finally {
      await hold.release();
    }
  } catch (error) {
    if (!isFailure(error)) throw error;
    return failed(error);
  }
}

/** So often the same thing may be found to be the next, before it is called no progress. */
const repeatsMax = 5;
/** What is refused so often was not only meant for a moment that had passed. */
const refusalsMax = 2;

async function steps(walker: Walker, hold: Hold): Promise<Outcome> {
  const { ground, slug, stop } = walker;
  const patience = openPatience((line) => ground.tell(slug, line));
  const limits = { key: "", times: 0, refusals: 0, told: "" };
  while (!stop.aborted)
    try {
      const seen = await lookAtItem(walker);
      const next = nextStep(seen);
      if (next.do === "stop") return next.outcome;
      const key = keyOf(seen, next);
      if (key !== limits.key) Object.assign(limits, { key, times: 0, refusals: 0 });
      limits.times++;
      if (limits.times > repeatsMax && next.do !== "watch") return stuck(slug, next);
      if (limits.told !== key) ground.tell(slug, wordsOf(next));
      limits.told = key;
      await act(walker, seen, next);
      patience.renew();
    } catch (error) {
      if (!isFailure(error)) throw error;
      // Finalizing has a lock of its own, which may be lost alone.
      if (error.code === "lock_lost" && !(await hold.isOurs()))
        return { kind: "busy", holder: "another orchestrator" };
      // Waited for, not repeated: it counts as nothing else.
      if (await patience.waits(error, stop)) limits.times = 0;
      // What was refused may have been decided on what was no more so: the next look tells.
      else if (!stop.aborted && ++limits.refusals >= refusalsMax) return failed(error);
    }
  return { kind: "stopped" };
}

function failed(failure: Failure): Outcome {
  return { kind: "failed", failure };
}

function keyOf({ since, attempts, prepareFailures }: Seen, next: Next): string {
  const fates = attempts.map(({ fate }) => fate.kind).join();
  return JSON.stringify([since, fates, prepareFailures.length, next.do === "mark" ? next.step : next.do]);
}

function stuck(slug: string, next: Next): Outcome {
  return failed(
    new Failure({
      code: "no_progress",
      kind: "failed",
      message: `${slug} makes no progress: again and again the next thing is to ${next.do.replaceAll("_", " ")}.`,
      cure: `signalbox todo show ${slug}`,
    }),
  );
}
