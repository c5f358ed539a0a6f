/**
 * The day of the switch: finds what is in flight under the old way of working, says what would become of it, and makes it
 * so. Looks at the branches and worktrees of this clone and at the remote; changes nothing of theirs.
 *
 * Guaranteed: what one item needs said is one write, and is said only of an item of which nothing is known: a second run
 * says nothing new, and one that was killed goes on where it was.
 */
import { basename } from "node:path";
import { isoTime, wallMs } from "../clock.ts";
import { isFailure } from "../errors.ts";
import type { AtomicWriter, EventDraft } from "../events/atomic-write.ts";
import { parseItemRecord } from "../events/item-record.ts";
import type { StreamSource } from "../events/stream.ts";
import { checkSlug, escapeForDisplay, slugFromBranch } from "../git/names.ts";
import { softwareDomain } from "./item-event.ts";
import { type Fate, fateOf, type InFlight } from "./migration.ts";
import { type Branch, type Ground, type OldWorld, openGround } from "./migration-facts.ts";
import { readOldState } from "./old-layout.ts";
import { type KeptRecord, keepRecord, takeBackRecord } from "./submit.ts";
import { openItems } from "./work-items.ts";

export type MigrateGround = Ground & { source: StreamSource; writer: AtomicWriter };

/** One branch, and what becomes, or became, of it. */
export type Migration = Omit<Fate, "events"> & {
  slug: string;
  branch: string;
  sha: string;
  place: string | null;
  /** What is, or would be, said: types without their domain. */
  events: string[];
};

/** Looks at everything, and unless `dryRun` says what is missing. Throws `remote_away`, and what the writer throws. */
export async function migrate(ground: MigrateGround, { dryRun }: { dryRun: boolean }): Promise<Migration[]> {
  const items = openItems(ground.source, ground.writer);
  const known = new Set((await items.all()).map(({ slug }) => slug));
  await using world = await openGround(ground);
  const looked = await Promise.all(world.branches.map((branch) => inFlight(world, branch, known)));
  const found = looked.filter((item) => item !== null);
  const teller = { remote: ground.remote, main: ground.main, at: isoTime(wallMs()) };
  const migrations: Migration[] = [];
  for (const item of found) {
    const twin = found.find((one) => one !== item && one.slug === item.slug);
    const fate = twin === undefined ? fateOf(item, teller) : claimedBy(item, twin);
    migrations.push(await carryOut(ground, items, item, { fate, dryRun }));
  }
  return migrations.sort((a, b) => (a.slug < b.slug ? -1 : 1));
}

/** The branch as something in flight; null: nothing of it is. */
async function inFlight(
  world: OldWorld,
  branch: Branch,
  known: ReadonlySet<string>,
): Promise<InFlight | null> {
  const own = [branch.name, ...(branch.place === null ? [] : [basename(branch.place)])];
  const names = [...new Set([...own, slugFromBranch(branch.name)])];
  for (const name of names) {
    const text = await world.stateFile(branch, name);
    if (text === null) continue;
    const wrong = checkSlug(name);
    const reading = wrong === null ? readOldState(text) : ({ kind: "unreadable", why: wrong } as const);
    const slug = wrong === null ? name : escapeForDisplay(name);
    const state = reading.kind === "state" ? reading.state : null;
    const reviewed = state?.reviewed ?? null;
    return {
      ...(await basicFacts(world, branch, slug)),
      reading,
      review: reviewed === null ? { kind: "unknown" } : await world.review(branch, slug, reviewed),
      known: known.has(slug),
    };
  }
  // No item of the old layout. A worktree with work in it is somebody's all the same.
  const slug = slugFromBranch(branch.name);
  if (branch.place === null || known.has(slug) || (await world.onMain(branch))) return null;
  return {
    ...(await basicFacts(world, branch, slug)),
    reading: null,
    review: { kind: "unknown" },
    known: false,
  };
}

async function basicFacts(world: OldWorld, branch: Branch, slug: string) {
  const { name, sha, place } = branch;
  return {
    slug,
    branch: name,
    sha,
    place,
    remoteSha: world.atRemote(name),
    onMain: await world.onMain(branch),
    uncommitted: place === null ? [] : await world.uncommitted(place, slug),
    listed: world.roadmap.listed.has(slug),
    delivered: world.roadmap.delivered.has(slug),
  };
}

function claimedBy({ slug }: InFlight, twin: InFlight): Fate {
  const why = `${twin.branch} claims to be ${slug} as well`;
  const next = "Rename or delete one of the two, then migrate again.";
  return { becomes: "undecided", why, next, events: [] };
}

async function carryOut(
  ground: MigrateGround,
  items: ReturnType<typeof openItems>,
  item: InFlight,
  { fate, dryRun }: { fate: Fate; dryRun: boolean },
): Promise<Migration> {
  const { slug, branch, sha, place } = item;
  const shown = { slug, branch, sha, place };
  const { events, ...rest } = fate;
  const types = events.map(({ type }) => type.slice(softwareDomain.length));
  if (dryRun || events.length === 0) return { ...shown, ...rest, events: types };
  try {
    // What has landed is known from main; the rest must survive an emptied Redis.
    const kept = fate.becomes === "delivered" ? null : await leaveRecord(ground, item, events);
    const changed = await items.change(slug, (state) => (state === null ? events : []));
    if (changed.events.length === 0) {
      if (kept !== null) await takeBackRecord(ground, slug, kept);
      return { ...shown, becomes: "known", why: "somebody has just begun with it", next: null, events: [] };
    }
    return { ...shown, ...rest, events: types };
  } catch (error) {
    // One that cannot be said must not keep the others from being said.
    if (!isFailure(error) || error.kind !== "bad_input") throw error;
    const why = `it cannot be said: ${error.problems[0]?.message ?? error.message}`;
    return {
      ...shown,
      becomes: "undecided",
      why,
      next: `To take it over: signalbox todo start ${slug}`,
      events: [],
    };
  }
}

async function leaveRecord(
  ground: MigrateGround,
  item: InFlight,
  events: readonly EventDraft[],
): Promise<KeptRecord | null> {
  const { slug, branch, sha } = item;
  const said = events.map(({ type, data }) => ({ type: type.slice(softwareDomain.length), data }));
  const kept = said.filter(({ type }) => type === "review.approved" || type === "deployment.started");
  const record = parseItemRecord({ slug, branch, sha, recorded_at: isoTime(wallMs()), events: kept });
  return record === null || kept.length === 0 ? null : keepRecord(ground, record);
}
