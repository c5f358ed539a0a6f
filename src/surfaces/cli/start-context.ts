/** All that starting an item stands on, for a command. */
import { join } from "node:path";
import { openLock } from "../../events/lock.ts";
import type { LineStores } from "../../integration/assembly.ts";
import { secretNamesOf } from "../../orchestration/sessions/worker-environment.ts";
import type { FollowUpText, StartGround } from "../../orchestration/start-item.ts";
import type { Bus } from "./bus-context.ts";
import type { Invocation } from "./invocation.ts";
import { storesOf } from "./line-context.ts";
import { knownPlans, planningPlaceOf } from "./planning-context.ts";
import { markGroundOf } from "./todo-context.ts";

/** `isPreparing`: the worktree is prepared, too. */
export async function startGroundOf(call: Invocation, bus: Bus, isPreparing: boolean): Promise<StartGround> {
  const { workplace } = bus;
  const { config, privateDir } = workplace;
  const prepare = {
    command: config.workers.prepare ?? null,
    silenceLimitMs: config.limits.roleMs.prepare,
    variables: call.environment.variables,
    secretNames: secretNamesOf(config.notify),
    logsDir: join(privateDir, "logs"),
    signal: call.readerGone,
  };
  return {
    mark: markGroundOf(bus),
    planning: planningPlaceOf(call, workplace),
    known: await knownPlans(storesOf(bus)),
    lock: (name) => openLock(bus, name),
    prepare: isPreparing ? prepare : null,
  };
}

/** The follow-up of this slug, as text; null where it is the slug of none. */
export async function followUpText({ followUps }: LineStores, slug: string): Promise<FollowUpText | null> {
  if (!slug.includes("-integration-blocked-")) return null;
  const found = (await followUps.all()).find((each) => each.follow_up_slug === slug);
  if (found === undefined) return null;
  const { candidate, status, requirements, plan } = found;
  return { of: candidate.slug, isResolved: status === "resolved", requirements, plan };
}
