/** A clone with a connection to its Redis: what every command beyond set-up stands on. */
import { userInfo } from "node:os";
import { readDaemon } from "../../board/process-file.ts";
import { type Failure, isFailure, unavailable } from "../../errors.ts";
import type { AtomicWriter } from "../../events/atomic-write.ts";
import type { Redis } from "../../redis/connection.ts";
import { connectToEngine, type Engine } from "../../redis/engine.ts";
import { type Keys, keysOf } from "../../redis/keys.ts";
import type { Traces } from "../../telemetry/traces.ts";
import { engineOf, type Workplace } from "../../workplace.ts";
import { workplaceOf } from "./clone-context.ts";
import type { Invocation } from "./invocation.ts";

export type Bus = {
  workplace: Workplace;
  engine: Engine;
  redis: Redis;
  keys: Keys;
  /** Who speaks, in histories and events: the session, else the account. */
  actor: string;
  traces: Traces;
  [Symbol.asyncDispose](): Promise<void>;
};

/** Connects to what runs. Throws `redis_not_running` or `redis_unreachable` (69). */
export async function openBus(call: Invocation): Promise<Bus> {
  const workplace = await workplaceOf(call);
  const { engine, redis } = await connectToEngine(engineOf(workplace)).catch(async (error: unknown) => {
    throw isFailure(error, "redis_not_running") ? await withoutRedis(workplace, error) : error;
  });
  return {
    workplace,
    engine,
    redis,
    keys: keysOf(workplace.repositoryId),
    actor: actorOf(call),
    traces: call.traces,
    [Symbol.asyncDispose]: () => redis.close(),
  };
}

/** Where the daemon lives, it is its own to bring Redis back: then nobody is sent to start what runs. */
async function withoutRedis({ privateDir }: Workplace, failure: Failure): Promise<Failure> {
  const daemon = await readDaemon(privateDir);
  if (daemon === null) return failure;
  const does = daemon.ready ? "Redis has ended, and the daemon brings it back" : "Signalbox is just starting";
  return unavailable("redis_not_running", `${does} (process ${daemon.process.pid})`, {
    cure: "Try again in a moment. Where it stays so: signalbox doctor, and daemon.log in the private folder.",
  });
}

/** `--by`, else the session, else the account's name. */
export function actorOf(call: Invocation): string {
  return call.options.text("by") ?? call.environment.sessionId ?? accountName();
}

function accountName(): string {
  try {
    return userInfo().username;
  } catch {
    // An account without an entry, as in some containers.
    return "somebody";
  }
}

/**
 * Writes for the command line. As `cli`, what only the integrator may say is refused. The catalog of events is loaded
 * with the first write: most commands only read.
 */
export function writerOf(bus: Bus, role: "cli" | "platform" = "cli"): AtomicWriter {
  let writer: Promise<AtomicWriter> | null = null;
  const load = async () => (await import("./writer.ts")).openWriter(bus, role);
  return {
    async write(request) {
      writer ??= load();
      return (await writer).write(request);
    },
  };
}
