/**
 * Pure: the two Markdown texts of a follow-up, requirements and plan. Everything in them that came out of a branch
 * (names, paths, excerpts, messages) is hostile until it is escaped: it may neither reach a terminal as control
 * characters, nor end its code block, nor run when a command is copied.
 */
import { escapeForDisplay, escapeLinesForDisplay } from "../git/names.ts";
import { shortSha } from "./candidate.ts";
import type { ConflictEvidence, SideEvidence } from "./delivery.ts";
import type { Blocked } from "./follow-up.ts";
import { type ReasonCode, reasonOf } from "./reasons.ts";

/** What is to be achieved: why it is blocked, the evidence, and when it is done. */
export function requirementsText(blocked: Blocked): string {
  const { candidate, reason, attempt, blockedAt, conflicts, diagnostics, nextAction } = blocked;
  const shown = conflicts.slice(0, conflictsShown);
  const hidden = conflicts.length - shown.length;
  return lines(
    `# Unblock ${candidate.slug}`,
    "",
    `${reasonOf(reason).sentence} Main was left as it was; branch and worktree are kept.`,
    "",
    `- Candidate: \`${candidate.slug}\`, branch ${code(candidate.branch)}, commit \`${candidate.sha}\``,
    `- Reason: \`${reason}\`, attempt ${attempt}, blocked at ${blockedAt}`,
    `- Next: ${escapeForDisplay(nextAction)}`,
    ...(diagnostics.length === 0 ? [] : ["", "## What was seen", "", block(diagnostics.join("\n"))]),
    ...(shown.length === 0 ? [] : ["", "## Conflicts", ...shown.flatMap(conflictLines)]),
    ...(hidden === 0 ? [] : ["", `And ${hidden} more conflicts, in the evidence.`]),
    "",
    "## Done when",
    "",
    `\`${candidate.slug}\` is on main, or was withdrawn.`,
  );
}

/** How to get there, step by step. */
export function planText({ candidate, reason }: Blocked): string {
  const steps = planSteps[reason].map((step) => step.replaceAll(/\bSLUG\b/g, candidate.slug));
  const branch = candidate.branch;
  return lines(
    `# Plan: unblock ${candidate.slug}`,
    "",
    `Work on branch ${code(branch)}, in its own worktree. Main is not to be pushed by hand.`,
    "",
    ...steps.map((step, index) => `${index + 1}. ${step}`),
    "",
    "```sh",
    ...commands[commandsFor[reason]].map((command) =>
      command
        .replaceAll("SLUG", candidate.slug)
        .replaceAll("BRANCH", () => shellWord(escapeForDisplay(branch))),
    ),
    "```",
  );
}

/** A word for a POSIX shell, quoted where it has to be. */
export function shellWord(text: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

const conflictsShown = 50;
const excerptLines = 80;
const excerptColumns = 400;

function conflictLines(conflict: ConflictEvidence): string[] {
  const commits = conflict.main_commits.slice(0, 10).map(shortSha).join(", ");
  return [
    "",
    `### ${code(conflict.path)}`,
    "",
    `${escapeForDisplay(conflict.kind)}: ${escapeForDisplay(conflict.message)}`,
    ...(commits === "" ? [] : ["", `Changed on main by ${commits}.`]),
    ...sideLines("On main", conflict.ours),
    ...sideLines("On the branch", conflict.theirs),
  ];
}

function sideLines(title: string, side: SideEvidence | null): string[] {
  if (side === null) return ["", `${title}: not there.`];
  const named = `${title} (mode ${side.mode}, \`${shortSha(side.id)}\`)`;
  if (side.excerpt === null) return ["", `${named}: not shown, it is binary or too large.`];
  return ["", `${named}:`, "", block(side.excerpt)];
}

/** A code block that its content cannot end: the fence is longer than any row of backticks in it. */
function block(text: string): string {
  const all = escapeLinesForDisplay(text.replace(/\r?\n$/, ""))
    .split("\n")
    .map((line) => (line.length > excerptColumns ? `${line.slice(0, excerptColumns)}…` : line));
  const shown = all.length > excerptLines ? [...all.slice(0, excerptLines), "…"] : all;
  const longest = Math.max(2, ...shown.map((line) => longestRow(line)));
  const fence = "`".repeat(longest + 1);
  return lines(fence, ...shown, fence).trimEnd();
}

/** Inline code that its content cannot end, on one line. */
function code(text: string): string {
  const shown = escapeForDisplay(text);
  if (!shown.includes("`")) return `\`${shown}\``;
  const fence = "`".repeat(longestRow(shown) + 1);
  return `${fence} ${shown} ${fence}`;
}

function longestRow(text: string): number {
  return Math.max(0, ...[...text.matchAll(/`+/g)].map((row) => row[0].length));
}

function lines(...all: string[]): string {
  return `${all.join("\n")}\n`;
}

type Way = "submit" | "retry" | "look";

const commands: Record<Way, string[]> = {
  submit: ["signalbox submit BRANCH --slug SLUG", "signalbox why SLUG"],
  retry: ["signalbox queue retry SLUG", "signalbox why SLUG"],
  look: ["signalbox doctor", "signalbox queue retry SLUG", "signalbox why SLUG"],
};

const commandsFor: Record<ReasonCode, Way> = {
  conflict: "submit",
  check_failed: "submit",
  check_timeout: "retry",
  check_not_started: "retry",
  push_refused: "look",
  branch_gone: "submit",
  not_reachable: "submit",
  review_revoked: "retry",
  unreviewed_changes: "retry",
  unrelated_history: "submit",
  too_large: "submit",
  unsafe_path: "submit",
  withdrawn: "retry",
  internal: "look",
};

const handOver = "Commit, have the change reviewed, and hand the branch over again.";
const goesBack = "Put SLUG back into the queue; it keeps its commit.";

const planSteps: Record<ReasonCode, string[]> = {
  conflict: [
    "Fetch main and merge it into the branch (a merge, no rebase: the review stays valid for what it covered).",
    "Resolve the files listed in the requirements; both sides are shown there.",
    "Run the project's checks on the result.",
    handOver,
  ],
  check_failed: [
    "Read the failing output in the requirements.",
    "Merge main into the branch and run the check there: it was run on the merged result, not on the branch alone.",
    "Correct what fails.",
    handOver,
  ],
  check_timeout: ["Find out what took so long, or raise the check's timeout in signalbox.yaml.", goesBack],
  check_not_started: [
    "Correct the check's command in signalbox.yaml, and reload the configuration.",
    goesBack,
  ],
  push_refused: [
    "Read the remote's answer in the requirements.",
    "Change the rule at the remote, or what it complains about.",
    goesBack,
  ],
  branch_gone: ["Push the branch again from its worktree.", handOver],
  not_reachable: ["Look at what the branch holds now, and whether that is what should land.", handOver],
  review_revoked: ["Clear up with the reviewer what is missing, and get the approval.", goesBack],
  unreviewed_changes: ["Have the commits after the reviewed one reviewed.", goesBack],
  unrelated_history: ["Make the change again on a branch that starts at main.", handOver],
  too_large: ["Split the change, or keep the large files out of git.", handOver],
  unsafe_path: ["Rename or remove the paths named in the requirements, in every commit.", handOver],
  withdrawn: ["Clear up why it was withdrawn.", goesBack],
  internal: [
    "Read the integrator's log around the time it was blocked.",
    "Let doctor look at the surroundings.",
    goesBack,
  ],
};
