/**
 * The queue's rules: which moves a candidate may make, and what the queue does about a judgement. Pure.
 *
 *   (none) → queued → in_progress → integrated | blocked | superseded
 *   queued → superseded | blocked | integrated        (withdrawn, branch gone, revoked; found on main)
 *   in_progress → queued                              only as recovery, or because main moved
 *   blocked → queued                                  only by a requeue, after readiness is judged again
 *
 * Anything else is refused. A blocked candidate whose slug moved on is requeued and superseded in one write: two
 * allowed moves, both recorded.
 */
import type { TraceContext } from "../telemetry/trace-context.ts";
import { type Candidate, candidateKey } from "./candidate.ts";
import type { GitFacts, Judgement } from "./readiness.ts";
import type { ReasonCode } from "./reasons.ts";

export const queueStatuses = ["queued", "in_progress", "integrated", "blocked", "superseded"] as const;
export type QueueStatus = (typeof queueStatuses)[number];

export type Move = {
  from: QueueStatus | null;
  to: QueueStatus;
  atMs: number;
  by: string;
  reason: string;
  /** Why it was blocked, as a code: the item itself forgets it with the block. */
  code?: ReasonCode;
};

export type QueueItem = Candidate & {
  remote: string;
  attempt: number;
  /** Effective ready_at, ms; fixed when the candidate turned READY. */
  readyAtMs: number;
  /** `ready_at` as the worker wrote it, ms. */
  claimedReadyAtMs: number;
  /** Stream id of its deployment.started: breaks ties. */
  streamId: string;
  status: QueueStatus;
  /** Reason code where blocked. */
  reason: ReasonCode | null;
  /** One sentence: what it waits for, or what became of it. */
  why: string;
  nextAction: string | null;
  mergeCommit: string | null;
  mainSha: string | null;
  followUpSlug: string | null;
  reviewer: string | null;
  /** Id of the delivery whose push carries its commits, while it is still queued: it belongs to the integrator. */
  aboard: string | null;
  /** Correlates all events of this candidate's way onto main. */
  deliveryId: string;
  /** The place in a trace that it was handed over from, where it was. */
  trace?: TraceContext;
  statusUpdatedAtMs: number;
  /** How many moves there were: the history forgets, this does not. */
  moves: number;
  history: Move[];
};

/** Moves out of these end a candidate's way, but for a requeue of a blocked one. */
export function isTerminal(status: QueueStatus): boolean {
  return status === "integrated" || status === "superseded";
}

const allowed: Record<QueueStatus | "none", readonly QueueStatus[]> = {
  none: ["queued"],
  queued: ["in_progress", "superseded", "blocked", "integrated"],
  in_progress: ["integrated", "blocked", "superseded", "queued"],
  blocked: ["queued"],
  integrated: [],
  superseded: [],
};

export function isAllowedMove(from: QueueStatus | null, to: QueueStatus): boolean {
  return allowed[from ?? "none"].includes(to);
}

/** A history this long is a candidate that is being moved in circles; the oldest middle entries give way. */
const historyLimit = 100;

export type MoveRequest = {
  to: QueueStatus;
  atMs: number;
  by: string;
  reason: string;
  /** What else changes with the move. */
  set?: Partial<
    Pick<
      QueueItem,
      "reason" | "why" | "nextAction" | "mergeCommit" | "mainSha" | "followUpSlug" | "attempt" | "trace"
    >
  >;
};

/** The item after an allowed move. A move that is not allowed is a bug of the caller, not an outcome. */
export function moved(item: QueueItem, request: MoveRequest): QueueItem {
  if (!isAllowedMove(item.status, request.to))
    throw new Error(`${candidateKey(item)} may not move from ${item.status} to ${request.to}.`);
  const move: Move = {
    from: item.status,
    to: request.to,
    atMs: request.atMs,
    by: request.by,
    reason: request.reason,
    ...(request.to === "blocked" && request.set?.reason ? { code: request.set.reason } : {}),
  };
  const history = [...item.history, move];
  if (history.length > historyLimit) history.splice(1, history.length - historyLimit);
  return {
    ...item,
    reason: null,
    nextAction: null,
    why: request.reason,
    ...request.set,
    aboard: null,
    status: request.to,
    statusUpdatedAtMs: request.atMs,
    moves: item.moves + 1,
    history,
  };
}

export type NewItem = Omit<
  QueueItem,
  | "status"
  | "reason"
  | "why"
  | "nextAction"
  | "mergeCommit"
  | "mainSha"
  | "followUpSlug"
  | "aboard"
  | "statusUpdatedAtMs"
  | "moves"
  | "history"
>;

const waitsForItsTurn = "READY: waits for its turn";

/** A queued item whose commits travel with the delivery `aboard`, or do so no longer (null). */
export function boarded(item: QueueItem, aboard: string | null): QueueItem {
  const why = aboard === null ? waitsForItsTurn : "READY: lands in the push that is being made";
  return { ...item, aboard, why };
}

/** Is it the integrator's alone to move? */
export function isInHand(item: QueueItem): boolean {
  return item.status === "in_progress" || item.aboard !== null;
}

/** A candidate that has just turned READY. */
export function queuedItem(item: NewItem, atMs: number, by: string): QueueItem {
  const why = waitsForItsTurn;
  return {
    ...item,
    status: "queued",
    reason: null,
    why,
    nextAction: null,
    mergeCommit: null,
    mainSha: null,
    followUpSlug: null,
    aboard: null,
    statusUpdatedAtMs: atMs,
    moves: 1,
    history: [{ from: null, to: "queued", atMs, by, reason: why }],
  };
}

/** The member by which the order set holds an item: sorts by stream id within one ready_at. */
export function orderMember(item: Pick<QueueItem, "streamId"> & Candidate): string {
  const [ms = "0", serial = "0"] = item.streamId.split("-");
  return `${ms.padStart(16, "0")}-${serial.padStart(10, "0")}|${candidateKey(item)}`;
}

export function keyOfOrderMember(member: string): string {
  return member.slice(member.indexOf("|") + 1);
}

/** FIFO order of two items. */
export function compareFifo(a: QueueItem, b: QueueItem): number {
  return a.readyAtMs - b.readyAtMs || (orderMember(a) < orderMember(b) ? -1 : 1);
}

export type Paused = { by: string; atMs: number; reason: string; draining: boolean };

/** Those of `queued` (in FIFO order) that may be taken now. Draining takes only what was queued when it began. */
export function takeable(queued: readonly QueueItem[], paused: Paused | null): QueueItem[] {
  if (paused === null) return [...queued];
  return paused.draining ? queued.filter((item) => queuedSinceMs(item) <= paused.atMs) : [];
}

/** When it was queued, for the last time, ms. */
export function queuedSinceMs(item: QueueItem): number {
  return item.history.findLast((move) => move.to === "queued")?.atMs ?? item.statusUpdatedAtMs;
}

/** What the queue does about a judgement of one candidate. */
export type QueueDecision =
  | { kind: "none" }
  | { kind: "enqueue" }
  /** Found on main without us: recorded as integrated, with the commit that brought it. */
  | { kind: "integrated"; commit: string; how: "ancestor" | "recorded" }
  | { kind: "superseded"; by: { branch: string; sha: string } }
  | { kind: "blocked"; reason: ReasonCode; detail: string };

/**
 * Holds a judgement against the candidate's place in the queue. `item` is null where it was never queued; one that is
 * in hand belongs to the integrator, which asks the same question itself (`recheck`).
 */
export function decide(
  item: QueueItem | null,
  judgement: Judgement,
  landed: GitFacts["landed"],
): QueueDecision {
  const landing = judgement.status === "INTEGRATED" ? ownLanding(judgement, landed) : null;
  if (item === null) {
    if (judgement.status === "READY") return { kind: "enqueue" };
    return landing === null ? { kind: "none" } : { kind: "integrated", ...landing };
  }
  if (isInHand(item) || isTerminal(item.status)) return { kind: "none" };
  if (landing !== null) return { kind: "integrated", ...landing };
  if (judgement.supersededBy !== null) return { kind: "superseded", by: judgement.supersededBy };
  if (item.status === "blocked") return { kind: "none" };
  return recheck(judgement);
}

/**
 * The landing that is this candidate's own. What is in the history of a newer candidate of its slug comes to main with
 * that one, and is superseded by it; only a landing recorded for exactly this commit is its own then.
 */
export function ownLanding(judgement: Judgement, landed: GitFacts["landed"]): GitFacts["landed"] {
  return judgement.supersededBy !== null && landed?.how !== "recorded" ? null : landed;
}

/**
 * Why a queued candidate may no longer land, if it may not. A remote that cannot be asked is no reason: the candidate
 * keeps its place. Nor is an `after:` that was written into the roadmap once it was READY: it stays READY. Nor is a
 * withdrawal: it moves the item itself, so one that is found beside a queued item is older than its requeue.
 */
export function recheck(judgement: Judgement): QueueDecision {
  for (const { blocks, detail } of judgement.conditions)
    if (blocks !== null && blocks !== "withdrawn") return { kind: "blocked", reason: blocks, detail };
  return { kind: "none" };
}
