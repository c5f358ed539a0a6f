/** The commands of the guards, as data; the rest of the table is in commands.ts. */
import type { CommandSpec } from "./command-spec.ts";

export const guardCommands: readonly CommandSpec[] = [
  {
    name: "guard status",
    about: "how main is guarded on this machine",
    isDefault: true,
    json: true,
    load: async () => (await import("./commands/guard-status.ts")).status,
  },
  {
    name: "guard install",
    about: "the pre-push hook, in front of whatever is there, and the wrappers of git and gh; safe to repeat",
    json: true,
    exits: { 75: "another git is changing this clone's configuration" },
    load: async () => (await import("./commands/guard-install.ts")).install,
  },
  {
    name: "guard uninstall",
    about: "take both away: the clone is as it was before, byte for byte",
    json: true,
    exits: {
      4: "workers do not change the guards",
      75: "another git is changing this clone's configuration",
    },
    load: async () => (await import("./commands/guard-install.ts")).uninstall,
  },
  {
    name: "guard env",
    about: 'puts the wrappers first on a shell\'s PATH: eval "$(signalbox guard env)"',
    load: async () => (await import("./commands/guard-env.ts")).env,
  },
];
