/** Work items as `--json` shows them. (No I/O.) */

import type { Cover } from "../orchestration/approval-cover.ts";
import { asMarked, branchOf, type ItemState, standingOf } from "../orchestration/item.ts";
import type { ItemPlace } from "../orchestration/item-place.ts";
import {
  type Marked,
  nameOf,
  needsCover,
  nextSteps,
  type Phase,
  type Standing,
  type Status,
  type Step,
} from "../orchestration/phases.ts";

/** An item with what only the clone can tell. */
export type SeenItem = {
  state: ItemState;
  place: ItemPlace | null;
  /** Whether its approval covers what its branch holds now; null where that is no question. */
  cover: Cover | null;
};

/** The phases as marked, then what became of the item at the line. */
type ShownPhase = Phase | "handed_over" | "delivered" | "dropped";

export type ItemRowShape = {
  slug: string;
  branch: string;
  worktree: string | null;
  phase: ShownPhase;
  status: Status | "blocked";
  standing: Standing;
  review_round: number;
  /** A person has to decide something first. */
  asked: ItemState["asked"];
  blocked: ItemState["blocked"];
  merge_commit: string | null;
  updated_at: string | null;
};

export type ItemShape = ItemRowShape & {
  head: string | null;
  /** What may be marked next, best first: `review started`. */
  next_steps: string[];
  review_rounds_left: number;
  approval: null | {
    review_round: number;
    approved_sha: string | null;
    by: string;
    at: string;
    revoked: { by: string; reason: string } | null;
    /** Why it does not cover the branch as it is now; null where it does, or where that is no question any more. */
    stale: string | null;
  };
  verdicts: { review_round: number; verdict: string; sha: string | null; by: string; at: string }[];
  findings: { review_round: number; by: string; at: string; text: string }[];
  finalize: ItemState["finalize"];
  delivered: ItemState["delivered"];
  dropped: ItemState["dropped"];
  follow_up_of: string | null;
  started_at: string | null;
  history: { phase: Phase; status: Status; review_round: number; by: string; at: string }[];
};

/** `todo drop`. */
export type DropShape = {
  slug: string;
  /** False: it was dropped before, and only tidied now. */
  dropped: boolean;
  by: string | null;
  reason: string | null;
  /** Folders and branches. */
  removed: string[];
  kept: { what: string; why: string }[];
  /** The planning candidate's branch that takes it out of the roadmap. */
  plan: string | null;
};

/** One line of `todo list`. */
export function itemRow({ state, place }: SeenItem): ItemRowShape {
  return {
    slug: state.slug,
    branch: place?.branch ?? branchOf(state, state.slug),
    worktree: place?.path ?? null,
    ...shownStep(state),
    standing: standingOf(state),
    review_round: state.round,
    asked: state.asked,
    blocked: state.blocked,
    merge_commit: state.delivered?.merge_commit ?? null,
    updated_at: state.updated_at || null,
  };
}

/** `todo show`. `roundsMax` is how many review rounds an item has. */
export function itemShape(seen: SeenItem, roundsMax: number): ItemShape {
  const { state, place, cover } = seen;
  const { approval } = state;
  const marked = asMarked(state);
  const isOpen = marked.standing === "open" || marked.standing === "blocked";
  return {
    ...itemRow(seen),
    head: place?.head ?? null,
    next_steps: isOpen ? stepsFrom(marked, cover).map(nameOf) : [],
    review_rounds_left: Math.max(0, roundsMax - marked.roundsSpent),
    approval:
      approval === null
        ? null
        : {
            review_round: approval.round,
            approved_sha: approval.sha,
            by: approval.by,
            at: approval.at,
            revoked: approval.revoked,
            stale: cover?.kind === "stale" ? cover.detail : null,
          },
    verdicts: state.verdicts.map(withRound),
    findings: state.findings.map(withRound),
    finalize: state.finalize,
    delivered: state.delivered,
    dropped: state.dropped,
    follow_up_of: state.follow_up_of,
    started_at: state.started_at || null,
    history: state.history.map(withRound),
  };
}

/** A stale approval leads to another review, and nowhere else. */
function stepsFrom(marked: Marked, cover: SeenItem["cover"]): Step[] {
  return nextSteps(marked).filter((step) => cover?.kind !== "stale" || !needsCover(step));
}

function shownStep(state: ItemState): { phase: ShownPhase; status: Status | "blocked" } {
  const standing = standingOf(state);
  switch (standing) {
    case "open":
      return { phase: state.phase, status: state.status };
    case "handed_over":
      return { phase: "handed_over", status: "started" };
    case "blocked":
      return { phase: "handed_over", status: "blocked" };
    case "delivered":
    case "dropped":
      return { phase: standing, status: "complete" };
    default:
      return standing satisfies never;
  }
}

/** A round is a review's round wherever it leaves the house. */
function withRound<Row extends { round: number }>({ round, ...rest }: Row) {
  return { review_round: round, ...rest };
}
