/**
 * `files_100k_vs_1k`, `refs_50k_vs_10`: a landing in a large world against one in a small world, in turns. Nothing that
 * a landing does may grow with the size of the tree, and little with what else is at the remote.
 */
import type { Claim, Effort, Measured } from "../claim.ts";
import type { RepositorySize } from "../ground/generated-repository.ts";
import { landBy, landByProduct, openStage } from "../ground/stage.ts";
import { median, type Round, ratioOf, rounded } from "../numbers.ts";

export const files: Claim = {
  key: "files_100k_vs_1k",
  what: "a landing on 100,000 files ÷ on 1,000",
  target: { is: "at most", value: 1.5 },
  long: true,
};

export const refs: Claim = {
  key: "refs_50k_vs_10",
  what: "a landing with 50,000 branches at the remote ÷ with 10",
  target: { is: "at most", value: 1.5 },
  long: true,
};

const landings = 20;
const own: Pick<RepositorySize, "branches" | "items"> = { branches: landings + 1, items: landings + 1 };

export const measureFiles = (effort: Effort): Promise<Measured> =>
  measureGrowth({ ...own, files: 100_000 }, { ...own, files: 1000 }, effort);

export const measureRefs = (effort: Effort): Promise<Measured> =>
  measureGrowth({ ...own, files: 1000, bystanders: 50_000 }, { ...own, files: 1000 }, effort);

async function measureGrowth(
  large: RepositorySize,
  small: RepositorySize,
  { progress }: Effort,
): Promise<Measured> {
  await using larger = await openStage(large);
  await using smaller = await openStage(small);
  progress("growth: both worlds stand");
  const floors = { large: await larger.floor(), small: await smaller.floor() };
  const times: Round[] = [];
  const plain: Round[] = [];
  const [mine, others] = [larger.take(landings + 1), smaller.take(landings + 1)];
  await larger.product.review(mine);
  await smaller.product.review(others);
  for (const [at, candidate] of mine.entries()) {
    const other = others[at];
    if (other === undefined) break;
    const ours = await landByProduct(larger.product, candidate);
    const theirs = await landByProduct(smaller.product, other);
    const plainly = {
      ours: await landBy(floors.large, candidate),
      theirs: await landBy(floors.small, other),
    };
    // The first pair wakes the sessions.
    if (at === 0) continue;
    times.push({ ours, theirs });
    plain.push(plainly);
  }
  const five = Array.from({ length: landings / 5 }, (_, at) => times.slice(at * 5, at * 5 + 5));
  const rounds = five.map((some) => ({
    ours: median(some.map(({ ours }) => ours)),
    theirs: median(some.map(({ theirs }) => theirs)),
  }));
  return {
    ...ratioOf(rounds, "ours/theirs"),
    detail: {
      large_ms: rounded(median(times.map(({ ours }) => ours))),
      small_ms: rounded(median(times.map(({ theirs }) => theirs))),
      // What git itself grows by, without anything of ours: the floor script in the same two worlds.
      floor_grows_by: ratioOf(plain, "ours/theirs").value,
      floor_large_ms: rounded(median(plain.map(({ ours }) => ours))),
      floor_small_ms: rounded(median(plain.map(({ theirs }) => theirs))),
      landings,
    },
  };
}
