/** Every command of the line, as data. Its code is imported only when it runs. */
import type { ArgumentSpec, CommandSpec, GroupSpec, Section } from "./command-spec.ts";
import { cutoverCommands } from "./cutover-commands.ts";
import {
  auditCommand,
  by,
  eventCommands,
  notificationCommands,
  notifyCommands,
  reason,
} from "./event-commands.ts";
import { fenceCommands, fenceGroups } from "./fence-commands.ts";
import { guardCommands } from "./guard-commands.ts";
import { roadmapCommands } from "./roadmap-commands.ts";
import { sessionCommands } from "./session-commands.ts";
import { workCommands } from "./work-commands.ts";

const slug: ArgumentSpec = { name: "slug", about: "a work item's name" };
export const groups: readonly GroupSpec[] = [
  { name: "queue", about: "the queue: what lands next, and what does not" },
  { name: "roadmap", about: "what is planned, in order" },
  { name: "todo", about: "work items: from their start to the hand-over" },
  { name: "sessions", about: "the workers that run, and what they print" },
  { name: "events", about: "the event stream" },
  { name: "events quarantine", about: "events that a callback could not take" },
  { name: "guard", about: "what keeps main from everybody but the integrator" },
  ...fenceGroups,
  { name: "cutover", about: "whether the line lands, or only says what it would do" },
  { name: "projections", about: "what is built from the events" },
  { name: "notifications", about: "the inbox: what people need to know" },
  { name: "notify", about: "messages to people and programs" },
];

const setUp: readonly CommandSpec[] = [
  {
    name: "init",
    about: "write signalbox.yaml and the private folder, install the guards; safe to repeat",
    json: true,
    options: [
      { name: "remote", kind: "text", value: "NAME", about: "the remote that holds main (default: origin)" },
      { name: "main", kind: "text", value: "BRANCH", about: "the branch that is guarded (default: main)" },
      { name: "yes", kind: "flag", about: "ask nothing" },
      {
        name: "agents",
        kind: "flag",
        about: "also write the instruction and command files for coding agents",
      },
    ],
    load: async () => (await import("./commands/init.ts")).init,
  },
  {
    name: "up",
    about: "start the daemon (in the foreground; already running: done)",
    options: [
      { name: "detach", kind: "flag", about: "return when it is ready, and leave it running" },
      { name: "port", kind: "count", value: "N", about: "the API's port (default: any free one)" },
      {
        name: "allow-memory",
        kind: "flag",
        about: "for trying out: a Redis in memory, where no other can be had",
      },
      { name: "repo", kind: "list", value: "DIR", about: "a clone to serve; may be given several times" },
    ],
    load: async () => (await import("./commands/up.ts")).up,
  },
  {
    name: "down",
    about: "stop the daemon, its integrator and its Redis",
    load: async () => (await import("./commands/down.ts")).down,
  },
  {
    name: "reload",
    about: "let the daemon read signalbox.yaml again",
    load: async () => (await import("./commands/reload.ts")).reload,
  },
  {
    name: "migrate",
    about: "take over what is in flight under an older way of working (state.yaml files), once",
    options: [{ name: "dry-run", kind: "flag", about: "only say what would become of it" }],
    json: true,
    exits: { 75: "the remote is away" },
    load: async () => (await import("./commands/migrate.ts")).migrate,
  },
  {
    name: "doctor",
    about: "check everything the line depends on, with the cure for what is wrong",
    json: true,
    exits: { 1: "something is in error" },
    load: async () => (await import("./commands/doctor.ts")).doctor,
  },
];

const board: readonly CommandSpec[] = [
  {
    name: "tui",
    about: "the board in the terminal, live: the line, the inbox, sessions, the log",
    load: async () => (call) => call.surfaces.tui(call),
  },
  {
    name: "status",
    about: "the board in short",
    json: true,
    load: async () => (await import("./commands/status.ts")).status,
  },
  {
    name: "why",
    about: "one sentence: what a branch waits for, and who can act",
    arguments: [slug],
    json: true,
    load: async () => (await import("./commands/why.ts")).why,
  },
  {
    name: "candidates",
    about: "readiness, condition by condition",
    arguments: [{ ...slug, optional: true }],
    json: true,
    load: async () => (await import("./commands/candidates.ts")).candidates,
  },
  {
    name: "follow-up",
    about: "what unblocks a blocked branch: the evidence with both sides, and the steps",
    arguments: [{ ...slug, about: "the blocked item's name, or the follow-up's own" }],
    json: true,
    load: async () => (await import("./commands/follow-up.ts")).followUp,
  },
  {
    name: "try",
    about: "would it merge, with what would it conflict; nothing is queued",
    arguments: [{ name: "branch", about: "a branch of this clone or of the remote" }],
    options: [
      {
        name: "against",
        kind: "text",
        value: "WHAT",
        choices: ["main", "queue"],
        about: "main as it is, or as it will be when the queue has landed (default: main)",
      },
    ],
    json: true,
    load: async () => (await import("./commands/try.ts")).tryBranch,
  },
  {
    name: "verify",
    about: "prove from git alone that main is nothing but recorded landings",
    options: [
      {
        name: "since",
        kind: "text",
        value: "REV",
        about: "from there on (default: main when init first ran)",
      },
    ],
    json: true,
    exits: { 1: "main has foreign commits, or a tree that is not what was checked" },
    load: async () => (await import("./commands/verify.ts")).verify,
  },
  auditCommand,
];

const line: readonly CommandSpec[] = [
  {
    name: "submit",
    about: "hand a branch over",
    arguments: [{ name: "branch", about: "default: the current one", optional: true }],
    options: [
      { name: "slug", kind: "text", value: "S", about: "the work item (default: made from the branch)" },
      { name: "approved-by", kind: "text", value: "WHO", about: "who has reviewed it" },
      { name: "wait", kind: "flag", about: "until it has landed or cannot" },
      {
        name: "timeout",
        kind: "duration",
        value: "D",
        about: "how long to wait: 90s, 15m (default: no limit)",
      },
    ],
    json: true,
    exits: { 3: "blocked, or not approved (with --wait)", 75: "the timeout came first" },
    load: async () => (await import("./commands/submit.ts")).submit,
  },
  {
    name: "queue list",
    about: "what is queued, in order; then what is finished, newest first",
    isDefault: true,
    json: true,
    load: async () => (await import("./commands/queue.ts")).list,
  },
  {
    name: "queue show",
    about: "one of them, with its history",
    arguments: [slug],
    json: true,
    load: async () => (await import("./commands/queue.ts")).show,
  },
  {
    name: "queue pause",
    about: "take no new candidate; the one in hand finishes",
    options: [reason, by],
    json: true,
    load: async () => (await import("./commands/queue-control.ts")).pause,
  },
  {
    name: "queue drain",
    about: "land what is queued now, then pause",
    options: [reason, by],
    json: true,
    load: async () => (await import("./commands/queue-control.ts")).drain,
  },
  {
    name: "queue resume",
    about: "go on",
    options: [reason, by],
    json: true,
    load: async () => (await import("./commands/queue-control.ts")).resume,
  },
  {
    name: "queue retry",
    about: "judge a blocked candidate again and queue it",
    arguments: [slug],
    options: [{ ...reason }, by],
    json: true,
    exits: { 3: "it is still not ready, and why" },
    load: async () => (await import("./commands/queue-control.ts")).retry,
  },
  {
    name: "queue withdraw",
    about: "take a candidate out of the queue; its branch is kept",
    arguments: [slug],
    options: [reason, by],
    json: true,
    exits: { 3: "it is not in the queue any more, or in hand" },
    load: async () => (await import("./commands/queue-control.ts")).withdraw,
  },
  {
    name: "integrate",
    about: "run the integrator here, in the foreground, until the queue is empty",
    options: [
      { name: "shadow", kind: "flag", about: "do everything but push, tidy and announce" },
      { name: "max", kind: "count", value: "N", about: "stop after so many candidates" },
      { name: "grace", kind: "duration", value: "D", about: "how long to wait for more (default: 2s)" },
    ],
    json: true,
    load: async () => (await import("./commands/integrate.ts")).integrate,
  },
  {
    name: "reconcile",
    about: "compare events, queue and git, and repair what is missing",
    options: [{ name: "dry-run", kind: "flag", about: "only say what would be done" }],
    json: true,
    load: async () => (await import("./commands/reconcile.ts")).reconcile,
  },
];

const others: readonly CommandSpec[] = [
  {
    name: "demo",
    about: "a sandbox: five workers at once, one conflict, all on main in the end",
    options: [
      { name: "keep", kind: "flag", about: "leave the sandbox, to look around" },
      { name: "serve", kind: "flag", about: "leave it running until you press Ctrl-C" },
    ],
    load: async () => (await import("./commands/demo.ts")).demo,
  },
  {
    name: "open",
    about: "a one-time link to the web board",
    options: [{ name: "viewer", kind: "flag", about: "whoever opens it can look, and change nothing" }],
    json: true,
    exits: { 69: "the daemon does not run" },
    load: async () => (await import("./commands/open.ts")).open,
  },
  {
    name: "mcp",
    about: "the same verbs for coding agents: a Model Context Protocol server on stdin and stdout",
    load: async () => (call) => call.surfaces.mcp(call),
  },
  {
    name: "completion",
    about: "a completion script for your shell",
    arguments: [{ name: "shell", about: "bash, zsh or fish", choices: ["bash", "zsh", "fish"] }],
    load: async () => (await import("./commands/completion.ts")).completion,
  },
];

/** Sections as help and the reference show them. */
export const sections: readonly Section[] = [
  { title: "Set up", commands: setUp },
  { title: "Look", commands: board },
  { title: "The line", commands: line },
  { title: "Guards", commands: [...guardCommands, ...fenceCommands, ...cutoverCommands] },
  { title: "Planning", commands: roadmapCommands },
  { title: "Work items", commands: workCommands },
  { title: "Sessions", commands: sessionCommands },
  { title: "Events", commands: eventCommands },
  { title: "Notifications", commands: [...notificationCommands, ...notifyCommands] },
  { title: "More", commands: others },
];

export const commands: readonly CommandSpec[] = sections.flatMap((section) => section.commands);
