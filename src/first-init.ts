/** `init.json` in the private folder: main when `init` first ran, where `verify` begins. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { checkSha } from "./git/names.ts";

export type FirstInit = { main_sha: string; at: string };

/** What was noted, or null. */
export async function firstInit(privateDir: string): Promise<FirstInit | null> {
  const text = await readFile(fileOf(privateDir), "utf8").catch(() => null);
  if (text === null) return null;
  try {
    const value: Partial<FirstInit> = JSON.parse(text);
    if (typeof value.main_sha !== "string" || checkSha(value.main_sha) !== null) return null;
    return { main_sha: value.main_sha, at: String(value.at) };
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** Notes it once: who comes second changes nothing. */
export async function noteFirstInit(privateDir: string, first: FirstInit): Promise<void> {
  await writeFile(fileOf(privateDir), `${JSON.stringify(first)}\n`, { flag: "wx", mode: 0o600 }).catch(
    (error: unknown) => {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    },
  );
}

function fileOf(privateDir: string): string {
  return join(privateDir, "init.json");
}
