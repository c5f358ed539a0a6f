/** Writes the last long run into docs/performance.md, between its two marks. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Finding } from "./claim.ts";
import { durability } from "./durability.ts";
import { plotOf } from "./plot.ts";
import { type Circumstances, tableOf } from "./report.ts";

const path = join(import.meta.dirname, "../docs/performance.md");
const marks = { begin: "<!-- bench:begin -->", end: "<!-- bench:end -->" };

export async function writeDocument(
  findings: readonly Finding[],
  circumstances: Circumstances,
): Promise<void> {
  const { cores, node, git, seconds } = circumstances;
  const head = `${cores} shared cores, Node ${node}, git ${git}, Redis with ${durability}; ${Math.round(seconds / 60)} minutes. Other work ran on the machine at the same time: read the ratios.`;
  const text = `${head}\n\n${tableOf(findings)}\n\n\`\`\`text\n${plotOf(findings)}\n\`\`\``;
  await writeFile(path, withPart(await readFile(path, "utf8"), text));
}

/** Pure: the document with another text between its marks. Throws where they are missing. */
export function withPart(document: string, text: string): string {
  const [before, rest] = document.split(marks.begin);
  const after = rest?.split(marks.end)[1];
  if (before === undefined || after === undefined) throw new Error(`${path} has lost its marks`);
  return `${before}${marks.begin}\n${text}\n${marks.end}${after}`;
}
