/**
 * Compares events, queue and git, and repairs what a crash, a lost message or an emptied Redis left behind, by saying
 * what is missing. State is never written behind the events' back. Every repair may be made twice.
 *
 * It is the level-triggered half of the line: whatever an event should have set off is set off here within a minute.
 */
import { isFailure } from "../errors.ts";
import { parseItemRecord } from "../events/item-record.ts";
import type { NotificationProducer } from "../events/producer.ts";
import type { Clone } from "../git/clone.ts";
import { readItemRecords } from "../git/item-records.ts";
import { trackingRef } from "../git/line-repository.ts";
import type { Git } from "../git/run.ts";
import { headOf, wanted } from "./facts.ts";
import { type Followed, type FollowOptions, followMain } from "./follow-main.ts";
import { keptName } from "./hands/tidy.ts";
import { isTerminal } from "./queue.ts";
import { isSaid, type RecordedEvent } from "./recorded.ts";
import type { Judge } from "./trigger.ts";
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

export type ReconcileOptions = FollowOptions & {
  git: Git;
  clone: Pick<Clone, "commonDir">;
  producer: NotificationProducer;
  judge: Judge;
};

/** One round. Returns what was (or, dry, would be) repaired. Throws what Redis or git throw. */
export async function reconcile(options: ReconcileOptions): Promise<Repair[]> {
  return [
    ...(await emitMissing(options)),
    ...(await explainMain(options)),
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

/** Main as the remote has it now, explained from where it was last seen. */
async function explainMain(options: ReconcileOptions): Promise<Repair[]> {
  const ref = headOf(options.config.main);
  const fetched = await options.line.fetch([wanted(ref)]);
  const main = fetched.kind === "fetched" ? (fetched.refs.get(ref) ?? null) : null;
  return main === null ? [] : (await followMain(options, main)).found.map(repairOf);
}

function repairOf(found: Followed): Repair {
  if (found.kind === "restored") {
    const { slug, mergeCommit } = found;
    const detail = `landed as ${mergeCommit.slice(0, 7)}, read from main's trailers`;
    return { kind: "landing_restored", slug, detail };
  }
  const { from, to, by, commits, forced } = found;
  if (to === null)
    return { kind: "main_moved", slug: null, detail: `main was deleted, at ${from.slice(0, 7)}` };
  const how = forced ? "was rewritten" : `was moved by ${by}, with ${commits} commits`;
  return { kind: "main_moved", slug: null, detail: `main ${how}: ${from.slice(0, 7)} → ${to.slice(0, 7)}` };
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
