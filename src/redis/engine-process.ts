/**
 * Our own server as a process: started with its own session and nothing of ours in its hands, so that it outlives the
 * daemon; ended by its own SHUTDOWN, by signals only where that does not help.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { monotonicMs, pause } from "../clock.ts";
import { describeError, Failure, isFailure } from "../errors.ts";
import { identify, type ProcessIdentity, signalProcess, waitForEnd } from "../process-identity.ts";
import { makeSocketFolder } from "../socket-path.ts";
import { checkServer, type ServerReport } from "./check-server.ts";
import { connect, type Redis } from "./connection.ts";
import { engineFolder, type ServerRecord, writeServer } from "./engine-record.ts";
import { isWorldFailure } from "./failure.ts";
import { socketTarget } from "./target.ts";

export type StartOptions = {
  privateDir: string;
  socket: string;
  /** The server program, or `memory` for the WebAssembly one. */
  program: { path: string } | "memory";
  /** Told what takes long. */
  progress: (line: string) => void;
};

export type Running = { report: ServerReport; identity: ProcessIdentity };

const listensWithinMs = 30_000;
const loadsWithinMs = 600_000;
const logBytesAtMost = 5_000_000;
/** A server that syncs to a busy disk may be silent for seconds; only a longer silence is called frozen. */
const askWithinMs = 5000;

/** Starts a server and waits until it serves. Throws `redis_start_failed` with what its log says. */
export async function startServer(options: StartOptions): Promise<Running> {
  const { privateDir, socket, program } = options;
  await makeSocketFolder(socket);
  await rm(socket, { force: true });
  const record: ServerRecord = { socket, memory: program === "memory", process: null };
  await writeServer(privateDir, record);
  const child = await launch(options);
  try {
    const identity = await identify(child.pid ?? 0);
    if (!identity) throw new Error("it ended at once");
    await writeServer(privateDir, { ...record, process: identity });
    const report = await firstAnswer(socket, child, options.progress);
    return { report, identity };
  } catch (error) {
    child.kill("SIGKILL");
    throw await startFailure(privateDir, error);
  }
}

/** A server that answers, and the connection over which it did: the caller's to close. */
export type Reached = { redis: Redis; report: ServerReport };

/** Asks the server at `socket` and stays connected; null where none answers. Waits while it loads its data. */
export async function reachServer(socket: string, progress: (line: string) => void): Promise<Reached | null> {
  for (let deadline: number | null = null; ; ) {
    const reached = await reachOnce(socket);
    if (!reached?.report.loading) return reached;
    await reached.redis.close();
    if (deadline === null) progress("Redis loads its data");
    deadline ??= monotonicMs() + loadsWithinMs;
    if (monotonicMs() > deadline) {
      const message = `Redis still loads its data after ${loadsWithinMs / 1000} s`;
      throw new Failure({ code: "redis_loading", kind: "temporary", message });
    }
    await pause(100);
  }
}

export type ServerProcess = { identity: ProcessIdentity; socket: string; memory: boolean };

/** Ends the server: SHUTDOWN where it listens, then SIGTERM, then SIGKILL. Returns when it is gone. */
export async function endServer(server: ServerProcess, listens: boolean): Promise<void> {
  const { identity, socket, memory } = server;
  // The one in memory cannot leave by itself.
  const asked = listens && !memory && (await sendShutdown(socket));
  if (asked && (await waitForEnd(identity, 10_000))) return;
  for (const signal of ["SIGTERM", "SIGKILL"] as const) {
    await signalProcess(identity, signal);
    // A stopped process takes SIGTERM only when it goes on.
    await signalProcess(identity, "SIGCONT");
    if (await waitForEnd(identity, 5000)) return;
  }
  const message = `The Redis process ${identity.pid} does not end`;
  throw new Failure({ code: "redis_stop_failed", kind: "failed", message, cure: `kill -9 ${identity.pid}` });
}

async function launch({ privateDir, socket, program }: StartOptions): Promise<ChildProcess> {
  const folder = engineFolder(privateDir);
  const log = await openLog(privateDir);
  try {
    if (program === "memory") {
      const script = fileURLToPath(import.meta.resolve(`./memory-server${extension()}`));
      return detach(process.execPath, ["--no-warnings", script, socket], folder, log);
    }
    const configuration = join(folder, "redis.conf");
    await writeFile(configuration, configurationText(folder, socket), { mode: 0o600 });
    return detach(program.path, [configuration], folder, log);
  } finally {
    closeSync(log);
  }
}

function detach(program: string, args: string[], cwd: string, log: number): ChildProcess {
  // Its environment is its own: no secret of the daemon's belongs into a process that outlives it.
  const env = { PATH: "/usr/local/bin:/usr/bin:/bin", LC_ALL: "C" };
  const child = spawn(program, args, { cwd, env, detached: true, stdio: ["ignore", log, log] });
  child.on("error", () => undefined);
  child.unref();
  return child;
}

function extension(): string {
  return import.meta.url.endsWith(".ts") ? ".ts" : ".js";
}

/** One server for one repository: no port, every write on disk before its answer, nothing ever evicted. */
function configurationText(folder: string, socket: string): string {
  const settings: [name: string, value: string][] = [
    ["port", "0"],
    ["unixsocket", socket],
    ["unixsocketperm", "700"],
    ["dir", folder],
    ["daemonize", "no"],
    ["appendonly", "yes"],
    ["appendfsync", "always"],
    ["save", ""],
    ["maxmemory", "0"],
    ["maxmemory-policy", "noeviction"],
    ["timeout", "0"],
    ["always-show-logo", "no"],
  ];
  return settings.map(([name, value]) => `${name} ${JSON.stringify(value)}\n`).join("");
}

async function openLog(privateDir: string): Promise<number> {
  const folder = join(privateDir, "logs");
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, "redis.log");
  const size = await stat(path).then(
    (found) => found.size,
    () => 0,
  );
  if (size > logBytesAtMost) await rename(path, `${path}.1`);
  return openSync(path, "a", 0o600);
}

async function firstAnswer(
  socket: string,
  child: ChildProcess,
  progress: (line: string) => void,
): Promise<ServerReport> {
  const deadline = monotonicMs() + listensWithinMs;
  while (monotonicMs() < deadline) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error("it ended at once");
    const reached = await reachServer(socket, progress);
    if (reached) {
      await reached.redis.close();
      return reached.report;
    }
    await pause(5);
  }
  throw new Error(`it does not answer after ${listensWithinMs / 1000} s`);
}

async function reachOnce(socket: string): Promise<Reached | null> {
  let redis: Redis | null = null;
  try {
    redis = await connect(socketTarget(socket), { deadlineMs: askWithinMs });
    return { redis, report: await checkServer(redis) };
  } catch (error) {
    await redis?.close();
    if (isWorldFailure(error)) return null;
    throw error;
  }
}

/** False where the server was not reached. The answer to SHUTDOWN is a closed connection. */
async function sendShutdown(socket: string): Promise<boolean> {
  const redis = await connect(socketTarget(socket), { deadlineMs: askWithinMs }).catch(() => null);
  if (!redis) return false;
  try {
    await redis.command(["SHUTDOWN"], { deadlineMs: askWithinMs });
    return true;
  } catch (error) {
    return isFailure(error, "redis_unreachable");
  } finally {
    await redis.close();
  }
}

async function startFailure(privateDir: string, error: unknown): Promise<Failure> {
  if (isFailure(error)) return error;
  const path = join(privateDir, "logs", "redis.log");
  const lines = (await readFile(path, "utf8").catch(() => "")).trimEnd().split("\n").slice(-5);
  return new Failure({
    code: "redis_start_failed",
    kind: "unavailable",
    message: `Redis did not start: ${describeError(error)}. Its log ends: ${lines.join(" | ")}`,
    cure: `Read ${path}.`,
    cause: error,
  });
}
