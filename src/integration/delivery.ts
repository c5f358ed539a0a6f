/**
 * One candidate's way onto main, as a value: the checkpoint. Pure.
 *
 *   picked → merged → checked → pushing → pushed → tidied → announced        or blocked, superseded
 *
 * A hand does the work of a phase and answers with an outcome that says what to do next; `advance` turns phase and
 * outcome into the next thing to store. The checkpoint is saved after each step, guarded by the lease, and holds all
 * the next step needs: whoever loads it goes on from there. Each step may run twice, because a crash may fall between
 * its effect and its checkpoint.
 *
 * A delivery may have followers: the next queued candidates, merged on top of it, whose commits travel in its push. They
 * stay queued, marked as aboard, until it has landed; then each becomes the delivery in hand, already pushed. So there
 * is one candidate in progress at a time, and one push for many.
 */
import type { TraceContext } from "../telemetry/trace-context.ts";
import type { Candidate } from "./candidate.ts";
import type { ReasonCode } from "./reasons.ts";

/** The exact commits that are about to become main. */
export type Merge = {
  /** Main as it was merged with; the push moves main from here, or not at all. */
  oldMain: string;
  /** The commit that brings the candidate in: a merge commit, or the squash. */
  mergeCommit: string;
  /** What main will be: the delivery commit, or the merge commit where there is no bookkeeping. */
  tip: string;
  /** The tip's tree: what the checks look at. */
  tree: string;
  /** What the bookkeeping left alone, and why. */
  warnings: string[];
  /** The branch was exactly at the candidate when it was merged: it may go with the push. */
  atTip: boolean;
};

/** Written before the push: enough to find out afterwards what became of it. */
export type PushIntent = {
  token: number;
  leaseOld: string | null;
  leaseNew: string | null;
  sequence: number;
  /** Branches that the same push deletes, each with the commit it must be at. */
  deletes: { branch: string; sha: string }[];
};

export type TidyNotes = { done: string[]; kept: string[] };

/** A candidate that was taken from the queue. */
export type Taken = {
  candidate: Candidate;
  deliveryId: string;
  attempt: number;
  startedAtMs: number;
  /** When each phase of this try began; the first one began when it was taken. */
  began?: Began | undefined;
  /** The place in a trace that it was handed over from, where it was. */
  trace?: TraceContext;
};

/** Ms, by the Redis clock. */
export type Began = Partial<Record<(typeof phases)[number], number>>;

/** A queued candidate, merged on top of the one before it. */
export type Follower = Taken & { merge: Merge };
type WithFollowers = Taken & { followers: Follower[] };

export type Delivery =
  | (Taken & { phase: "picked" })
  | (WithFollowers & { phase: "merged"; merge: Merge })
  | (WithFollowers & { phase: "checked"; merge: Merge; checks: string[]; apart: boolean })
  | (WithFollowers & { phase: "pushing"; merge: Merge; checks: string[]; apart: boolean; intent: PushIntent })
  | (WithFollowers & Landed & { phase: "pushed" })
  | (WithFollowers & Landed & { phase: "tidied"; tidy: TidyNotes });

type Landed = {
  mergeCommit: string;
  mainSha: string;
  checks: string[];
  how: LandedHow;
  /** The push deleted these branches: of this candidate, and of those that follow. */
  deleted: string[];
};

/** `pushed` by us; or found there: by ancestry, by a landing's trailer, or because merging it changes nothing. */
export type LandedHow = "pushed" | "ancestor" | "recorded" | "content";

export type Phase = Delivery["phase"];

/** The order of the phases, for people and for tests. */
export const phases = ["picked", "merged", "checked", "pushing", "pushed", "tidied"] as const;

export type Evidence = {
  conflicts: ConflictEvidence[];
  diagnostics: string[];
};

export type ConflictEvidence = {
  path: string;
  kind: string;
  message: string;
  ours: SideEvidence | null;
  theirs: SideEvidence | null;
  /** Commits on main that changed this path since the branch left it. */
  main_commits: string[];
};

export type SideEvidence = { mode: string; id: string; excerpt: string | null };

/** What a hand says. The names say what follows. */
export type Outcome =
  | { kind: "merged"; merge: Merge; followers: Follower[] }
  | { kind: "already_on_main"; commit: string; mainSha: string; how: Exclude<LandedHow, "pushed"> }
  | { kind: "blocked"; reason: ReasonCode; detail: string; evidence: Evidence }
  | { kind: "superseded"; by: { branch: string; sha: string } }
  | { kind: "checks_passed"; checks: string[] }
  | { kind: "intent_written"; intent: PushIntent }
  | { kind: "pushed" }
  /** It did not take place. `apart`: the next one deletes no branch, lest that be what was refused. */
  | { kind: "push_again"; detail: string; apart: boolean }
  /** What was merged is not what is to land any more. `alone`: it may be a follower that keeps all from landing. */
  | { kind: "start_over"; detail: string; alone: boolean }
  | { kind: "main_moved"; to: string }
  | { kind: "tidied"; tidy: TidyNotes }
  | { kind: "remote_away"; detail: string };

export type Next =
  /** Save this checkpoint and go on with it. */
  | { kind: "save"; delivery: Delivery }
  /** The push did not take place. Save this checkpoint and go on with it; wait where it is the same once more. */
  | { kind: "start_again"; delivery: Delivery; why: string; waits: boolean }
  /** Keep the checkpoint, wait, and run the same phase again. */
  | { kind: "wait"; why: string }
  | { kind: "block"; reason: ReasonCode; detail: string; evidence: Evidence }
  | { kind: "supersede"; by: { branch: string; sha: string } };

/** A candidate taken from the queue. */
export function picked(taken: Taken): Delivery {
  return { ...takenOf(taken), phase: "picked" };
}

/** Those whose commits travel with it, in their order. */
export function followersOf(delivery: Delivery): Follower[] {
  return delivery.phase === "picked" ? [] : delivery.followers;
}

/** What main will be, or is, once the delivery and its followers have landed. */
export function lastTip({ merge, followers }: { merge: Merge; followers: readonly Follower[] }): string {
  return followers.at(-1)?.merge.tip ?? merge.tip;
}

/** The delivery that takes the place of one that is over: its first follower, on main already; null where it has none. */
export function following(delivery: Extract<Delivery, { phase: "tidied" }>): Delivery | null {
  const [next, ...rest] = delivery.followers;
  if (next === undefined) return null;
  const { checks, how, deleted } = delivery;
  const { mergeCommit, tip: mainSha } = next.merge;
  // It went through the phases of the one that took it along.
  const taken = takenOf({ ...next, began: beganUntil(delivery.began, "tidied") });
  return { ...taken, phase: "pushed", mergeCommit, mainSha, checks, how, deleted, followers: rest };
}

/** The delivery with the time at which its phase began; those that come after it are yet to begin, or begin again. */
export function begun<Known extends Delivery>(delivery: Known, atMs: number): Known {
  return {
    ...delivery,
    began: { ...beganUntil(delivery.began, delivery.phase), [delivery.phase]: Math.floor(atMs) },
  };
}

function beganUntil(began: Began = {}, phase: Phase): Began {
  const before = new Set<string>(phases.slice(0, phases.indexOf(phase)));
  return Object.fromEntries(Object.entries(began).filter(([name]) => before.has(name)));
}

function takenOf({ candidate, deliveryId, attempt, startedAtMs, began, trace }: Taken): Taken {
  const taken = { candidate, deliveryId, attempt, startedAtMs };
  return {
    ...taken,
    ...(began === undefined ? {} : { began }),
    ...(trace === undefined ? {} : { trace }),
  };
}

/** What follows when `delivery`'s phase ended with `outcome`. An outcome that the phase cannot have is a bug. */
export function advance(delivery: Delivery, outcome: Outcome): Next {
  const taken = takenOf(delivery);
  switch (outcome.kind) {
    case "remote_away":
      return { kind: "wait", why: outcome.detail };
    case "blocked": {
      const { reason, detail, evidence } = outcome;
      return { kind: "block", reason, detail, evidence };
    }
    case "superseded":
      return { kind: "supersede", by: outcome.by };
    case "main_moved":
      return { kind: "start_again", delivery: { ...taken, phase: "picked" }, why: "main moved", waits: true };
    case "start_over":
      return {
        kind: "start_again",
        delivery: { ...taken, phase: "picked" },
        why: outcome.detail,
        waits: false,
      };
    case "already_on_main": {
      const { commit: mergeCommit, mainSha, how } = outcome;
      const landed = { mergeCommit, mainSha, checks: [], how, deleted: [], followers: [] };
      return { kind: "save", delivery: { ...taken, phase: "pushed", ...landed } };
    }
    default: {
      const next = followed(delivery, outcome);
      if (next === null)
        throw new Error(`A delivery that is ${delivery.phase} cannot be answered with ${outcome.kind}.`);
      return next;
    }
  }
}

type PhaseOutcome = Exclude<
  Outcome,
  { kind: "remote_away" | "blocked" | "superseded" | "main_moved" | "start_over" | "already_on_main" }
>;

/** The way on from one phase to the next; null where the outcome is none of the phase's. */
function followed(delivery: Delivery, outcome: PhaseOutcome): Next | null {
  const { phase } = delivery;
  if (phase === "picked" && outcome.kind === "merged") {
    const { merge, followers } = outcome;
    return { kind: "save", delivery: { ...takenOf(delivery), phase: "merged", merge, followers } };
  }
  if (phase === "merged" && outcome.kind === "checks_passed")
    return {
      kind: "save",
      delivery: { ...delivery, phase: "checked", checks: outcome.checks, apart: false },
    };
  if (phase === "checked" && outcome.kind === "intent_written")
    return { kind: "save", delivery: { ...delivery, phase: "pushing", intent: outcome.intent } };
  if (phase === "pushing" && outcome.kind === "push_again") {
    // Main is where the intent found it, but the lease ref may have moved on: the next intent is written afresh.
    const { intent: _over, ...checked } = delivery;
    const apart = delivery.apart || outcome.apart;
    return {
      kind: "start_again",
      delivery: { ...checked, phase: "checked", apart },
      why: outcome.detail,
      waits: apart === delivery.apart,
    };
  }
  if (phase === "pushing" && outcome.kind === "pushed") return { kind: "save", delivery: landed(delivery) };
  if (phase === "pushed" && outcome.kind === "tidied")
    return { kind: "save", delivery: { ...delivery, phase: "tidied", tidy: outcome.tidy } };
  return null;
}

function landed(delivery: Extract<Delivery, { phase: "pushing" }>): Delivery {
  const { merge, checks, intent, followers } = delivery;
  return {
    ...takenOf(delivery),
    phase: "pushed",
    mergeCommit: merge.mergeCommit,
    mainSha: merge.tip,
    checks,
    how: "pushed",
    // The push was atomic: where main is, the branches are not.
    deleted: intent.deletes.map(({ branch }) => branch),
    followers,
  };
}

/**
 * How long to wait before a phase is tried again: nothing at first, then 1, 2, 4 … 30 s. `tries` counts from 1.
 */
export function retryDelayMs(tries: number, immediateFirst: boolean): number {
  const exponent = immediateFirst ? tries - 2 : tries - 1;
  return exponent < 0 ? 0 : Math.min(30_000, 1000 * 2 ** exponent);
}

/** After this long without progress the line says that it is stalled. */
export const stalledAfterMs = 60_000;
