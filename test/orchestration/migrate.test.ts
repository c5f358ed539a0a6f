/** Migrating real repositories of the old layout, over a real Redis. */
import assert from "node:assert/strict";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { readItemRecords } from "../../src/git/item-records.ts";
import { createGit } from "../../src/git/run.ts";
import { standingOf } from "../../src/orchestration/item.ts";
import { type MigrateGround, type Migration, migrate } from "../../src/orchestration/migrate.ts";
import { openItems } from "../../src/orchestration/work-items.ts";
import { entriesOf, startBus } from "../events/bus.ts";
import { createGitWorld, type GitWorld } from "../world/git.ts";

test("several states in flight, each taken over as far as it was; a second run says nothing new", async (t) => {
  const yard = await startYard(t);
  const { world } = yard;
  const ready = await yard.item("ready", { "a.txt": "1\n" });
  await yard.reviewed("ready", ready, "approved");
  const readySha = await yard.finalized("ready", ready);
  await world.run(ready, "push", "--quiet", "origin", "HEAD:refs/heads/ready");

  const unpushed = await yard.item("unpushed", { "b.txt": "1\n" });
  await yard.reviewed("unpushed", unpushed, "approved");
  await yard.finalized("unpushed", unpushed);

  const changes = await yard.item("changes", { "c.txt": "1\n" });
  await yard.reviewed("changes", changes, "changes_requested", "unresolved_findings: [R1-F1]");

  await yard.item("building", { "d.txt": "1\n" }, "build: started\n");

  const merged = await yard.item("merged", { "e.txt": "1\n" });
  await yard.reviewed("merged", merged, "approved");
  await yard.finalized("merged", merged, "handed_off");
  await world.run(world.clone, "merge", "--quiet", "--no-ff", "-m", "By hand", "merged");
  await world.run(world.clone, "push", "--quiet", "origin", "main");

  const before = await yard.fingerprint();
  const planned = await migrate(yard.ground, { dryRun: true });
  assert.deepEqual(await yard.fingerprint(), before, "a dry run changed something");
  assert.deepEqual(await entriesOf(yard), []);
  const becomes = Object.fromEntries(planned.map(({ slug, becomes }) => [slug, becomes]));
  assert.deepEqual(becomes, {
    building: "in_work",
    changes: "in_work",
    merged: "delivered",
    ready: "handed_over",
    unpushed: "approved",
  });

  const done = await migrate(yard.ground, { dryRun: false });
  assert.deepEqual(plain(done), plain(planned));
  const items = openItems(yard.ground.source);
  const state = async (slug: string) => {
    const item = await items.get(slug);
    assert.ok(item, slug);
    return item;
  };
  assert.equal(standingOf(await state("ready")), "handed_over");
  assert.equal((await state("ready")).finalize?.sha, readySha);
  assert.equal((await state("unpushed")).status, "approved");
  assert.match((await state("changes")).findings[0]?.text ?? "", /R1-F1/);
  assert.deepEqual([(await state("building")).phase, (await state("building")).status], ["build", "started"]);
  assert.equal(standingOf(await state("merged")), "handed_over", "the line finds it on main and says so");
  const records = await readItemRecords(world.git, yard.ground.clone);
  assert.deepEqual([...records.keys()].sort(), ["ready", "unpushed"]);

  const count = (await entriesOf(yard)).length;
  const again = await migrate(yard.ground, { dryRun: false });
  assert.deepEqual([...new Set(again.map((one) => one.becomes))], ["known"]);
  assert.equal((await entriesOf(yard)).length, count);
});

test("the state of the worktree counts, committed or not; uncommitted work does not get lost on the way", async (t) => {
  const yard = await startYard(t);
  const place = await yard.item("search", { "a.txt": "1\n" });
  const sha = await yard.world.run(place, "rev-parse", "HEAD");
  await yard.world.run(place, "push", "--quiet", "origin", "HEAD:refs/heads/search");
  await yard.write(place, "search", state("approved", sha, `finalize: {status: ready, sha: ${sha}}\n`));
  assert.equal((await yard.only()).becomes, "handed_over");
  await writeFile(join(place, "forgotten.txt"), "not committed\n");
  const { becomes, why } = await yard.only();
  assert.deepEqual([becomes, why], ["undecided", "it is finalized, but forgotten.txt is not committed"]);
});

test("commits after the review count, but for merges of main and the item's own folder", async (t) => {
  const yard = await startYard(t);
  const { world } = yard;
  const place = await yard.item("search", { "a.txt": "1\n" });
  await yard.reviewed("search", place, "approved");
  await world.commit(world.clone, { "other.txt": "1\n" }, "Meanwhile");
  await world.run(world.clone, "push", "--quiet", "origin", "main");
  await world.run(place, "merge", "--quiet", "--no-edit", "main");
  await world.commit(place, { "todos/search/demo.md": "# See\n" });
  await yard.finalized("search", place);
  await world.run(place, "push", "--quiet", "origin", "HEAD:refs/heads/search");
  assert.equal((await yard.only()).becomes, "handed_over");

  await world.commit(place, { "late.txt": "1\n" });
  await yard.finalized("search", place);
  await world.run(place, "push", "--quiet", "origin", "HEAD:refs/heads/search");
  const { becomes, why } = await yard.only();
  assert.equal(becomes, "approved");
  assert.match(why, /1 unreviewed commit/);
});

test("a branch without a worktree, and one that only the remote has, are found as well", async (t) => {
  const yard = await startYard(t);
  const { world } = yard;
  for (const slug of ["here", "there"]) {
    const place = await yard.item(slug, { [`${slug}.txt`]: "1\n" });
    await yard.reviewed(slug, place, "approved");
    await world.run(place, "push", "--quiet", "origin", `HEAD:refs/heads/${slug}`);
    await world.run(world.clone, "worktree", "remove", place);
  }
  await world.run(world.clone, "branch", "-D", "there");
  const found = await migrate(yard.ground, { dryRun: false });
  assert.deepEqual(
    found.map(({ slug, becomes, place }) => [slug, becomes, place]),
    [
      ["here", "approved", null],
      ["there", "approved", null],
    ],
  );
});

test("other items' folders in a branch are no items of it; a worktree that nothing explains is left alone", async (t) => {
  const yard = await startYard(t);
  const { world } = yard;
  await yard.write(world.clone, "planned", "build: pending\n");
  await world.commit(world.clone, {}, "Plan");
  await world.run(world.clone, "push", "--quiet", "origin", "main");
  const place = await world.worktree("by-another-tool");
  assert.deepEqual(
    await migrate(yard.ground, { dryRun: true }),
    [],
    "a worktree without any work is nothing",
  );
  await world.commit(place, { "x.txt": "1\n" });
  const { slug, becomes, next } = await yard.only();
  assert.deepEqual([slug, becomes], ["by-another-tool", "undecided"]);
  assert.match(next ?? "", /todo start by-another-tool/);
});

test("hostile and broken files are undecided, and keep nobody else from being taken over", async (t) => {
  const yard = await startYard(t);
  const { world } = yard;
  const good = await yard.item("good", { "a.txt": "1\n" }, "build: complete\n");
  await yard.item("broken", { "b.txt": "1\n" }, "build: [");
  await yard.item("Upper", { "c.txt": "1\n" }, "build: complete\n");
  const linked = await world.worktree("linked");
  await world.commit(linked, { "d.txt": "1\n" });
  await mkdir(join(linked, "todos/linked"), { recursive: true });
  await symlink("/etc/hostname", join(linked, "todos/linked/state.yaml"));
  const huge = await yard.item("huge", { "e.txt": "1\n" });
  await yard.write(huge, "huge", `build: complete\n${"# much\n".repeat(60_000)}review: approved\n`);
  const found = await migrate(yard.ground, { dryRun: false });
  const of = (slug: string) => found.find((one) => one.slug === slug);
  assert.equal(of("good")?.becomes, "in_work", good);
  assert.match(of("broken")?.why ?? "", /no YAML/);
  assert.match(of("Upper")?.why ?? "", /a-z, 0-9/);
  assert.equal(of("linked")?.why, "nothing says how far it is");
  assert.notEqual(of("huge")?.becomes, "approved");
  assert.deepEqual((await openItems(yard.ground.source).all()).map(({ slug }) => slug).sort(), [
    "good",
    "huge",
  ]);
});

test("two branches that claim one item are both left alone", async (t) => {
  const yard = await startYard(t);
  const { world } = yard;
  await yard.item("twin", { "a.txt": "1\n" }, "build: complete\n");
  const other = await world.worktree("Twin-2");
  await world.run(other, "branch", "--move", "tw/in");
  await world
    .run(world.clone, "worktree", "move", other, join(world.directory, "elsewhere/twin"))
    .catch(async () => {
      await mkdir(join(world.directory, "elsewhere"));
      await world.run(world.clone, "worktree", "move", other, join(world.directory, "elsewhere/twin"));
    });
  const moved = join(world.directory, "elsewhere/twin");
  await yard.write(moved, "twin", "build: complete\n");
  await world.commit(moved, { "b.txt": "1\n" });
  const found = await migrate(yard.ground, { dryRun: false });
  assert.deepEqual(found.map(({ branch, becomes }) => [branch, becomes]).sort(), [
    ["tw/in", "undecided"],
    ["twin", "undecided"],
  ]);
  assert.deepEqual(await entriesOf(yard), []);
});

test("an item that somebody begins in the middle is theirs: nothing is said of it, now or by its record", async (t) => {
  const yard = await startYard(t);
  const place = await yard.item("search", { "a.txt": "1\n" });
  await yard.reviewed("search", place, "approved");
  const { writer } = yard.ground;
  let begun = false;
  const slow: MigrateGround = {
    ...yard.ground,
    writer: {
      async write(request) {
        if (!begun) {
          begun = true;
          const data = { slug: "search", branch: "search", by: "ada" };
          await writer.write({ events: [{ type: "domain.software-development.work.item.started", data }] });
          await writer.write({
            ops: [
              { op: "hset", key: yard.keys.projectionVersions("work-items"), field: "search", value: "1" },
            ],
          });
        }
        return writer.write(request);
      },
    },
  };
  const [found] = await migrate(slow, { dryRun: false });
  assert.deepEqual([found?.becomes, found?.events], ["known", []]);
  assert.equal((await entriesOf(yard)).length, 1);
  assert.equal((await readItemRecords(yard.world.git, yard.ground.clone)).size, 0);
});

test("the remote away: nothing is decided, nothing is changed", async (t) => {
  const yard = await startYard(t);
  await yard.item("search", { "a.txt": "1\n" }, "build: complete\n");
  await yard.world.run(
    yard.world.clone,
    "remote",
    "set-url",
    "origin",
    join(yard.world.directory, "gone.git"),
  );
  await assert.rejects(migrate(yard.ground, { dryRun: false }), { code: "remote_away" });
  assert.deepEqual(await entriesOf(yard), []);
});

function state(review: string, reviewed: string, more = ""): string {
  return `phase: in_progress\nbuild: complete\nreview: ${review}\nreview_round: 1\nreview_baseline_commit: ${reviewed}\n${more}`;
}

function plain(found: readonly Migration[]) {
  return found.map(({ slug, becomes, why, events }) => ({ slug, becomes, why, events }));
}

async function startYard(t: TestContext) {
  const world = await createGitWorld();
  t.after(() => world[Symbol.asyncDispose]());
  const bus = await startBus(t);
  const ground: MigrateGround = {
    source: bus,
    writer: bus.writerFor("cli"),
    git: world.git,
    userGit: userGitOf(world),
    clone: { root: world.clone, commonDir: join(world.clone, ".git"), format: "sha1" },
    openLine: () => world.line(),
    remote: "origin",
    main: "main",
    todos: "todos",
  };
  const write = async (place: string, slug: string, text: string): Promise<void> => {
    await mkdir(join(place, "todos", slug), { recursive: true });
    await writeFile(join(place, "todos", slug, "state.yaml"), text);
  };
  return {
    ...bus,
    world,
    ground,
    write,
    /** A worktree of the old layout with one commit of work. */
    async item(slug: string, files: Record<string, string>, text = "build: complete\n"): Promise<string> {
      const place = await world.worktree(slug);
      await write(place, slug, text);
      await world.commit(place, files, `Work on ${slug}`);
      return place;
    },
    /** A verdict on the commit that is checked out, written and committed as the old way did. */
    async reviewed(slug: string, place: string, verdict: string, more = ""): Promise<void> {
      const head = await world.run(place, "rev-parse", "HEAD");
      await write(place, slug, state(verdict, head, more));
      await world.commit(place, {}, "Mark review");
    },
    /** Finalized at what is checked out now; the record is left uncommitted, as the old way did. */
    async finalized(slug: string, place: string, status = "ready"): Promise<string> {
      const head = await world.run(place, "rev-parse", "HEAD");
      const reviewed = await world.run(place, "log", "-1", "--format=%P", "--grep=Mark review");
      await write(
        place,
        slug,
        state("approved", reviewed, `finalize: {status: ${status}, branch: ${slug}, sha: ${head}}\n`),
      );
      return head;
    },
    async only(): Promise<Migration> {
      const [found, ...more] = await migrate(ground, { dryRun: true });
      assert.ok(found);
      assert.deepEqual(more, []);
      return found;
    },
    /** Every ref, checkout and worktree of the clone, and the remote. */
    async fingerprint(): Promise<string[]> {
      const places = (await world.run(world.clone, "worktree", "list", "--porcelain")).split("\n");
      const statuses = await Promise.all(
        places
          .filter((line) => line.startsWith("worktree "))
          .map((line) => world.run(line.slice("worktree ".length), "status", "--porcelain")),
      );
      const refs = await world.run(world.clone, "for-each-ref");
      return [...places, ...statuses, refs, await world.run(world.origin, "for-each-ref")];
    },
  };
}

function userGitOf(world: GitWorld): MigrateGround["userGit"] {
  return createGit({ binary: world.git.binary, env: world.env, mode: "user" });
}
