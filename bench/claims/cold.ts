/**
 * `cold_vs_floor`: the same landing, but no session lives: the daemon starts one (Node start, repository opened, lease
 * taken in Redis and on the remote). The session before is ended by TERM, which it answers at its next checkpoint.
 */
import type { Claim, Effort, Measured } from "../claim.ts";
import type { Product } from "../ground/product.ts";
import { landBy, landByProduct, type Stage } from "../ground/stage.ts";
import { median, type Round, ratioOf, rounded } from "../numbers.ts";
import type { OwnProcess } from "../ways/own-process.ts";

export const cold: Claim = {
  key: "cold_vs_floor",
  what: "the same from a cold start of the session ÷ plumbing script",
  target: { is: "at most", value: 4 },
};

export const coldCandidates = (quick: boolean): number => (quick ? 2 : 7);

export async function measureCold(stage: Stage, floor: OwnProcess, { quick }: Effort): Promise<Measured> {
  const candidates = stage.take(coldCandidates(quick));
  await stage.product.review(candidates);
  const rounds: Round[] = [];
  for (const candidate of candidates) {
    await endSession(stage.product);
    const ours = await landByProduct(stage.product, candidate);
    rounds.push({ ours, theirs: await landBy(floor, candidate) });
  }
  return {
    ...ratioOf(rounds, "ours/theirs"),
    detail: {
      product_ms: rounded(median(rounds.map(({ ours }) => ours))),
      floor_ms: rounded(median(rounds.map(({ theirs }) => theirs))),
    },
  };
}

async function endSession({ pids, outcomes }: Product): Promise<void> {
  const { integrators } = await pids();
  const ended = outcomes.count("integration.session.ended");
  for (const pid of integrators) process.kill(pid, "SIGTERM");
  if (integrators.length > 0) await outcomes.untilSaid("integration.session.ended", ended + 1);
  while ((await pids()).integrators.length > 0) await new Promise(setImmediate);
}
