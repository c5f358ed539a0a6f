/** Pure. Where the guards keep what is theirs. */
import { join } from "node:path";

/** In a repository's private folder, for all its clones. */
export type GuardPlaces = {
  /** The wrappers; first on the PATH of every session. */
  bin: string;
  /** One small file for each thing that was stopped, until the daemon has said it. */
  spool: string;
  /** One word: `refuse` or `warn`. */
  mode: string;
  /** Where the glass is broken: until when, in seconds since 1970. The first push within that time takes it away. */
  open: string;
};

export function guardPlaces(privateDir: string): GuardPlaces {
  const folder = join(privateDir, "guards");
  return {
    bin: join(folder, "bin"),
    spool: join(folder, "spool"),
    mode: join(folder, "mode"),
    open: join(folder, "open"),
  };
}

/** In a clone's git folder, which all its worktrees share. */
export type HookPlaces = {
  /** Everything of ours. */
  folder: string;
  /** What was asked for and what was found: while it is there, the hook is to be there. */
  record: string;
  /** Our hooks, and the configuration that makes git run them, where core.hooksPath is in use. */
  hooks: string;
  included: string;
  config: string;
  /** The repository's own hooks folder. */
  plainHooks: string;
  /** The hook that stood there before ours. */
  former: string;
};

/** What the hook that was there before is called from then on. */
export const formerName = "pre-push.before-signalbox";

export function hookPlaces(commonDir: string): HookPlaces {
  const folder = join(commonDir, "signalbox");
  const plainHooks = join(commonDir, "hooks");
  return {
    folder,
    record: join(folder, "guard.json"),
    hooks: join(folder, "hooks"),
    included: join(folder, "hooks.gitconfig"),
    config: join(commonDir, "config"),
    plainHooks,
    former: join(plainHooks, formerName),
  };
}
