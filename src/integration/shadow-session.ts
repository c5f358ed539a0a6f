/** Puts a session in shadow together, over connections that are open; and says whether there is one to be started. */
import { createWriter } from "../events/atomic-write.ts";
import { catalogWith } from "../events/catalog-with.ts";
import type { Redis } from "../redis/connection.ts";
import type { Keys } from "../redis/keys.ts";
import { openJudge, openStores } from "./assembly.ts";
import { takeableNow } from "./picker.ts";
import { recordedOnMain, type SessionGround } from "./session-parts.ts";
import type { ShadowParts } from "./shadow.ts";
import type { QueueStore } from "./stores/queue-store.ts";
import { openShadowStore, type ShadowStore } from "./stores/shadow-store.ts";

/** More than anybody has READY at one time. */
const queuedMax = 10_000;

/** What a session needs that pushes nothing: no lease, no clone, nobody to wait for. */
export type ShadowGround = Omit<SessionGround, "waiting" | "git" | "clone" | "permission">;

export function shadowParts(given: ShadowGround): Omit<ShadowParts, "limit"> {
  const { redis, keys, line, config, owner, source, log, guard } = given;
  const catalog = catalogWith(config.events);
  const writer = createWriter({ redis, keys, catalog, source, role: "integrator" });
  const ground = { redis, keys, writer, config };
  const stores = openStores(ground);
  const { judge } = openJudge(ground, stores, line, owner);
  return {
    line,
    main: config.main,
    shadow: openShadowStore(ground),
    readiness: stores.readiness,
    merging: {
      line,
      config,
      log,
      judge: judge.one,
      item: async (candidate) => (await stores.queue.item(candidate))?.item ?? null,
      next: async () => [],
      recorded: (candidate, main) => recordedOnMain(line, candidate, main),
      signingKey: guard?.signingKey ?? (async () => null),
    },
    takeable: () => takeableNow(stores.queue, queuedMax),
    log,
  };
}

/** Is there a candidate that was not decided about with main as it was last seen? */
export async function hasUndecided(
  redis: Redis,
  keys: Keys,
  { queue, shadow }: { queue: QueueStore; shadow: ShadowStore },
): Promise<boolean> {
  const main = await redis.command(["HGET", keys.control, "main_seen"]);
  if (typeof main !== "string") return false;
  const items = await takeableNow(queue, queuedMax);
  const records = await shadow.of(items);
  return records.some((record) => record?.main !== main);
}
