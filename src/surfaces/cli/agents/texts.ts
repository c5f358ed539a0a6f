/**
 * Pure: what coding agents are told, in the files where their tools look for it: what to run when done, what to do when
 * blocked, that main is not theirs. Short, because every agent reads it before every task.
 */

export type AgentFile = {
  /** Below the checkout's top. */
  path: string;
  /** `own`: ours as a whole. `block`: a marked block in a file that may hold the project's own words. */
  kind: "own" | "block";
  text: string;
};

/** The files that `init --agents` writes, for a repository whose guarded branch is `main`. */
export function agentFiles(main: string): AgentFile[] {
  return [
    { path: "AGENTS.md", kind: "block", text: instructions(main) },
    { path: "CLAUDE.md", kind: "block", text: "@AGENTS.md" },
    { path: ".claude/commands/next-finalize.md", kind: "own", text: claudeCommand },
    { path: ".agents/skills/next-finalize/SKILL.md", kind: "own", text: skill },
  ];
}

const begin = "<!-- signalbox: begin, written by `signalbox init --agents` -->";
const end = "<!-- signalbox: end -->";

/**
 * `before` (null: there is no such file) with the block in it: in the place of an older one, else at the end. Everything
 * outside the markers stays as it is. Null where only one of the markers is there: then nobody knows what is whose.
 */
export function withBlock(before: string | null, text: string): string | null {
  const newline = before?.includes("\r\n") === true ? "\r\n" : "\n";
  const block = [begin, text, end].join("\n").replaceAll("\n", newline);
  if (before === null || before === "") return `${block}${newline}`;
  const from = before.indexOf(begin);
  const to = before.indexOf(end);
  if (from < 0 && to < 0) {
    const gap = before.endsWith(newline) ? newline : newline.repeat(2);
    return `${before}${gap}${block}${newline}`;
  }
  if (from < 0 || to < from) return null;
  return `${before.slice(0, from)}${block}${before.slice(to + end.length)}`;
}

function instructions(main: string): string {
  return `## How work gets onto ${main}

\`${main}\` is not yours. Never push it, merge into it, or rebase it, here or at the remote, and never force a push of a
branch that others share. You work in your own worktree, on your own branch; Signalbox lands what is reviewed.

An item's state is not a file: \`signalbox todo show SLUG\` prints its phase, the review's findings and what comes next.
\`$SIGNALBOX_SLUG\` and \`$SIGNALBOX_ROLE\` are set where an orchestrator started you. Copy no files between worktrees.

When you are done, with everything committed and \`git status\` clean:

| you have | run |
| --- | --- |
| built it | \`signalbox todo mark-phase SLUG build complete\` |
| reviewed it, and it may land | \`signalbox todo mark-phase SLUG review approved\` |
| reviewed it, and it may not | \`signalbox todo mark-phase SLUG review changes_requested --findings FILE\` |
| fixed what the review found | \`signalbox todo mark-phase SLUG fix complete\` |
| an approved item | \`signalbox todo finalize SLUG\`, which prints \`FINALIZE_READY: SLUG\`; then stop |
| a branch without an item | \`signalbox submit\`; it waits for a review. Never approve your own work |

When it does not land:

- \`signalbox why SLUG\` says in one sentence what it waits for and who can act; \`signalbox follow-up SLUG\` has the evidence and the steps.
- A conflict: merge \`origin/${main}\` into your branch, resolve, test, commit, have it reviewed again, hand it over again.
- Exit 3 is a no with its reason, 2 a wrong call, 4 a refusal: do what the message says, and do not work around it. Exit 69
  or 75: try again in a minute; nothing was lost.`;
}

const finalizeSteps = `Run \`signalbox todo finalize SLUG\` in the item's worktree. It checks that the review is approved and covers the branch as it
is, that nothing is uncommitted, pushes the branch, reads it back from the remote, and prints \`FINALIZE_READY: SLUG\`.

- If \`$SIGNALBOX_SESSION_ID\` is empty, nobody waits for that line: add \`--hand-over\`, which queues the branch as well.
- When it succeeds, say \`FINALIZE_READY: SLUG\` as the last line of your answer, and stop. Do not merge, do not push anything
  else, do not remove the worktree or the branch: the line does that after the landing.
- When it refuses, it names what is missing and the cure. Uncommitted changes: commit them and say that a review must follow.
  A stale or missing approval: stop and say so. Do not approve it yourself.`;

const claudeCommand = `---
description: Hand the reviewed branch of this worktree over to be landed
argument-hint: "[slug]"
allowed-tools: Bash(signalbox todo finalize:*), Bash(signalbox todo show:*), Bash(signalbox why:*), Bash(git status:*)
---

Hand over the work item \`$ARGUMENTS\`. If no name is given here, it is \`$SIGNALBOX_SLUG\`, or else the name of the current
branch.

${finalizeSteps}
`;

const skill = `---
name: next-finalize
description: Hand a reviewed branch over to Signalbox to be landed on main. Use when a work item's review is approved and it is to be finalized.
---

SLUG is the work item's name: as you were told, else \`$SIGNALBOX_SLUG\`, else the name of the current branch.

${finalizeSteps}
`;
