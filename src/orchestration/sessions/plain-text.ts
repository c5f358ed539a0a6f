/**
 * Pure. A worker's output as text that is safe to look at: what commands a terminal is taken out, every line end becomes
 * one, and whatever else is not seen is escaped by whoever shows it.
 */

/**
 * Line ends of all kinds, and terminal commands: CSI (colours, cursor), OSC, DCS and their kin up to their end, or to the
 * end of the line where they have none, two-byte escapes; the same with the eight-bit introducers.
 */
const endOrCommand =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  /\r+\n|\r|(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]?|(?:\u001b[\]PX^_]|[\u009d\u0090\u0098\u009e\u009f])[^\u0007\u001b\u009c\r\n]*(?:\u0007|\u001b\\|\u009c)?|\u001b[ -/]*[0-~]?/g;

/** What may be the beginning of a terminal command or of a line end, at the end of a chunk. */
const unfinished =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  /(?:(?:\u001b\[|\u009b)[0-?]*[ -/]*|(?:\u001b[\]PX^_]|[\u009d\u0090\u0098\u009e\u009f])[^\u0007\u001b\u009c\r\n]*\u001b?|\u001b[ -/]*|\r+)$/;

/** A command longer than this is not waited for. */
const longestCommand = 4096;

/**
 * Without terminal commands; `\r\n` and a lone `\r` end a line, too: what a program overwrote is shown, since a reader
 * must not be shown less than was printed. Other control characters stay, for the escaping.
 */
export function plainText(text: string): string {
  return text.replace(endOrCommand, (found) => (found.startsWith("\r") ? "\n" : ""));
}

export type PlainTextStream = {
  /** The plain text of the next bytes, as far as it is certain. */
  push(bytes: Uint8Array): string;
  /** What was held back. */
  end(): string;
};

/** The same for bytes that come in chunks: a command or character that lies across two of them is seen as one. */
export function openPlainText(): PlainTextStream {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  let held = "";
  return {
    push(bytes) {
      const text = held + decoder.decode(bytes, { stream: true });
      const open = unfinished.exec(text)?.index ?? text.length;
      const certain = text.length - open > longestCommand ? text.length : open;
      held = text.slice(certain);
      return plainText(text.slice(0, certain));
    },
    end() {
      const text = held + decoder.decode();
      held = "";
      return plainText(text);
    },
  };
}
