/** What `migrate` answers to people. (Pure.) */
import type { MigrateShape } from "../../../board/shapes-of-commands.ts";
import { type Line, styled } from "../../text.ts";

const words = {
  handed_over: "handed over",
  approved: "approved",
  in_work: "in work",
  delivered: "recorded as delivered",
  over: "over",
  known: "known already",
  undecided: "undecided",
} as const;

/** One branch a line, with what is left for somebody to do. */
export function migrateLines({ dry_run: dryRun, items }: MigrateShape): Line[] {
  if (items.length === 0) return [["Nothing is in flight under the old way."]];
  const lines = items.flatMap(({ slug, branch, becomes, why, next_action: next }): Line[] => {
    const style = becomes === "undecided" ? "warn" : "good";
    const on = branch === slug ? "" : ` (${branch})`;
    const line: Line = [styled("strong", slug), `${on}: `, styled(style, words[becomes]), `; ${why}.`];
    return next === null ? [line] : [line, [styled("dim", "  → "), next]];
  });
  const said = items.filter(({ events }) => events.length > 0).length;
  const open = items.filter(({ becomes }) => becomes === "undecided").length;
  const what = dryRun ? `${said} would be taken over` : `${said} taken over`;
  const left = open === 0 ? "" : `, ${open} left alone because nothing decides what they are`;
  return [...lines, [styled("dim", `${what}${left}.${dryRun ? " Nothing was changed." : ""}`)]];
}
