/**
 * One process at a time may start the engine of a private folder; a dead one's claim does not stand in the way.
 *
 * Claims are files `start.<n>.lock`, each linked into place whole, with its owner in it. Only the highest counts. Who finds
 * its owner dead claims n + 1, which the link grants to one alone. A dead claim is never deleted and so its number never
 * given again, which is what makes two holders impossible; a crash during a start costs one small file.
 */
import { link, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { monotonicMs, pause } from "../clock.ts";
import { Failure } from "../errors.ts";
import { identify, isRunning, type ProcessIdentity } from "../process-identity.ts";

export type StartLock = { release(): Promise<void> };

/** What is under way while the lock is held, for who waited in vain. */
export type UnderWay = { code: string; what: string };

const startOfRedis: UnderWay = { code: "redis_start_locked", what: "Redis is being started" };

/**
 * Takes the lock of `folder`, waiting for a living holder up to `withinMs`; then throws the failure of what is under way,
 * by default `redis_start_locked`.
 */
export async function takeStartLock(
  folder: string,
  withinMs: number,
  underWay: UnderWay = startOfRedis,
): Promise<StartLock> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const own = await identify(process.pid);
  if (!own) throw new Error("this process does not find itself");
  const draft = join(folder, `claim-${process.pid}-${crypto.randomUUID()}`);
  await writeFile(draft, JSON.stringify(own), { flush: true });
  try {
    return await claim({ folder, underWay }, draft, withinMs);
  } finally {
    await rm(draft, { force: true });
  }
}

async function claim(
  { folder, underWay }: { folder: string; underWay: UnderWay },
  draft: string,
  withinMs: number,
): Promise<StartLock> {
  const deadline = monotonicMs() + withinMs;
  for (;;) {
    const highest = await highestClaim(folder);
    const holder = highest === 0 ? null : await ownerOf(folder, highest);
    if (holder !== "gone" && (holder === null || !(await isRunning(holder)))) {
      const path = claimPath(folder, highest + 1);
      if (await linked(draft, path)) return { release: () => rm(path, { force: true }) };
      continue;
    }
    if (monotonicMs() > deadline) throw lockedOut(holder, underWay);
    await pause(20);
  }
}

async function highestClaim(folder: string): Promise<number> {
  const numbers = (await readdir(folder)).map((name) => Number(/^start\.(\d+)\.lock$/.exec(name)?.[1] ?? 0));
  return Math.max(0, ...numbers);
}

/** The owner; `gone` where the claim was released meanwhile; `null` where the file says nothing (a full disk). */
async function ownerOf(folder: string, number: number): Promise<ProcessIdentity | "gone" | null> {
  const text = await readFile(claimPath(folder, number), "utf8").catch(() => null);
  if (text === null) return "gone";
  try {
    const { pid, startTime }: Partial<Record<string, unknown>> = JSON.parse(text);
    return typeof pid === "number" && typeof startTime === "string" ? { pid, startTime } : null;
  } catch {
    return null;
  }
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
}

function claimPath(folder: string, number: number): string {
  return join(folder, `start.${number}.lock`);
}

function lockedOut(holder: ProcessIdentity | "gone" | null, { code, what }: UnderWay): Failure {
  const who = holder && holder !== "gone" ? `process ${holder.pid}` : "another process";
  return new Failure({
    code,
    kind: "temporary",
    message: `${what} by ${who}, and that takes unusually long`,
    cure: `Try again; if ${who} hangs, end it.`,
  });
}
