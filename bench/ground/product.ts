/**
 * The whole product in a place: its own clone, daemon, Redis (append-only file, synced at every write) and integrator
 * sessions, as real processes. Facts are said through the producer, as a program beside it would; outcomes are read from
 * the log.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readDaemon, readIntegrators } from "../../src/board/process-file.ts";
import { isoTime, monotonicMs, wallMs } from "../../src/clock.ts";
import { readEnvironment } from "../../src/config.ts";
import { createWriter } from "../../src/events/atomic-write.ts";
import { builtInCatalog } from "../../src/events/built-in.ts";
import { createProducer, type NotificationProducer } from "../../src/events/producer.ts";
import { type LineStores, openStores } from "../../src/integration/assembly.ts";
import { pauseQueue, resumeQueue } from "../../src/integration/operate.ts";
import { connect, type Redis } from "../../src/redis/connection.ts";
import { locateEngine } from "../../src/redis/engine.ts";
import { type Keys, keysOf } from "../../src/redis/keys.ts";
import { engineOf, openWorkplace } from "../../src/workplace.ts";
import { type Ran, runChild, told } from "../../test/world/child.ts";
import { bin } from "../../test/world/world.ts";
import type { Candidate } from "./generated-repository.ts";
import { type Outcomes, watchOutcomes } from "./outcomes.ts";
import type { Place } from "./place.ts";

const domain = "domain.software-development.";

export type Product = {
  clone: string;
  env: Record<string, string>;
  redis: Redis;
  keys: Keys;
  stores: LineStores;
  outcomes: Outcomes;
  /** Two of the three facts: approved and pushed. */
  review(candidates: readonly Candidate[]): Promise<void>;
  /** The third fact: from here on the candidate is ready. */
  finalize(candidate: Candidate): Promise<void>;
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** One integrator session, to its end. */
  integrate(...args: string[]): Promise<Ran>;
  signalbox(...args: string[]): Promise<Ran>;
  /** Daemon, integrators and Redis, as far as they run. */
  pids(): Promise<{ daemon: number; integrators: number[]; redis: number }>;
  /** Stops it by its own command. */
  end(): Promise<void>;
  /** Only closes what this process holds: the place ends the rest, by process id. */
  letGo(): Promise<void>;
};

export type ProductOptions = {
  /** The folder's name below the place. */
  name: string;
  /** The bare repository it lands on. */
  remote: string;
  /** More environment for its processes. */
  env?: Record<string, string>;
};

/** Clones, initialises, starts the daemon. Its processes end with `end`, or with the place. */
export async function openProduct(place: Place, options: ProductOptions): Promise<Product> {
  const clone = join(place.directory, options.name);
  const env = { ...place.env, ...options.env, SIGNALBOX_HOME: join(place.directory, `${options.name}-home`) };
  // Files are of no interest to the product; a checkout of them would only take the bench's time.
  await place.git(place.directory, ["clone", "--quiet", "--no-checkout", options.remote, clone]);
  await writeFile(join(clone, "signalbox.yaml"), `repository: bench/${options.name}\n`);
  const signalbox = (...args: string[]): Promise<Ran> =>
    runChild(bin, args, { cwd: clone, env, withinMs: 600_000 });
  for (const args of [
    ["init", "--yes"],
    ["up", "--detach"],
  ]) {
    const ran = await signalbox(...args);
    if (ran.code !== 0) throw new Error(told(ran));
  }
  const workplace = await openWorkplace(clone, readEnvironment(env));
  const { privateDir, repositoryId } = workplace;
  const engine = await locateEngine(engineOf(workplace));
  const redis = await connect(engine.target);
  const keys = keysOf(repositoryId);
  const catalog = builtInCatalog();
  const source = `signalbox/bench/${options.name}/1`;
  const writer = createWriter({ redis, keys, catalog, source, role: "platform" });
  const producer = createProducer({ redis, keys, catalog, source, role: "worker" });
  const outcomes = watchOutcomes({ redis, keys, catalog });
  const stores = openStores({ redis, keys, writer });
  const letGo = async (): Promise<void> => {
    await outcomes.stop();
    await redis.close();
  };
  const operating = { redis, stores, by: "bench" };
  return {
    clone,
    env,
    redis,
    keys,
    stores,
    outcomes,
    review: (candidates) => sayReviewed(producer, candidates),
    finalize: async (candidate) => {
      await producer.emit(`${domain}deployment.started`, startOf(candidate));
    },
    pause: async () => {
      await pauseQueue(operating, { reason: "bench", draining: false });
    },
    resume: async () => {
      await resumeQueue(operating, "bench");
    },
    integrate: (...args) => signalbox("integrate", "--json", ...args),
    signalbox,
    async pids() {
      const daemon = await readDaemon(privateDir);
      const integrators = await readIntegrators(privateDir);
      return {
        daemon: daemon?.process.pid ?? 0,
        integrators: integrators.map(({ process }) => process.pid),
        redis: engine.pid ?? 0,
      };
    },
    async end() {
      await letGo();
      await signalbox("down");
    },
    letGo,
  };
}

/** Waits until as many candidates are in the queue (queued or on the line). */
export async function untilQueued(product: Product, count: number, withinMs = 600_000): Promise<void> {
  const deadline = monotonicMs() + withinMs;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const look = async (): Promise<void> => {
    const { queued, in_progress } = await product.stores.queue.counts();
    if (queued + in_progress >= count) resolve();
    else if (monotonicMs() > deadline) reject(new Error(`only ${queued} of ${count} were queued`));
    else setTimeout(() => void look().catch(reject), 20);
  };
  await look();
  return promise;
}

async function sayReviewed(producer: NotificationProducer, candidates: readonly Candidate[]): Promise<void> {
  await inGroups(candidates, async (candidate) => {
    const { slug, branch, sha } = candidate;
    const approval = { slug, review_round: 1, reviewer_session_id: "reviewer-1", approved_at: now() };
    const push = { branch, sha, remote: "origin", pushed_at: now(), pusher: "ada" };
    await Promise.all([
      producer.emit(`${domain}review.approved`, approval),
      producer.emit(`${domain}branch.pushed`, push),
    ]);
  });
}

/** Calls `act` for each, some hundreds at a time. */
export async function inGroups<T>(all: readonly T[], act: (one: T) => Promise<void>): Promise<void> {
  for (let at = 0; at < all.length; at += 200) await Promise.all(all.slice(at, at + 200).map(act));
}

function startOf({ slug, branch, sha }: Candidate): Record<string, unknown> {
  return {
    slug,
    branch,
    sha,
    remote: "origin",
    pushed_at: now(),
    pusher: "ada",
    worker_session_id: "worker-1",
    orchestrator_session_id: "orchestrator-1",
    ready_at: now(),
  };
}

function now(): string {
  return isoTime(wallMs());
}
