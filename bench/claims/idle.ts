/**
 * `idle_cpu_percent`, `rss_mb`: a daemon that knows 1,000 candidates, none of which can land (they wait for a review). Its
 * CPU time, children included, over a window in which it is left alone; the rest of the bench may run meanwhile,
 * because what is read is CPU time, not wall time. The periodic rounds (every 30 and 60 s) are in the window of a long
 * run; a quick run's may miss one.
 */
import { monotonicMs, pause } from "../../src/clock.ts";
import type { Claim, Effort, Measured } from "../claim.ts";
import { cpuMsOf, cpuMsOfAll, rssMbOf } from "../ground/process-cost.ts";
import { inGroups, type Product } from "../ground/product.ts";
import { openStage } from "../ground/stage.ts";
import { rounded } from "../numbers.ts";

export const idleCpu: Claim = {
  key: "idle_cpu_percent",
  what: "CPU of the daemon at rest, 1,000 candidates known, git children included",
  target: { is: "at most", value: 1 },
};

export const rss: Claim = {
  key: "rss_mb",
  what: "resident memory of that daemon",
  target: { is: "at most", value: 150 },
};

const known = 1000;

export type IdleWatch = {
  /** False where the daemon was still busy when the watching began: it would disturb whatever runs beside it. */
  rests: boolean;
  /** Ends the window, at least `windowMs` after it began. */
  read(windowMs: number): Promise<{ cpu: Measured; rss: Measured }>;
  [Symbol.asyncDispose](): Promise<void>;
};

/** Brings the daemon to rest with its candidates, and begins to watch. */
export async function watchIdle({ progress }: Effort): Promise<IdleWatch> {
  const stage = await openStage({ files: 1000, branches: known, items: 0 });
  const { product } = stage;
  await inGroups(stage.take(known), product.finalize);
  await caughtUp(product);
  const { daemon, redis } = await product.pids();
  const rests = await quiet(daemon);
  progress(rests ? "idle: watching begins" : "idle: the daemon does not come to rest; watching it as it is");
  const beganMs = monotonicMs();
  const before = { daemon: await cpuMsOf(daemon), redis: await cpuMsOf(redis) };
  return {
    rests,
    async read(windowMs) {
      await pause(Math.max(0, windowMs - (monotonicMs() - beganMs)));
      const tookMs = monotonicMs() - beganMs;
      const spentMs = (await cpuMsOfAll([daemon])) - (before.daemon ?? 0);
      const redisMs = (await cpuMsOfAll([redis])) - (before.redis ?? 0);
      const window = { window_s: Math.round(tookMs / 1000), candidates: known };
      return {
        cpu: {
          value: rounded((100 * spentMs) / tookMs),
          detail: { ...window, redis_percent: rounded((100 * redisMs) / tookMs) },
        },
        rss: {
          value: rounded((await rssMbOf(daemon)) ?? 0),
          detail: { ...window, redis_mb: rounded((await rssMbOf(redis)) ?? 0) },
        },
      };
    },
    [Symbol.asyncDispose]: () => stage[Symbol.asyncDispose](),
  };
}

/** Both projections have handled every event. */
async function caughtUp(product: Product): Promise<void> {
  const { openProjection } = await import("../../src/events/projection.ts");
  const reader = openProjection(product, "readiness");
  for (;;) {
    const said = Number(await product.redis.command(["HGET", product.keys.meta, "sequence"]));
    const handled = (await reader.position())?.sequence ?? 0;
    if (handled >= said) return;
    await pause(20);
  }
}

/** Until the process uses no CPU for half a second; one that never rests is measured as it is. */
async function quiet(pid: number): Promise<boolean> {
  let last = -1;
  for (let looks = 0; looks < 12; looks++) {
    const now = (await cpuMsOf(pid)) ?? 0;
    if (now === last) return true;
    last = now;
    await pause(500);
  }
  return false;
}
