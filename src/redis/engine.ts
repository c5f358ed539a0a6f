/**
 * Where Redis comes from: a URL, our own server that still runs, or one that is started now; in the order of
 * docs/decisions/0001-redis-engine.md. Outside this room nobody knows which it was.
 *
 * Our server belongs to one private folder, not to the process that started it: it is found again by its socket, started
 * by one process at a time, and ends with `stopEngine` alone.
 */
import { access, chmod, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { Failure, unavailable } from "../errors.ts";
import { identify, isRunning, type ProcessIdentity } from "../process-identity.ts";
import { type SocketFolders, socketPathOf } from "../socket-path.ts";
import { checkServer, type Persistence, type ServerProblem, type ServerReport } from "./check-server.ts";
import { connect, type Redis } from "./connection.ts";
import { chooseBinary, type EngineBinary, findBinaries } from "./engine-binary.ts";
import { endServer, reachServer, type ServerProcess, startServer } from "./engine-process.ts";
import {
  type DataMaker,
  engineFolder,
  readMaker,
  readServer,
  removeServer,
  writeMaker,
} from "./engine-record.ts";
import { compareVersions } from "./engine-version.ts";
import { fetchEngine, installCommand } from "./fetch-engine.ts";
import { takeStartLock } from "./start-lock.ts";
import { parseRedisUrl, type RedisTarget, socketTarget } from "./target.ts";

export type EngineKind = "embedded" | "local" | "remote";

export type Engine = {
  target: RedisTarget;
  /** Ours, somebody's on this machine, or elsewhere. */
  kind: EngineKind;
  version: string;
  persistence: Persistence;
  /** Of our own server, else `null`. */
  pid: number | null;
  /** What a person must be told about it, or `null`. */
  announce: string | null;
  /** What is not as it should be; `openEngine` has refused the errors among them. */
  problems: ServerProblem[];
};

export type EnginePlace = SocketFolders & {
  /** `SIGNALBOX_REDIS_URL`, or `null` for a server of our own. */
  url: string | null;
};

export type EngineOptions = EnginePlace & {
  /** `SIGNALBOX_HOME`: fetched engines are kept in `engines/` below it. */
  home: string;
  /** Where server programs are looked for. */
  path: string;
  /** Whether a server in memory will do where no other can be had. */
  allowMemory?: boolean;
  /** Told what takes long; default: nobody. */
  progress?: (line: string) => void;
};

const startsWithinMs = 300_000;
const memoryNotice =
  "No Redis server is here and none could be fetched: this runs on Valkey in memory. What it knows dies with it.";

/**
 * Finds or starts the engine, and sees that it is fit. Throws a Failure with the cure: `redis_unreachable`,
 * `redis_not_found`, `redis_engine_mismatch`, `redis_evicts`, `redis_too_old`, `redis_frozen`, `redis_start_failed`.
 */
export async function openEngine(options: EngineOptions): Promise<Engine> {
  const progress = options.progress ?? (() => undefined);
  if (options.url !== null) return fit(await lookAtGiven(options.url));
  await mkdir(options.privateDir, { recursive: true, mode: 0o700 });
  await chmod(options.privateDir, 0o700);
  const running = await findOurs(options, progress);
  if (running.kind === "running") return ours(running, options);
  const lock = await takeStartLock(engineFolder(options.privateDir), startsWithinMs);
  try {
    const found = await findOurs(options, progress);
    if (found.kind === "running") return ours(found, options);
    if (found.kind === "mute") await endMute(found);
    return await start(options, progress);
  } finally {
    await lock.release();
  }
}

/**
 * The engine that runs already, for a command that starts none. Throws `redis_not_running` (unavailable) where there is
 * none, `redis_unreachable` where the one given by URL does not answer.
 */
export async function locateEngine(place: EnginePlace): Promise<Engine> {
  const { engine, redis } = await connectToEngine(place);
  await redis.close();
  return engine;
}

/** As `locateEngine`, and stays connected to what it found: the caller closes `redis`. */
export async function connectToEngine(place: EnginePlace): Promise<{ engine: Engine; redis: Redis }> {
  if (place.url !== null) return reachGiven(place.url);
  const { found, redis } = await reachOurs(place, () => undefined);
  if (found.kind === "running" && redis !== null) return { engine: describe(found), redis };
  if (found.kind === "mute") throw frozen(found.identity);
  throw unavailable("redis_not_running", "Signalbox does not run here", { cure: "signalbox up" });
}

/** Ends our server, if one runs, and waits until it is gone. A server given by URL is nobody's to end. */
export async function stopEngine(
  place: EnginePlace,
): Promise<{ kind: "stopped"; pid: number } | { kind: "none" }> {
  if (place.url !== null || !(await exists(engineFolder(place.privateDir)))) return { kind: "none" };
  const lock = await takeStartLock(engineFolder(place.privateDir), startsWithinMs);
  try {
    const found = await findOurs(place, () => undefined);
    if (found.kind === "none") return found;
    await endServer(found, found.kind === "running");
    await removeServer(place.privateDir);
    return { kind: "stopped", pid: found.identity.pid };
  } finally {
    await lock.release();
  }
}

type Found =
  | { kind: "none" }
  /** The process is there and does not answer. */
  | ({ kind: "mute" } & ServerProcess)
  | ({ kind: "running"; report: ServerReport } & ServerProcess);

async function findOurs(place: EnginePlace, progress: (line: string) => void): Promise<Found> {
  const { found, redis } = await reachOurs(place, progress);
  await redis?.close();
  return found;
}

/** With a connection exactly where it runs. */
async function reachOurs(
  place: EnginePlace,
  progress: (line: string) => void,
): Promise<{ found: Found; redis: Redis | null }> {
  const record = await readServer(place.privateDir);
  const socket = record?.socket ?? socketPathOf(place);
  const reached = (await exists(socket)) ? await reachServer(socket, progress) : null;
  const recorded = record?.process && (await isRunning(record.process)) ? record.process : null;
  const memory = record?.memory ?? false;
  if (!reached) {
    const found: Found = recorded ? { kind: "mute", identity: recorded, socket, memory } : { kind: "none" };
    return { found, redis: null };
  }
  const { redis, report } = reached;
  // Whoever started it may have died before writing down its pid: then the server says it itself.
  const identity = recorded ?? (await identify(report.pid));
  if (identity) return { found: { kind: "running", identity, socket, report, memory }, redis };
  await redis.close();
  return { found: { kind: "none" }, redis: null };
}

/** A server whose socket file is gone can never be reached again: it is ended. One that is only frozen may wake. */
async function endMute(server: ServerProcess): Promise<void> {
  if (await exists(server.socket)) throw frozen(server.identity);
  await endServer(server, false);
}

function frozen({ pid }: ProcessIdentity): Failure {
  const cure = `Wake it (kill -CONT ${pid}), or end it (kill ${pid}) and try again.`;
  return unavailable("redis_frozen", `Our Redis (process ${pid}) runs and does not answer`, { cure });
}

function ours(found: Extract<Found, { kind: "running" }>, options: EngineOptions): Engine {
  if (found.memory && !options.allowMemory) {
    const message = "A Redis in memory still runs here, from a demo: it is no place for real work";
    throw new Failure({ code: "redis_memory_only", kind: "refused", message, cure: "signalbox down" });
  }
  return describe(found);
}

function describe({ identity, socket, report, memory }: Extract<Found, { kind: "running" }>): Engine {
  return {
    target: socketTarget(socket),
    kind: "embedded",
    version: report.version,
    persistence: report.persistence,
    pid: identity.pid,
    announce: memory ? memoryNotice : null,
    problems: report.problems,
  };
}

async function start(options: EngineOptions, progress: (line: string) => void): Promise<Engine> {
  const { privateDir } = options;
  const maker = await readMaker(privateDir);
  const socket = socketPathOf(options);
  const source = await findSource(options, maker, progress);
  if (source.kind === "none") throw source.failure;
  if (source.kind === "memory") {
    const running = await startServer({ privateDir, socket, program: "memory", progress });
    return describe({ kind: "running", ...running, socket, memory: true });
  }
  const { binary } = source;
  if (!maker) await writeMaker(privateDir, binary);
  const running = await startServer({ privateDir, socket, program: binary, progress });
  if (maker && compareVersions(binary.version, maker.version) > 0) await writeMaker(privateDir, binary);
  return describe({ kind: "running", ...running, socket, memory: false });
}

type Source =
  | { kind: "program"; binary: EngineBinary }
  | { kind: "memory" }
  | { kind: "none"; failure: Failure };

async function findSource(
  options: EngineOptions,
  maker: DataMaker | null,
  progress: (line: string) => void,
): Promise<Source> {
  const enginesDir = join(options.home, "engines");
  const binaries = await findBinaries(options.path, enginesDir);
  const present = chooseBinary(binaries, maker);
  if (present) return { kind: "program", binary: present };
  const fetched = await fetchEngine({ enginesDir, path: options.path, progress });
  const binary = fetched.kind === "fetched" ? chooseBinary([fetched.binary], maker) : null;
  if (binary) return { kind: "program", binary };
  if (maker) return { kind: "none", failure: mismatch(options.privateDir, maker, binaries) };
  if (options.allowMemory) return { kind: "memory" };
  const reason = fetched.kind === "fetched" ? "" : ` (${fetched.reason})`;
  const message = `No redis-server 7.0 or newer is on PATH, and none could be fetched${reason}`;
  const cure = `${await installCommand(options.path)}, or set SIGNALBOX_REDIS_URL`;
  return { kind: "none", failure: unavailable("redis_not_found", message, { cure }) };
}

function mismatch(privateDir: string, maker: DataMaker, binaries: readonly EngineBinary[]): Failure {
  const seen =
    binaries.map(({ family, version, path }) => `${family} ${version} (${path})`).join(", ") || "none";
  const program = `${maker.family}-server`;
  return new Failure({
    code: "redis_engine_mismatch",
    kind: "unavailable",
    message: `The data in ${engineFolder(privateDir)} were written by ${maker.family} ${maker.version}; servers found: ${seen}`,
    cure: `Put ${program} ${maker.version} or newer on PATH. To begin empty instead, move that folder away.`,
  });
}

async function lookAtGiven(url: string): Promise<Engine> {
  const { engine, redis } = await reachGiven(url);
  await redis.close();
  return engine;
}

async function reachGiven(url: string): Promise<{ engine: Engine; redis: Redis }> {
  const target = parseRedisUrl(url);
  const redis = await connect(target);
  try {
    const { version, persistence, problems } = await checkServer(redis);
    const kind = placeKind(target);
    return { engine: { target, kind, version, persistence, pid: null, announce: null, problems }, redis };
  } catch (error) {
    await redis.close();
    throw error;
  }
}

function placeKind(target: RedisTarget): EngineKind {
  if (target.kind === "socket") return "local";
  if (target.kind !== "server") return "remote";
  return /^(localhost|127\.\d+\.\d+\.\d+|::1)$/i.test(target.address.host) ? "local" : "remote";
}

/** Refuses a server that would lose facts. */
function fit(engine: Engine): Engine {
  const error = engine.problems.find(({ level }) => level === "error");
  if (!error) return engine;
  const { code, message, cure } = error;
  throw new Failure({ code, kind: "failed", message, cure });
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
