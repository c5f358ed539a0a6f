/**
 * `todo mark-phase`: the only way on for a work item.
 *
 * Guaranteed: the mark and everything that follows from it (an approval, an approval taken back, a question to a person)
 * are one atomic write that stands on the state the machine judged. What cannot be said is not marked. An approval names
 * the commit that is checked out in a clean worktree. A mark that was made already is answered, not made again.
 */
import { pause } from "../clock.ts";
import { Failure, isFailure } from "../errors.ts";
import type { EmitResult, EventDraft } from "../events/atomic-write.ts";
import { cleanliness, worktrees } from "../git/worktrees.ts";
import { nearestNames } from "../nearest.ts";
import { approvalCover, type CoverGround } from "./approval-cover.ts";
import { asMarked, type ItemState, initialItem, standingOf } from "./item.ts";
import { type ItemPlace, placeOf, slugsOf } from "./item-place.ts";
import { draftsOf } from "./mark-events.ts";
import {
  isFinal,
  type MarkFacts,
  mark,
  nameOf,
  needsCover,
  outOfReach,
  type Refusal,
  type Step,
} from "./phases.ts";
import type { WorkItems } from "./work-items.ts";

export type MarkGround = CoverGround & { items: WorkItems; roundsMax: number };

export type MarkRequest = Step & {
  slug: string;
  /** The session or account that marks. */
  by: string;
  /** RFC 3339. */
  at: string;
  /** What the reviewer found, Markdown; only with a verdict. */
  findings: string | null;
  /** A person lets one more review begin. */
  overLimit: boolean;
};

export type MarkAnswer = {
  /** False: it was so already, and nothing was said. */
  marked: boolean;
  state: ItemState;
  place: ItemPlace;
  events: (EmitResult & { type: string })[];
};

/**
 * Marks. Throws a Failure and changes nothing: `unknown_slug`, `unknown_worktree`, `phase_jump`, `worktree_dirty`,
 * `findings_not_wanted` (bad input); `round_limit`, `approval_missing`, `approval_stale`, `item_handed_over`,
 * `item_delivered`, `item_dropped` (not ready); `worktree_moving`, `raced` (temporary); and what the writer throws.
 */
export async function markPhase(ground: MarkGround, request: MarkRequest): Promise<MarkAnswer> {
  const { slug } = request;
  checkFindings(request);
  const told: { place: ItemPlace | null; types: string[] } = { place: null, types: [] };
  const changed = await ground.items.change(slug, async (state, count) => {
    const gone = state === null ? null : outOfReach(slug, standingOf(state));
    if (gone !== null) throw refusal(gone);
    const { place, drafts } = await decidedAtRest(ground, request, { state, count });
    told.place = place;
    told.types = drafts.map(({ type }) => type);
    return drafts;
  });
  const { place, types } = told;
  if (place === null) throw new Error("a mark was decided without its worktree");
  return {
    marked: changed.events.length > 0,
    state: changed.row ?? initialItem(slug, request.at),
    place,
    events: changed.events.map((event, at) => ({ ...event, type: types[at] ?? "" })),
  };
}

/** Decides over a worktree that stands still: one that is being made, or committed in, is looked at again for a moment. */
async function decidedAtRest(
  ground: MarkGround,
  request: MarkRequest,
  { state, count }: { state: ItemState | null; count: number },
): Promise<{ place: ItemPlace; drafts: EventDraft[] }> {
  for (let tries = 1; ; tries++) {
    const place = await findPlace(ground, request.slug, state);
    try {
      return { place, drafts: await decide(ground, request, { state, place, count }) };
    } catch (error) {
      if (!isFailure(error, "worktree_moving") || tries >= looksMax) throw error;
      await pause(lookAgainMs);
    }
  }
}

const looksMax = 5;
const lookAgainMs = 100;

/** The same failure, saying that the phase is as it was: for what kept the events from being said. */
export function notMarked(error: unknown, step: Step): unknown {
  if (!isFailure(error) || !["unavailable", "temporary"].includes(error.kind)) return error;
  const { code, kind, cure, message } = error;
  return new Failure({
    code,
    kind,
    message: `${nameOf(step)} is not marked: what cannot be said is not so. ${message}`,
    ...(cure === null ? {} : { cure }),
    cause: error,
  });
}

/** Where the item is worked on. Throws `unknown_slug`, `unknown_worktree`. */
export async function findPlace(
  { git, clone, items, main }: Pick<MarkGround, "git" | "clone" | "items" | "main">,
  slug: string,
  state: ItemState | null,
): Promise<ItemPlace> {
  const all = await worktrees(git, clone);
  const branch = state?.branch ?? null;
  const place = placeOf(all, { slug, branch, main });
  if (place !== null) return place;
  if (state !== null)
    throw new Failure({
      code: "unknown_worktree",
      kind: "bad_input",
      message: `No worktree has ${branch ?? slug}, the branch of ${slug}, checked out.`,
      cure: `signalbox todo start ${slug}, or: git worktree add trees/${slug} ${branch ?? slug}`,
    });
  const known = new Set([...slugsOf(all, main), ...(await items.all()).map((item) => item.slug)]);
  const near = nearestNames(slug, known, 3);
  throw new Failure({
    code: "unknown_slug",
    kind: "bad_input",
    message: `Nothing is known of ${slug}: no event names it, and no worktree has a branch of this name.`,
    cure: near.length > 0 ? `Did you mean ${near.join(", or ")}?` : `signalbox todo start ${slug}`,
  });
}

type Judged = { state: ItemState | null; place: ItemPlace; count: number };

async function decide(ground: MarkGround, request: MarkRequest, judged: Judged): Promise<EventDraft[]> {
  const { slug } = request;
  const state = judged.state ?? initialItem(slug, request.at);
  const facts = await gather(ground, request, { ...judged, state });
  const outcome = mark(slug, asMarked(state), request, facts);
  switch (outcome.kind) {
    case "refused":
      throw refusal(outcome);
    case "already":
      if (!addsFindings(state, request)) return [];
      return draftsOf(request, { ...judged, state, round: state.round, roundsMax: ground.roundsMax });
    case "marked":
      return draftsOf(request, { ...judged, state, round: outcome.round, roundsMax: ground.roundsMax });
    default:
      return outcome satisfies never;
  }
}

async function gather(
  ground: MarkGround,
  to: Step & { slug: string; overLimit: boolean },
  { state, place }: { state: ItemState; place: ItemPlace },
): Promise<MarkFacts> {
  const { approval } = state;
  const isAsked = needsCover(to) && approval !== null && approval.revoked === null;
  const cover = isAsked
    ? await approvalCover(ground, { ...place, slug: to.slug, reviewed: approval.sha })
    : ({ kind: "not_asked" } as const);
  const dirty = isFinal(to.status) ? await uncommitted(ground, place) : null;
  return {
    worktree: { head: place.head, dirty },
    cover,
    roundsMax: ground.roundsMax,
    overLimit: to.overLimit,
  };
}

/** What of the worktree is not in `head`; throws where somebody commits while it is looked at. */
async function uncommitted({ git, clone }: MarkGround, place: ItemPlace): Promise<string | null> {
  const clean = await cleanliness(git, place.path);
  const after = (await worktrees(git, clone)).find(({ path }) => path === place.path);
  if (after?.head !== place.head || after.branch !== place.branch)
    throw new Failure({
      code: "worktree_moving",
      kind: "temporary",
      message: `Somebody is committing in ${place.path} right now; nothing was changed.`,
      cure: "Try again when the work is done.",
    });
  return clean.kind === "clean" ? null : clean.why;
}

function refusal({ code, why, cure }: Refusal): Failure {
  const kind = code === "phase_jump" || code === "worktree_dirty" ? "bad_input" : "not_ready";
  return new Failure({ code, kind, message: `${why}. Nothing was changed.`, cure });
}

function checkFindings({ findings, status }: MarkRequest): void {
  if (findings === null || status === "changes_requested" || status === "approved") return;
  throw new Failure({
    code: "findings_not_wanted",
    kind: "bad_input",
    message: `Findings go with a verdict (review changes_requested, or approved), not with ${status}.`,
  });
}

/** The same verdict again, but now with words that are not kept yet. */
function addsFindings(state: ItemState, { findings }: MarkRequest): boolean {
  if (findings === null) return false;
  return state.findings.find(({ round }) => round === state.round)?.text !== findings;
}
