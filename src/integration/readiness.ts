/**
 * Readiness: is this candidate allowed onto the line, and if not, what is it waiting for? Pure.
 *
 * What events say about a slug (`slug-state.ts`), and what git says, is held against the seven conditions. Every
 * condition is reported with its evidence whether it holds or not: there is no silent state. Git's facts come in as an
 * argument, because a callback of the processor must not wait for a remote.
 */
import { type Candidate, shortSha } from "./candidate.ts";
import type { ReasonCode } from "./reasons.ts";
import { type Approval, type Finalized, pushedName, type SlugState, sameTip } from "./slug-state.ts";

export type ApprovalBinding = "sha" | "slug" | "required";

/** What git and main's own files say about one candidate. `unknown` where the remote could not be asked. */
export type GitFacts = {
  branch: { kind: "at"; sha: string } | { kind: "gone" } | { kind: "unknown"; detail: string };
  reachable: boolean | "unknown";
  landed: null | { commit: string; how: "ancestor" | "recorded" };
  /** Commits between the reviewed one and the candidate that nobody reviewed. */
  review:
    | { kind: "covered" }
    | { kind: "unreviewed"; commits: string[]; detail: string }
    | { kind: "unknown"; detail: string };
  /** Name of the policy that approves this candidate without a reviewer, if one does. */
  policy: string | null;
  after: { waitingFor: string[]; cycle: string[] | null };
};

export const conditionNames = [
  "reviewed",
  "finalized",
  "pushed",
  "reachable",
  "current",
  "not_landed",
  "after",
] as const;

export type ConditionName = (typeof conditionNames)[number];
export type Condition = {
  name: ConditionName;
  holds: boolean;
  detail: string;
  /** Why a candidate that is already queued may not land any more; null where it merely waits. */
  blocks: ReasonCode | null;
};
export type ReadinessStatus = "NOT_READY" | "READY" | "SUPERSEDED" | "INTEGRATED";

export type Judgement = {
  candidate: Candidate;
  status: ReadinessStatus;
  conditions: Condition[];
  /** The details of the conditions that do not hold, in order. */
  reasons: string[];
  /** The newer candidate of the slug, where there is one. */
  supersededBy: { branch: string; sha: string } | null;
  /** What orders the queue, ms by the Redis clock; null while not ready. */
  readyAtMs: number | null;
};

export type Line = { remote: string; main: string; binding: ApprovalBinding };

/** Holds one candidate of a slug against the seven conditions. */
export function judge(state: SlugState, candidate: Candidate, facts: GitFacts, line: Line): Judgement {
  const fact = state.finalized.find((one) => sameTip(one, candidate)) ?? null;
  const newest = state.finalized.at(-1) ?? null;
  const supersededBy =
    newest !== null && fact !== null && !sameTip(newest, fact)
      ? { branch: newest.branch, sha: newest.sha }
      : null;
  const conditions: Condition[] = [
    reviewed(state, candidate, facts, line.binding),
    finalized(fact, candidate, line),
    pushed(state, candidate, fact, line.remote),
    reachable(candidate, facts, line.remote),
    supersededBy === null
      ? holds("current", "no newer candidate of this slug")
      : waits("current", `superseded by ${supersededBy.branch} at ${shortSha(supersededBy.sha)}`),
    notLanded(facts, line),
    after(facts),
  ];
  const failing = conditions.filter((condition) => !condition.holds);
  const status: ReadinessStatus =
    candidate.branch === line.main
      ? "NOT_READY"
      : facts.landed !== null && fact !== null
        ? "INTEGRATED"
        : supersededBy !== null
          ? "SUPERSEDED"
          : failing.length === 0
            ? "READY"
            : "NOT_READY";
  return {
    candidate,
    status,
    conditions,
    reasons: failing.map((condition) => condition.detail),
    supersededBy,
    readyAtMs: fact === null ? null : effectiveReadyAtMs(fact, state.approval),
  };
}

/**
 * When a candidate counts as ready: what the worker claimed, but never later than the emit (a fast clock cannot push
 * itself back) and never earlier than the approval (a slow one cannot jump the queue).
 */
export function effectiveReadyAtMs(fact: Finalized, approval: Approval | null): number {
  return Math.max(Math.min(fact.claimedReadyAtMs, fact.emittedAtMs), approval?.atMs ?? 0);
}

function holds(name: ConditionName, detail: string): Condition {
  return { name, holds: true, detail, blocks: null };
}

function waits(name: ConditionName, detail: string): Condition {
  return { name, holds: false, detail, blocks: null };
}

function fails(name: ConditionName, blocks: ReasonCode, detail: string): Condition {
  return { name, holds: false, detail, blocks };
}

function reviewed(
  state: SlugState,
  candidate: Candidate,
  facts: GitFacts,
  binding: ApprovalBinding,
): Condition {
  const name = "reviewed";
  if (facts.policy !== null) return holds(name, `approved by policy ${facts.policy}`);
  const approval = state.approval;
  // Who approves by policy is read from git: while the remote is away nobody knows whether one does.
  if (approval === null && facts.branch.kind === "unknown")
    return waits(name, `no review.approved for this slug; policies: ${facts.branch.detail}`);
  if (approval === null)
    return fails(name, "review_revoked", "waits for a review: no review.approved for this slug");
  if (approval.revoked !== null) {
    const { by, reason } = approval.revoked;
    return fails(name, "review_revoked", `the approval was revoked by ${by}: ${reason}`);
  }
  const round = `review round ${approval.round} by ${approval.reviewer}`;
  if (binding === "slug") return holds(name, `approved in ${round}`);
  if (approval.approvedSha === null) {
    if (binding === "sha") return holds(name, `approved in ${round}, for the slug`);
    const cure = `approval.bind is "required": approve again with approved_sha`;
    return fails(name, "unreviewed_changes", `${round} names no commit, and ${cure}`);
  }
  if (approval.approvedSha === candidate.sha) return holds(name, `approved in ${round}, exactly this commit`);
  return comparedWithReview(facts.review, round, shortSha(approval.approvedSha));
}

function comparedWithReview(review: GitFacts["review"], round: string, reviewedSha: string): Condition {
  const name = "reviewed";
  switch (review.kind) {
    case "covered":
      return holds(name, `approved in ${round} at ${reviewedSha}; nothing unreviewed was added since`);
    case "unknown":
      return waits(name, `cannot compare with the reviewed commit ${reviewedSha} yet: ${review.detail}`);
    case "unreviewed": {
      const commits = review.commits.slice(0, 5).map(shortSha).join(", ");
      const named = commits === "" ? "" : ` (${commits})`;
      return fails(
        name,
        "unreviewed_changes",
        `${review.detail} since the reviewed commit ${reviewedSha}${named}`,
      );
    }
    default:
      return review satisfies never;
  }
}

function finalized(fact: Finalized | null, candidate: Candidate, line: Line): Condition {
  const name = "finalized";
  // Whoever says such an event, main is where candidates go, and its branch must not be tidied away.
  if (candidate.branch === line.main)
    return fails(name, "internal", `${line.main} is no branch to be integrated`);
  if (fact === null) return waits(name, "waits to be finalized: no deployment.started for this candidate");
  if (fact.withdrawn !== null)
    return fails(name, "withdrawn", `withdrawn by ${fact.withdrawn.by}: ${fact.withdrawn.reason}`);
  return holds(name, `finalized, attempt ${fact.attempt}`);
}

function pushed(state: SlugState, candidate: Candidate, fact: Finalized | null, remote: string): Condition {
  const name = "pushed";
  if (fact !== null && fact.remote === remote) return holds(name, `pushed to ${remote} by ${fact.pusher}`);
  if (state.pushed.includes(pushedName(remote, candidate.branch, candidate.sha)))
    return holds(name, `pushed to ${remote}`);
  const elsewhere = fact === null ? "" : `; it was pushed to ${fact.remote}`;
  return waits(name, `waits for the push of this commit to ${remote}${elsewhere}`);
}

function reachable(candidate: Candidate, facts: GitFacts, remote: string): Condition {
  const name = "reachable";
  const at = `${remote}/${candidate.branch}`;
  const sha = shortSha(candidate.sha);
  // After the landing the branch may well be deleted: what is on main was reachable.
  if (facts.landed !== null) return holds(name, `${sha} is on main`);
  switch (facts.branch.kind) {
    case "gone":
      return fails(name, "branch_gone", `the branch ${at} does not exist`);
    case "unknown":
      return waits(name, `the remote cannot be asked: ${facts.branch.detail}`);
    case "at":
      if (facts.reachable === "unknown")
        return waits(name, `whether ${sha} is in ${at} cannot be found out: the remote went away`);
      if (facts.reachable) return holds(name, `${sha} is in ${at}`);
      return fails(
        name,
        "not_reachable",
        `${sha} is not in ${at}, which is at ${shortSha(facts.branch.sha)}`,
      );
    default:
      return facts.branch satisfies never;
  }
}

function notLanded(facts: GitFacts, line: Line): Condition {
  const name = "not_landed";
  if (facts.landed === null) return holds(name, `not on ${line.remote}/${line.main} yet`);
  const how = facts.landed.how === "ancestor" ? "is" : "has landed and is";
  return waits(name, `${how} on ${line.main} (${shortSha(facts.landed.commit)})`);
}

/** How the detail of a cycle begins: it waits for a person, where any other `after` goes on by itself. */
export const cycleWords = "the roadmap's after: lists form a cycle";

function after(facts: GitFacts): Condition {
  const name = "after";
  const { waitingFor, cycle } = facts.after;
  if (cycle !== null) return waits(name, `${cycleWords}: ${cycle.join(" → ")}`);
  if (waitingFor.length > 0) return waits(name, `waits for ${waitingFor.join(", ")} to be delivered first`);
  return holds(name, "nothing it must wait for");
}
