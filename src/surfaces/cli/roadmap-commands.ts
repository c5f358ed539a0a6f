/** The commands of planning, as data. */
import type { CommandSpec, OptionSpec } from "./command-spec.ts";

const slug = { name: "slug", about: "a work item's name" };
const first: OptionSpec = { name: "first", kind: "flag", about: "in front of everything" };
const last: OptionSpec = { name: "last", kind: "flag", about: "behind everything" };
const before: OptionSpec = { name: "before", kind: "text", value: "SLUG", about: "in front of this item" };
const follow: readonly OptionSpec[] = [
  { name: "wait", kind: "flag", about: "until it is on main, or cannot be" },
  { name: "timeout", kind: "duration", value: "D", about: "how long to wait: 90s, 15m (default: no limit)" },
];
const exits = { 3: "the roadmap speaks against it; with --wait: blocked", 75: "the timeout came first" };

/** `roadmap …`. */
export const roadmapCommands: readonly CommandSpec[] = [
  {
    name: "roadmap list",
    about: "what is planned, in order; what is still on its way last",
    isDefault: true,
    json: true,
    load: async () => (await import("./commands/roadmap.ts")).list,
  },
  {
    name: "roadmap add",
    about: "plan an item: a small commit on a branch of its own, landed like everything else",
    arguments: [slug],
    options: [
      { name: "title", kind: "text", value: "TEXT", about: "what it is called" },
      { name: "description", kind: "text", value: "TEXT", about: "one line more" },
      { name: "group", kind: "text", value: "SLUG", about: "what it is a part of" },
      {
        name: "after",
        kind: "list",
        value: "SLUG",
        about: "what must be delivered first; may be given several times",
      },
      first,
      last,
      before,
      ...follow,
    ],
    json: true,
    exits,
    load: async () => (await import("./commands/roadmap.ts")).add,
  },
  {
    name: "roadmap move",
    about: "put an item elsewhere in the order",
    arguments: [slug],
    options: [
      first,
      last,
      before,
      { name: "after", kind: "text", value: "SLUG", about: "behind this item" },
      ...follow,
    ],
    json: true,
    exits,
    load: async () => (await import("./commands/roadmap.ts")).move,
  },
  {
    name: "roadmap drop",
    about: "take an item out of the roadmap; who waited for it does so no more",
    arguments: [slug],
    options: [...follow],
    json: true,
    exits,
    load: async () => (await import("./commands/roadmap.ts")).drop,
  },
];
