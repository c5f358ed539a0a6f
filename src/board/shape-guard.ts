/** Pure. The guards of this machine as `--json` prints them. */
import type { GuardState } from "../guards/guard.ts";
import { guardPlaces } from "../guards/places.ts";
import type { GuardsShape } from "./shapes-of-commands.ts";

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
