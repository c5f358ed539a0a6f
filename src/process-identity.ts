/** Which process a pid means: a number alone is given again after a reboot or a long day, its start time with it is not. */
import { readFile } from "node:fs/promises";
import { monotonicMs, pause } from "./clock.ts";

export type ProcessIdentity = { pid: number; startTime: string };

/**
 * The identity of the process that has this pid now, or `null` where there is none (a zombie has ended). Throws where this
 * process cannot look.
 */
export async function identify(pid: number): Promise<ProcessIdentity | null> {
  if (!Number.isSafeInteger(pid) || pid <= 0) return null;
  const startTime = process.platform === "linux" ? await linuxStart(pid) : await otherStart(pid);
  return startTime === null ? null : { pid, startTime };
}

/** Whether exactly this process still runs. */
export async function isRunning(identity: ProcessIdentity): Promise<boolean> {
  return (await identify(identity.pid))?.startTime === identity.startTime;
}

/** Waits for its end, `withinMs` at most; false where it still runs then. */
export async function waitForEnd(identity: ProcessIdentity, withinMs: number): Promise<boolean> {
  const deadline = monotonicMs() + withinMs;
  while (await isRunning(identity)) {
    if (monotonicMs() > deadline) return false;
    await pause(10);
  }
  return true;
}

/** Sends a signal to exactly this process; nothing happens where it has ended. */
export async function signalProcess(identity: ProcessIdentity, signal: NodeJS.Signals): Promise<void> {
  if (!(await isRunning(identity))) return;
  try {
    process.kill(identity.pid, signal);
  } catch (error) {
    // It may end between the two lines.
    if (await isRunning(identity)) throw error;
  }
}

/**
 * What Linux shows of a process in `/proc/<pid>/<file>`; null where there is none, or it is not ours to see. Throws where
 * this process itself could not look (it has too many files open): nobody may pass for dead because of that.
 */
export async function shownByProc(
  pid: number,
  file: "stat" | "cmdline" | "environ",
  encoding: "utf8" | "latin1" = "utf8",
): Promise<string | null> {
  return readFile(`/proc/${pid}/${file}`, encoding).catch((error: NodeJS.ErrnoException) => {
    if (notShown.has(error.code ?? "")) return null;
    throw error;
  });
}

const notShown: ReadonlySet<string> = new Set(["ENOENT", "ESRCH", "EACCES", "EPERM"]);

async function linuxStart(pid: number): Promise<string | null> {
  const stat = await shownByProc(pid, "stat");
  if (stat === null) return null;
  // The name, in brackets, may hold anything: the fields are counted from the last bracket on.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const state = fields[0];
  return state === "Z" || state === "X" ? null : (fields[19] ?? null);
}

async function otherStart(pid: number): Promise<string | null> {
  // Loaded where it is needed: it would cost every command a fifth of its start.
  const { execa } = await import("execa");
  const { stdout, failed } = await execa("ps", ["-o", "stat=,lstart=", "-p", String(pid)], { reject: false });
  const [state = "", ...start] = stdout.trim().split(/\s+/);
  return failed || state === "" || state.startsWith("Z") ? null : start.join(" ");
}
