/**
 * The integration room over real git and a real Redis, without processes: a remote, a clone, the line's repository, the
 * stores, the judge, and a processor that feeds readiness. Gone with the test.
 */
import { join } from "node:path";
import type { TestContext } from "node:test";
import { monotonicMs } from "../../src/clock.ts";
import { type Config, readConfiguration } from "../../src/config/document.ts";
import { startProcessor } from "../../src/events/processor.ts";
import { openProjection } from "../../src/events/projection.ts";
import { inspectClone } from "../../src/git/clone.ts";
import type { LineRepository } from "../../src/git/line-repository.ts";
import { asksPermission, cutoverPlace } from "../../src/guards/cutover-store.ts";
import { openJudge, openStores } from "../../src/integration/assembly.ts";
import type { Candidate } from "../../src/integration/candidate.ts";
import { HeldLease } from "../../src/integration/lease.ts";
import { leaseRefs } from "../../src/integration/lease-refs.ts";
import { readinessProjection, readinessProjectionName } from "../../src/integration/readiness-projection.ts";
import { sessionLease } from "../../src/integration/session-lease.ts";
import { entriesOf, startBus } from "../events/bus.ts";
import { createGitWorld, type FileChange } from "../world/git.ts";
import { waitUntil } from "../world/wait-until.ts";

const domain = "domain.software-development.";
const at = "2026-01-02T03:04:05Z";

export type HandOver = { branch?: string; attempt?: number; approvedSha?: string | null; round?: number };

export async function startYard(t: TestContext, configuration = "") {
  const world = await createGitWorld();
  t.after(() => world[Symbol.asyncDispose]());
  const bus = await startBus(t);
  const { redis, keys, writer, catalog } = bus;
  const config = configOf(configuration);
  const stores = openStores({ redis, keys, writer });
  const line = await world.line();
  const { judge } = openJudge({ redis, keys, writer, config }, stores, line, "daemon");
  const projections = [readinessProjection];
  const hear = () => startProcessor({ redis, keys, catalog, writer, projections });
  const processor = hear();
  t.after(() => processor.stop());

  const privateDir = join(world.directory, "private");
  const cutover = cutoverPlace({ privateDir, config }, keys.control, redis);

  const readiness = openProjection({ redis, keys }, readinessProjectionName);

  /** Readiness knows every event that was said so far. */
  async function heard(): Promise<void> {
    const last = (await entriesOf(bus)).at(-1)?.streamId;
    await waitUntil(async () => last === undefined || (await readiness.position())?.streamId === last, {
      what: "readiness heard everything",
      everyMs: 5,
    });
  }

  async function say(name: string, data: Record<string, unknown>): Promise<void> {
    await writer.write({ events: [{ type: `${domain}${name}`, data }] });
    await heard();
  }

  return {
    ...bus,
    world,
    config,
    stores,
    line,
    judge,
    cutover,
    /** As the cutover has it: live, unless it is switched. */
    permission: asksPermission(cutover),
    clone: await inspectClone(world.git, world.clone),
    heard,
    /** Readiness hears nothing any more. */
    deafen: () => processor.stop(),
    /** Another processor, for what comes after. */
    hearAgain: hear,
    say,
    /** Approved (unless `approvedSha` is null) and finalized. */
    async handOver(slug: string, sha: string, more: HandOver = {}): Promise<Candidate> {
      const branch = more.branch ?? slug;
      const { approvedSha = sha, round = 1, attempt = 1 } = more;
      if (approvedSha !== null) {
        const review = { slug, review_round: round, reviewer_session_id: "rita", approved_at: at };
        await say("review.approved", { ...review, approved_sha: approvedSha });
      }
      const who = { pusher: "ann", worker_session_id: "ann", orchestrator_session_id: "ann" };
      const times = { pushed_at: at, ready_at: at };
      await say("deployment.started", { slug, branch, sha, attempt, remote: "origin", ...who, ...times });
      return { slug, branch, sha };
    },
    /** A branch of one commit, pushed, handed over, and in the queue. */
    async queued(slug: string, files: Record<string, FileChange> = { [`${slug}.txt`]: `${slug}\n` }) {
      const sha = await world.branch(slug, files);
      const candidate = await this.handOver(slug, sha);
      await judge.settle(new Set([slug]));
      return candidate;
    },
    async status(candidate: Candidate) {
      return (await stores.queue.item(candidate))?.item.status ?? null;
    },
    /** The payloads of all events of a type, oldest first. */
    async said(name: string): Promise<Record<string, unknown>[]> {
      const all = (await entriesOf(bus)).filter(({ type }) => type === `${domain}${name}`);
      return all.map(({ text }) => JSON.parse(text).data);
    },
    main: () => world.run(world.origin, "rev-parse", "refs/heads/main"),
    /** Whoever may push main moves it by hand: merges a branch into it. */
    async mergeByHand(branch: string, message = `Merge ${branch}`): Promise<string> {
      const { clone } = world;
      await world.run(clone, "fetch", "--quiet", "origin");
      await world.run(clone, "reset", "--quiet", "--hard", "origin/main");
      await world.run(clone, "merge", "--quiet", "--no-ff", "-m", message, `origin/${branch}`);
      await world.run(clone, "push", "--quiet", "origin", "main");
      return world.run(clone, "rev-parse", "HEAD");
    },
  };
}

export type Yard = Awaited<ReturnType<typeof startYard>>;

export function configOf(text: string): Config {
  const reading = readConfiguration(text);
  if (reading.kind !== "read") throw new Error(JSON.stringify(reading.problems));
  return reading.config;
}

/** A session's way to the lease. */
export function leaseOf(yard: Pick<Yard, "stores">, line: LineRepository, owner = "integrator:test:1:1:a") {
  const timing = { ttlMs: 60_000, renewMs: 20_000 };
  return sessionLease({ store: yard.stores.lease, refs: leaseRefs(line), owner, timing });
}

/** The lease, taken for good. */
export async function heldLease(yard: Yard, owner?: string): Promise<HeldLease> {
  const acquired = await leaseOf(yard, yard.line, owner).acquire();
  if (acquired.kind !== "acquired") throw new Error(`the lease is ${acquired.kind}`);
  return acquired.lease;
}

/** A lease that nobody ever gave: for what must not be possible with one. */
export function madeUpLease(token = 999): HeldLease {
  return HeldLease.held({ owner: "nobody", token, askedAtMs: monotonicMs(), ttlMs: 60_000 });
}
