/**
 * Follows main, commit by commit of its own line: each is a landing of ours, a landing that Redis has forgotten, or somebody
 * else's. What is foreign is said once, all that came since the last look as one event, in the same write that notes how
 * far main was followed: whoever looks at the same time finds it done. A landing that is pushed and not announced yet
 * ends the look, because only the session that has it in hand may say what it is.
 */
import { randomUUID } from "node:crypto";
import { isoTime, parseTimeMs } from "../clock.ts";
import type { Config } from "../config.ts";
import type { AtomicWriter, EventDraft } from "../events/atomic-write.ts";
import type { ChainCommit } from "../git/history.ts";
import type { LineRepository } from "../git/line-repository.ts";
import type { Redis } from "../redis/connection.ts";
import { serverTimeMs } from "../redis/server-time.ts";
import type { LineStores } from "./assembly.ts";
import { landingName } from "./candidate.ts";
import { headOf, wanted } from "./facts.ts";
import { writeOutcome } from "./hands/announce.ts";
import { integratedOutcome } from "./outcomes.ts";
import { queuedItem } from "./queue.ts";
import { landingOf } from "./verify.ts";

/** What a move by somebody else is held against. */
export type Circumstances = {
  /** Others move main as a matter of course: the line is in shadow. */
  othersLand(): Promise<boolean>;
  /** The integrator's keys: where there are any, what only claims to be a landing is told from one. */
  signers(): Promise<readonly Buffer[]>;
};

export type FollowOptions = {
  redis: Redis;
  line: LineRepository;
  config: Config;
  stores: LineStores;
  writer: AtomicWriter;
  /** Main when the line first ran here: nothing older is anybody's landing. */
  since: string | null;
  circumstances: Circumstances;
  dryRun: boolean;
};

export type Followed =
  | { kind: "moved"; by: string; from: string; to: string | null; commits: number; forced: boolean }
  | { kind: "restored"; slug: string; mergeCommit: string };

export type Following = {
  found: Followed[];
  /** Everything up to the main that was asked about is explained; false while a landing is in hand. */
  whole: boolean;
};

/** Explains `main`, as the remote has it now. Throws what Redis or git throw. */
export async function followMain(options: FollowOptions, main: string): Promise<Following> {
  const { line, config, redis, stores, since, writer, dryRun } = options;
  const { control } = stores.keys;
  const [seen, glass, deleted] = await Promise.all([
    readField(redis, control, "main_seen"),
    readField(redis, control, "glass"),
    readField(redis, control, deletedField),
  ]);
  // It is back: the next time is told as well.
  if (deleted !== null && !dryRun)
    await writer.write({ ops: [{ op: "hdel", key: control, field: deletedField }] });
  if (seen === main) return { found: [], whole: true };
  if (!(await line.objects.has(main)))
    if ((await line.fetch([wanted(headOf(config.main))])).kind === "remote_away")
      return { found: [], whole: false };
  const isRemembered = seen !== null && (await line.objects.has(seen));
  const known = isRemembered ? seen : since;
  const from = known !== null && (await line.objects.has(known)) ? known : null;
  const { restored, plain, upTo } = await explain(options, { from, isRemembered }, main);
  const moved = plain === null ? null : await withCircumstances(options, plain, glass);
  const found: Followed[] = [...restored, ...(moved === null ? [] : [toldOf(moved)])];
  const whole = upTo === main;
  if (dryRun || upTo === seen) return { found, whole };
  const written = await writer.write({
    guards: [{ kind: "field", key: control, field: "main_seen", equals: seen }],
    ops: [
      { op: "hset", key: control, field: "main_seen", value: upTo },
      // One push went through the broken glass: the next one did not.
      ...(moved?.opened == null ? [] : [{ op: "hdel", key: control, field: "glass" } as const]),
    ],
    events: moved === null ? [] : [movedEvent(moved)],
  });
  return written.kind === "written" ? { found, whole } : { found: restored, whole: false };
}

/** The main that was seen last when it was found deleted. */
const deletedField = "main_deleted";

/**
 * Tells that the remote has no main any more, once for each time it was there. Nothing where none was ever seen: an empty
 * remote. Throws what Redis throws.
 */
export async function tellDeleted(options: FollowOptions): Promise<Followed[]> {
  const { redis, writer, stores, dryRun } = options;
  const { control } = stores.keys;
  const [seen, glass, told] = await Promise.all([
    readField(redis, control, "main_seen"),
    readField(redis, control, "glass"),
    readField(redis, control, deletedField),
  ]);
  if (seen === null || told === seen) return [];
  const plain = { from: seen, to: null, commits: [], forced: false, by: "unknown" };
  const moved = await withCircumstances(options, plain, glass);
  if (dryRun) return [toldOf(moved)];
  const written = await writer.write({
    guards: [
      { kind: "field", key: control, field: "main_seen", equals: seen },
      { kind: "field", key: control, field: deletedField, equals: told },
    ],
    ops: [{ op: "hset", key: control, field: deletedField, value: seen }],
    events: [movedEvent(moved)],
  });
  return written.kind === "written" ? [toldOf(moved)] : [];
}

async function readField(redis: Redis, key: string, field: string): Promise<string | null> {
  const value = await redis.command(["HGET", key, field]);
  return typeof value === "string" ? value : null;
}

type Explained = { restored: Followed[]; plain: Plain | null; upTo: string };

/** `isRemembered`: Redis has known every landing up to there. */
type Beginning = { from: string | null; isRemembered: boolean };

/** Main's commits after `from`, up to a landing that is pushed but not announced yet. */
async function explain(
  options: FollowOptions,
  { from, isRemembered }: Beginning,
  main: string,
): Promise<Explained> {
  const { line, stores } = options;
  if (from === null || from === main) return { restored: [], plain: null, upTo: main };
  if (!(await line.isAncestor(from, main))) {
    const plain = { from, to: main, commits: [], forced: true, by: "unknown" };
    return { restored: [], plain, upTo: main };
  }
  const signers = await options.circumstances.signers();
  const isSigned = async (id: string) => signers.length > 0 && (await line.objects.isSigned(id, signers));
  let mustBeSigned = signers.length > 0 && (isRemembered || (await isSigned(from)));
  const chain = await line.firstParentChain(from, main);
  const inHand = await stores.deliveries.load();
  const handName = inHand.kind === "unfinished" ? landingName(inHand.delivery.candidate) : null;
  const restored: Followed[] = [];
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
    mustBeSigned ||= await isSigned(commit.id);
    // What was never heard of must prove itself, where it could.
    const isClaimed = known === undefined && mustBeSigned && !(await isSigned(commit.id));
    if (isClaimed || isCopied(commit, landing.sha) || (known !== undefined && known !== commit.id)) {
      foreign.push(commit);
      continue;
    }
    deliveries.add(landing.delivery);
    landed.set(name, commit.id);
    if (known === undefined) restored.push(await restore(options, landing, main));
  }
  const last = foreign.at(-1);
  if (last === undefined) return { restored, plain: null, upTo };
  const commits = foreign.map(({ id }) => id);
  return { restored, plain: { from, to: last.id, commits, forced: false, by: nameOf(last.committer) }, upTo };
}

/** Trailers can be copied: by a cherry-pick, a rebase, or a hand. A merge that brings in something else landed nothing. */
function isCopied(commit: ChainCommit, sha: string): boolean {
  return commit.parents.length > 1 && commit.parents[1] !== sha;
}

/** `to`: null where main is gone. */
type Plain = { from: string; to: string | null; commits: string[]; forced: boolean; by: string };
/** Who broke the glass, and why. */
type Opened = { actor?: string; reason?: string };
type Moved = Plain & { opened: Opened | null; expected: boolean };

async function withCircumstances(
  { redis, circumstances }: FollowOptions,
  plain: Plain,
  glass: string | null,
): Promise<Moved> {
  const opened = glass === null ? null : openedBy(glass, await serverTimeMs(redis));
  return { ...plain, opened, expected: await circumstances.othersLand() };
}

/** Broken glass counts a little longer than it is open: the push may be seen later than it was made. */
const seenWithinMs = 600_000;

function openedBy(glass: string, nowMs: number): Opened | null {
  const { actor, reason, until }: Partial<Record<string, unknown>> = JSON.parse(glass);
  const untilMs = typeof until === "string" ? parseTimeMs(until) : null;
  if (untilMs === null || nowMs > untilMs + seenWithinMs) return null;
  return {
    ...(typeof actor === "string" ? { actor } : {}),
    ...(typeof reason === "string" ? { reason } : {}),
  };
}

function toldOf({ from, to, by, commits, forced }: Moved): Followed {
  return { kind: "moved", from, to, by, commits: commits.length, forced };
}

function movedEvent({ opened, expected, commits, ...moved }: Moved): EventDraft {
  return {
    type: "domain.software-development.integration.main.moved",
    data: {
      ...moved,
      commits: commits.slice(0, commitsInEvent),
      ...(commits.length > commitsInEvent ? { commit_count: commits.length } : {}),
      ...(expected ? { expected } : {}),
      ...(opened === null ? {} : { guard_opened: opened }),
    },
  };
}

const commitsInEvent = 200;

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
  options: FollowOptions,
  landing: NonNullable<ReturnType<typeof landingOf>>,
  mainSha: string,
): Promise<Followed> {
  const { redis, stores, config, dryRun } = options;
  const { slug, sha, delivery, merge_commit: mergeCommit } = landing;
  const told: Followed = { kind: "restored", slug, mergeCommit };
  if (dryRun) return told;
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
  return told;
}
