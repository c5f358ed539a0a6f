/** Pure. What a script notes when it stops something, as the payload of an event. */
import { wordsOfRule } from "./policy.ts";

/** The payload of `integration.guard.blocked`. */
export type Blocked = { actor: string; command: string; ref: string; rule: string; blocked_at: string };

const firstLine = "signalbox-block 1";

/**
 * Reads the text of a note, passwords taken out already; null: it is none. Whatever is in it may have come from anybody's
 * command line.
 */
export function readBlockRecord(text: string, notedAt: string): Blocked | null {
  const [head, rule, ref, actor, ...command] = text.split("\n");
  if (head !== firstLine || rule === undefined || ref === undefined || actor === undefined) return null;
  return {
    actor: plainLine(actor, 200) || "somebody",
    command: plainLine(command.join("\n"), 2000) || "an unknown command",
    ref: plainLine(ref, 1024) || "an unknown ref",
    rule: plainLine(wordsOfRule(rule), 100) || "an unknown rule",
    blocked_at: notedAt,
  };
}

/** One line without what could fool a reader or a terminal. */
function plainLine(text: string, longest: number): string {
  const plain = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\ufffd]+/gu, " ").trim();
  return [...plain].slice(0, longest).join("").trim();
}
