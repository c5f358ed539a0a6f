/**
 * The daemon's parts that depend on the configuration: one set at a time, changed and ended in turn, so that an end that
 * comes in the middle of a change waits for it, and no set is ended twice or left running.
 */
import { pause } from "./clock.ts";
import { describeError } from "./errors.ts";

export type Parts = { end(): Promise<void> };

export type RunningParts<Place, Own extends Parts> = {
  /** The set that runs, or, while it is changed, the one that ran last. */
  now(): Own;
  /**
   * Ends the running parts and starts those of the place that `choose` gives. Where they do not start, the former ones are
   * started again and the reason is thrown; where neither start (Redis is away), both are tried until one does.
   * Throws what `choose` throws, with everything left as it was. Nothing happens once the daemon stops.
   */
  change(choose: () => Promise<Place>): Promise<void>;
  end(): Promise<void>;
};

export type PartsOptions<Place, Own extends Parts> = {
  start(place: Place): Promise<Own>;
  stop: AbortSignal;
  log: { warn(fields: object, message: string): void };
};

const startAgainMs = 1000;

/** Starts the parts of the first place. Throws what their start throws. */
export async function startRunningParts<Place, Own extends Parts>(
  first: Place,
  { start, stop, log }: PartsOptions<Place, Own>,
): Promise<RunningParts<Place, Own>> {
  let running = { place: first, parts: await start(first), hasEnded: false };
  let turn: Promise<void> = Promise.resolve();

  function inTurn(act: () => Promise<void>): Promise<void> {
    const done = turn.then(act);
    turn = done.catch(() => {});
    return done;
  }

  async function changeNow(choose: () => Promise<Place>): Promise<void> {
    if (stop.aborted) return;
    const next = await choose();
    await endNow();
    const refusals: unknown[] = [];
    running = await startOneOf([next, running.place], refusals);
    if (running.place !== next && refusals.length > 0) throw refusals[0];
  }

  async function startOneOf(places: readonly Place[], refusals: unknown[]): Promise<typeof running> {
    for (;;) {
      for (const place of places)
        try {
          return { place, parts: await start(place), hasEnded: false };
        } catch (error) {
          refusals.push(error);
          log.warn({ detail: describeError(error) }, "The daemon's parts did not start.");
        }
      await pause(startAgainMs, stop);
      if (stop.aborted) return running;
    }
  }

  async function endNow(): Promise<void> {
    if (running.hasEnded) return;
    running.hasEnded = true;
    await running.parts.end();
  }

  return {
    now: () => running.parts,
    change: (choose) => inTurn(() => changeNow(choose)),
    end: () => inTurn(endNow),
  };
}
