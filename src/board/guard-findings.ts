/** Pure. What `doctor` makes of the guards of this machine. */

import type { Cutover } from "../guards/cutover.ts";
import type { GuardState } from "../guards/guard.ts";
import { failing, ok, warning } from "./doctor-findings.ts";
import type { Finding } from "./shapes.ts";

const install = "signalbox guard install";

/** The pre-push hook: there, in front, and run in every worktree. */
export function hookFinding({ hook, mode }: Pick<GuardState, "hook" | "mode">): Finding {
  if (hook.kind === "absent")
    return warning("pre-push hook", "not installed: a push of main is not stopped here", install);
  if (hook.kind === "silenced")
    return warning("pre-push hook", `silenced: ${hook.why ?? "it is not as it should be"}`, install);
  const [first] = hook.past;
  if (first !== undefined)
    return warning(
      "pre-push hook",
      `not run in ${hook.past.join(", ")}: core.hooksPath is set for that worktree alone`,
      `git -C ${first} config --worktree --unset core.hooksPath`,
    );
  const then = hook.former === null ? "" : `, then runs ${hook.former}`;
  return ok(
    "pre-push hook",
    `${mode === "warn" ? "only warns (the cutover is off)" : "guards every worktree"}${then}`,
  );
}

/** The wrappers, and whether this shell or session goes through them. */
export function wrappersFinding(
  state: GuardState["wrappers"],
  shell: { place: "first" | "behind" | "absent"; isSession: boolean },
): Finding {
  if (state !== "on")
    return warning("wrappers", state === "absent" ? "not installed" : "of another version", install);
  if (shell.place === "behind")
    return warning(
      "wrappers",
      "on PATH, but git is found before them",
      'Put them first: eval "$(signalbox guard env)", after everything else that sets PATH.',
    );
  if (shell.place === "absent" && shell.isSession)
    return warning(
      "wrappers",
      "not on the PATH of this session",
      "Something in it sets PATH anew; end it with the wrappers first.",
    );
  const where = shell.place === "first" ? "first on this PATH" : "first on the PATH of sessions";
  return ok("wrappers", `of git and gh, ${where}`);
}

/** Whether the line lands at all. */
export function cutoverFinding({ mode, why, controls }: Pick<Cutover, "mode" | "why" | "controls">): Finding {
  if (mode === "live") return ok("cutover", `live: ${why}`);
  if (mode === "refused")
    return failing(
      "cutover",
      `neither live nor shadow: ${why}`,
      "signalbox parity, then parity_evidence_accepted: true in signalbox.yaml; or enabled: false, to shadow",
    );
  const cure = controls.enabled
    ? "signalbox parity, then signalbox cutover accept-parity"
    : "signalbox cutover enable --reason R";
  return warning("cutover", `in shadow, nothing is landed: ${why}`, cure);
}
