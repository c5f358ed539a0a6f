/** The commands of work items, as data; the rest of the table is in commands.ts. */
import { phases, statuses } from "../../orchestration/phases.ts";
import type { ArgumentSpec, CommandSpec } from "./command-spec.ts";
import { by, reason } from "./event-commands.ts";

const slug: ArgumentSpec = { name: "slug", about: "a work item's name" };

export const workCommands: readonly CommandSpec[] = [
  {
    name: "todo list",
    about: "the work items, and where each one is",
    isDefault: true,
    options: [{ name: "all", kind: "flag", about: "also what was delivered or dropped" }],
    json: true,
    load: async () => (await import("./commands/todo-list.ts")).list,
  },
  {
    name: "todo show",
    about: "one of them: its phase, its reviews with their findings, what may be marked next",
    arguments: [slug],
    json: true,
    load: async () => (await import("./commands/todo-show.ts")).show,
  },
  {
    name: "todo start",
    about: "a branch and a worktree to work on an item, found or made, and prepared; safe to repeat",
    arguments: [slug],
    options: [
      { name: "branch", kind: "text", value: "BRANCH", about: "the item's branch (default: the slug)" },
      { name: "worktree", kind: "text", value: "DIR", about: "a worktree that is there already" },
      { name: "unplanned", kind: "flag", about: "also where the roadmap does not name it" },
      { name: "unprepared", kind: "flag", about: "do not run workers.prepare" },
      by,
    ],
    json: true,
    exits: {
      1: "the worktree is there, but could not be prepared",
      2: "nobody planned it, or the branch or worktree named cannot be its place; nothing was changed",
      3: "the line has it, or something of somebody's is in the way; nothing was changed",
    },
    load: async () => (await import("./commands/todo-start.ts")).start,
  },
  {
    name: "todo mark-phase",
    about: "say that an item went on to a phase, or give a review's verdict; marked and said, or neither",
    arguments: [
      slug,
      { name: "phase", about: "which phase", choices: phases },
      { name: "status", about: "what it is now", choices: statuses },
    ],
    options: [
      {
        name: "findings",
        kind: "text",
        value: "FILE",
        about: "what the reviewer found, kept with the verdict",
      },
      { name: "over-limit", kind: "flag", about: "a person lets one more review round begin" },
      by,
    ],
    json: true,
    exits: {
      2: "an unknown item or worktree, a step the machine does not have, uncommitted changes; nothing was changed",
      3: "no round is left, the approval is stale, or the item is the line's; nothing was changed",
    },
    load: async () => (await import("./commands/todo-mark-phase.ts")).markItem,
  },
  {
    name: "todo drop",
    about:
      "give an item up; its worktree and branch go where nothing is lost by it, and its place in the roadmap",
    arguments: [slug],
    options: [reason, by],
    json: true,
    exits: { 3: "a worker is at it, or the line has it; nothing was changed" },
    load: async () => (await import("./commands/todo-drop.ts")).drop,
  },
  {
    name: "todo finalize",
    about: "push an approved item from its worktree, and say that it is ready: FINALIZE_READY: <slug>",
    arguments: [slug],
    options: [
      {
        name: "hand-over",
        kind: "flag",
        about: "also hand it over to the line, where no orchestrator waits for that word",
      },
      by,
    ],
    json: true,
    exits: {
      2: "an unknown item or worktree, uncommitted changes, or not approved yet; nothing was changed",
      3: "the approval is stale, the item is the line's or over, or its branch was moved at the remote",
      75: "somebody else is finalizing it, or the remote is away",
    },
    load: async () => (await import("./commands/todo-finalize.ts")).finalizeItem,
  },
  {
    name: "orchestrate",
    about: "walk an item to the hand-over with the configured workers: build, review, fix, finalize",
    arguments: [{ ...slug, optional: true }],
    options: [
      {
        name: "all",
        kind: "flag",
        about: "the whole roadmap in its order, workers.maxParallel items at once",
      },
    ],
    json: true,
    exits: {
      1: "an item failed",
      3: "somebody must decide: a person was asked, the line gave it back, or it waits for other work",
      75: "another orchestrator is at it; or it was called off (its workers go on, and the next one finds them)",
    },
    load: async () => (await import("./commands/orchestrate.ts")).orchestrate,
  },
];
