/**
 * Puts the parts of the line together over one connection and one repository: the same for the daemon, for the
 * integrator session, and for a command that only looks.
 */
import type { Config } from "../config.ts";
import type { AtomicWriter } from "../events/atomic-write.ts";
import { openProjection } from "../events/projection.ts";
import type { LineRepository } from "../git/line-repository.ts";
import type { Redis } from "../redis/connection.ts";
import type { Keys } from "../redis/keys.ts";
import { type LeaseStore, openLease } from "../redis/lease-store.ts";
import { noTraces, type Traces } from "../telemetry/traces.ts";
import { type FactGatherer, factGatherer } from "./facts.ts";
import type { OutcomeStores } from "./hands/announce.ts";
import { type ReadinessReader, readinessProjectionName, readinessReader } from "./readiness-projection.ts";
import { type DeliveryStore, leaseName, openDeliveryStore } from "./stores/delivery-store.ts";
import { openFollowUpStore } from "./stores/follow-up-store.ts";
import { type LandingStore, openLandingStore } from "./stores/landing-store.ts";
import { openQueueStore } from "./stores/queue-store.ts";
import { candidateJudge, type Judge } from "./trigger.ts";

/** What every part stands on. */
export type Ground = {
  redis: Redis;
  keys: Keys;
  writer: AtomicWriter;
  config: Config;
  /** Default: none. */
  traces?: Traces;
};

export type LineStores = OutcomeStores & {
  deliveries: DeliveryStore;
  landings: LandingStore;
  readiness: ReadinessReader;
  lease: LeaseStore;
};

/** Everything in Redis; needs no git. */
export function openStores({ redis, keys, writer, traces = noTraces }: Omit<Ground, "config">): LineStores {
  return {
    keys,
    traces,
    queue: openQueueStore({ redis, keys, writer }),
    followUps: openFollowUpStore({ redis, keys }),
    deliveries: openDeliveryStore({ redis, keys, writer }),
    landings: openLandingStore({ redis, keys }),
    readiness: readinessReader(openProjection({ redis, keys }, readinessProjectionName)),
    lease: openLease({ redis, keys }, leaseName),
  };
}

/** The judge over the line's repository; `by` is written into histories. */
export function openJudge(
  ground: Ground,
  stores: LineStores,
  line: LineRepository,
  by: string,
): { judge: Judge; gatherer: FactGatherer } {
  const { redis, config } = ground;
  const gatherer = factGatherer({ line, config, landing: (candidate) => stores.landings.of(candidate) });
  const judge = candidateJudge({
    redis,
    stores,
    readiness: stores.readiness,
    gatherer,
    line: { remote: config.remote, main: config.main, binding: config.approval.bind },
    by,
  });
  return { judge, gatherer };
}
