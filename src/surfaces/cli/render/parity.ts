/** `parity` for people. (Pure.) */
import type { ParityShape } from "../../../board/shapes-of-commands.ts";
import { type Line, styled } from "../../text.ts";

/** Counts first, then every difference with its reason, then what to do with it. */
export function parityLines(parity: ParityShape): Line[] {
  const { merges, identical, both_conflict: conflicts, differs, share, seconds, digest } = parity;
  if (merges === 0) return [["Main has no merges, so there is nothing to compare."], ...shadowLines(parity)];
  const percent = share === null ? "" : ` (${(100 * share).toFixed(1)} % of those without a conflict)`;
  return [
    [styled("strong", `${merges} merges`), `, ${seconds.toFixed(1)} s of git`],
    ["  ", styled("good", `${identical} identical`), percent],
    [`  ${conflicts} conflict here, too: a person resolved them`],
    ["  ", differs.length === 0 ? "0 differ" : styled("warn", `${differs.length} differ`)],
    ...differs
      .slice(0, shown)
      .flatMap(({ commit, why, paths }): Line[] => [
        ["    ", styled("accent", commit.slice(0, 7)), ` ${why}`],
        ...(paths.length === 0 ? [] : [[styled("dim", `            ${listed(paths)}`)]]),
      ]),
    ...(differs.length > shown
      ? [[styled("dim", `    and ${differs.length - shown} more: --json has all`)]]
      : []),
    ...shadowLines(parity),
    [styled("dim", "  report   "), digest.slice(0, 12), parity.is_evidence ? ", the accepted evidence" : ""],
    ...(parity.accepted ? [] : [[styled("dim", "  → "), "signalbox cutover accept-parity"]]),
  ];
}

const shown = 20;

function shadowLines({ shadow }: ParityShape): Line[] {
  if (shadow.decided === 0) return [];
  const { decided, agreed, differs, waiting } = shadow;
  return [
    [`  in shadow: ${decided} decided, ${agreed} as others landed them, ${waiting} not landed so far`],
    ...differs.map(
      ({ slug, commit, why }): Line => ["    ", styled("warn", slug), ` ${commit.slice(0, 7)} ${why}`],
    ),
  ];
}

function listed(paths: readonly string[]): string {
  const more = paths.length - 3;
  return `${paths.slice(0, 3).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}
