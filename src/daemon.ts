/**
 * The daemon: the composition root, and the one file that knows everyone. It starts the engine, runs the processor with
 * its projections, judges candidates, starts the integrator, reconciles and trims the log. It decides nothing itself.
 */
import { mkdir } from "node:fs/promises";
import { type Desk, openDesk } from "./board/desk.ts";
import { openJudgements } from "./board/judgements.ts";
import { startApi } from "./daemon-api.ts";
import { startDeliveries } from "./daemon-delivery.ts";
import { type Parts, startRunningParts } from "./daemon-parts.ts";
import type { DaemonOptions, RunningDaemon } from "./daemon-port.ts";
import { seenLog } from "./daemon-seen-log.ts";
import { startSessions } from "./daemon-sessions.ts";
import { keepEngine, proveAgain, sayStalled, sessionsTask, trim } from "./daemon-tasks.ts";
import { startUpkeep } from "./daemon-upkeep.ts";
import { badInput } from "./errors.ts";
import { type AtomicWriter, createWriter } from "./events/atomic-write.ts";
import type { Catalog } from "./events/catalog.ts";
import { catalogWith } from "./events/catalog-with.ts";
import { eventSource, type StoredEvent } from "./events/envelope.ts";
import { startProcessor } from "./events/processor.ts";
import { producerOf } from "./events/producer.ts";
import { firstInit } from "./first-init.ts";
import type { LineRepository } from "./git/line-repository.ts";
import type { LineMode } from "./guards/cutover.ts";
import { beginCutover, cutoverPlace, keepCutover, readCutover, requireMode } from "./guards/cutover-store.ts";
import { knownSigners } from "./guards/integrator-key.ts";
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
import { openShadowStore, type ShadowStore } from "./integration/stores/shadow-store.ts";
import type { Judge } from "./integration/trigger.ts";
import { watchTask } from "./integration/watch-main.ts";
import { type LogFile, openLogFile } from "./log-file.ts";
import { workItemsProjection } from "./orchestration/work-items.ts";
import { connect, type Redis } from "./redis/connection.ts";
import { type Engine, openEngine } from "./redis/engine.ts";
import { type Keys, keysOf } from "./redis/keys.ts";
import { serverTimeMs } from "./redis/server-time.ts";
import type { Traces } from "./telemetry/traces.ts";
import { engineOf, openLine, openWorkplace, type Workplace } from "./workplace.ts";

/** Judged again this often, even without news, ms. */
const judgeEveryMs = 30_000;
const reconcileEveryMs = 60_000;
const trimEveryMs = 3_600_000;
/** How soon a server of ours that was killed is started again, ms. */
const superviseEveryMs = 2000;
const rememberEveryMs = 5_000;
const cutoverEveryMs = 5000;
const canaryEveryMs = 24 * 3_600_000;

/** Resolves when the daemon is ready: engine up, processor running, one reconciliation begun. */
export async function runDaemon(options: DaemonOptions): Promise<RunningDaemon> {
  const { workplace: first, allowMemory, progress, stop } = options;
  const { privateDir, repositoryId, environment } = first;
  await mkdir(privateDir, { recursive: true, mode: 0o700 });
  const log = openLogFile(privateDir, "daemon");
  const { home, path, variables } = environment;
  const traces = await options.openTraces({
    variables,
    version: options.version,
    role: "daemon",
    under: null,
    warn: (message) => log.warn(message),
  });
  const engineOptions = { ...engineOf(first), home, path, allowMemory };
  const engine = await openEngine({ ...engineOptions, progress });
  if (engine.announce !== null) progress(engine.announce);
  const redis = await connect(engine.target);
  const keys = keysOf(repositoryId);
  const line = await openLine(first);
  const broken = await line.mend();
  if (broken.length > 0) log.warn({ broken }, "The line's repository had empty objects; it is filled anew.");
  const parts = await startRunningParts(first, {
    start: (workplace) => startParts({ workplace, engine, redis, keys, line, log, stop, traces }),
    stop,
    log,
  }).catch(async (error: unknown) => {
    await Promise.all([line.close(), redis.close()]);
    throw error;
  });
  const { port, version } = options;
  const desk = () => parts.now().desk;
  const api = await startApi({ workplace: first, port, version, desk, log, traces }).catch(
    async (error: unknown) => {
      await parts.end();
      await Promise.all([line.close(), redis.close()]);
      throw error;
    },
  );
  const supervision = startUpkeep(
    [{ name: "engine", everyMs: superviseEveryMs, run: () => keepEngine(redis, engineOptions, log) }],
    { stop, log },
  );
  log.info({ repository: repositoryId, redis: engine.version, url: api.url }, "The daemon is ready.");

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
    url: api.url,
    async reload() {
      try {
        await parts.change(nextWorkplace);
      } finally {
        await api.refresh();
      }
    },
    ended: whenAborted(stop).then(async () => {
      await api.close();
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
  engine: Engine;
  redis: Redis;
  keys: Keys;
  line: LineRepository;
  log: LogFile;
  stop: AbortSignal;
  traces: Traces;
};

/** Everything that depends on the configuration; ended and started anew by a reload. */
async function startParts(base: Base): Promise<Parts & { desk: Desk }> {
  const { workplace, redis, keys, line, log, traces } = base;
  const ending = new AbortController();
  const stop = AbortSignal.any([base.stop, ending.signal]);
  const catalog = catalogWith(workplace.config.events);
  const writer = platformWriter(base, catalog);
  const stores = openStores({ redis, keys, writer, traces });
  const shadow = openShadowStore({ redis, keys, writer });
  const cutover = cutoverPlace(workplace, keys.control, redis);
  await beginCutover(cutover, writer);
  const mode = async () => (await readCutover(cutover)).mode;
  const judgements = openJudgements();
  const judge = judgements.listening(
    openJudge({ redis, keys, writer, config: workplace.config }, stores, line, "daemon").judge,
  );
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
  const delivery = await startDeliveries({ ...base, writer, catalog, stop });
  const processor = startProcessor({
    ...base,
    catalog,
    writer,
    projections: [delivery.notifications, readinessProjection, workItemsProjection],
    onCommitted: (name, stored) => {
      if (name === delivery.notifications.name) delivery.wake();
      if (name === readinessProjectionName) noteNews(stored, { worker, stores });
    },
    onRecovered: () => worker.noteAll(),
    onGap: (gap) => {
      log.warn({ gap }, "Events were lost, or the log is another one.");
      upkeep.now("reconcile");
      worker.noteAll();
    },
    seen: seen.mark,
  });
  const round: Round = { base, stores, writer, judge, worker, mode };
  const upkeep = startUpkeep(
    [
      { name: "reconcile", everyMs: reconcileEveryMs, run: () => reconcileOnce(round) },
      watchTask(await following(round), { stop, log, moved: () => worker.noteAll() }),
      { name: "cutover", everyMs: cutoverEveryMs, run: () => keepCutover(cutover, writer) },
      { name: "trim", everyMs: trimEveryMs, run: () => forgetTheOld(round, shadow) },
      sessionsTask(workplace, writer),
      { name: "canary", everyMs: canaryEveryMs, run: () => proveAgain(base) },
      ...guardTasks(workplace, writer, log),
      { name: "remember", everyMs: rememberEveryMs, run: () => seen.remember(processor.status().seen) },
    ],
    { stop, log },
  );
  const desk = openDesk({ ...base, catalog, judge, judgements });
  const delivering = delivery.run(desk.through("telegram"));
  const running = [worker.run(stop), spawning.run(stop), upkeep.ended, delivering];
  return {
    desk,
    async end() {
      ending.abort();
      await Promise.all(running);
      await processor.stop();
      await seen.remember(processor.status().seen);
    },
  };
}

/** Says what the line itself says, in the name of this daemon. */
function platformWriter({ workplace, redis, keys, traces }: Base, catalog: Catalog): AtomicWriter {
  const { repositoryId } = workplace;
  const source = eventSource({ repositoryId, role: "daemon", sessionId: String(process.pid) });
  return createWriter({ redis, keys, catalog, source, role: "platform", traces });
}

/** The judge hears which slugs have news; of all, where that cannot be told. */
function noteNews(
  stored: readonly StoredEvent[],
  { worker, stores }: Pick<Round, "worker" | "stores">,
): void {
  if (tellsOfLanding(stored)) worker.noteLanding();
  void slugsTouched(stored, stores.readiness.slugsOnBranch).then(
    (slugs) => worker.note(slugs),
    () => worker.noteAll(),
  );
}

/** Old events and decisions go, and what the landings left loose is packed. */
async function forgetTheOld({ base, writer }: Round, shadow: ShadowStore): Promise<void> {
  const { redis, keys, line, workplace } = base;
  const { retentionMs } = workplace.config;
  await trim({ redis, keys, writer, keepMs: retentionMs });
  await shadow.forgetBefore((await serverTimeMs(redis)) - retentionMs);
  // What a delivery still needs is held by a private ref.
  await line.maintain();
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
  await base.line.gatherPacks();
}

function whenAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
