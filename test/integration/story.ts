/** Values that tests of this room begin with: a candidate, what is known of it, what git says, its place in the queue. */
import { candidateKey } from "../../src/integration/candidate.ts";
import { type QueueItem, queuedItem } from "../../src/integration/queue.ts";
import type { GitFacts, Line } from "../../src/integration/readiness.ts";
import {
  evolve,
  type Finalized,
  initialState,
  type ReadinessEvent,
  type SlugState,
} from "../../src/integration/slug-state.ts";

/** An object id of one digit, repeated. */
export const id = (digit: number | string): string => String(digit).repeat(40);

export const candidate = { slug: "login", branch: "login", sha: id(1) };
export const line: Line = { remote: "origin", main: "main", binding: "sha" };

/** Everything git can say in a candidate's favour. */
export const allIsWell: GitFacts = {
  branch: { kind: "at", sha: id(1) },
  reachable: true,
  landed: null,
  review: { kind: "covered" },
  policy: null,
  after: { waitingFor: [], cycle: null },
};

export function finalizedFact(more: Partial<Finalized> = {}): Finalized {
  return {
    branch: "login",
    sha: id(1),
    attempt: 1,
    remote: "origin",
    pusher: "ann",
    claimedReadyAtMs: 2_000,
    emittedAtMs: 2_000,
    streamId: "2000-0",
    eventId: "e1",
    withdrawn: null,
    ...more,
  };
}

export const approved: Extract<ReadinessEvent, { kind: "approved" }> = {
  kind: "approved",
  round: 1,
  reviewer: "rita",
  approvedSha: id(1),
  atMs: 1_000,
};

/** What is known after these events. */
export function known(...events: ReadinessEvent[]): SlugState {
  return events.reduce(evolve, initialState("login"));
}

/** A candidate that is READY as far as events go. */
export const ready: SlugState = known(approved, { kind: "finalized", fact: finalizedFact() });

export function queued(more: Partial<QueueItem> = {}): QueueItem {
  const item = queuedItem(
    {
      ...candidate,
      remote: "origin",
      attempt: 1,
      readyAtMs: 2_000,
      claimedReadyAtMs: 2_000,
      streamId: "2000-0",
      reviewer: "rita",
      deliveryId: "d1",
    },
    3_000,
    "daemon",
  );
  return { ...item, ...more };
}

export const keyOf = candidateKey;
