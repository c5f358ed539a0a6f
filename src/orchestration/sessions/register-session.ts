/**
 * Makes the calling process itself a session, so that an orchestrator is seen beside the workers it starts. Nothing keeps
 * it: it says itself that it ends, and is found lost where it was killed.
 */
import { randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { isoTime, wallMs } from "../../clock.ts";
import { identify } from "../../process-identity.ts";
import type { SessionsPlace } from "./find-sessions.ts";
import type { Role } from "./session.ts";
import { writeRecord } from "./session-files.ts";
import { sessionsFolder } from "./session-folder.ts";
import { usualLogLimits } from "./session-log.ts";
import { tellSession } from "./tell.ts";

export type RegisteredSession = {
  id: string;
  /** Writes down that it ends, and why (one line). */
  release(why: string, exitCode: number): Promise<void>;
};

/** Registers this process, from now until `release`. `slug`: null where it works on several. */
export async function registerSession(
  place: SessionsPlace,
  { role, slug, argv }: { role: Role; slug: string | null; argv: readonly string[] },
): Promise<RegisteredSession> {
  const own = await identify(process.pid);
  if (own === null) throw new Error("this process does not find itself");
  const parts = [role, ...(slug === null ? [] : [slug]), randomBytes(4).toString("hex")];
  const id = parts.join("-");
  const folder = join(sessionsFolder(place.privateDir), id);
  const now = isoTime(wallMs());
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeRecord(folder, "keeper", own);
  await writeRecord(folder, "worker", { process: own, startedAt: now });
  // Last, since from here on it is seen.
  await writeRecord(folder, "request", {
    id,
    role,
    slug,
    runner: "none",
    argv: [...argv],
    worktree: null,
    createdAt: now,
    silenceLimitMs: null,
    log: usualLogLimits,
    graceMs: 0,
    socket: null,
  });
  await tellSession(place, id);
  return {
    id,
    async release(why, exitCode) {
      const end = { how: "exited" as const, why, exitCode, signal: null, by: null, lastLine: null };
      await writeRecord(folder, "ended", { ...end, endedAt: isoTime(wallMs()) });
      await tellSession(place, id);
    },
  };
}
