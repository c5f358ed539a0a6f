/** `signalbox todo drop SLUG --reason R`: give an item up, and tidy what is left of it. */
import { realpath } from "node:fs/promises";
import type { DropShape } from "../../../board/shape-item.ts";
import { isoTime, wallMs } from "../../../clock.ts";
import { Failure, isFailure } from "../../../errors.ts";
import { type Dropped, dropItem } from "../../../orchestration/drop.ts";
import { plannedItems } from "../../../orchestration/planned-items.ts";
import type { Removed } from "../../../orchestration/remove-place.ts";
import { listSessions } from "../../../orchestration/sessions/find-sessions.ts";
import { isOpen } from "../../../orchestration/sessions/session.ts";
import { type Bus, openBus } from "../bus-context.ts";
import { userGitOf } from "../clone-context.ts";
import { type Invocation, required } from "../invocation.ts";
import { storesOf } from "../line-context.ts";
import { slugAtDoor } from "../names-at-the-door.ts";
import { planAndHandOver } from "../plan-hand-over.ts";
import { knownPlans, planningPlaceOf } from "../planning-context.ts";
import { reasonOf } from "../reason.ts";
import { dropLines } from "../render/todo.ts";
import { itemsOf } from "../todo-context.ts";

/** Dropped once, tidied as often as asked: what was kept, and why, is said. */
export async function drop(call: Invocation): Promise<number> {
  const slug = slugAtDoor(required(call, 0));
  const reason = reasonOf(call);
  await using bus = await openBus(call);
  await refuseWhileAtWork(bus, slug);
  const { isPlanned, unknown } = await lookAtPlan(call, bus, slug);
  const { workplace } = bus;
  const { git, clone, config } = workplace;
  const dropped = await dropItem(
    {
      items: itemsOf(bus),
      git,
      userGit: userGitOf(call, git),
      clone,
      remote: config.remote,
      main: config.main,
      occupied: [await realpath(call.directory)],
    },
    { slug, reason, by: bus.actor, at: isoTime(wallMs()), isPlanned },
  );
  const plan = isPlanned ? await planAndHandOver(call, bus, { act: "drop", slug }) : null;
  const shape = shapeOf(slug, dropped, { plan: plan?.plan.branch ?? null, unknown });
  if (call.output.json) call.output.document(shape);
  else call.output.lines(dropLines(shape));
  return 0;
}

function shapeOf(
  slug: string,
  { said, state, worktree, branch }: Dropped,
  { plan, unknown }: { plan: string | null; unknown: string | null },
): DropShape {
  const tidied = [worktree, branch].filter((each): each is Removed => each !== null);
  const kept = tidied.filter(({ removed }) => !removed).map(({ what, why }) => ({ what, why: why ?? "" }));
  return {
    slug,
    dropped: said,
    by: state?.dropped?.by ?? null,
    reason: state?.dropped?.reason ?? null,
    removed: tidied.filter(({ removed }) => removed).map(({ what }) => what),
    kept: unknown === null ? kept : [...kept, { what: "the roadmap", why: unknown }],
    plan,
  };
}

/** A worker would go on in a folder that is gone. */
async function refuseWhileAtWork({ workplace }: Bus, slug: string): Promise<void> {
  const sessions = await listSessions(workplace);
  const atWork = sessions.find((session) => session.slug === slug && isOpen(session));
  if (atWork === undefined) return;
  throw new Failure({
    code: "item_at_work",
    kind: "not_ready",
    message: `${atWork.id} (${atWork.role}) is at work on ${slug}. Nothing was changed.`,
    cure: `First: signalbox sessions end ${atWork.id}`,
  });
}

type Planned = {
  isPlanned: boolean;
  /** Why that could not be told. */
  unknown: string | null;
};

async function lookAtPlan(call: Invocation, bus: Bus, slug: string): Promise<Planned> {
  const place = planningPlaceOf(call, bus.workplace);
  try {
    const { items, away } = await plannedItems(place, await knownPlans(storesOf(bus)));
    return { isPlanned: away === null && items.some((item) => item.slug === slug), unknown: away };
  } catch (error) {
    // A roadmap that nobody can read keeps no item from being dropped.
    if (!isFailure(error) || !unreadable.includes(error.code)) throw error;
    return { isPlanned: false, unknown: error.message };
  }
}

const unreadable = ["remote_away", "no_main", "roadmap_unreadable", "books_unreadable"];
