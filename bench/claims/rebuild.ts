/**
 * `replay_events_per_s_vs_xrange`: a projection folded anew from the whole log and compared with the live one, against
 * only reading the log, page by page, over the same client.
 */
import { monotonicMs } from "../../src/clock.ts";
import { rebuildProjection } from "../../src/events/rebuild.ts";
import { readinessProjection } from "../../src/integration/readiness-projection.ts";
import type { Claim, Effort, Measured } from "../claim.ts";
import { type Bus, type Log, sayFacts } from "../ground/bus.ts";
import { median, type Round, ratioOf, rounded } from "../numbers.ts";
import { appliedPerSecond } from "./apply.ts";

export const rebuild: Claim = {
  key: "replay_events_per_s_vs_xrange",
  what: "projection rebuilt from the log, events per second ÷ bare XRANGE",
  target: { is: "at least", value: 0.5 },
};

const page = 1000;

export async function measureRebuild(bus: Bus, { quick }: Effort): Promise<Measured> {
  const count = quick ? 4000 : 50_000;
  const log = bus.freshLog();
  await sayFacts(log, count);
  await appliedPerSecond(log, count);
  const rounds: Round[] = [];
  for (let round = 0; round < (quick ? 3 : 5); round++) {
    const theirs = await readPerSecond(log, count);
    const beganMs = monotonicMs();
    const report = await rebuildProjection({ ...log, projection: readinessProjection, verify: true });
    if (report.events < count || report.differenceCount > 0)
      throw new Error(`the rebuild folded ${report.events} events, ${report.differenceCount} rows differ`);
    rounds.push({ ours: (1000 * report.events) / (monotonicMs() - beganMs), theirs });
  }
  return {
    ...ratioOf(rounds, "ours/theirs"),
    detail: {
      rebuilt_per_s: rounded(median(rounds.map(({ ours }) => ours))),
      xrange_per_s: rounded(median(rounds.map(({ theirs }) => theirs))),
      events: count,
    },
  };
}

async function readPerSecond({ redis, keys }: Log, count: number): Promise<number> {
  const beganMs = monotonicMs();
  let from = "-";
  for (;;) {
    const reply = await redis.command(["XRANGE", keys.stream, from, "+", "COUNT", page]);
    const entries = Array.isArray(reply) ? reply : [];
    const last = entries.at(-1);
    if (!Array.isArray(last)) return (1000 * count) / (monotonicMs() - beganMs);
    from = `(${String(last[0])}`;
  }
}
