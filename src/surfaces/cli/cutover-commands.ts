/** The commands of the cutover and its parity, as data; the rest of the table is in commands.ts. */
import type { CommandSpec } from "./command-spec.ts";
import { by, reason } from "./event-commands.ts";

export const cutoverCommands: readonly CommandSpec[] = [
  {
    name: "cutover status",
    about: "whether the line lands or shadows, since when, and who decided it",
    isDefault: true,
    json: true,
    load: async () => (await import("./commands/cutover.ts")).status,
  },
  {
    name: "cutover enable",
    about: "the integrator lands from now on, where parity is accepted",
    options: [reason, by],
    json: true,
    exits: { 4: "what would hold then is neither landing nor shadow; nothing was changed" },
    load: async () => (await import("./commands/cutover.ts")).enable,
  },
  {
    name: "cutover disable",
    about: "the line only shadows from now on: main is left to others, and guards only warn",
    options: [reason, by],
    json: true,
    load: async () => (await import("./commands/cutover.ts")).disable,
  },
  {
    name: "cutover accept-parity",
    about: "take the last parity report as evidence that the integrator merges as you do",
    options: [{ ...reason, about: "why (default: what the report counts)" }, by],
    json: true,
    exits: { 2: "there is no report yet" },
    load: async () => (await import("./commands/cutover.ts")).acceptParity,
  },
  {
    name: "parity",
    about: "would the integrator have made the same trees of main's own merges? nothing is touched",
    options: [{ name: "last", kind: "count", value: "N", about: "the newest N merges (default: 500)" }],
    json: true,
    exits: { 75: "interrupted, and the next run goes on from there; or the remote is away" },
    load: async () => (await import("./commands/parity.ts")).parity,
  },
];
