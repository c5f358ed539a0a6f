/** Looks at an item: its state, its place, its sessions; and at what its last worker has left, where that has finished. */
import { cleanliness, worktrees } from "../../git/worktrees.ts";
import { approvalCover } from "../approval-cover.ts";
import { asMarked, type ItemState, initialItem, standingOf } from "../item.ts";
import { type ItemPlace, placeOf } from "../item-place.ts";
import { nameOf } from "../phases.ts";
import { listSessions, readSession } from "../sessions/find-sessions.ts";
import { isOpen } from "../sessions/session.ts";
import {
  type Attempt,
  attemptOf,
  isOfFleet,
  isWorker,
  sessionNamed,
  type WorkPhase,
  workerRoles,
} from "./attempt.ts";
import type { Walker } from "./ground.ts";
import type { View } from "./next-step.ts";

/** What was seen: the view that is decided on, and what acting on it needs. */
export type Seen = View & {
  /** Names the step's beginning: as long as it is the same, nothing was said of the item's way. */
  since: string;
  place: ItemPlace | null;
};

/** Everything as of now. */
export async function lookAtItem(walker: Walker): Promise<Seen> {
  const { ground, slug, items, memory } = walker;
  const { finalizing: marking } = ground;
  const known = await items.get(slug);
  const state = known ?? initialItem(slug, "");
  const { branch, phase, status } = state;
  const workPhase = workPhaseOf(state);
  const attempts = workPhase === null ? [] : await attemptsOf(walker, workPhase, state.since.id);
  // Looked at after its worker: else one that commits and ends in between would have ended without a commit.
  const place = placeOf(await worktrees(marking.git, marking.clone), { slug, branch, main: marking.main });
  const standing = standingOf(state);
  const marked = asMarked(state);
  return {
    slug,
    standing,
    phase,
    status,
    roundsLeft: marking.roundsMax - marked.roundsSpent,
    state: known,
    inHandOf: walker.takesOver || attempts.length > 0 ? null : inHandOf(state),
    prepared: place !== null && (memory.prepared || (known !== null && !ground.isPreparing)),
    prepareFailures: memory.prepareFailures,
    finalizeTrouble: memory.finalizeTrouble,
    attempts,
    strays: await straysOf(walker, attempts),
    commands: {
      build: ground.commands.build !== null,
      review: ground.commands.review !== null,
      fix: ground.commands.fix !== null,
      finalize: ground.commands.finalize !== null,
    },
    left: attempts.at(-1)?.fate.kind === "finished" ? await leftBehind(walker, state, place) : null,
    stale: standing === "open" && workPhase === "finalize" ? await staleness(walker, state, place) : null,
    since: state.since.id,
    place,
  };
}

/** The phase whose worker is to work at this step; null: none is. */
function workPhaseOf({ phase, status }: ItemState): WorkPhase | null {
  if (phase === "finalize" || nameOf({ phase, status }) === "review approved") return "finalize";
  return phase !== "prepare" && status === "started" ? phase : null;
}

async function attemptsOf({ ground, slug }: Walker, phase: WorkPhase, since: string): Promise<Attempt[]> {
  const found: Attempt[] = [];
  for (;;) {
    const { id } = sessionNamed(workerRoles[phase], slug, { since, attempt: found.length + 1 });
    const session = await readSession(ground.sessions, id);
    if (session === null) return found;
    found.push(attemptOf(session));
  }
}

async function straysOf({ ground, slug }: Walker, attempts: readonly Attempt[]): Promise<string[]> {
  const own = new Set(attempts.map(({ sessionId }) => sessionId));
  return (await listSessions(ground.sessions))
    .filter((session) => session.slug === slug && isOpen(session) && isWorker(session.role))
    .map(({ id }) => id)
    .filter((id) => !own.has(id));
}

/** Who is at a phase that no orchestrator has ever touched. */
function inHandOf({ status, history }: ItemState): string | null {
  if (status !== "started" || history.some(({ by }) => isOfFleet(by))) return null;
  return history.at(-1)?.by ?? null;
}

async function leftBehind(walker: Walker, state: ItemState, place: ItemPlace | null): Promise<View["left"]> {
  const { finalizing: marking } = walker.ground;
  if (place === null) return { dirty: "it is gone", hasCommit: false, isReviewed: false };
  const clean = await cleanliness(marking.git, place.path);
  const { sha } = state.since;
  const isReview = nameOf(state) === "review started";
  const cover = isReview
    ? await approvalCover(marking, { ...place, slug: walker.slug, reviewed: sha ?? place.head })
    : null;
  return {
    dirty: clean.kind === "clean" ? null : clean.why,
    hasCommit: place.head !== sha,
    isReviewed: cover?.kind !== "stale",
  };
}

async function staleness(walker: Walker, state: ItemState, place: ItemPlace | null): Promise<string | null> {
  const { approval } = state;
  // Finalizing says itself what it lacks.
  if (place === null || approval === null) return null;
  if (approval.revoked !== null) return `${approval.revoked.by} took it back (${approval.revoked.reason})`;
  const { finalizing: marking } = walker.ground;
  const cover = await approvalCover(marking, { ...place, slug: walker.slug, reviewed: approval.sha });
  return cover.kind === "stale" ? cover.detail : null;
}
