/**
 * One candidate's way onto main, as a value: the checkpoint. Pure.
 *
 *   picked → merged → checked → pushing → pushed → tidied → announced        or blocked, superseded
 *
 * A hand does the work of a phase and answers with an outcome that says what to do next; `advance` turns phase and
 * outcome into the next thing to store. The checkpoint is saved after each step, guarded by the lease, and holds all
 * the next step needs: whoever loads it goes on from there. Each step may run twice, because a crash may fall between
 * its effect and its checkpoint.
 */
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
};

/** Written before the push: enough to find out afterwards what became of it. */
export type PushIntent = {
  token: number;
  leaseOld: string | null;
  leaseNew: string | null;
  sequence: number;
};

export type TidyNotes = { done: string[]; kept: string[] };

type Base = {
  candidate: Candidate;
  deliveryId: string;
  attempt: number;
  startedAtMs: number;
};

export type Delivery =
  | (Base & { phase: "picked" })
  | (Base & { phase: "merged"; merge: Merge })
  | (Base & { phase: "checked"; merge: Merge; checks: string[] })
  | (Base & { phase: "pushing"; merge: Merge; checks: string[]; intent: PushIntent })
  | (Base & { phase: "pushed"; mergeCommit: string; mainSha: string; checks: string[]; how: LandedHow })
  | (Base & {
      phase: "tidied";
      mergeCommit: string;
      mainSha: string;
      checks: string[];
      how: LandedHow;
      tidy: TidyNotes;
    });

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
  | { kind: "merged"; merge: Merge }
  | { kind: "already_on_main"; commit: string; mainSha: string; how: Exclude<LandedHow, "pushed"> }
  | { kind: "blocked"; reason: ReasonCode; detail: string; evidence: Evidence }
  | { kind: "superseded"; by: { branch: string; sha: string } }
  | { kind: "checks_passed"; checks: string[] }
  | { kind: "intent_written"; intent: PushIntent }
  | { kind: "pushed"; mainSha: string }
  | { kind: "push_again"; detail: string }
  | { kind: "main_moved"; to: string }
  | { kind: "tidied"; tidy: TidyNotes }
  | { kind: "remote_away"; detail: string };

export type Next =
  /** Save this checkpoint and go on with it. */
  | { kind: "save"; delivery: Delivery }
  /** Save this checkpoint, wait (nothing the first time), and go on with it: the push did not take place. */
  | { kind: "start_again"; delivery: Delivery; why: string }
  /** Keep the checkpoint, wait, and run the same phase again. */
  | { kind: "wait"; why: string }
  | { kind: "block"; reason: ReasonCode; detail: string; evidence: Evidence }
  | { kind: "supersede"; by: { branch: string; sha: string } };

/** A candidate taken from the queue. */
export function picked(base: Base): Delivery {
  return { ...baseOf(base), phase: "picked" };
}

function baseOf({ candidate, deliveryId, attempt, startedAtMs }: Base): Base {
  return { candidate, deliveryId, attempt, startedAtMs };
}

/** What follows when `delivery`'s phase ended with `outcome`. An outcome that the phase cannot have is a bug. */
export function advance(delivery: Delivery, outcome: Outcome): Next {
  const base = baseOf(delivery);
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
      return { kind: "start_again", delivery: { ...base, phase: "picked" }, why: "main moved" };
    case "already_on_main": {
      const { commit: mergeCommit, mainSha, how } = outcome;
      return { kind: "save", delivery: { ...base, phase: "pushed", mergeCommit, mainSha, checks: [], how } };
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
  { kind: "remote_away" | "blocked" | "superseded" | "main_moved" | "already_on_main" }
>;

/** The way on from one phase to the next; null where the outcome is none of the phase's. */
function followed(delivery: Delivery, outcome: PhaseOutcome): Next | null {
  const base = baseOf(delivery);
  const { phase } = delivery;
  if (phase === "picked" && outcome.kind === "merged")
    return { kind: "save", delivery: { ...base, phase: "merged", merge: outcome.merge } };
  if (phase === "merged" && outcome.kind === "checks_passed")
    return {
      kind: "save",
      delivery: { ...base, phase: "checked", merge: delivery.merge, checks: outcome.checks },
    };
  if (phase === "checked" && outcome.kind === "intent_written") {
    const { merge, checks } = delivery;
    return { kind: "save", delivery: { ...base, phase: "pushing", merge, checks, intent: outcome.intent } };
  }
  if (phase === "pushing" && outcome.kind === "push_again") {
    // Main is where the intent found it, but the lease ref may have moved on: the next intent is written afresh.
    const { merge, checks } = delivery;
    return {
      kind: "start_again",
      delivery: { ...base, phase: "checked", merge, checks },
      why: outcome.detail,
    };
  }
  if (phase === "pushing" && outcome.kind === "pushed")
    return { kind: "save", delivery: landed(base, delivery, outcome.mainSha) };
  if (phase === "pushed" && outcome.kind === "tidied") {
    const { mergeCommit, mainSha, checks, how } = delivery;
    return {
      kind: "save",
      delivery: { ...base, phase: "tidied", mergeCommit, mainSha, checks, how, tidy: outcome.tidy },
    };
  }
  return null;
}

function landed(base: Base, delivery: Extract<Delivery, { phase: "pushing" }>, mainSha: string): Delivery {
  return {
    ...base,
    phase: "pushed",
    mergeCommit: delivery.merge.mergeCommit,
    mainSha,
    checks: delivery.checks,
    how: "pushed",
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
