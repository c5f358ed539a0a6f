/**
 * Pure: what the events say about one work item: where its work is, who reviewed what, and what became of it at the line.
 * A fold in the order of the stream. What comes late about an older commit changes nothing.
 */
import type { FinalizeStatus, ItemEvent } from "./item-event.ts";
import { firstStep, type Marked, type Phase, type Standing, type Status } from "./phases.ts";

export type ItemState = {
  slug: string;
  /** The branch it is worked on; null until somebody said: then it is the slug's own name. */
  branch: string | null;
  phase: Phase;
  status: Status;
  /** What brought it to this step: the event's stream id, and the branch's commit then. */
  since: { id: string; sha: string | null };
  /** Counts reviews, over the whole life of the slug: an approval's round is never used twice. */
  round: number;
  /** The round at which counting towards the limit began: a start, or a hand-over. */
  roundsFrom: number;
  /** The newest last. */
  verdicts: Verdict[];
  approval: Approval | null;
  /** What reviewers found, by round, the newest last. */
  findings: Findings[];
  /** The hand-over in hand; null when there is none, or the work went on after the line gave it back. */
  finalize: Finalize | null;
  /** What was handed over last and given back: its next hand-over counts on from this attempt. */
  former: { branch: string; sha: string; attempt: number } | null;
  /** What the line has said against it, until it is handed over anew. */
  blocked: { reason: string; follow_up_slug: string | null; next_action: string; at: string } | null;
  delivered: { merge_commit: string; sha: string; at: string } | null;
  dropped: { reason: string; by: string; at: string } | null;
  /** A person has been asked, and the item waits. */
  asked: { reason: string; question: string; next_action: string; by: string; at: string } | null;
  follow_up_of: string | null;
  /** RFC 3339, Redis' clock. */
  started_at: string;
  updated_at: string;
  /** The last steps, the newest last. */
  history: HistoryLine[];
  /** Stream id of the last event that was folded. */
  through: string;
};

export type Verdict = {
  round: number;
  verdict: "approved" | "changes_requested";
  sha: string | null;
  by: string;
  at: string;
};
export type Approval = {
  round: number;
  /** The reviewed commit, where the reviewer named it. */
  sha: string | null;
  by: string;
  at: string;
  revoked: { by: string; reason: string } | null;
};
export type Findings = { round: number; by: string; at: string; text: string };
export type Finalize = {
  branch: string;
  sha: string;
  attempt: number;
  status: FinalizeStatus;
  remote: string | null;
  by: string;
  at: string;
};
export type HistoryLine = { phase: Phase; status: Status; round: number; by: string; at: string };

/** When and where in the stream something was said. */
export type Said = { slug: string; at: string; streamId: string };

const historyMax = 50;
const verdictsMax = 50;
/** Findings are long: older ones are in the log. */
const findingsMax = 5;

/** An item of which nothing is known but its name. */
export function initialItem(slug: string, at: string): ItemState {
  return {
    slug,
    branch: null,
    ...firstStep,
    since: { id: "0-0", sha: null },
    round: 0,
    roundsFrom: 0,
    verdicts: [],
    approval: null,
    findings: [],
    finalize: null,
    former: null,
    blocked: null,
    delivered: null,
    dropped: null,
    asked: null,
    follow_up_of: null,
    started_at: at,
    updated_at: at,
    history: [],
    through: "0-0",
  };
}

/** What is known after one more event of the item. */
export function evolve(before: ItemState | null, event: ItemEvent, said: Said): ItemState {
  const state = before ?? initialItem(said.slug, said.at);
  return { ...state, ...changeBy(state, event, said), updated_at: said.at, through: said.streamId };
}

/** Where the item is on its whole way. */
export function standingOf(state: ItemState): Standing {
  if (state.dropped !== null) return "dropped";
  if (state.delivered !== null) return "delivered";
  if (state.finalize?.status !== "handed_over") return "open";
  return state.blocked === null ? "handed_over" : "blocked";
}

/** The item as the phase machine looks at it. */
export function asMarked(state: ItemState): Marked {
  const { phase, status, round, roundsFrom, approval } = state;
  return {
    phase,
    status,
    standing: standingOf(state),
    round,
    roundsSpent: round - roundsFrom,
    approval: approval === null ? null : { sha: approval.sha, revoked: approval.revoked !== null },
  };
}

/** The branch the item is worked on. */
export function branchOf(state: Pick<ItemState, "slug" | "branch"> | null, slug: string): string {
  return state?.branch ?? slug;
}

type Change = Partial<ItemState>;

function changeBy(state: ItemState, event: ItemEvent, said: Said): Change {
  switch (event.kind) {
    case "started":
      return begun(state, event, said);
    case "marked":
      return marked(state, event, said);
    case "approved":
      return approved(state, event, said);
    case "revoked":
      return revoked(state, event);
    case "finalize":
      return finalized(state, event, said);
    case "handed_over":
      return finalized(state, { ...event, kind: "finalize", status: "handed_over" }, said);
    case "given_back":
      return isInHand(state, event) ? { blocked: blockedBy(event, said) } : {};
    case "requeued":
      return isInHand(state, event) ? { blocked: null } : {};
    case "delivered":
      return delivered(state, event, said);
    case "asked": {
      const { reason, question, nextAction, by } = event;
      return { asked: { reason, question, next_action: nextAction, by, at: said.at } };
    }
    case "dropped": {
      const { reason, by } = event;
      return { dropped: { reason, by, at: said.at }, asked: null };
    }
    default:
      return event satisfies never;
  }
}

type Of<Kind extends ItemEvent["kind"]> = Extract<ItemEvent, { kind: Kind }>;

/** A slug that is over begins a life of its own; its rounds are counted on. One in work only learns its branch. */
function begun(state: ItemState, { branch, followUpOf }: Of<"started">, { at, streamId }: Said): Change {
  const told = { branch, follow_up_of: followUpOf ?? state.follow_up_of };
  const standing = standingOf(state);
  if (standing !== "delivered" && standing !== "dropped") return told;
  const { round, verdicts, findings, history } = state;
  const kept = { round, roundsFrom: round, verdicts, findings, history };
  const since = { id: streamId, sha: null };
  return { ...initialItem(state.slug, at), ...kept, ...told, since, follow_up_of: followUpOf };
}

function marked(state: ItemState, event: Of<"marked">, { at, streamId }: Said): Change {
  const { phase, status, by, sha, findings } = event;
  const round = Math.max(event.round, state.round);
  const { finalize, verdicts } = state;
  const isVerdict = status === "approved" || status === "changes_requested";
  return {
    phase,
    status,
    since: { id: streamId, sha },
    round,
    verdicts: isVerdict ? withVerdict(verdicts, { round, verdict: status, sha, by, at }) : verdicts,
    findings: withFindings(state.findings, findings === null ? null : { round, by, at, text: findings }),
    ...(finalize?.status === "handed_over" ? { finalize: null, former: tipOf(finalize) } : {}),
    asked: null,
    history: [...state.history, { phase, status, round, by, at }].slice(-historyMax),
  };
}

function withVerdict(known: readonly Verdict[], next: Verdict): Verdict[] {
  return [...known.filter(({ round }) => round !== next.round), next].slice(-verdictsMax);
}

function withFindings(known: readonly Findings[], next: Findings | null): Findings[] {
  if (next === null) return [...known];
  return [...known.filter(({ round }) => round !== next.round), next].slice(-findingsMax);
}

/**
 * Of an older round it says nothing about a newer one; of this round it is the verdict, whoever gave it. What is being
 * finalized, or with the line, stays there.
 */
function approved(state: ItemState, { round, sha, by }: Of<"approved">, { at, streamId }: Said): Change {
  if (round < Math.max(state.round, state.approval?.round ?? 0)) return {};
  const approval = { phase: "review", status: "approved", since: { id: streamId, sha } } as const;
  const step = state.phase === "finalize" ? {} : approval;
  const verdicts = withVerdict(state.verdicts, { round, verdict: "approved", sha, by, at });
  return { ...step, round, verdicts, approval: { round, sha, by, at, revoked: null } };
}

function revoked({ approval }: ItemState, { round, by, reason }: Of<"revoked">): Change {
  if (approval === null || approval.round > round) return {};
  return { approval: { ...approval, revoked: { by, reason } } };
}

function finalized(state: ItemState, event: Of<"finalize">, { at }: Said): Change {
  const { branch, sha, attempt, status, remote, by } = event;
  const known = state.finalize;
  const isSame = known !== null && known.sha === sha && known.branch === branch;
  // Ready, told after handed over: the line has it already.
  if (isSame && known.attempt >= attempt && known.status === "handed_over") return {};
  const finalize = { branch, sha, attempt, status, remote, by, at };
  const former = known?.status === "handed_over" ? tipOf(known) : state.former;
  const step = { phase: "finalize", status: status === "pending" ? "started" : "complete" } as const;
  if (status !== "handed_over") return { ...step, finalize, former };
  return {
    ...step,
    finalize,
    former,
    blocked: null,
    delivered: null,
    dropped: null,
    asked: null,
    roundsFrom: state.round,
  };
}

/** Is it about what the line has now, or about something older? */
function isInHand({ finalize }: ItemState, event: { branch: string; sha: string; attempt: number }): boolean {
  if (finalize?.status !== "handed_over") return false;
  return finalize.sha === event.sha && finalize.branch === event.branch && event.attempt >= finalize.attempt;
}

function blockedBy({ reason, followUpSlug, nextAction }: Of<"given_back">, { at }: Said) {
  return { reason, follow_up_slug: followUpSlug, next_action: nextAction, at };
}

/** What landed is over, also where the work had gone on; what is older than the hand-over in hand is not. */
function delivered(
  state: ItemState,
  { branch, sha, attempt, mergeCommit }: Of<"delivered">,
  { at }: Said,
): Change {
  const known = state.finalize ?? state.former;
  if (known !== null && known.sha !== sha) return {};
  const finalize: Finalize = state.finalize ?? {
    branch,
    sha,
    attempt,
    status: "handed_over",
    remote: null,
    by: "",
    at,
  };
  return {
    finalize: { ...finalize, status: "handed_over" },
    delivered: { merge_commit: mergeCommit, sha, at },
    blocked: null,
    asked: null,
    dropped: null,
  };
}

function tipOf({ branch, sha, attempt }: Finalize): { branch: string; sha: string; attempt: number } {
  return { branch, sha, attempt };
}
