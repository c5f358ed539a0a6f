/**
 * Gives an item up: says so, and tidies what is left of it where nothing is lost by that. Its place in the roadmap is the
 * planning's to end. Safe to repeat: an item that was dropped is only tidied again.
 */
import { Failure } from "../errors.ts";
import { readItemRecord, removeItemRecord } from "../git/item-records.ts";
import { worktrees } from "../git/worktrees.ts";
import { branchOf, type ItemState, standingOf } from "./item.ts";
import { softwareDomain } from "./item-event.ts";
import { type ItemPlace, placeOf } from "./item-place.ts";
import { findPlace } from "./mark-phase.ts";
import { outOfReach } from "./phases.ts";
import { type PlaceRemoval, type RemovalGround, removePlace } from "./remove-place.ts";
import type { WorkItems } from "./work-items.ts";

export type DropGround = RemovalGround & { items: WorkItems };

export type DropRequest = {
  slug: string;
  reason: string;
  by: string;
  /** RFC 3339. */
  at: string;
  /** It is in the roadmap, or in a plan on its way there: then nothing else need be known of it. */
  isPlanned: boolean;
};

export type Dropped = PlaceRemoval & {
  /** False: it was dropped before. */
  said: boolean;
  state: ItemState | null;
};

/**
 * Throws `unknown_slug` (bad input); `item_delivered`, `item_handed_over` (not ready), and what the writer throws: then
 * nothing was changed.
 */
export async function dropItem(ground: DropGround, request: DropRequest): Promise<Dropped> {
  const { slug, reason, by, at } = request;
  const found: { place: ItemPlace | null } = { place: null };
  const changed = await ground.items.change(slug, async (state, mark) => {
    found.place = await placeIn(ground, request, state);
    const standing = state === null ? "open" : standingOf(state);
    if (standing === "dropped") return [];
    const gone = outOfReach(slug, standing);
    if (gone !== null) {
      const { code, why, cure } = gone;
      throw new Failure({ code, kind: "not_ready", message: `${why}. Nothing was changed.`, cure });
    }
    await forgetRecord(ground, slug);
    return [{ type: `${softwareDomain}work.item.dropped`, data: { slug, reason, by, mark, dropped_at: at } }];
  });
  const branch = found.place?.branch ?? branchOf(changed.row, slug);
  const removal = await removePlace(ground, { place: found.place, branch });
  return { ...removal, said: changed.events.length > 0, state: changed.row };
}

/** Nobody must find the item's record any more and hand it over after all. */
async function forgetRecord({ git, clone }: DropGround, slug: string): Promise<void> {
  const record = await readItemRecord(git, clone, slug);
  if (record !== null) await removeItemRecord(git, clone, slug, record.id);
}

async function placeIn(ground: DropGround, { slug, isPlanned }: DropRequest, state: ItemState | null) {
  if (state === null && !isPlanned) return findPlace(ground, slug, null);
  const all = await worktrees(ground.git, ground.clone);
  return placeOf(all, { slug, branch: state?.branch ?? null, main: ground.main });
}
