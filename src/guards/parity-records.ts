/**
 * What parity keeps in the private folder: every verdict as soon as it is known, one a line, so that whoever was stopped
 * goes on where it was; and the last report, for whoever accepts it. Both may be deleted at any time.
 */
import { appendFile, mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Difference } from "./parity.ts";
import type { Told } from "./parity-replay.ts";
import { putFile, textOf } from "./small-files.ts";

/** Raised where the same merge would be judged otherwise. */
const version = 1;

export type Verdicts = {
  known: ReadonlyMap<string, Told>;
  add(told: readonly Told[]): Promise<void>;
};

export type ParityReport = {
  /** The first and the last merge. */
  from: string | null;
  to: string | null;
  merges: number;
  identical: number;
  both_conflict: number;
  differs: Difference[];
  digest: string;
  /** RFC 3339. */
  at: string;
};

/** Where a replay may work, too. */
export function parityFolder(privateDir: string): string {
  return join(privateDir, "parity");
}

/** The verdicts that this version of ours reached with this git. */
export async function openVerdicts(privateDir: string, git: string): Promise<Verdicts> {
  const folder = parityFolder(privateDir);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, `verdicts-${version}-${git.replace(/[^0-9A-Za-z.]+/g, "-")}.jsonl`);
  const known = new Map<string, Told>();
  for (const line of ((await readFile(file, "utf8").catch(() => "")) || "").split("\n")) {
    const told = parseTold(line);
    if (told !== null) known.set(told.commit, told);
  }
  return {
    known,
    async add(told) {
      for (const one of told) known.set(one.commit, one);
      // Begun with a line end: what a kill cut off spoils no line but its own.
      await appendFile(file, told.map((one) => `\n${JSON.stringify(one)}`).join(""), { mode: 0o600 });
    },
  };
}

function parseTold(line: string): Told | null {
  if (line === "") return null;
  try {
    const told: Told = JSON.parse(line);
    return told;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

export async function noteParityReport(privateDir: string, report: ParityReport): Promise<void> {
  await putFile(join(parityFolder(privateDir), "report.json"), `${JSON.stringify(report)}\n`, 0o600);
}

/** The last report, or null. */
export async function readParityReport(privateDir: string): Promise<ParityReport | null> {
  const text = await textOf(join(parityFolder(privateDir), "report.json"));
  if (text === null) return null;
  const report: ParityReport = JSON.parse(text);
  return report;
}
