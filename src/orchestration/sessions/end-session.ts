/**
 * Ends a session: TERM, a grace, KILL, for every process that is proven to be its own; then its end is written down, by
 * its keeper, or here where the keeper is gone. May be asked for again and again, and by several at once.
 */

import { rm } from "node:fs/promises";
import { isoTime, monotonicMs, pause, wallMs } from "../../clock.ts";
import { isRunning, signalProcess, waitForEnd } from "../../process-identity.ts";
import { readSession, type SessionsPlace } from "./find-sessions.ts";
import { endProcesses } from "./processes.ts";
import { keeperAppearsWithinMs, type Session } from "./session.ts";
import { type KeeperRecord, readRecord, type SessionEnd, writeRecord } from "./session-files.ts";
import { folderOf } from "./session-folder.ts";
import { tellSession } from "./tell.ts";

export type EndRequest = {
  /** The session or account that asks, and why, one line. */
  by: string;
  reason: string;
  /** Between TERM and KILL, ms. */
  graceMs?: number;
};

export type EndOutcome =
  | { kind: "ended"; end: SessionEnd }
  | { kind: "already_ended"; end: SessionEnd }
  /** Even KILL did not end these: they hang in the kernel, or are another user's. */
  | { kind: "remains"; pids: number[] }
  | { kind: "unknown" };

/** Resolves when nothing of the session runs any more and its end is written down. */
export async function endSession(place: SessionsPlace, id: string, request: EndRequest): Promise<EndOutcome> {
  const folder = folderOf(place.privateDir, id);
  const session = await readSession(place, id);
  if (folder === null || session === null) return { kind: "unknown" };
  if (session.end !== null) return { kind: "already_ended", end: session.end };
  const { by, reason } = request;
  await writeRecord(folder, "ending", { by, reason, at: isoTime(wallMs()) });
  return finish(place, { folder, session }, request);
}

/** Writes down the end of a session whose keeper was killed, after ending what is left of it. */
export async function settleLost(place: SessionsPlace, session: Session): Promise<EndOutcome> {
  const folder = folderOf(place.privateDir, session.id);
  if (folder === null || session.state !== "lost") return { kind: "unknown" };
  return finish(place, { folder, session }, { by: null });
}

type Target = { folder: string; session: Session };

async function finish(
  place: SessionsPlace,
  { folder, session }: Target,
  request: EndRequest | { by: null; graceMs?: number },
): Promise<EndOutcome> {
  const keeper = await keeperOf(folder, session);
  // One that was stopped would never write down what happens now.
  if (keeper !== null) await signalProcess(keeper, "SIGCONT");
  const graceMs = request.graceMs ?? usualGraceMs;
  // One that registered itself is its own worker: what it started are sessions of their own.
  const isOwnKeeper = session.runner === "none";
  if (isOwnKeeper && keeper !== null) await signalProcess(keeper, "SIGTERM");
  if (!isOwnKeeper) {
    const ending = await endProcesses({ sessionId: session.id, keeper }, graceMs);
    if (ending.kind === "remains") return ending;
  }
  if (keeper !== null && !(await waitForWord(folder, keeper, isOwnKeeper ? graceMs : wordWithinMs))) {
    await signalProcess(keeper, "SIGKILL");
    if (!(await waitForEnd(keeper, wordWithinMs))) return { kind: "remains", pids: [keeper.pid] };
  }
  await writeRecord(folder, "ended", endWithoutKeeper(request));
  const end = await readRecord(folder, "ended");
  if (end === null) throw new Error(`the end of ${session.id} cannot be read back`);
  const socket = (await readRecord(folder, "request"))?.socket ?? null;
  // A server that was killed leaves it.
  if (socket !== null) await rm(socket, { force: true });
  await tellSession(place, session.id);
  return { kind: "ended", end };
}

const usualGraceMs = 10_000;
const wordWithinMs = 10_000;

/** Who keeps it; a session that is just starting is given the time to say so. */
async function keeperOf(folder: string, session: Session): Promise<KeeperRecord | null> {
  const deadline = monotonicMs() + keeperAppearsWithinMs;
  for (;;) {
    const keeper = await readRecord(folder, "keeper");
    const over = session.state !== "starting" || monotonicMs() > deadline;
    if (keeper !== null || over || (await readRecord(folder, "ended")) !== null) return keeper;
    await pause(20);
  }
}

/** Whether the keeper has written the end down and is gone, as it does when its worker has ended. */
async function waitForWord(folder: string, keeper: KeeperRecord, withinMs: number): Promise<boolean> {
  const deadline = monotonicMs() + withinMs;
  while (await isRunning(keeper)) {
    if (monotonicMs() > deadline) return (await readRecord(folder, "ended")) !== null;
    await pause(20);
  }
  return true;
}

function endWithoutKeeper(request: { by: string | null; reason?: string }): SessionEnd {
  const { by } = request;
  return {
    how: by === null ? "lost" : "ended",
    why: by === null ? "its keeper was killed" : `ended by ${by}: ${request.reason}`,
    exitCode: null,
    signal: null,
    by,
    lastLine: null,
    endedAt: isoTime(wallMs()),
  };
}
