/** The descriptors of a process that outlives whoever starts it: nothing that the caller has open may be held by it. */
import type { StdioOptions } from "node:child_process";
import { readdirSync } from "node:fs";

/**
 * Stdin from nowhere, stdout and stderr to `log`, and every other descriptor the caller may have left open (a lock
 * taken with `flock 200>…`, a pipe somebody waits on) replaced by `nothing` (/dev/null): nobody waits for it by accident.
 * Node marks descriptors close-on-exec only up to the first gap above 15, so those beyond are covered here.
 */
export function ownStdio(log: number, nothing: number): StdioOptions {
  const stdio: Exclude<StdioOptions, string> = ["ignore", log, log];
  const open = openDescriptors();
  for (let descriptor = 3; descriptor <= Math.max(2, ...open); descriptor++)
    stdio.push(descriptor > 15 && open.includes(descriptor) ? nothing : "ignore");
  return stdio;
}

function openDescriptors(): number[] {
  try {
    return readdirSync(process.platform === "linux" ? "/proc/self/fd" : "/dev/fd").map(Number);
  } catch {
    return [];
  }
}
