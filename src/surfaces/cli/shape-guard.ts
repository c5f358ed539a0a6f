/** Pure. The guards of this machine as `--json` prints them. */
import type { GuardState } from "../../guards/guard.ts";
import { guardPlaces } from "../../guards/places.ts";

export type GuardsShape = {
  /** `warn` while the cutover is off. */
  mode: "refuse" | "warn";
  hook: {
    state: "on" | "absent" | "silenced";
    way: "hooks_folder" | "hooks_path";
    /** The hook that was there before, and still runs. */
    chained: string | null;
    why: string | null;
    /** Worktrees in which git runs no hook of ours. */
    unguarded_worktrees: string[];
  };
  wrappers: { state: "on" | "outdated" | "absent"; folder: string };
};

export function guardsShape(
  { mode, wrappers, hook }: GuardState,
  { privateDir }: { privateDir: string },
): GuardsShape {
  return {
    mode,
    hook: {
      state: hook.kind,
      way: hook.way === "path" ? "hooks_path" : "hooks_folder",
      chained: hook.former,
      why: hook.why,
      unguarded_worktrees: hook.past,
    },
    wrappers: { state: wrappers, folder: guardPlaces(privateDir).bin },
  };
}
