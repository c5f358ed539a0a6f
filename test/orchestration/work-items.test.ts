/** Items as of now: the rows of the daemon's projection and the events after them make one state. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { startProcessor } from "../../src/events/processor.ts";
import { openProjection } from "../../src/events/projection.ts";
import { rebuildProjection } from "../../src/events/rebuild.ts";
import { readEvents } from "../../src/events/stream.ts";
import { placeOf } from "../../src/orchestration/item-place.ts";
import {
  openItems,
  workItemsProjection,
  workItemsProjectionName,
} from "../../src/orchestration/work-items.ts";
import { entriesOf } from "../events/bus.ts";
import { waitUntil } from "../world/wait-until.ts";
import { startMarkYard } from "./mark-yard.ts";

type Yard = Awaited<ReturnType<typeof startMarkYard>>;

function hear(yard: Yard) {
  const { redis, keys, catalog, writer } = yard;
  return startProcessor({ redis, keys, catalog, writer, projections: [workItemsProjection] });
}

async function heard(yard: Yard): Promise<void> {
  const last = (await entriesOf(yard)).at(-1)?.streamId;
  const projection = openProjection(yard, workItemsProjectionName);
  await waitUntil(async () => (await projection.position())?.streamId === last, {
    what: "the projection heard everything",
    everyMs: 5,
  });
}

test("an item is the same without the daemon, with it, and while it lags", async (t) => {
  const yard = await startMarkYard(t);
  await yard.world.worktree("login");
  await yard.world.worktree("logout");
  await yard.marks("login", "build started");
  const without = await yard.items.get("login");
  assert.equal(without?.status, "started");
  const processor = hear(yard);
  t.after(() => processor.stop());
  await heard(yard);
  assert.deepEqual(await yard.items.get("login"), without);
  await processor.stop();
  await yard.marks("login", "build complete", "review started", "review changes_requested", "fix started");
  await yard.marks("logout", "build started");
  const lagging = await yard.items.get("login");
  assert.deepEqual([lagging?.phase, lagging?.round], ["fix", 1]);
  const all = await yard.items.all();
  assert.deepEqual(all.map(({ slug, phase }) => `${slug} ${phase}`).sort(), ["login fix", "logout build"]);
  const other = hear(yard);
  t.after(() => other.stop());
  await heard(yard);
  assert.deepEqual(await yard.items.get("login"), lagging);
  assert.deepEqual(
    await openProjection(yard, workItemsProjectionName).get("items", "login"),
    lagging,
    "the row itself",
  );
});

test("the rows are what a fold of the log makes anew", async (t) => {
  const yard = await startMarkYard(t);
  await yard.world.worktree("login");
  const processor = hear(yard);
  t.after(() => processor.stop());
  await yard.marks("login", "build started", "build complete", "review started", "review approved");
  await heard(yard);
  const { redis, keys, catalog, writer } = yard;
  const report = await rebuildProjection({
    redis,
    keys,
    catalog,
    writer,
    projection: workItemsProjection,
    verify: true,
  });
  assert.deepEqual([report.kind, report.events, report.differenceCount], ["verified", 5, 0]);
});

test("events of other things, and of no item, make no row", async (t) => {
  const yard = await startMarkYard(t);
  const at = "2026-01-02T03:04:05Z";
  await yard.say("branch.pushed", {
    branch: "login",
    sha: "a".repeat(40),
    remote: "origin",
    pushed_at: at,
    pusher: "ann",
  });
  await yard.say("work.session.started", { session_id: "s1", role: "builder", slug: "login" });
  assert.deepEqual(await yard.items.all(), []);
  assert.equal(await yard.items.get("login"), null);
});

test("an event that is in a row already changes nothing: a reader may see the row before it sees its position", async (t) => {
  const yard = await startMarkYard(t);
  await yard.world.worktree("login");
  await yard.marks("login", "build started", "build complete");
  const rows = new Map<string, unknown>();
  const tables = {
    get: async (_: string, id: string) => rows.get(id) ?? null,
    put: (_: string, id: string, row: unknown) => void rows.set(id, row),
    remove: (_: string, id: string) => void rows.delete(id),
  };
  const log = await Array.fromAsync(readEvents(yard));
  for (const stored of log) await workItemsProjection.apply(stored, tables);
  const before = structuredClone(rows.get("login"));
  assert.deepEqual(before, await yard.items.get("login"));
  for (const stored of log) await workItemsProjection.apply(stored, tables);
  assert.deepEqual(rows.get("login"), before);
});

test("items opened for reading change nothing", async (t) => {
  const yard = await startMarkYard(t);
  await assert.rejects(
    openItems(yard).change("login", () => []),
    /for reading only/,
  );
});

test("a change that cannot be decided says nothing, and one without events leaves the version alone", async (t) => {
  const yard = await startMarkYard(t);
  await assert.rejects(
    yard.items.change("login", () => {
      throw new Error("no");
    }),
    /no/,
  );
  const marks: number[] = [];
  for (const name of ["first", "second"])
    await yard.items.change("login", (_, mark) => {
      marks.push(mark);
      assert.ok(name);
      return [];
    });
  assert.deepEqual(marks, [1, 1]);
  assert.deepEqual(await yard.said(), []);
});

test("an item's place is the worktree with its branch; a name that two branches make is nobody's", () => {
  const worktree = (path: string, branch: string | null, more = {}) => ({
    path,
    branch,
    head: "a".repeat(40),
    main: false,
    bare: false,
    locked: false,
    prunable: false,
    ...more,
  });
  const all = [
    worktree("/clone", "main", { main: true }),
    worktree("/a", "Feature/X"),
    worktree("/b", "feature-x-2"),
    worktree("/c", null),
    worktree("/gone", "gone", { prunable: true }),
    worktree("/unborn", "unborn", { head: null }),
  ];
  const place = (slug: string, branch: string | null = null, among = all) =>
    placeOf(among, { slug, branch, main: "main" })?.path ?? null;
  assert.equal(place("feature-x"), "/a");
  assert.equal(place("feature-x-2"), "/b");
  assert.equal(place("anything", "Feature/X"), "/a");
  assert.equal(place("feature-x", "feature-x"), null);
  for (const slug of ["main", "gone", "unborn", "clone"]) assert.equal(place(slug), null, slug);
  assert.equal(place("feature-x", null, [...all, worktree("/d", "feature/x")]), null);
  assert.equal(place("feature-x", null, [...all, worktree("/d", "feature-x")]), "/d");
});
