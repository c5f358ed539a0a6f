/**
 * Compares events, queue and git, and repairs what a crash, a lost message or an emptied Redis left behind, by saying
 * what is missing. State is never written behind the events' back. Every repair may be made twice.
 *
 * It is the level-triggered half of the line: whatever an event should have set off is set off here within a minute.
 */
import { randomUUID } from "node:crypto";
import { isoTime } from "../clock.ts";
import type { Config } from "../config.ts";
import { isFailure } from "../errors.ts";
import type { AtomicWriter } from "../events/atomic-write.ts";
import { parseItemRecord } from "../events/item-record.ts";
import type { NotificationProducer } from "../events/producer.ts";
import type { Clone } from "../git/clone.ts";
import type { ChainCommit } from "../git/history.ts";
import { readItemRecords } from "../git/item-records.ts";
import { type LineRepository, trackingRef } from "../git/line-repository.ts";
import type { Git } from "../git/run.ts";
import type { Redis } from "../redis/connection.ts";
import { serverTimeMs } from "../redis/server-time.ts";
import type { LineStores } from "./assembly.ts";
import { landingName } from "./candidate.ts";
import { headOf, wanted } from "./facts.ts";
import { writeOutcome } from "./hands/announce.ts";
import { keptName } from "./hands/tidy.ts";
import { integratedOutcome } from "./outcomes.ts";
import { isTerminal, queuedItem } from "./queue.ts";
import { isSaid, type RecordedEvent } from "./recorded.ts";
import type { Judge } from "./trigger.ts";
import { landingOf } from "./verify.ts";
import { isWorldAway } from "./world-away.ts";

export type Repair = { kind: RepairKind; slug: string | null; detail: string };
export type RepairKind =
  | "event_emitted"
  | "queue_moved"
  | "main_moved"
  | "landing_restored"
  | "leftover_removed"
  /** What a record wants to be said cannot be: nobody can repair that but its owner. */
  | "record_refused";

export type ReconcileOptions = {
  redis: Redis;
  line: LineRepository;
  git: Git;
  clone: Pick<Clone, "commonDir">;
  config: Config;
  stores: LineStores;
  writer: AtomicWriter;
  producer: NotificationProducer;
  judge: Judge;
  /** Main when the line first ran here: nothing older is anybody's landing. */
  since: string | null;
  dryRun: boolean;
};

/** One round. Returns what was (or, dry, would be) repaired. Throws what Redis or git throw. */
export async function reconcile(options: ReconcileOptions): Promise<Repair[]> {
  return [
    ...(await emitMissing(options)),
    ...(await followMain(options)),
    ...(await settleQueue(options)),
    ...(await removeLeftovers(options)),
  ];
}

/** Finalized in the item's record, but the event is missing: said now. */
async function emitMissing(options: ReconcileOptions): Promise<Repair[]> {
  const { git, clone, stores } = options;
  const repairs: Repair[] = [];
  for (const [slug, stored] of await readItemRecords(git, clone)) {
    const record = parseItemRecord(stored.value);
    if (record === null) continue;
    const state = await stores.readiness.state(slug);
    for (const event of record.events)
      if (!isSaid(state, record, event)) repairs.push(await sayRecorded(options, slug, event));
  }
  return repairs;
}

/** A record is in the clone, where anybody may write: what is wrong with one must not keep the others from being read. */
async function sayRecorded(
  { producer, dryRun }: ReconcileOptions,
  slug: string,
  { type, data }: RecordedEvent,
): Promise<Repair> {
  try {
    if (!dryRun) await producer.emit(`domain.software-development.${type}`, data);
    return { kind: "event_emitted", slug, detail: `${type} was recorded but not known` };
  } catch (error) {
    if (!isFailure(error) || isWorldAway(error)) throw error;
    return { kind: "record_refused", slug, detail: `${type} was recorded, and is refused: ${error.message}` };
  }
}

/** Every new commit of main is a landing of ours, a landing that Redis has forgotten, or somebody else's. */
async function followMain(options: ReconcileOptions): Promise<Repair[]> {
  const { line, config, redis, stores, since, dryRun } = options;
  const { keys } = stores;
  const ref = headOf(config.main);
  const fetched = await line.fetch([wanted(ref)]);
  const main = fetched.kind === "fetched" ? (fetched.refs.get(ref) ?? null) : null;
  if (main === null) return [];
  const seen = await redis.command(["HGET", keys.control, "main_seen"]);
  const known = typeof seen === "string" && (await line.objects.has(seen)) ? seen : since;
  if (known === main) return [];
  const from = known !== null && (await line.objects.has(known)) ? known : null;
  const { repairs, upTo } = await explain(options, from, main);
  if (!dryRun)
    await options.writer.write({
      ops: [{ op: "hset", key: keys.control, field: "main_seen", value: upTo }],
    });
  return repairs;
}

/** Explains main's commits after `from`, up to a landing that is pushed but not announced yet. */
async function explain(
  options: ReconcileOptions,
  from: string | null,
  main: string,
): Promise<{ repairs: Repair[]; upTo: string }> {
  const { line, stores } = options;
  if (from === null) return { repairs: [], upTo: main };
  if (!(await line.isAncestor(from, main))) {
    const moved = { from, to: main, commits: [], forced: true, by: "unknown" };
    return { repairs: [await sayMoved(options, moved)], upTo: main };
  }
  const chain = await line.firstParentChain(from, main);
  const inHand = await stores.deliveries.load();
  const handName = inHand.kind === "unfinished" ? landingName(inHand.delivery.candidate) : null;
  const repairs: Repair[] = [];
  const foreign: ChainCommit[] = [];
  const deliveries = new Set<string>();
  const landed = new Map<string, string>();
  let upTo = from;
  for (const commit of chain) {
    const landing = landingOf(commit);
    if (landing === null) {
      const delivery = commit.trailers.find(({ key }) => key === "Signalbox-Delivery")?.value;
      if (delivery === undefined || !deliveries.has(delivery)) foreign.push(commit);
      upTo = commit.id;
      continue;
    }
    const name = `${landing.slug}@${landing.sha}`;
    if (name === handName) break;
    upTo = commit.id;
    const known = landed.get(name) ?? (await stores.landings.of(name))?.merge_commit;
    if (isCopied(commit, landing.sha) || (known !== undefined && known !== commit.id)) {
      foreign.push(commit);
      continue;
    }
    deliveries.add(landing.delivery);
    landed.set(name, commit.id);
    if (known === undefined) repairs.push(await restore(options, landing, main));
  }
  const last = foreign.at(-1);
  if (last !== undefined)
    repairs.push(
      await sayMoved(options, {
        from,
        to: last.id,
        commits: foreign.map(({ id }) => id),
        forced: false,
        by: nameOf(last.committer),
      }),
    );
  return { repairs, upTo };
}

/** Trailers can be copied: by a cherry-pick, a rebase, or a hand. A merge that brings in something else landed nothing. */
function isCopied(commit: ChainCommit, sha: string): boolean {
  return commit.parents.length > 1 && commit.parents[1] !== sha;
}

type Moved = { from: string; to: string; commits: string[]; forced: boolean; by: string };

async function sayMoved(options: ReconcileOptions, moved: Moved): Promise<Repair> {
  const { from, to, commits, forced, by } = moved;
  if (!options.dryRun)
    await options.writer.write({
      events: [
        {
          type: "domain.software-development.integration.main.moved",
          data: { from, to, by, commits: commits.slice(0, 200), forced },
        },
      ],
    });
  const how = forced ? "was rewritten" : `was moved by ${by}, with ${commits.length} commits`;
  return { kind: "main_moved", slug: null, detail: `main ${how}: ${from.slice(0, 7)} → ${to.slice(0, 7)}` };
}

/** A committer's name as an event can hold it: whoever moved main may have any name, or none. */
function nameOf({ name, email }: { name: string; email: string }): string {
  const plain = (text: string) =>
    text
      .replace(/[\p{C}\p{Zl}\p{Zp}]/gu, "")
      .trim()
      .slice(0, 100);
  return plain(name) || plain(email) || "unknown";
}

/** Redis came back empty: the landing is read from main's own trailers and said once more. */
async function restore(
  options: ReconcileOptions,
  landing: NonNullable<ReturnType<typeof landingOf>>,
  mainSha: string,
): Promise<Repair> {
  const { redis, stores, config, dryRun } = options;
  const { slug, sha, delivery, merge_commit: mergeCommit } = landing;
  const repair: Repair = {
    kind: "landing_restored",
    slug,
    detail: `landed as ${mergeCommit.slice(0, 7)}, read from main's trailers`,
  };
  if (dryRun) return repair;
  const branch = landing.branch ?? slug;
  const atMs = await serverTimeMs(redis);
  const said = { atMs, at: isoTime(atMs), by: "reconcile" };
  if ((await stores.queue.item({ slug, branch, sha })) === null)
    await stores.queue.enqueue(
      queuedItem(
        {
          slug,
          branch,
          sha,
          remote: config.remote,
          attempt: 1,
          readyAtMs: atMs,
          claimedReadyAtMs: atMs,
          streamId: `${atMs}-0`,
          reviewer: null,
          deliveryId: delivery === "" ? randomUUID() : delivery,
        },
        atMs,
        said.by,
      ),
    );
  const stored = await stores.queue.item({ slug, branch, sha });
  if (stored !== null && stored.item.status === "queued") {
    const landed = { mergeCommit, mainSha, checks: [], how: "recorded" as const };
    await writeOutcome(stores, stored, integratedOutcome(stored.item, landed, [], said));
  }
  return repair;
}

async function settleQueue({ judge, dryRun }: ReconcileOptions): Promise<Repair[]> {
  if (dryRun) return [];
  const before = await judge.settle(null);
  return before.flatMap(({ item, judgement }) =>
    item === null && judgement.status === "READY"
      ? [{ kind: "queue_moved" as const, slug: judgement.candidate.slug, detail: "READY and not queued" }]
      : [],
  );
}

/** A followed branch is dropped by its own landing; what a crash left is among the newest. */
const finishedLookedAt = 500;
/** A branch that goes on is followed again at its next fetch: this many are spared that. */
const followedMax = 10_000;

/** Kept commits of deliveries that are over, and followed branches of candidates that are. */
async function removeLeftovers(options: ReconcileOptions): Promise<Repair[]> {
  const { line, stores, dryRun } = options;
  // Looked at in this order: what is kept before anything is found to be in hand is over when it is not in hand.
  const kept = await line.kept();
  const inHand = await stores.deliveries.load();
  if (inHand.kind === "corrupt") return [];
  const owned = inHand.kind === "unfinished" ? keptName(inHand.delivery.deliveryId) : null;
  const repairs: Repair[] = [];
  for (const name of kept.keys()) {
    if (name === owned) continue;
    repairs.push({ kind: "leftover_removed", slug: null, detail: `the kept commit ${name}` });
    if (!dryRun) await line.drop(name);
  }
  const followed = new Set((await stores.queue.queued(followedMax)).map(({ branch }) => branch));
  if (inHand.kind === "unfinished") followed.add(inHand.delivery.candidate.branch);
  for (const { branch, slug, status } of await stores.queue.finished(finishedLookedAt)) {
    if (followed.has(branch) || !isTerminal(status)) continue;
    if ((await line.resolve(trackingRef(headOf(branch)))) === null) continue;
    repairs.push({ kind: "leftover_removed", slug, detail: `the followed branch ${branch}` });
    if (!dryRun) await line.forget(headOf(branch));
  }
  return repairs;
}
