/**
 * The phases of a work item, and who may mark what. Pure: the machine, with every refusal.
 *
 *   prepare → build → review ⇄ fix → finalize → (handed over) → delivered
 *
 * A phase that nobody began may be marked complete at once, and preparing may be left out. A review's verdict needs a
 * review that was started, since that counts the round. From `finalize` the way back is another review. What is with the
 * line is the line's: no mark moves it until it is blocked or withdrawn.
 */

export const phases = ["prepare", "build", "review", "fix", "finalize"] as const;
export type Phase = (typeof phases)[number];

export const statuses = ["pending", "started", "complete", "approved", "changes_requested"] as const;
export type Status = (typeof statuses)[number];

/** A place in the machine. */
export type Step = { phase: Phase; status: Status };

/** Where an item is on its whole way. `blocked`: handed over, and given back by the line. */
export type Standing = "open" | "handed_over" | "blocked" | "delivered" | "dropped";

/** What the machine looks at. */
export type Marked = Step & {
  standing: Standing;
  /** Counts reviews, over the whole life of the slug. */
  round: number;
  /** Rounds spent since the item was begun or last handed over: what the limit is about. */
  roundsSpent: number;
  approval: { sha: string | null; revoked: boolean } | null;
};

/** What is so outside of the machine, asked before it decides. */
export type MarkFacts = {
  /** The item's worktree; `head` is its branch's commit. */
  worktree: { head: string; dirty: string | null };
  /** Does the approval cover `head`? Needed for `finalize` only. `stale` says why not. */
  cover: { kind: "covered" } | { kind: "stale"; detail: string } | { kind: "not_asked" };
  roundsMax: number;
  /** A person lets one more round begin. */
  overLimit: boolean;
};

/** Why not, as a sentence without its full stop, and what to do. */
export type Refusal = {
  code:
    | "phase_jump"
    | "worktree_dirty"
    | "round_limit"
    | "approval_missing"
    | "approval_stale"
    | "item_handed_over"
    | "item_delivered"
    | "item_dropped";
  why: string;
  /** What to do instead: a command, or a sentence. */
  cure: string;
};

export type MarkOutcome =
  | { kind: "marked"; phase: Phase; status: Status; round: number }
  /** It is there already: nothing is to be said. */
  | { kind: "already" }
  | ({ kind: "refused" } & Refusal);

/** The place of an item that nobody has marked yet. */
export const firstStep: Step = { phase: "prepare", status: "pending" };

/** Whether the step says something for good about the worktree's commit, so that nothing may be uncommitted. */
export function isFinal(status: Status): boolean {
  return status === "complete" || status === "approved";
}

/** Whether the step ends a review round. */
export function isVerdict({ phase, status }: Step): boolean {
  return phase === "review" && (status === "approved" || status === "changes_requested");
}

/** Whether the step leaves the item where only another review leads on, and no round is left: then a person is asked. */
export function asksPerson(to: Step, spent: { roundsSpent: number; roundsMax: number }): boolean {
  const isBeforeReview =
    to.status === "changes_requested" || (to.phase === "fix" && to.status === "complete");
  return isBeforeReview && spent.roundsSpent >= spent.roundsMax;
}

/** Whether the step needs to know if the approval covers the branch. */
export function needsCover({ phase, status }: Step): boolean {
  return phase === "finalize" && status !== "pending";
}

/** What becomes of an item by a mark; `slug` is named in the cures. */
export function mark(slug: string, at: Marked, to: Step, facts: MarkFacts): MarkOutcome {
  const gone = outOfReach(slug, at.standing);
  if (gone !== null) return { kind: "refused", ...gone };
  if (isRepeated(at, to, facts)) return { kind: "already" };
  const refusal = jump(slug, at, to) ?? dirty(to, facts) ?? beyond(slug, at, to, facts);
  if (refusal !== null) return { kind: "refused", ...refusal };
  const isNewRound = to.phase === "review" && to.status === "started";
  return { kind: "marked", ...to, round: isNewRound ? at.round + 1 : at.round };
}

/** The steps the machine has from here, best first: what an error names. */
export function nextSteps(at: Pick<Marked, "phase" | "status" | "standing">): readonly Step[] {
  const names = at.standing === "blocked" ? back : (ways[nameOf(at)] ?? []);
  return names.map(stepOf);
}

/** `review changes_requested`: as it is typed and shown. */
export function nameOf({ phase, status }: Step): string {
  return `${phase} ${status}`;
}

const building = ["build started", "build complete", "build pending"];
const fixing = ["fix started", "fix complete", "fix pending"];
const reviewing = ["review started", "review pending"];
const finalizing = ["finalize started", "finalize pending"];
/** From a candidate the line has given back: mend it, have it reviewed again, or hand the same over again. */
const back = [...fixing, ...reviewing, ...finalizing];

const ways: Readonly<Record<string, readonly string[]>> = {
  "prepare pending": ["prepare started", "prepare complete", ...building],
  "prepare started": ["prepare complete", "prepare pending"],
  "prepare complete": [...building, "prepare started"],
  "build pending": ["build started", "build complete"],
  "build started": ["build complete", "build pending"],
  "build complete": [...reviewing, "build started"],
  "review pending": ["review started", "build started"],
  "review started": ["review approved", "review changes_requested", "review pending"],
  "review changes_requested": fixing,
  "review approved": [...finalizing, ...reviewing],
  "fix pending": ["fix started", "fix complete"],
  "fix started": ["fix complete", "fix pending"],
  "fix complete": [...reviewing, "fix started"],
  "finalize pending": ["finalize started", ...reviewing],
  "finalize started": ["finalize complete", "finalize pending", ...reviewing],
  "finalize complete": ["finalize started", ...reviewing],
};

function stepOf(name: string): Step {
  const [first, second] = name.split(" ");
  const phase = phases.find((each) => each === first);
  const status = statuses.find((each) => each === second);
  if (phase === undefined || status === undefined) throw new Error(`no step is called ${name}`);
  return { phase, status };
}

/** Why an item of this standing is not ours to mark, wherever it is; null for one that is. */
export function outOfReach(slug: string, standing: Standing): Refusal | null {
  switch (standing) {
    case "open":
    case "blocked":
      return null;
    case "handed_over":
      return {
        code: "item_handed_over",
        why: `${slug} is handed over, and the line's until it lands or is blocked`,
        cure: `To work on it again: signalbox queue withdraw ${slug} --reason R`,
      };
    case "delivered":
      return {
        code: "item_delivered",
        why: `${slug} is delivered`,
        cure: `To work on it anew: signalbox todo start ${slug}`,
      };
    case "dropped":
      return {
        code: "item_dropped",
        why: `${slug} was dropped`,
        cure: `To take it up again: signalbox todo start ${slug}`,
      };
    default:
      return standing satisfies never;
  }
}

/** An approval is repeated only where it is about the same commit. */
function isRepeated(at: Marked, to: Step, { worktree }: MarkFacts): boolean {
  if (at.standing === "blocked" || nameOf(at) !== nameOf(to)) return false;
  if (to.status !== "approved") return true;
  return at.approval !== null && !at.approval.revoked && at.approval.sha === worktree.head;
}

function jump(slug: string, at: Marked, to: Step): Refusal | null {
  const next = nextSteps(at);
  if (next.some((step) => nameOf(step) === nameOf(to))) return null;
  const from = at.standing === "blocked" ? "blocked" : `at ${nameOf(at)}`;
  const first = next[0] ?? firstStep;
  return {
    code: "phase_jump",
    why: `${slug} is ${from}, and from there the machine has no way to ${nameOf(to)}`,
    cure: `Next it may be: ${next.map(nameOf).join(", ")}. So: signalbox todo mark-phase ${slug} ${nameOf(first)}`,
  };
}

function dirty(to: Step, { worktree }: MarkFacts): Refusal | null {
  if (!isFinal(to.status) || worktree.dirty === null) return null;
  return {
    code: "worktree_dirty",
    why: `The worktree is not clean: ${worktree.dirty}`,
    cure: "Commit what belongs to the item and remove the rest, then mark it again.",
  };
}

function beyond(slug: string, at: Marked, to: Step, facts: MarkFacts): Refusal | null {
  if (to.phase === "review" && to.status === "started" && !facts.overLimit) {
    if (at.roundsSpent < facts.roundsMax) return null;
    return {
      code: "round_limit",
      why: `${slug} had ${at.roundsSpent} review ${at.roundsSpent === 1 ? "round" : "rounds"}, and the limit is ${facts.roundsMax}: a person decides`,
      cure: `One more round: signalbox todo mark-phase ${slug} review started --over-limit. No more of it: signalbox todo drop ${slug} --reason R`,
    };
  }
  if (!needsCover(to)) return null;
  const again = `signalbox todo mark-phase ${slug} review started`;
  if (at.approval === null || at.approval.revoked) {
    const what = at.approval === null ? "there is no approval" : "the approval was taken back";
    return { code: "approval_missing", why: `${slug} cannot be finalized: ${what}`, cure: again };
  }
  if (facts.cover.kind === "stale")
    return {
      code: "approval_stale",
      why: `The approval of ${slug} is stale: ${facts.cover.detail}`,
      cure: again,
    };
  return null;
}
