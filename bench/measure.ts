/** Measures every claim, one after the other, in an order that lets them share what is slow to set up. */
import { isFailure } from "../src/errors.ts";
import type { Claim, Effort, Finding, Measured } from "./claim.ts";
import { apply, measureApply } from "./claims/apply.ts";
import { cold, coldCandidates, measureCold } from "./claims/cold.ts";
import {
  drainSize,
  drainVsCheckout,
  drainVsCheckout35k,
  drainVsLimit,
  measureDrain,
} from "./claims/drain.ts";
import { emit, measureEmit } from "./claims/emit.ts";
import { fanout, measureFanout } from "./claims/fanout.ts";
import { files, measureFiles, measureRefs, refs } from "./claims/growth.ts";
import { type IdleWatch, idleCpu, rss, watchIdle } from "./claims/idle.ts";
import { landing, landingCandidates, measureLanding } from "./claims/landing.ts";
import { drainMemory, longQueue, measureDrainMemory, measureLongQueue } from "./claims/long-queue.ts";
import { measureRebuild, rebuild } from "./claims/rebuild.ts";
import { measureStart, start } from "./claims/start.ts";
import { measureWrapper, wrapper } from "./claims/wrapper.ts";
import { openBus } from "./ground/bus.ts";
import { openStage } from "./ground/stage.ts";

/** In the order of the table. */
export const claims: readonly Claim[] = [
  landing,
  cold,
  drainVsCheckout,
  drainVsCheckout35k,
  drainVsLimit,
  files,
  refs,
  longQueue,
  drainMemory,
  emit,
  apply,
  rebuild,
  idleCpu,
  rss,
  start,
  wrapper,
  fanout,
];

type Group = { claims: readonly Claim[]; measure(effort: Effort): Promise<Measured[]> };

/** A claim that fails does not stop the others: it is reported as null with the reason. */
export async function measureAll(effort: Effort, only: ReadonlySet<string> | null): Promise<Finding[]> {
  const isWanted = ({ key, long }: Claim) =>
    only === null ? !(effort.quick && long === true) : only.has(key);
  const found = new Map<string, Finding>();
  const note = (claim: Claim, result: { measured: Measured } | { reason: string }): void => {
    found.set(
      claim.key,
      "measured" in result ? { ...claim, ...result } : { ...claim, measured: null, ...result },
    );
  };
  const run = async (group: Group): Promise<void> => {
    if (!group.claims.some(isWanted)) return;
    effort.progress(group.claims.map(({ key }) => key).join(", "));
    try {
      const measured = await group.measure(effort);
      group.claims.forEach((claim, at) => {
        const one = measured[at];
        if (one !== undefined) note(claim, { measured: one });
      });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      for (const claim of group.claims)
        note(claim, { reason: isFailure(error) ? `${error.code}: ${reason}` : reason });
    }
  };
  const idle = idleGroup(isWanted);
  await idle.begin(effort);
  for (const group of groups) await run(group);
  await run(idle.group);
  return claims.map(
    (claim) =>
      found.get(claim.key) ?? {
        ...claim,
        measured: null,
        reason: effort.quick && claim.long === true ? "only in a long run" : "not asked for",
      },
  );
}

const groups: readonly Group[] = [
  {
    claims: [landing, cold, start],
    async measure(effort) {
      const count = landingCandidates(effort.quick) + coldCandidates(effort.quick);
      await using stage = await openStage({ files: 1000, branches: count, items: count });
      const floor = await stage.floor();
      return [
        await measureLanding(stage, floor, effort),
        await measureCold(stage, floor, effort),
        await measureStart(stage, effort),
      ];
    },
  },
  {
    claims: [drainVsCheckout, drainVsLimit],
    async measure(effort) {
      const { checkout, limit } = await measureDrain(drainSize(effort.quick), effort);
      return [checkout, limit];
    },
  },
  {
    claims: [emit, apply, rebuild],
    async measure(effort) {
      await using bus = await openBus();
      return [
        await measureEmit(bus, effort),
        await measureApply(bus, effort),
        await measureRebuild(bus, effort),
      ];
    },
  },
  {
    claims: [drainVsCheckout35k],
    measure: async (effort) => [
      (await measureDrain({ files: 35_000, each: 30, rounds: 2 }, effort)).checkout,
    ],
  },
  { claims: [wrapper], measure: async (effort) => [await measureWrapper(effort)] },
  { claims: [fanout], measure: async (effort) => [await measureFanout(effort)] },
  { claims: [files], measure: async (effort) => [await measureFiles(effort)] },
  { claims: [refs], measure: async (effort) => [await measureRefs(effort)] },
  { claims: [longQueue], measure: async (effort) => [await measureLongQueue(effort)] },
  { claims: [drainMemory], measure: async (effort) => [await measureDrainMemory(effort)] },
];

/** Begins before the others and ends after them: its window is theirs. */
function idleGroup(isWanted: (claim: Claim) => boolean) {
  const wanted = [idleCpu, rss].some(isWanted);
  let watch: IdleWatch | null = null;
  let result: Promise<Measured[]> | null = null;
  const read = async (windowMs: number): Promise<Measured[]> => {
    if (watch === null) return [];
    const { cpu, rss: memory } = await watch.read(windowMs);
    await watch[Symbol.asyncDispose]();
    watch = null;
    return [cpu, memory];
  };
  return {
    async begin(effort: Effort): Promise<void> {
      if (!wanted) return;
      try {
        watch = await watchIdle(effort);
        if (!watch.rests) result = Promise.resolve(await read(3000));
      } catch (error) {
        // Reported where the claim is read.
        result = Promise.reject(error);
        result.catch(() => undefined);
      }
    },
    group: {
      claims: [idleCpu, rss],
      measure: ({ quick }: Effort) => result ?? read(quick ? 5000 : 125_000),
    },
  };
}
