/** All that finalizing and handing over stand on, for a command. */
import { openLock } from "../../events/lock.ts";
import type { FinalizeGround } from "../../orchestration/finalize.ts";
import { type Bus, writerOf } from "./bus-context.ts";
import { userGitOf } from "./clone-context.ts";
import type { Invocation } from "./invocation.ts";
import { storesOf } from "./line-context.ts";
import { sourceOf } from "./source-context.ts";
import { knownOf } from "./submission.ts";
import { markGroundOf } from "./todo-context.ts";

/** Says things in the caller's name; `by` may be another session, for whom it acts. */
export function finalizeGroundOf(call: Invocation, bus: Bus, by = bus.actor): FinalizeGround {
  const { workplace } = bus;
  const { config, git } = workplace;
  const stores = storesOf(bus);
  return {
    ...markGroundOf(bus),
    clone: workplace.clone,
    userGit: userGitOf(call, git),
    source: sourceOf(bus),
    writer: writerOf(bus),
    lock: (slug) => openLock(bus, `finalize:${slug}`),
    isUpdating: config.finalize.update,
    lineKnows: (tip) => knownOf(stores, tip),
    by,
    traces: bus.traces,
  };
}
