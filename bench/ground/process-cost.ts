/** What processes have cost so far, from /proc. Linux only; elsewhere it answers null, and the claim says so. */
import { readFile } from "node:fs/promises";

/** Clock ticks of /proc per second: fixed at 100 wherever Linux runs on today's machines. */
const ticksPerSecond = 100;

/** CPU time of a living process and of its ended children, ms; null where it cannot be read. */
export async function cpuMsOf(pid: number): Promise<number | null> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => null);
  return text === null ? null : parseCpuMs(text);
}

/** The same for several; those that are gone count for nothing. */
export async function cpuMsOfAll(pids: readonly number[]): Promise<number> {
  const each = await Promise.all(pids.map(cpuMsOf));
  return each.reduce((sum: number, ms) => sum + (ms ?? 0), 0);
}

/** Resident memory, MB; null where it cannot be read. */
export async function rssMbOf(pid: number): Promise<number | null> {
  const text = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  const kb = /^VmRSS:\s+(\d+) kB$/m.exec(text)?.[1];
  return kb === undefined ? null : Number(kb) / 1024;
}

/** Pure: utime, stime, cutime and cstime of a `/proc/<pid>/stat`. The name in it may hold spaces and brackets. */
export function parseCpuMs(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const ticks = [11, 12, 13, 14].reduce((sum, at) => sum + Number(fields[at] ?? 0), 0);
  return (ticks * 1000) / ticksPerSecond;
}
