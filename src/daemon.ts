/**
 * The daemon: the composition root, and the one file that knows everyone. It starts the engine, runs the processor with
 * its projections, judges candidates, starts the integrator, reconciles and trims the log. It decides nothing itself.
 */
import { mkdir } from "node:fs/promises";
import { isoTime } from "./clock.ts";
import { type Parts, startRunningParts } from "./daemon-parts.ts";
import type { DaemonOptions, RunningDaemon } from "./daemon-port.ts";
import { seenLog } from "./daemon-seen-log.ts";
import { startSessions } from "./daemon-sessions.ts";
import { startUpkeep, type UpkeepTask } from "./daemon-upkeep.ts";
import { badInput, isFailure } from "./errors.ts";
import { type AtomicWriter, createWriter } from "./events/atomic-write.ts";
import { catalogWith } from "./events/catalog-with.ts";
import { eventSource } from "./events/envelope.ts";
import { startProcessor } from "./events/processor.ts";
import { producerOf } from "./events/producer.ts";
import { applyRetention } from "./events/retention.ts";
import { takeSnapshot } from "./events/snapshot.ts";
import { firstInit } from "./first-init.ts";
import type { LineRepository } from "./git/line-repository.ts";
import { flyCanary } from "./guards/canary.ts";
import type { LineMode } from "./guards/cutover.ts";
import { beginCutover, cutoverPlace, keepCutover, readCutover, requireMode } from "./guards/cutover-store.ts";
import { noteProof } from "./guards/guard-records.ts";
import { knownSigners } from "./guards/integrator-key.ts";
import { hasIntegratorKey } from "./guards/key-place.ts";
import { guardTasks } from "./guards/upkeep.ts";
import { type LineStores, openJudge, openStores } from "./integration/assembly.ts";
import type { FollowOptions } from "./integration/follow-main.ts";
import {
  readinessProjection,
  readinessProjectionName,
  slugsTouched,
  tellsOfLanding,
} from "./integration/readiness-projection.ts";
import { type ReadinessWorker, readinessWorker } from "./integration/readiness-worker.ts";
import { reconcile } from "./integration/reconcile.ts";
import { hasUndecided } from "./integration/shadow-session.ts";
import { spawner } from "./integration/spawner.ts";
import { openShadowStore } from "./integration/stores/shadow-store.ts";
import type { Judge } from "./integration/trigger.ts";
import { watchTask } from "./integration/watch-main.ts";
import { type LogFile, openLogFile } from "./log-file.ts";
import { notificationsProjection, notificationsProjectionName } from "./notifications/projection.ts";
import { lookAfterSessions } from "./orchestration/sessions/look-after.ts";
import { workItemsProjection, workItemsProjectionName } from "./orchestration/work-items.ts";
import { connect, type Redis } from "./redis/connection.ts";
import { type EngineOptions, openEngine } from "./redis/engine.ts";
import { type Keys, keysOf } from "./redis/keys.ts";
import { serverTimeMs } from "./redis/server-time.ts";
import { engineOf, openLine, openWorkplace, type Workplace } from "./workplace.ts";

/** Judged again this often, even without news, ms. */
const judgeEveryMs = 30_000;
const reconcileEveryMs = 60_000;
const trimEveryMs = 3_600_000;
/** How soon a server of ours that was killed is started again, ms. */
const superviseEveryMs = 2000;
const rememberEveryMs = 5_000;
const sessionsEveryMs = 5_000;
const cutoverEveryMs = 5000;
const canaryEveryMs = 24 * 3_600_000;
/** Sessions that have ended, kept with their logs. */
const sessionsKept = 200;

/** Resolves when the daemon is ready: engine up, processor running, one reconciliation begun. */
export async function runDaemon(options: DaemonOptions): Promise<RunningDaemon> {
  const { workplace: first, allowMemory, progress, stop } = options;
  const { privateDir, repositoryId, environment } = first;
  await mkdir(privateDir, { recursive: true, mode: 0o700 });
  const log = openLogFile(privateDir, "daemon");
  const { home, path } = environment;
  const engineOptions = { ...engineOf(first), home, path, allowMemory };
  const engine = await openEngine({ ...engineOptions, progress });
  if (engine.announce !== null) progress(engine.announce);
  const redis = await connect(engine.target);
  const keys = keysOf(repositoryId);
  const line = await openLine(first);
  const parts = await startRunningParts(first, {
    start: (workplace) => startParts({ workplace, redis, keys, line, log, stop }),
    stop,
    log,
  }).catch(async (error: unknown) => {
    await Promise.all([line.close(), redis.close()]);
    throw error;
  });
  const supervision = startUpkeep(
    [{ name: "engine", everyMs: superviseEveryMs, run: () => keepEngine(redis, engineOptions, log) }],
    { stop, log },
  );
  log.info({ repository: repositoryId, redis: engine.version }, "The daemon is ready.");

  /** Read and checked before anything ends: what does not fit leaves the old parts running. */
  async function nextWorkplace(): Promise<Workplace> {
    const next = await openWorkplace(first.root, environment);
    if (next.repositoryId !== repositoryId)
      throw badInput("identity_changed", "The repository's identity cannot change while the daemon runs.", {
        cure: "Run signalbox down, then signalbox up.",
      });
    requireMode(await readCutover(cutoverPlace(next, keys.control, redis)));
    return next;
  }

  return {
    url: null,
    reload: () => parts.change(nextWorkplace),
    ended: whenAborted(stop).then(async () => {
      await supervision.ended;
      await parts.end();
      await line.close();
      await redis.close();
      log.info("The daemon has ended.");
    }),
  };
}

type Base = {
  workplace: Workplace;
  redis: Redis;
  keys: Keys;
  line: LineRepository;
  log: LogFile;
  stop: AbortSignal;
};

/** Everything that depends on the configuration; ended and started anew by a reload. */
async function startParts(base: Base): Promise<Parts> {
  const { workplace, redis, keys, line, log } = base;
  const { config, repositoryId } = workplace;
  const ending = new AbortController();
  const stop = AbortSignal.any([base.stop, ending.signal]);
  const catalog = catalogWith(config.events);
  const source = eventSource({ repositoryId, role: "daemon", sessionId: String(process.pid) });
  const writer = createWriter({ redis, keys, catalog, source, role: "platform" });
  const stores = openStores({ redis, keys, writer });
  const shadow = openShadowStore({ redis, keys, writer });
  const cutover = cutoverPlace(workplace, keys.control, redis);
  await beginCutover(cutover, writer);
  const mode = async () => (await readCutover(cutover)).mode;
  const { judge } = openJudge({ redis, keys, writer, config }, stores, line, "daemon");
  const spawning = spawner({
    queue: stores.queue,
    lease: stores.lease,
    unfinished: async () => (await stores.deliveries.load()).kind !== "none",
    cutover: { mode, undecided: () => hasUndecided(redis, keys, { queue: stores.queue, shadow }) },
    start: startSessions(workplace, log).start,
    stalled: (waitingFor) => sayStalled({ redis, writer, stores }, waitingFor),
    log,
  });
  const worker = readinessWorker({ judge, everyMs: judgeEveryMs, log, settled: () => spawning.look() });
  const seen = await seenLog(workplace.privateDir);
  const processor = startProcessor({
    redis,
    keys,
    catalog,
    writer,
    projections: [notificationsProjection(catalog), readinessProjection, workItemsProjection],
    onCommitted: (name, stored) => {
      if (name !== readinessProjectionName) return;
      if (tellsOfLanding(stored)) worker.noteLanding();
      void slugsTouched(stored, stores.readiness.slugsOnBranch).then(
        (slugs) => worker.note(slugs),
        () => worker.noteAll(),
      );
    },
    onRecovered: () => worker.noteAll(),
    onGap: (gap) => {
      log.warn({ gap }, "Events were lost, or the log is another one.");
      upkeep.now("reconcile");
      worker.noteAll();
    },
    seen: seen.mark,
    log,
  });
  const round: Round = { base, stores, writer, judge, worker, mode };
  const upkeep = startUpkeep(
    [
      { name: "reconcile", everyMs: reconcileEveryMs, run: () => reconcileOnce(round) },
      watchTask(await following(round), { stop, log, moved: () => worker.noteAll() }),
      { name: "cutover", everyMs: cutoverEveryMs, run: () => keepCutover(cutover, writer) },
      {
        name: "trim",
        everyMs: trimEveryMs,
        run: async () => {
          await trim({ redis, keys, writer, keepMs: config.retentionMs });
          await shadow.forgetBefore((await serverTimeMs(redis)) - config.retentionMs);
          // Packs what the landings left loose; what a delivery still needs is held by a private ref.
          await line.maintain();
        },
      },
      sessionsTask(workplace, writer),
      { name: "canary", everyMs: canaryEveryMs, run: () => proveAgain(base) },
      ...guardTasks(workplace, writer, log),
      { name: "remember", everyMs: rememberEveryMs, run: () => seen.remember(processor.status().seen) },
    ],
    { stop, log },
  );
  const running = [worker.run(stop), spawning.run(stop), upkeep.ended];
  return {
    async end() {
      ending.abort();
      await Promise.all(running);
      await processor.stop();
      await seen.remember(processor.status().seen);
    },
  };
}

/** Where the remote has a fence of ours, it must refuse a push of main by anybody else: shown anew at every start, and daily. */
async function proveAgain({ workplace, line, log }: Base): Promise<void> {
  const { privateDir, config } = workplace;
  if (!(await hasIntegratorKey(privateDir))) return;
  const answer = await flyCanary(line, config.main);
  if (answer.kind === "answered") await noteProof(privateDir, answer.proof);
  const isRefused = answer.kind === "answered" && answer.proof.refused;
  if (!isRefused) log.warn({ answer }, "The remote was not seen to refuse a push of main.");
}

/** Workers' sessions, whoever started them: says what they have not said, settles the lost ones, forgets the old ones. */
function sessionsTask({ privateDir, environment, config }: Workplace, writer: AtomicWriter): UpkeepTask {
  const { runtimeDir, temporaryDir } = environment;
  const place = { privateDir, runtimeDir, temporaryDir, producer: producerOf(writer) };
  const keeping = { keepMs: config.retentionMs, keepAtMost: sessionsKept };
  return { name: "sessions", everyMs: sessionsEveryMs, run: () => lookAfterSessions(place, keeping) };
}

type Round = {
  base: Base;
  stores: LineStores;
  writer: AtomicWriter;
  judge: Judge;
  worker: ReadinessWorker;
  mode(): Promise<LineMode>;
};

async function following({ base, stores, writer, mode }: Round): Promise<FollowOptions> {
  const { redis, line, workplace } = base;
  const { privateDir, config } = workplace;
  const since = (await firstInit(privateDir))?.main_sha ?? null;
  const circumstances = {
    othersLand: async () => (await mode()) !== "live",
    signers: () => knownSigners(privateDir),
  };
  return { redis, line, config, stores, writer, since, circumstances, dryRun: false };
}

async function reconcileOnce(round: Round): Promise<void> {
  const { base, writer, judge, worker } = round;
  const { git, clone } = base.workplace;
  const { log } = base;
  const producer = producerOf(writer);
  const repairs = await reconcile({ ...(await following(round)), git, clone, producer, judge });
  for (const repair of repairs) log.info(repair, "Repaired.");
  if (repairs.length > 0) worker.noteAll();
}

type Trim = { redis: Redis; keys: Keys; writer: AtomicWriter; keepMs: number };

/** A projection is kept as a snapshot before the events it was made from may go. */
async function trim({ redis, keys, writer, keepMs }: Trim): Promise<void> {
  const projections = [notificationsProjectionName, readinessProjectionName, workItemsProjectionName];
  for (const name of projections) await takeSnapshot({ redis, keys, writer }, name);
  await applyRetention({ redis, keys, writer, projections, keepMs, nowMs: await serverTimeMs(redis) });
}

/** A server of ours that has died is started again on its data; one given by URL is somebody else's to mend. */
async function keepEngine(redis: Redis, options: EngineOptions, log: LogFile): Promise<void> {
  if (options.url !== null) return;
  try {
    await redis.command(["PING"]);
  } catch (error) {
    if (!isFailure(error, "redis_unreachable")) throw error;
    const engine = await openEngine(options);
    log.warn({ pid: engine.pid }, "Redis could not be reached; it answers now.");
  }
}

async function sayStalled(
  { redis, writer, stores }: { redis: Redis; writer: AtomicWriter; stores: LineStores },
  waitingFor: string,
): Promise<void> {
  const { queued, in_progress } = await stores.queue.counts();
  const since = isoTime(await serverTimeMs(redis));
  const data = { since, waiting_for: waitingFor.slice(0, 500), queue_depth: queued + in_progress };
  await writer.write({ events: [{ type: "domain.software-development.integration.stalled", data }] });
}

function whenAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
