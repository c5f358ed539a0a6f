/**
 * `drain_vs_checkout`, `drain_vs_limit`: a queue that stands ready, drained by one integrator session, against the leanest
 * loop in a checkout, and against merges, tree edits and objects alone. Ours counts from "session started" to the last
 * "completed", on Redis' clock: the wait before a session begins is the affair of `cold_vs_floor`.
 */
import { monotonicMs } from "../../src/clock.ts";
import { serverTimeMs } from "../../src/redis/server-time.ts";
import type { Claim, Effort, Measured } from "../claim.ts";
import type { Candidate } from "../ground/generated-repository.ts";
import { inGroups, type Product, untilQueued } from "../ground/product.ts";
import { openStage } from "../ground/stage.ts";
import { median, type Ratio, type Round, ratioOf, rounded } from "../numbers.ts";
import type { Way } from "../ways/way.ts";

export const drainVsCheckout: Claim = {
  key: "drain_vs_checkout",
  what: "queued candidates on 1,000 files: lean worktree loop ÷ ours",
  target: { is: "at least", value: 4 },
};

export const drainVsLimit: Claim = {
  key: "drain_vs_limit",
  what: "the same: ours ÷ merges, tree edits and objects alone",
  target: { is: "at most", value: 4 },
};

export const drainVsCheckout35k: Claim = {
  key: "drain_vs_checkout_35k",
  what: "queued candidates on 35,000 files: lean worktree loop ÷ ours",
  target: { is: "at least", value: 12 },
  long: true,
};

export type DrainSize = { files: number; each: number; rounds: number };

export const drainSize = (quick: boolean): DrainSize =>
  quick ? { files: 1000, each: 10, rounds: 3 } : { files: 1000, each: 200, rounds: 3 };

type Times = { ours: number; lean: number; limit: number };

/** Both claims in one go; `each` candidates in each of `rounds`, ms per candidate. */
export async function measureDrain(
  size: DrainSize,
  { progress }: Effort,
): Promise<{ checkout: Measured; limit: Measured }> {
  const total = size.each * size.rounds;
  await using stage = await openStage({ files: size.files, branches: total, items: total });
  const ways = { lean: await stage.lean(), limit: await stage.limit() };
  const times: Times[] = [];
  for (let round = 0; round < size.rounds; round++) {
    const candidates = stage.take(size.each);
    await queueUp(stage.product, candidates);
    times.push({
      ours: (await drained(stage.product, candidates)) / size.each,
      lean: (await landAll(ways.lean, candidates)) / size.each,
      limit: (await landAll(ways.limit, candidates)) / size.each,
    });
    progress(`drain: round ${round + 1} of ${size.rounds}`);
  }
  const rounds = (theirs: "lean" | "limit"): Round[] =>
    times.map((one) => ({ ours: one.ours, theirs: one[theirs] }));
  const detail = (theirs: "lean" | "limit") => ({
    product_ms_each: rounded(median(times.map(({ ours }) => ours))),
    other_ms_each: rounded(median(times.map((one) => one[theirs]))),
    candidates: size.each,
    files: size.files,
  });
  const measured = (ratio: Ratio, theirs: "lean" | "limit"): Measured => ({
    ...ratio,
    detail: detail(theirs),
  });
  return {
    checkout: measured(ratioOf(rounds("lean"), "theirs/ours"), "lean"),
    limit: measured(ratioOf(rounds("limit"), "ours/theirs"), "limit"),
  };
}

/** Queued, all of them, behind a pause. */
export async function queueUp(product: Product, candidates: readonly Candidate[]): Promise<void> {
  const { queued } = await product.stores.queue.counts();
  await product.pause();
  await product.review(candidates);
  await inGroups(candidates, product.finalize);
  await untilQueued(product, queued + candidates.length);
}

/** One session, from its start (or from the resume, where it was awake) to the last landing, ms on Redis' clock. */
async function drained(product: Product, candidates: readonly Candidate[]): Promise<number> {
  const resumedMs = await serverTimeMs(product.redis);
  await product.resume();
  const session = product.integrate("--grace", "0s");
  const outcomes = await Promise.all(candidates.map(({ slug }) => product.outcomes.of(slug, 600_000)));
  await session;
  const wrong = outcomes.find(({ kind }) => kind !== "integrated");
  if (wrong !== undefined) throw new Error(`a candidate did not land: ${wrong.reason}`);
  const startedMs = product.outcomes.lastSaidMs("integration.session.started") ?? 0;
  return Math.max(...outcomes.map(({ saidMs }) => saidMs)) - Math.max(startedMs, resumedMs);
}

async function landAll(way: Way, candidates: readonly Candidate[]): Promise<number> {
  const beganMs = monotonicMs();
  for (const candidate of candidates) await way.land(candidate);
  return monotonicMs() - beganMs;
}
