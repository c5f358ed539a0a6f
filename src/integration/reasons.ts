/**
 * Why a candidate is blocked: the stable codes, each with one sentence and one next action. Pure. The same words in
 * events, on every surface and in docs/errors.md, which a test holds against this table.
 */

export const reasonCodes = [
  "conflict",
  "check_failed",
  "check_timeout",
  "check_not_started",
  "push_refused",
  "branch_gone",
  "not_reachable",
  "review_revoked",
  "unreviewed_changes",
  "unrelated_history",
  "too_large",
  "unsafe_path",
  "withdrawn",
  "internal",
] as const;

export type ReasonCode = (typeof reasonCodes)[number];

export type Reason = {
  /** What is the matter, for somebody who has not followed. */
  sentence: string;
  /** What to do, and what to run when it is done. Written without names: who shows it knows the slug. */
  nextAction: string;
};

/** The sentence and the next action of a code. */
export function reasonOf(code: ReasonCode): Reason {
  return reasons[code];
}

/** Whether a text, read from outside, is one of the codes. */
export function isReasonCode(text: string): text is ReasonCode {
  return Object.hasOwn(reasons, text);
}

const submitAgain = "then hand it over again with: signalbox submit";
const retry = "signalbox queue retry SLUG";

const reasons: Record<ReasonCode, Reason> = {
  conflict: {
    sentence: "The branch and main change the same places, and git cannot join them.",
    nextAction: `Merge main into the branch, resolve the files named in the evidence, ${submitAgain}`,
  },
  check_failed: {
    sentence: "A check failed on the exact tree that would have become main.",
    nextAction: `Read the failing output, correct the branch, ${submitAgain}`,
  },
  check_timeout: {
    sentence: "A check did not end within its time.",
    nextAction: `Make the check faster or its timeout longer, then run: ${retry}`,
  },
  check_not_started: {
    sentence: "A check could not be started, so nothing is known about the tree.",
    nextAction: `Correct the check's command in signalbox.yaml, run signalbox reload, then run: ${retry}`,
  },
  push_refused: {
    sentence: "The remote refused the push of main: a hook, a protection rule or a quota.",
    nextAction: `Allow the integrator's push at the remote, or correct what its answer names, then run: ${retry}`,
  },
  branch_gone: {
    sentence: "The branch is no longer at the remote.",
    nextAction: "Push the branch and hand it over again with: signalbox submit",
  },
  not_reachable: {
    sentence: "The commit is no longer part of its branch: the branch was moved to other commits.",
    nextAction: "Hand the branch over as it is now, with: signalbox submit",
  },
  review_revoked: {
    sentence: "There is no valid approval: it was taken back, or never given.",
    nextAction: `Get the item approved, then run: ${retry}`,
  },
  unreviewed_changes: {
    sentence: "The branch has commits that were added after its review.",
    nextAction: `Get the new commits approved, then run: ${retry}`,
  },
  unrelated_history: {
    sentence: "The branch and main have no commit in common.",
    nextAction: `Build the branch again on top of main, ${submitAgain}`,
  },
  too_large: {
    sentence: "The branch brings in more files or more bytes than the configuration allows.",
    nextAction: `Split the branch or take the large files out, ${submitAgain}`,
  },
  unsafe_path: {
    sentence: "The branch holds a path, symlink or submodule that is unsafe or forbidden here.",
    nextAction: `Rename or remove what the evidence names, ${submitAgain}`,
  },
  withdrawn: {
    sentence: "Somebody took it out of the queue by hand.",
    nextAction: `When it should land after all, run: ${retry}`,
  },
  internal: {
    sentence: "The integrator met something nobody foresaw; main was left as it was.",
    nextAction: `Look into the integrator's log, run signalbox doctor, then run: ${retry}`,
  },
};
