/** The commands of sessions, as data; the rest of the table is in commands.ts. */
import type { ArgumentSpec, CommandSpec } from "./command-spec.ts";
import { by, reason } from "./event-commands.ts";

const session: ArgumentSpec = {
  name: "session",
  about: "its id, the beginning of it, or the slug it works on",
};

export const sessionCommands: readonly CommandSpec[] = [
  {
    name: "sessions list",
    about: "the workers that run: who, on what, since when, and whether they give signs of life",
    isDefault: true,
    options: [
      { name: "all", kind: "flag", about: "also those that have ended" },
      { name: "slug", kind: "text", value: "S", about: "only those of this work item" },
    ],
    json: true,
    load: async () => (await import("./commands/sessions-list.ts")).list,
  },
  {
    name: "sessions tail",
    about: "what a worker has printed; terminal commands are taken out of it",
    arguments: [session],
    options: [
      { name: "follow", short: "f", kind: "flag", about: "stay, and show what comes, until it has ended" },
      { name: "lines", kind: "count", value: "N", about: "the last N lines (default: 40)" },
      { name: "all", kind: "flag", about: "everything that is kept: its beginning, and its end" },
      { name: "raw", kind: "flag", about: "the bytes as they were printed, terminal commands included" },
    ],
    json: true,
    load: async () => (await import("./commands/sessions-tail.ts")).tail,
  },
  {
    name: "sessions attach",
    about: "enter a worker's terminal (workers.runner: tmux); leave it with Ctrl-B d",
    arguments: [session],
    options: [{ name: "read-only", kind: "flag", about: "look, without typing" }],
    exits: { 3: "it has ended, or has no terminal" },
    load: async () => (await import("./commands/sessions-attach.ts")).attach,
  },
  {
    name: "sessions end",
    about: "end a worker and every process it started: TERM, a grace, KILL",
    arguments: [session],
    options: [
      reason,
      { name: "grace", kind: "duration", value: "D", about: "between TERM and KILL (default: 10s)" },
      by,
    ],
    json: true,
    exits: {
      1: "a process of it cannot be ended",
      4: "workers end no sessions, and the integrator ends itself",
    },
    load: async () => (await import("./commands/sessions-end.ts")).end,
  },
];
