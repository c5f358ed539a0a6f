/** Lines as a person without colours sees them. */
import { type Line, paint } from "../../../src/surfaces/text.ts";

export function plain(lines: readonly Line[]): string {
  return lines.map((line) => paint(line, false)).join("\n");
}
