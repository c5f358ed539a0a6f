/** What planning stands on: the clone as the person's own, and what the line knows of plans. */
import type { LineStores } from "../../integration/assembly.ts";
import { isPlanSlug, type KnownPlans, type PlanningPlace } from "../../orchestration/planning.ts";
import type { Workplace } from "../../workplace.ts";
import { userGitOf } from "./clone-context.ts";
import type { Invocation } from "./invocation.ts";

/** The clone and its remote, as planning and the places of items need them. */
export function planningPlaceOf(call: Invocation, { git, clone, config }: Workplace): PlanningPlace {
  const { remote, main, merge, delivery } = config;
  return {
    git,
    userGit: userGitOf(call, git),
    clone,
    remote,
    main,
    todos: delivery.todos,
    isSquashing: merge === "squash",
  };
}

/** Nothing is known while the line is down. */
export const nothingKnownOfPlans: KnownPlans = { over: [], slugs: [] };

/** What the queue knows of plans. */
export async function knownPlans({ queue, readiness }: LineStores): Promise<KnownPlans> {
  const [items, states] = await Promise.all([queue.items(), readiness.states()]);
  const plans = items.filter(({ slug }) => isPlanSlug(slug));
  const slugs = [...plans, ...states].map(({ slug }) => slug).filter(isPlanSlug);
  const over = plans.filter(({ status }) => status !== "queued" && status !== "in_progress");
  return { over: over.map(({ slug, sha }) => ({ slug, sha })), slugs: [...new Set(slugs)] };
}
