/** Pure. Keys as Ink hears them, as our keys. */
import type { Key as InkKey } from "ink";
import type { Key } from "./keys.ts";

const names = [
  ["upArrow", "up"],
  ["downArrow", "down"],
  ["leftArrow", "left"],
  ["rightArrow", "right"],
  ["pageUp", "pageup"],
  ["pageDown", "pagedown"],
  ["home", "home"],
  ["end", "end"],
  ["return", "enter"],
  ["escape", "escape"],
  ["backspace", "backspace"],
  // Many terminals send this for the key that is labelled backspace.
  ["delete", "backspace"],
] as const satisfies readonly (readonly [keyof InkKey, Key])[];

/**
 * What was pressed. Several at once where they came together, a paste among them; what is no character (a control character
 * in a paste, a sequence nobody knows) is nothing.
 */
export function keyOf(input: string, key: InkKey): Key[] {
  if (key.tab) return [key.shift ? "backtab" : "tab"];
  const named = names.find(([name]) => key[name]);
  if (named !== undefined) return [named[1]];
  if (key.ctrl) return /^[a-z]$/.test(input) ? [{ ctrl: input }] : [];
  if (key.meta) return [];
  return [...input].flatMap((character): Key[] => {
    if (character === "\r" || character === "\n") return ["enter"];
    return /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}]/u.test(character) ? [] : [{ type: character }];
  });
}
