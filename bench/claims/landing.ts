/**
 * `landing_vs_floor`: one candidate, from its last fact to "completed", by the whole product with the session awake and
 * the lease held, against the floor script from nothing to the branch deleted. They take turns, candidate by candidate.
 */
import type { Claim, Effort, Measured } from "../claim.ts";
import { cpuMsOf, cpuMsOfAll } from "../ground/process-cost.ts";
import type { Product } from "../ground/product.ts";
import { landBy, landByProduct, type Stage } from "../ground/stage.ts";
import { median, type Round, ratioOf, rounded } from "../numbers.ts";
import type { OwnProcess } from "../ways/own-process.ts";

export const landing: Claim = {
  key: "landing_vs_floor",
  what: "ready → on main, announced and cleaned up, session awake ÷ five-process plumbing script",
  target: { is: "at most", value: 1.3 },
};

export const landingCandidates = (quick: boolean): number => 1 + roundsOf(quick) * perRound(quick);
const roundsOf = (quick: boolean): number => (quick ? 3 : 5);
const perRound = (quick: boolean): number => (quick ? 4 : 10);

export async function measureLanding(stage: Stage, floor: OwnProcess, { quick }: Effort): Promise<Measured> {
  const { product } = stage;
  const all = stage.take(landingCandidates(quick));
  await product.review(all);
  const [first, ...rest] = all;
  // The first landing of a day wakes the session and fills caches: neither side counts it.
  if (first !== undefined) {
    await landByProduct(product, first);
    await landBy(floor, first);
  }
  const rounds: Round[] = [];
  const ours: number[] = [];
  const theirs: number[] = [];
  const cpu = { ours: 0, theirs: 0 };
  for (let at = 0; at < rest.length; at += perRound(quick)) {
    const some = rest.slice(at, at + perRound(quick));
    const mine: number[] = [];
    const others: number[] = [];
    for (const candidate of some) {
      const before = await cpuOfProduct(product);
      mine.push(await landByProduct(product, candidate));
      cpu.ours += (await cpuOfProduct(product)) - before;
      const own = await cpuMsOf(floor.pid);
      others.push(await landBy(floor, candidate));
      cpu.theirs += ((await cpuMsOf(floor.pid)) ?? 0) - (own ?? 0);
    }
    rounds.push({ ours: median(mine), theirs: median(others) });
    ours.push(...mine);
    theirs.push(...others);
  }
  return {
    ...ratioOf(rounds, "ours/theirs"),
    detail: {
      product_ms: rounded(median(ours)),
      floor_ms: rounded(median(theirs)),
      product_cpu_ms: rounded(cpu.ours / rest.length),
      floor_cpu_ms: rounded(cpu.theirs / rest.length),
      landings: rest.length,
    },
  };
}

async function cpuOfProduct(product: Product): Promise<number> {
  const { daemon, integrators, redis } = await product.pids();
  return cpuMsOfAll([daemon, redis, ...integrators]);
}
