/**
 * Pure. The lines in a clone's configuration that make git read ours after everything else in that file. A tool that sets
 * core.hooksPath anew (husky, at every npm install) changes its own line further up, and ours still wins; taken away, they
 * leave every other byte as it was.
 */

const first = "# Signalbox's guard: from here …";
const last = "# … to here, to be taken away by: signalbox guard uninstall";
/** Instead of `last`, where the file did not end with a newline before. */
const lastWithoutNewline = `${last} (with the newline before)`;

/** The text with the block at its end; a block that is there already is moved there. */
export function withInclude(text: string, includedPath: string): string {
  const plain = withoutInclude(text);
  const isWhole = plain === "" || plain.endsWith("\n");
  const path = `\tpath = "${includedPath}"`;
  const lines = [first, "[include]", path, isWhole ? last : lastWithoutNewline];
  return `${plain}${isWhole ? "" : "\n"}${lines.join("\n")}\n`;
}

/** The text without the block; as it is where there is none. */
export function withoutInclude(text: string): string {
  const begin = text.indexOf(`${first}\n`);
  const mark = text.indexOf(last, begin);
  if (begin < 0 || mark < 0) return text;
  const end = text.indexOf("\n", mark);
  const marked = end < 0 ? text.slice(mark) : text.slice(mark, end);
  const after = end < 0 ? "" : text.slice(end + 1);
  const before = text.slice(0, begin);
  const hadNoNewline = marked === lastWithoutNewline && after === "" && before.endsWith("\n");
  return `${hadNoNewline ? before.slice(0, -1) : before}${after}`;
}

/** Whether the block is there, and nothing after it could win over it. */
export function endsWithInclude(text: string, includedPath: string): boolean {
  return withInclude(text, includedPath) === text;
}
