/** The commands of the fence and of its key, as data; the rest of the table is in commands.ts. */
import type { ArgumentSpec, CommandSpec, GroupSpec } from "./command-spec.ts";
import { by, reason } from "./event-commands.ts";

const directory: ArgumentSpec = {
  name: "dir",
  about: "the bare repository (default: the remote's, where it is on this machine)",
  optional: true,
};
const onlyPeople = { 4: "workers do not change the guards" };

export const fenceGroups: readonly GroupSpec[] = [
  {
    name: "guard remote",
    about: "the fence in a bare repository: main moves by the integrator's grants alone",
  },
  { name: "guard key", about: "the integrator's key" },
];

export const fenceCommands: readonly CommandSpec[] = [
  {
    name: "guard remote install",
    about: "set the fence up in a bare repository, and prove it by a push that must be refused",
    arguments: [directory],
    options: [
      {
        name: "print",
        kind: "flag",
        about: "only print the script that does it, for another machine: | ssh HOST sh -s -- install DIR",
      },
    ],
    json: true,
    exits: { 1: "it is there, but the remote does not refuse", ...onlyPeople },
    load: async () => (await import("./commands/guard-remote.ts")).install,
  },
  {
    name: "guard remote status",
    about: "how the fence stands, and whether the remote refuses a canary now",
    arguments: [directory],
    json: true,
    load: async () => (await import("./commands/guard-remote.ts")).status,
  },
  {
    name: "guard remote uninstall",
    about: "take the fence away; hooks and configuration are as they were",
    arguments: [directory],
    json: true,
    exits: onlyPeople,
    load: async () => (await import("./commands/guard-remote.ts")).uninstall,
  },
  {
    name: "guard key rotate",
    about: "make a new key for the integrator, and tell it to the fences on this machine",
    json: true,
    exits: { 1: "a fence was not told", ...onlyPeople },
    load: async () => (await import("./commands/guard-key.ts")).rotate,
  },
  {
    name: "guard break-glass",
    about: "in an emergency: one push of main by hand, within ten minutes; everybody hears of it",
    options: [reason, by],
    json: true,
    exits: onlyPeople,
    load: async () => (await import("./commands/guard-break-glass.ts")).breakGlass,
  },
];
