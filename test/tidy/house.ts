/** Reads the repository's own files for the rules. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { readSources, type Source } from "./source.ts";

/** Everything the rules look at: parsed TypeScript, and the plain text of all files of the rooms. */
export type House = { sources: Source[]; texts: Record<string, string> };

/** One broken rule: where, and one sentence that says what to do instead. */
export type Finding = { path: string; line: number; message: string };

const folders = ["src", "test", "scripts", "bench"];

/** Reads the house that stands at `directory`. */
export async function readHouse(directory: string): Promise<House> {
  const texts: Record<string, string> = {};
  for (const folder of folders) {
    const entries = await readdir(join(directory, folder), { recursive: true, withFileTypes: true });
    for (const entry of entries) {
      if (!entry.isFile() || !/\.(tsx?|mjs|js|lua|sh)$/.test(entry.name)) continue;
      const full = join(entry.parentPath, entry.name);
      texts[full.slice(directory.length + 1)] = await readFile(full, "utf8");
    }
  }
  return houseOf(texts);
}

/** A house made of texts: what the tests of the rules feed them. */
export function houseOf(texts: Record<string, string>): House {
  return { sources: readSources(texts), texts };
}

/** The findings as lines a person can jump to; empty when the rule holds. */
export function report(findings: readonly Finding[]): string {
  return findings.map(({ path, line, message }) => `${path}:${line} ${message}`).join("\n");
}
