/**
 * Pure: what the events say about one slug: its approval, its candidates, their pushes. The same whatever order its events
 * are heard in, and however often: rounds, times and stream ids decide, never the moment of hearing.
 */
import type { TraceContext } from "../telemetry/trace-context.ts";
import { type Candidate, sameCandidate } from "./candidate.ts";

export type Approval = {
  round: number;
  reviewer: string;
  /** The commit that was reviewed, where the reviewer named it. */
  approvedSha: string | null;
  /** The approval event's own time: no candidate of the slug is ready before it. */
  atMs: number;
  revoked: { by: string; reason: string } | null;
};

/** The last `deployment.started` of one (branch, sha). */
export type Finalized = {
  branch: string;
  sha: string;
  attempt: number;
  remote: string;
  pusher: string;
  /** `ready_at` as the worker wrote it. */
  claimedReadyAtMs: number;
  /** When the event was emitted, by the Redis clock. */
  emittedAtMs: number;
  /** The event's place in the stream: later is newer, and the tie-break of the queue. */
  streamId: string;
  eventId: string;
  withdrawn: { by: string; reason: string } | null;
  /** The place in a trace that it was said from, where it was. */
  trace?: TraceContext;
};

export type SlugState = {
  slug: string;
  approval: Approval | null;
  /** The newest round that was taken back: no approval of it, or of an older one, counts, whichever is heard first. */
  revocation: { round: number; by: string; reason: string } | null;
  /** In the order of the stream; the last is the current one. */
  finalized: Finalized[];
  /** `<remote>|<branch>|<sha>` of branch.pushed facts for this slug's candidates. */
  pushed: string[];
};

/** A slug's older candidates are forgotten past this many: they are superseded, and their queue items keep the record. */
const finalizedLimit = 50;

export function initialState(slug: string): SlugState {
  return { slug, approval: null, revocation: null, finalized: [], pushed: [] };
}

/** An event as readiness needs it, parsed by the caller. */
export type ReadinessEvent =
  | { kind: "approved"; round: number; reviewer: string; approvedSha: string | null; atMs: number }
  | { kind: "revoked"; round: number; by: string; reason: string }
  | { kind: "finalized"; fact: Finalized }
  | { kind: "pushed"; remote: string; branch: string; sha: string }
  | { kind: "withdrawn"; branch: string; sha: string; by: string; reason: string }
  | { kind: "requeued"; branch: string; sha: string };

/** What is known after one more event. Any event may come twice, and facts may come in any order. */
export function evolve(state: SlugState, event: ReadinessEvent): SlugState {
  switch (event.kind) {
    case "approved": {
      const { round, reviewer, approvedSha, atMs } = event;
      // A late approval of an older round says nothing about a newer one.
      if (state.approval !== null && !isNewer({ round, atMs }, state.approval)) return state;
      return withRevocation({ ...state, approval: { round, reviewer, approvedSha, atMs, revoked: null } });
    }
    case "revoked": {
      if (state.revocation !== null && event.round <= state.revocation.round) return state;
      const { round, by, reason } = event;
      return withRevocation({ ...state, revocation: { round, by, reason } });
    }
    case "finalized": {
      const { fact } = event;
      const known = state.finalized.find((one) => sameTip(one, fact));
      // Heard again: what was said about it since then stays.
      if (known !== undefined && !isEarlier(known.streamId, fact.streamId)) return state;
      const others = state.finalized.filter((one) => one !== known);
      const after = others.findIndex((one) => isEarlier(fact.streamId, one.streamId));
      const finalized = after < 0 ? [...others, fact] : others.toSpliced(after, 0, fact);
      return { ...state, finalized: finalized.slice(-finalizedLimit) };
    }
    case "pushed": {
      const name = pushedName(event.remote, event.branch, event.sha);
      if (state.pushed.includes(name)) return state;
      return { ...state, pushed: [...state.pushed, name].slice(-finalizedLimit) };
    }
    case "withdrawn":
      return withFact(state, event, { by: event.by, reason: event.reason });
    case "requeued":
      return withFact(state, event, null);
    default:
      return event satisfies never;
  }
}

function isNewer(a: { round: number; atMs: number }, b: { round: number; atMs: number }): boolean {
  return a.round === b.round ? a.atMs >= b.atMs : a.round > b.round;
}

function withRevocation(state: SlugState): SlugState {
  const { approval, revocation } = state;
  if (approval === null || revocation === null || revocation.round < approval.round) return state;
  const { by, reason } = revocation;
  return { ...state, approval: { ...approval, revoked: { by, reason } } };
}

/** Is the first stream id before the second? Both are `<ms>-<serial>`. */
function isEarlier(a: string, b: string): boolean {
  const [aMs = 0, aSerial = 0] = a.split("-").map(Number);
  const [bMs = 0, bSerial = 0] = b.split("-").map(Number);
  return aMs === bMs ? aSerial < bSerial : aMs < bMs;
}

function withFact(
  state: SlugState,
  tip: { branch: string; sha: string },
  withdrawn: Finalized["withdrawn"],
): SlugState {
  return {
    ...state,
    finalized: state.finalized.map((fact) => (sameTip(fact, tip) ? { ...fact, withdrawn } : fact)),
  };
}

/** Same branch at the same commit. */
export function sameTip(a: { branch: string; sha: string }, b: { branch: string; sha: string }): boolean {
  return a.branch === b.branch && a.sha === b.sha;
}

/** How a push is remembered. */
export function pushedName(remote: string, branch: string, sha: string): string {
  return `${remote}|${branch}|${sha}`;
}

/** The slug's newest candidate: the one that is asked about when only the slug is named. */
export function currentCandidate(state: SlugState): Candidate | null {
  const newest = state.finalized.at(-1);
  return newest === undefined ? null : { slug: state.slug, branch: newest.branch, sha: newest.sha };
}

/** Every candidate of a slug that was ever finalized, oldest first. */
export function candidatesOf(state: SlugState): Candidate[] {
  return state.finalized.map(({ branch, sha }) => ({ slug: state.slug, branch, sha }));
}

export function factOf(state: SlugState, candidate: Candidate): Finalized | null {
  return state.finalized.find((fact) => sameCandidate({ slug: state.slug, ...fact }, candidate)) ?? null;
}
