/** Single things the daemon does again and again, each whole in itself. */
import { isoTime } from "./clock.ts";
import type { UpkeepTask } from "./daemon-upkeep.ts";
import { isFailure } from "./errors.ts";
import type { AtomicWriter } from "./events/atomic-write.ts";
import { producerOf } from "./events/producer.ts";
import { applyRetention } from "./events/retention.ts";
import { takeSnapshot } from "./events/snapshot.ts";
import type { LineRepository } from "./git/line-repository.ts";
import { flyCanary } from "./guards/canary.ts";
import { noteProof } from "./guards/guard-records.ts";
import { hasIntegratorKey } from "./guards/key-place.ts";
import type { LineStores } from "./integration/assembly.ts";
import { readinessProjectionName } from "./integration/readiness-projection.ts";
import type { LogFile } from "./log-file.ts";
import { notificationsProjectionName } from "./notifications/projection.ts";
import { lookAfterSessions } from "./orchestration/sessions/look-after.ts";
import { workItemsProjectionName } from "./orchestration/work-items.ts";
import type { Redis } from "./redis/connection.ts";
import { type EngineOptions, openEngine } from "./redis/engine.ts";
import type { Keys } from "./redis/keys.ts";
import { serverTimeMs } from "./redis/server-time.ts";
import type { Workplace } from "./workplace.ts";

const sessionsEveryMs = 5_000;
/** Sessions that have ended, kept with their logs. */
const sessionsKept = 200;

type Proving = { workplace: Workplace; line: LineRepository; log: LogFile };

/** Where the remote has a fence of ours, it must refuse a push of main by anybody else: shown anew at every start, and daily. */
export async function proveAgain({ workplace, line, log }: Proving): Promise<void> {
  const { privateDir, config } = workplace;
  if (!(await hasIntegratorKey(privateDir))) return;
  const answer = await flyCanary(line, config.main);
  if (answer.kind === "answered") await noteProof(privateDir, answer.proof);
  const isRefused = answer.kind === "answered" && answer.proof.refused;
  if (!isRefused) log.warn({ answer }, "The remote was not seen to refuse a push of main.");
}

/** Workers' sessions, whoever started them: says what they have not said, settles the lost ones, forgets the old ones. */
export function sessionsTask(
  { privateDir, environment, config }: Workplace,
  writer: AtomicWriter,
): UpkeepTask {
  const { runtimeDir, temporaryDir } = environment;
  const place = { privateDir, runtimeDir, temporaryDir, producer: producerOf(writer) };
  const keeping = { keepMs: config.retentionMs, keepAtMost: sessionsKept };
  return { name: "sessions", everyMs: sessionsEveryMs, run: () => lookAfterSessions(place, keeping) };
}

type Trim = { redis: Redis; keys: Keys; writer: AtomicWriter; keepMs: number };

/** A projection is kept as a snapshot before the events it was made from may go. */
export async function trim({ redis, keys, writer, keepMs }: Trim): Promise<void> {
  const projections = [notificationsProjectionName, readinessProjectionName, workItemsProjectionName];
  for (const name of projections) await takeSnapshot({ redis, keys, writer }, name);
  await applyRetention({ redis, keys, writer, projections, keepMs, nowMs: await serverTimeMs(redis) });
}

/** A server of ours that has died is started again on its data; one given by URL is somebody else's to mend. */
export async function keepEngine(redis: Redis, options: EngineOptions, log: LogFile): Promise<void> {
  if (options.url !== null) return;
  try {
    await redis.command(["PING"]);
  } catch (error) {
    if (!isFailure(error, "redis_unreachable")) throw error;
    const engine = await openEngine(options);
    log.warn({ server: engine.pid }, "Redis could not be reached; it answers now.");
  }
}

/** Nothing moves, and candidates wait: said once for a while. */
export async function sayStalled(
  { redis, writer, stores }: { redis: Redis; writer: AtomicWriter; stores: LineStores },
  waitingFor: string,
): Promise<void> {
  const { queued, in_progress } = await stores.queue.counts();
  const since = isoTime(await serverTimeMs(redis));
  const data = { since, waiting_for: waitingFor.slice(0, 500), queue_depth: queued + in_progress };
  await writer.write({ events: [{ type: "domain.software-development.integration.stalled", data }] });
}
