/** The commands of the bus and of the inbox, as data; the rest of the table is in commands.ts. */
import type { Action } from "../../notifications/acts.ts";
import type { ArgumentSpec, CommandSpec, OptionSpec } from "./command-spec.ts";

/** Options that commands of both tables share. */
export const reason: OptionSpec = {
  name: "reason",
  kind: "text",
  value: "R",
  about: "why, shown everywhere",
};
export const by: OptionSpec = {
  name: "by",
  kind: "text",
  value: "WHO",
  about: "who acts (default: the session, else the account's name)",
};

/** `events …` and `projections …`. */
export const eventCommands: readonly CommandSpec[] = [
  {
    name: "events list",
    about: "the log, oldest first; with --json one CloudEvent a line",
    isDefault: true,
    json: true,
    options: [
      { name: "type", kind: "text", value: "T", about: "only this type, or its last words" },
      { name: "slug", kind: "text", value: "S", about: "only events about this work item" },
      { name: "since", kind: "text", value: "ID|TIME", about: "after this stream id, or from this time" },
      { name: "limit", kind: "count", value: "N", about: "at most so many (default: all)" },
      { name: "follow", kind: "flag", about: "stay, and show what comes" },
    ],
    load: async () => (await import("./commands/events.ts")).list,
  },
  {
    name: "events emit",
    about: "say a fact",
    arguments: [{ name: "type", about: "the event's type" }],
    options: [
      { name: "data", kind: "text", value: "JSON", about: "its payload; - reads it from stdin" },
      { name: "correlation", kind: "text", value: "ID", about: "what it belongs to" },
      { name: "causation", kind: "text", value: "ID", about: "the event that caused it" },
    ],
    json: true,
    exits: { 4: "only the integrator or the platform may say this" },
    load: async () => (await import("./commands/events-emit.ts")).emit,
  },
  {
    name: "events schema",
    about: "the catalog, or one type of it",
    arguments: [{ name: "type", about: "an event's type", optional: true }],
    options: [
      {
        name: "format",
        kind: "text",
        value: "F",
        choices: ["jsonschema", "asyncapi"],
        about: "jsonschema (default) or asyncapi",
      },
    ],
    json: true,
    load: async () => (await import("./commands/events-schema.ts")).schema,
  },
  {
    name: "events quarantine list",
    about: "what is in quarantine, and why",
    isDefault: true,
    json: true,
    load: async () => (await import("./commands/quarantine.ts")).list,
  },
  {
    name: "events quarantine retry",
    about: "let the callback take it again",
    arguments: [{ name: "id", about: "as the list shows it" }],
    options: [by],
    json: true,
    load: async () => (await import("./commands/quarantine.ts")).retry,
  },
  {
    name: "events quarantine drop",
    about: "give it up for this callback; the event stays in the log",
    arguments: [{ name: "id", about: "as the list shows it" }],
    options: [by],
    json: true,
    load: async () => (await import("./commands/quarantine.ts")).drop,
  },
  {
    name: "projections rebuild",
    about: "build one again from the log, beside the live one, and swap",
    arguments: [{ name: "name", about: "the projection" }],
    options: [{ name: "verify", kind: "flag", about: "only compare, and report what differs" }],
    json: true,
    exits: { 1: "it differs (with --verify)" },
    load: async () => (await import("./commands/projections.ts")).rebuild,
  },
];

const notificationId: ArgumentSpec = { name: "id", about: "as the list shows it; the first letters will do" };

function act(name: Action, about: string, options: readonly OptionSpec[] = []): CommandSpec {
  return {
    name: `notifications ${name}`,
    about,
    arguments: [notificationId],
    options: [...options, by],
    json: true,
    exits: { 3: "somebody else has claimed it" },
    load: async () => (await import("./commands/notification-acts.ts")).act(name),
  };
}

/** `notifications …`. */
export const notificationCommands: readonly CommandSpec[] = [
  {
    name: "notifications list",
    about: "what is open, newest first",
    isDefault: true,
    json: true,
    options: [{ name: "all", kind: "flag", about: "resolved and snoozed ones too" }],
    load: async () => (await import("./commands/notifications.ts")).list,
  },
  act("see", "mark as seen"),
  act("unsee", "mark as unseen"),
  act("claim", "say that you are at it"),
  act("release", "give a claim back"),
  act("resolve", "close it by hand", [reason]),
  act("snooze", "hide it for a while", [
    { name: "until", kind: "text", value: "TIME", about: "a time, or how long: 4h (default: 1h)" },
  ]),
];

/** `audit`. */
export const auditCommand: CommandSpec = {
  name: "audit",
  about: "who decided what, when, and from where; what was refused, too",
  options: [
    { name: "since", kind: "text", value: "ID|TIME", about: "after this stream id, or from this time" },
    { name: "by", kind: "text", value: "WHO", about: "only what this person or agent did" },
    { name: "limit", kind: "count", value: "N", about: "at most so many, the newest (default: all)" },
  ],
  json: true,
  load: async () => (await import("./commands/audit.ts")).audit,
};

/** `notify …`. */
export const notifyCommands: readonly CommandSpec[] = [
  {
    name: "notify list",
    about: "who is told, and whether it arrives",
    isDefault: true,
    json: true,
    load: async () => (await import("./commands/notify.ts")).list,
  },
  {
    name: "notify test",
    about: "send a test message, the way all others go; a target that was disabled is sent to again",
    arguments: [{ name: "target", about: "telegram:NAME, or webhook:N" }],
    options: [by],
    json: true,
    exits: { 1: "it did not arrive, and why", 69: "no daemon sends at the moment" },
    load: async () => (await import("./commands/notify.ts")).test,
  },
];
