/**
 * `queue_10k_vs_10`: a landing with 10,000 candidates queued, against one with 10, both from the head of the queue, in
 * remotes of the same size. And `drain_rss_growth`: what a session's memory does while it lands a thousand.
 */
import { pause } from "../../src/clock.ts";
import { serverTimeMs } from "../../src/redis/server-time.ts";
import type { Claim, Effort, Measured } from "../claim.ts";
import { rssMbOf } from "../ground/process-cost.ts";
import { openStage, type Stage } from "../ground/stage.ts";
import { median, type Round, ratioOf, rounded } from "../numbers.ts";
import { queueUp } from "./drain.ts";

export const longQueue: Claim = {
  key: "queue_10k_vs_10",
  what: "a landing with 10,000 candidates queued ÷ with 10",
  target: { is: "at most", value: 1.2 },
  long: true,
};

export const drainMemory: Claim = {
  key: "drain_rss_growth",
  what: "a session's memory after 1,000 landings ÷ after 100",
  target: { is: "at most", value: 1.25 },
  long: true,
};

const landings = 5;
const roundCount = 4;

export async function measureLongQueue({ progress }: Effort): Promise<Measured> {
  // A pause is seen at the next candidate: a round may land one or two more.
  const items = (landings + 3) * roundCount;
  const size = { files: 1000, branches: 10_000 + items, items };
  await using long = await openStage(size);
  await using short = await openStage(size);
  await queueUp(long.product, long.take(10_000 + items));
  await queueUp(short.product, short.take(10 + items));
  progress("queue: 10,000 candidates are queued");
  const rounds: Round[] = [];
  for (let round = 0; round < roundCount; round++)
    rounds.push({ ours: await landSome(long), theirs: await landSome(short) });
  return {
    ...ratioOf(rounds, "ours/theirs"),
    detail: {
      long_ms_each: rounded(median(rounds.map(({ ours }) => ours))),
      short_ms_each: rounded(median(rounds.map(({ theirs }) => theirs))),
    },
  };
}

/** One session that lands some from the head, until a pause ends it; ms each, on Redis' clock. */
async function landSome({ product }: Stage): Promise<number> {
  const { outcomes } = product;
  const done = outcomes.count("deployment.completed");
  const resumedMs = await serverTimeMs(product.redis);
  await product.resume();
  const session = product.integrate("--grace", "0s");
  await outcomes.untilSaid("deployment.completed", done + landings);
  const endedMs = outcomes.lastSaidMs("deployment.completed") ?? 0;
  const landed = outcomes.count("deployment.completed") - done;
  await product.pause();
  const startedMs = Math.max(resumedMs, outcomes.lastSaidMs("integration.session.started") ?? 0);
  await session;
  while ((await product.pids()).integrators.length > 0) await pause(50);
  return (endedMs - startedMs) / landed;
}

export async function measureDrainMemory({ progress }: Effort): Promise<Measured> {
  const count = 1000;
  await using stage = await openStage({ files: 1000, branches: count, items: 0 });
  const { product } = stage;
  await queueUp(product, stage.take(count));
  await product.resume();
  const session = product.integrate("--grace", "0s");
  const sample = async (landed: number) => {
    await product.outcomes.untilSaid("deployment.completed", landed);
    const { daemon, integrators } = await product.pids();
    const all = await Promise.all([...integrators, daemon].map(rssMbOf));
    progress(`drain: ${landed} landed`);
    return { session: Math.max(...all.slice(0, -1).map((mb) => mb ?? 0)), daemon: all.at(-1) ?? 0 };
  };
  const early = await sample(100);
  const late = await sample(count - 10);
  await session;
  return {
    value: rounded(late.session / early.session),
    detail: {
      session_mb_at_100: rounded(early.session),
      session_mb_at_990: rounded(late.session),
      daemon_mb_at_100: rounded(early.daemon),
      daemon_mb_at_990: rounded(late.daemon),
    },
  };
}
