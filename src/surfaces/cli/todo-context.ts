/** Work items as a command may look at and change them: the items, their worktrees, and whether a review still covers. */
import type { SeenItem } from "../../board/shape-item.ts";
import { worktrees } from "../../git/worktrees.ts";
import { approvalCover } from "../../orchestration/approval-cover.ts";
import { type ItemState, initialItem, standingOf } from "../../orchestration/item.ts";
import { placeOf } from "../../orchestration/item-place.ts";
import { findPlace, type MarkGround } from "../../orchestration/mark-phase.ts";
import { openItems, type WorkItems } from "../../orchestration/work-items.ts";
import { openLine } from "../../workplace.ts";
import { type Bus, writerOf } from "./bus-context.ts";
import { sourceOf } from "./source-context.ts";

/** The items, to be read and changed. */
export function itemsOf(bus: Bus): WorkItems {
  return openItems(sourceOf(bus), writerOf(bus));
}

/** All that marking a phase stands on. */
export function markGroundOf(bus: Bus): MarkGround {
  const { workplace } = bus;
  const { config, git, clone } = workplace;
  return {
    items: itemsOf(bus),
    git,
    clone,
    openLine: () => openLine(workplace),
    remote: config.remote,
    main: config.main,
    todos: config.delivery.todos,
    bind: config.approval.bind,
    roundsMax: config.limits.rounds,
  };
}

/** One item as it is now. Throws `unknown_slug` where neither an event nor a worktree knows it. */
export async function seeItem(ground: MarkGround, slug: string): Promise<SeenItem> {
  const known = await ground.items.get(slug);
  if (known === null) {
    const place = await findPlace(ground, slug, null);
    return { state: initialItem(slug, ""), place, cover: null };
  }
  const place = placeOf(await worktrees(ground.git, ground.clone), {
    slug,
    branch: known.branch,
    main: ground.main,
  });
  const { approval } = known;
  const isOpen = standingOf(known) === "open" || standingOf(known) === "blocked";
  const isAsked = isOpen && place !== null && approval !== null && approval.revoked === null;
  const cover = isAsked ? await approvalCover(ground, { ...place, slug, reviewed: approval.sha }) : null;
  return { state: known, place, cover };
}

/** All items that events name, in the order of their beginning, each with its worktree. */
export async function seeItems(ground: MarkGround): Promise<SeenItem[]> {
  const [states, all] = await Promise.all([ground.items.all(), worktrees(ground.git, ground.clone)]);
  return states.sort(byBeginning).map((state) => {
    const { slug, branch } = state;
    return { state, place: placeOf(all, { slug, branch, main: ground.main }), cover: null };
  });
}

function byBeginning(a: ItemState, b: ItemState): number {
  if (a.started_at !== b.started_at) return a.started_at < b.started_at ? -1 : 1;
  return a.slug < b.slug ? -1 : 1;
}
