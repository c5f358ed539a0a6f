/** What one integrator wrote into the log that all of them share, as lines for people. */
import { open } from "node:fs/promises";
import { join } from "node:path";
import { describeError } from "../errors.ts";
import { escapeLinesForDisplay } from "../git/names.ts";

/** Of a log that may be large, its end: what is asked for is what happens now. */
const readBytes = 256 * 1024;

/** The pid in an integrator's session id; null where it is the id of another session. */
export function integratorPid(id: string): number | null {
  const [, pid] = /^integrator-(\d{1,10})$/.exec(id) ?? [];
  return pid === undefined ? null : Number(pid);
}

/** The last `lines` lines of the integrator with this pid; empty where it has said nothing. */
export async function readIntegratorLog(privateDir: string, pid: number, lines: number): Promise<string> {
  const own = spokenBy(await endOf(join(privateDir, "logs/integrator.log")), pid);
  return own.length === 0 || lines === 0 ? "" : `${escapeLinesForDisplay(own.slice(-lines).join("\n"))}\n`;
}

async function endOf(path: string): Promise<string> {
  try {
    await using file = await open(path);
    const { size } = await file.stat();
    const from = Math.max(0, size - readBytes);
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(size - from), position: from });
    return buffer.toString("utf8", 0, bytesRead);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return "";
    throw new Error(`${path} cannot be read: ${describeError(error)}`, { cause: error });
  }
}

/** The entries of one process, as `12:03:04.120 message name=value …`. What is no entry (a first line cut in two) is left out. */
export function spokenBy(log: string, pid: number): string[] {
  return log.split("\n").flatMap((line) => {
    if (!line.includes(`"pid":${pid},`)) return [];
    let entry: Record<string, unknown>;
    try {
      entry = JSON.parse(line);
    } catch {
      return [];
    }
    const { pid: by, time, msg, level: _, ...rest } = entry;
    if (by !== pid) return [];
    const facts = Object.entries(rest).map(([name, value]) => `${name}=${valueText(value)}`);
    return [[String(time).slice(11, 23), String(msg ?? ""), ...facts].join(" ")];
  });
}

function valueText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
