/**
 * Pure. A worker's output as text that is safe to look at: what commands a terminal is taken out, every line end becomes
 * one, and whatever else is not seen is escaped by whoever shows it.
 */

/**
 * Terminal commands: CSI (colours, cursor), OSC, DCS and their kin up to their end, or to the end of the line where they
 * have none, two-byte escapes; the same with the eight-bit introducers.
 */
const commands =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  /(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]?|(?:\u001b[\]PX^_]|[\u009d\u0090\u0098\u009e\u009f])[^\u0007\u001b\u009c\n]*(?:\u0007|\u001b\\|\u009c)?|\u001b[ -/]*[0-~]?/g;

/**
 * Without terminal commands; `\r\n` and a lone `\r` end a line, too: what a program overwrote is shown, since a reader
 * must not be shown less than was printed. Other control characters stay, for the escaping.
 */
export function plainText(text: string): string {
  return text.replace(commands, "").replace(/\r+\n|\r/g, "\n");
}
