/**
 * The keeper of one session: a small process of its own, started by a runner with the session's folder as its argument. It
 * starts the worker, keeps its output, notes its silence, ends what is left of it, and writes down how it ended. It
 * outlives whoever started it, and needs neither Redis nor git.
 *
 * It leads the process group that the worker is in, so that while it lives that group can be nobody else's; and it takes
 * no notice of signals, which are meant for the worker. What ends it is the end of its worker.
 */

import { type ChildProcess, spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { isoTime, monotonicMs, pause, wallMs } from "../../clock.ts";
import { describeError } from "../../errors.ts";
import { identify } from "../../process-identity.ts";
import { openOutput, type WorkerOutput } from "./keeper-output.ts";
import { endProcesses } from "./processes.ts";
import { readRecord, type SessionEnd, type SessionRequest, writeRecord } from "./session-files.ts";
import { logFolder, markedAtMs, removeMark, setMark } from "./session-folder.ts";
import { beginLog } from "./session-log.ts";

async function keep(folder: string): Promise<void> {
  const request = await readRecord(folder, "request");
  const own = await identify(process.pid);
  if (request === null || own === null) throw new Error(`${folder} is no session`);
  await writeRecord(folder, "keeper", own);
  // Whoever took it for lost while it was starting has said so, and nothing is to be started any more.
  if ((await readRecord(folder, "ended")) !== null) return;
  const log = beginLog(logFolder(folder), request.log);
  const life = new AbortController();
  let lastSignMs = monotonicMs();
  const output = await openOutput(folder, request.runner, (chunk) => {
    lastSignMs = monotonicMs();
    log.write(chunk);
  }).catch(async (error: unknown) => {
    const end = await endOf(folder, { kind: "not_started", why: describeError(error) });
    await writeRecord(folder, "ended", { ...end, lastLine: null, endedAt: now() });
    throw error;
  });
  const watching = watchSilence(folder, request, {
    over: life.signal,
    lastSignMs: () => lastSignMs,
    sign: () => {
      lastSignMs = monotonicMs();
    },
  });
  const fate = await runWorker(folder, request, output);
  const left = await endProcesses({ sessionId: request.id, keeper: own }, request.graceMs);
  const lastLine = await output.finish();
  life.abort();
  await watching;
  log.close();
  const remains = left.kind === "remains" ? `; processes are left that cannot be ended: ${left.pids}` : "";
  // The server that leaves with us would leave it.
  if (request.socket !== null) rmSync(request.socket, { force: true });
  const end = await endOf(folder, fate);
  await writeRecord(folder, "ended", { ...end, why: `${end.why}${remains}`, lastLine, endedAt: now() });
}

type Fate =
  | { kind: "not_started"; why: string }
  | { kind: "exited"; exitCode: number }
  | { kind: "signalled"; signal: NodeJS.Signals };

/** Starts the worker and waits for its end. */
async function runWorker(folder: string, request: SessionRequest, output: WorkerOutput): Promise<Fate> {
  const [program = "", ...args] = request.argv;
  let child: ChildProcess;
  try {
    child = spawn(program, args, { cwd: request.worktree ?? folder, stdio: output.stdio });
  } catch (error) {
    output.handedOver();
    return { kind: "not_started", why: describeError(error) };
  }
  output.handedOver();
  const ended = new Promise<Fate>((resolve) => {
    child.once("error", (error) => resolve({ kind: "not_started", why: whyNot(program, error) }));
    child.once("exit", (code, signal) =>
      resolve(signal === null ? { kind: "exited", exitCode: code ?? 0 } : { kind: "signalled", signal }),
    );
  });
  if (child.pid !== undefined)
    await writeRecord(folder, "worker", { process: await identify(child.pid), startedAt: now() });
  return ended;
}

function whyNot(program: string, error: Error): string {
  const code = "code" in error ? error.code : "";
  if (code === "ENOENT") return `${program} was not found (or its folder is gone)`;
  return code === "EACCES" ? `${program} may not be executed` : error.message;
}

async function endOf(folder: string, fate: Fate): Promise<Omit<SessionEnd, "lastLine" | "endedAt">> {
  const asked = await readRecord(folder, "ending");
  const exitCode = fate.kind === "exited" ? fate.exitCode : null;
  const signal = fate.kind === "signalled" ? fate.signal : null;
  const facts = { exitCode, signal, by: asked?.by ?? null };
  if (asked !== null) return { ...facts, how: "ended", why: `ended by ${asked.by}: ${asked.reason}` };
  if (fate.kind === "not_started") return { ...facts, how: "not_started", why: `not started: ${fate.why}` };
  if (fate.kind === "exited") return { ...facts, how: "exited", why: `exit ${fate.exitCode}` };
  return { ...facts, how: "signalled", why: `killed by ${fate.signal}` };
}

type Signs = { over: AbortSignal; lastSignMs(): number; sign(): void };

/**
 * Sets the mark of silence when neither output nor a call of its own was seen for the limit, and takes it away with the
 * next sign. On a clock that neither jumps nor runs while the machine sleeps.
 */
async function watchSilence(folder: string, request: SessionRequest, signs: Signs): Promise<void> {
  const limitMs = request.silenceLimitMs;
  if (limitMs === null) return;
  let pulse = await markedAtMs(folder, "pulse");
  let silent = false;
  while (!signs.over.aborted) {
    await pause(Math.min(silenceLookMs, Math.max(limitMs / 4, 10)), signs.over);
    const latest = await markedAtMs(folder, "pulse");
    if (latest !== pulse) signs.sign();
    pulse = latest;
    const isSilent = monotonicMs() - signs.lastSignMs() >= limitMs;
    if (isSilent === silent) continue;
    silent = isSilent;
    if (silent) await setMark(folder, "silent");
    else await removeMark(folder, "silent");
  }
}

const silenceLookMs = 2000;

function now(): string {
  return isoTime(wallMs());
}

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error("usage: keeper <session folder>");
for (const signal of ["SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT", "SIGUSR2"] as const)
  process.on(signal, () => {});
await keep(folder);
// Whatever still holds an output of the worker's open is no reason to stay.
process.exit(0);
