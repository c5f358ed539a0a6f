/** Pure. When the terminal rings, and what it is told: its bell, and the notification that some terminals show. */
import type { NotificationShape } from "../../board/shapes.ts";
import { escapeForDisplay } from "../../git/names.ts";

/**
 * What needs attention now and did not before. Nothing at the start: what was there before somebody looked is not news; and
 * a thing that was told is told again only when it has changed and is unseen.
 */
export function newlyNeedy(
  before: readonly NotificationShape[] | null,
  now: readonly NotificationShape[],
): NotificationShape[] {
  if (before === null) return [];
  const known = new Map(before.map((each) => [each.id, each]));
  return now.filter((each) => {
    if (!each.needs_attention) return false;
    const old = known.get(each.id);
    if (old === undefined || !old.needs_attention) return true;
    return each.human_status === "unseen" && old.human_status === "seen";
  });
}

export type TerminalKind = { program: string | null; term: string | null; isVte: boolean };

/**
 * The bell, and the text by the escape sequence the terminal knows (OSC 9, or OSC 777 in terminals of the rxvt and VTE
 * families); by both where it is not known, since others ignore what they do not know. The text cannot end the sequence.
 */
export function ringSequence(text: string, { program, term, isVte }: TerminalKind): string {
  const words = escapeForDisplay(text).replaceAll(";", ",").slice(0, 200);
  const nine = `\u001b]9;Signalbox: ${words}\u0007`;
  const sevens = `\u001b]777;notify;Signalbox;${words}\u0007`;
  const bell = "\u0007";
  if (isVte || /^(rxvt|foot)/.test(term ?? "")) return bell + sevens;
  if (/^(iTerm\.app|WezTerm|ghostty|WarpTerminal)$/i.test(program ?? "") || /kitty|ghostty/.test(term ?? ""))
    return bell + nine;
  return bell + nine + sevens;
}
