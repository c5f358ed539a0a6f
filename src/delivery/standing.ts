/** How the deliveries stand: every configured target, for whoever shows it. */
import { isoTime } from "../clock.ts";
import type { Config } from "../config/document.ts";
import type { Redis } from "../redis/connection.ts";
import type { Keys } from "../redis/keys.ts";
import { readHealths } from "./ledger.ts";
import { configuredTargets } from "./targets.ts";

/** One target, as `notify list --json` shows it. Times are RFC 3339. */
export type TargetStanding = {
  surface: string;
  target: string;
  /** `new`: no worker has looked at it yet. */
  state: "new" | "ok" | "failing" | "disabled" | "unusable";
  why: string | null;
  /** Since when it has failed. */
  since: string | null;
  last_sent_at: string | null;
  /** Messages that are due or wait for their time. */
  waiting: number;
};

/** All targets, in the order of the configuration. */
export async function readStanding(
  { redis, keys }: { redis: Redis; keys: Keys },
  config: Pick<Config, "people" | "notify">,
): Promise<TargetStanding[]> {
  const targets = configuredTargets(config);
  const surfaces = [...new Set(targets.map(({ surface }) => surface))];
  const healths = await Promise.all(surfaces.map((surface) => readHealths(redis, keys, surface)));
  const counts = await Promise.all(
    targets.map(({ surface, target }) => redis.command(["ZCARD", keys.delivery(surface, target, "due")])),
  );
  return targets.map(({ surface, target }, index) => {
    const health = healths[surfaces.indexOf(surface)]?.get(target) ?? null;
    return {
      surface,
      target,
      state: health?.state ?? "new",
      why: health?.why ?? null,
      since: health === null ? null : timeOf(health.since),
      last_sent_at: health === null ? null : timeOf(health.last_sent),
      waiting: Number(counts[index] ?? 0),
    };
  });
}

function timeOf(ms: number | null): string | null {
  return ms === null ? null : isoTime(ms);
}
