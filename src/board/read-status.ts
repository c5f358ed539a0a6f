/** The board in short, as `status` prints it and the API answers it. */
import { isoTime, wallMs } from "../clock.ts";
import { readLag } from "../events/lag.ts";
import { leaseRef } from "../git/lease-ref.ts";
import type { Cutover } from "../guards/cutover.ts";
import { readCutover } from "../guards/cutover-store.ts";
import { readProof } from "../guards/guard-records.ts";
import { isProven, protectionLevel } from "../guards/protection-level.ts";
import type { QueueItem } from "../integration/queue.ts";
import { leaseName } from "../integration/stores/delivery-store.ts";
import { openQueueStore, type QueueStore } from "../integration/stores/queue-store.ts";
import { type LeaseRecord, type LeaseStore, openLease } from "../redis/lease-store.ts";
import { openLine } from "../workplace.ts";
import { type BoardGround, cutoverAt, lookOnly } from "./ground.ts";
import { newestMain, readLocalRefs } from "./local-refs.ts";
import { readDaemon } from "./process-file.ts";
import { readPaused } from "./queue-view.ts";
import type { StatusShape } from "./shapes.ts";

/**
 * The board in short. Asks nothing of the remote (but after the very first session), so it is as quick as Redis. Throws
 * what Redis throws.
 */
export async function readStatus(
  ground: BoardGround,
  askFence: () => Promise<boolean> = () => isFenceAtRemote(ground),
): Promise<StatusShape> {
  const { workplace, engine } = ground;
  const { config } = workplace;
  const { queue, lease: leases } = storesToLookAt(ground);
  const [daemon, refs, counts, paused, lease, lag, landed, proof, cutover] = await Promise.all([
    readDaemon(workplace.privateDir),
    readLocalRefs(workplace),
    queue.counts(),
    readPaused({ queue }),
    leases.read(),
    readLag(ground),
    lastLanding(ground),
    readProof(workplace.privateDir),
    readCutover(cutoverAt(ground)),
  ]);
  const proven = { proof, nowMs: wallMs() };
  const { enabled, parity_evidence_accepted } = cutover.controls;
  return {
    repository: workplace.repositoryId,
    remote: config.remote,
    main: config.main,
    main_sha: await newestMain(workplace, refs.mainSha, landed),
    daemon: {
      running: daemon !== null,
      pid: daemon?.process.pid ?? null,
      url: daemon?.url ?? null,
      since: daemon?.since ?? null,
    },
    redis: { kind: engine.kind, version: engine.version, persistence: engine.persistence },
    mode: cutover.mode === "live" ? "live" : "shadow",
    cutover: { enabled, parity_evidence_accepted, decided: decidedShape(cutover) },
    paused,
    lease: leaseShape(lease.lease),
    queue: counts,
    processor: { lag: lag.lag, last_event_id: lag.lastEventId, quarantined: lag.quarantined },
    checks: config.checks.map(({ name }) => name),
    protection: protectionLevel({ ...proven, isWatched: daemon !== null }),
    fence: fenceKind(refs.hasLeaseRef || (await askFence()), isProven(proven)),
  };
}

/** Only what is shown: the rest of the line's stores, and what they load, is as much as all of this command. */
function storesToLookAt(ground: BoardGround): { queue: QueueStore; lease: LeaseStore } {
  const { redis, keys } = ground;
  return {
    queue: openQueueStore({ redis, keys, writer: lookOnly }),
    lease: openLease({ redis, keys }, leaseName),
  };
}

/**
 * The fence is what the remote was seen to hold: none before the first session, none where the remote refuses the lease
 * ref. Only after the very first session, which has fetched nothing since it set the ref, is the remote asked.
 */
export async function isFenceAtRemote({ redis, keys, workplace }: BoardGround): Promise<boolean> {
  const token = Number((await redis.command(["GET", keys.leaseToken(leaseName)])) ?? 0);
  if (token !== 1) return false;
  await using line = await openLine(workplace);
  const answer = await line.lsRemote([leaseRef], { deadlineMs: 5000 });
  return answer.kind === "answered" && answer.refs.has(leaseRef);
}

function fenceKind(hasRef: boolean, hasHook: boolean): StatusShape["fence"] {
  if (hasHook) return hasRef ? "both" : "hook";
  return hasRef ? "ref" : "none";
}

/** What main was after the newest landing; null before the first. */
async function lastLanding({ redis, keys }: BoardGround): Promise<string | null> {
  const newest = await redis.command(["ZREVRANGE", keys.queueFinished, 0, 9]);
  if (!Array.isArray(newest) || newest.length === 0) return null;
  const raws = await redis.command(["HMGET", keys.queueItems, ...newest.map(String)]);
  const items: Partial<QueueItem>[] = Array.isArray(raws)
    ? raws.map((raw) => JSON.parse(String(raw ?? "{}")))
    : [];
  return items.find(({ mainSha }) => typeof mainSha === "string")?.mainSha ?? null;
}

function decidedShape({ decision }: Cutover): StatusShape["cutover"]["decided"] {
  if (decision === null) return null;
  const { by, at, reason } = decision;
  return { by, at, reason };
}

/** The lease as it is shown. */
export function leaseShape(lease: LeaseRecord | null): StatusShape["lease"] {
  if (lease === null) return null;
  return {
    owner_session_id: lease.owner,
    lease_token: lease.token,
    acquired_at: isoTime(lease.acquiredAtMs),
    expires_at: isoTime(lease.expiresAtMs),
  };
}
