/**
 * Who holds a lease: readable, and never the same for two process starts. It names the machine and the process, so that a
 * holder that is proven dead on this machine need not be waited for.
 */
import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { identify } from "../process-identity.ts";

export type Owner = { role: string; host: string; pid: number; processStart: string; random: string };

const unknownStart = "unknown";

export function formatOwner({ role, host, pid, processStart, random }: Owner): string {
  return [role, host, pid, processStart, random].join(":");
}

/** The parts of an owner that `formatOwner` wrote; null for anything else. */
export function parseOwner(text: string): Owner | null {
  const [role, host, pid, processStart, random, ...rest] = text.split(":");
  if (!role || !host || !pid || !processStart || !random || rest.length > 0) return null;
  return { role, host, pid: Number(pid), processStart, random };
}

/** A process's start time as an owner holds it: whatever the platform calls it, without separators. */
export function plainStart(startTime: string): string {
  return startTime.replace(/[^A-Za-z0-9]+/g, "-");
}

/** The owner that this process is, in this role. */
export async function ownerOfThisProcess(role: string): Promise<string> {
  const own = await identify(process.pid);
  return formatOwner({
    role,
    host: hostname(),
    pid: process.pid,
    processStart: plainStart(own?.startTime ?? unknownStart),
    random: randomBytes(6).toString("hex"),
  });
}

/** Proven dead: it was on this machine, and no process with that pid and start time is. */
export async function isOwnerDead(owner: string): Promise<boolean> {
  const holder = parseOwner(owner);
  if (holder === null || holder.host !== hostname() || holder.processStart === unknownStart) return false;
  const running = await identify(holder.pid);
  return running === null || plainStart(running.startTime) !== holder.processStart;
}
