/** The guards for people. (Pure.) */
import type { GuardsShape } from "../../../board/shapes-of-commands.ts";
import { type Line, type Span, styled } from "../../text.ts";

/** One line a guard; with their places where `isLong`. */
export function guardLines({ mode, hook, wrappers }: GuardsShape, isLong = true): Line[] {
  const warns = mode === "warn" ? [styled("warn", " (warns only: the cutover is off)")] : [];
  const lines: Line[] = [
    ["pre-push hook  ", ...hookSpans(hook), ...warns],
    ["git, gh        ", ...wrapperSpans(wrappers), ...(isLong ? [styled("dim", ` ${wrappers.folder}`)] : [])],
  ];
  const past = hook.unguarded_worktrees.map(
    (path): Line => [styled("warn", "unguarded      "), `${path} has a core.hooksPath of its own`],
  );
  return [...lines, ...past];
}

function hookSpans({ state, why, chained }: GuardsShape["hook"]): Span[] {
  const then = chained === null ? [] : [styled("dim", `, then ${chained}`)];
  if (state === "on") return [styled("good", "on"), ", for every worktree", ...then];
  if (state === "absent")
    return [styled("warn", "not installed"), styled("dim", " → signalbox guard install")];
  return [styled("bad", "silenced"), `: ${why ?? "unknown"}`, styled("dim", " → signalbox guard install")];
}

function wrapperSpans({ state }: GuardsShape["wrappers"]): Span[] {
  if (state === "on") return [styled("good", "on"), ", first on the PATH of every session"];
  return [
    styled("warn", state === "absent" ? "not installed" : "of another version"),
    styled("dim", " → signalbox guard install"),
  ];
}
