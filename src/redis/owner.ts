/**
 * Who holds a lease: readable, and never the same for two process starts. It names the machine and the process, so that a
 * holder that is proven dead on this machine need not be waited for.
 */
import { createHash, randomBytes } from "node:crypto";
import { readFile, readlink } from "node:fs/promises";
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
    host: await hostOfThisProcess(),
    pid: process.pid,
    processStart: plainStart(own?.startTime ?? unknownStart),
    random: randomBytes(6).toString("hex"),
  });
}

/**
 * Where a pid means a process: the machine's name, and on Linux also this start of it and this space of pids, since two
 * containers may share a name (with the host's network they do) and see nothing of each other's processes.
 */
export async function hostOfThisProcess(): Promise<string> {
  const space = await Promise.all([
    readFile("/proc/sys/kernel/random/boot_id", "utf8"),
    readlink("/proc/self/ns/pid"),
  ]).catch(() => null);
  // Not Linux, or not shown: its name is all there is.
  if (space === null) return hostname();
  const digest = createHash("sha256").update(space.join("\n")).digest("hex").slice(0, 8);
  return `${hostname()}~${digest}`;
}

/** The machine's name alone, for people. */
export function hostInWords(host: string): string {
  return host.replace(/~[0-9a-f]{8}$/, "");
}

/** Proven dead: it was on this machine, and no process with that pid and start time is. */
export async function isOwnerDead(owner: string): Promise<boolean> {
  const holder = parseOwner(owner);
  if (holder === null || holder.processStart === unknownStart) return false;
  if (holder.host !== (await hostOfThisProcess())) return false;
  const running = await identify(holder.pid);
  return running === null || plainStart(running.startTime) !== holder.processStart;
}
