/** A work item from its first mark to its landing, by the command line, with real worktrees. */
import assert from "node:assert/strict";
import { access, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import type { DropShape, ItemRowShape, ItemShape } from "../../src/board/shape-item.ts";
import { jsonShapes } from "../../src/surfaces/cli/json-fields.ts";
import { type Ran, told } from "../world/child.ts";
import { integrated, submitAndWait } from "../world/facts.ts";
import { shareWorld } from "../world/shared.ts";
import { waitUntil } from "../world/wait-until.ts";
import type { Worker } from "../world/worker.ts";
import { inWorld, type World } from "../world/world.ts";

const journey = shareWorld({
  config: { limits: { rounds: 2 } },
  files: { "todos/roadmap.yaml": "# What we do next.\n- slug: unwanted\n- slug: wanted\n" },
});

type Answer = {
  slug: string;
  review_round: number;
  sha: string;
  marked: boolean;
  events: { type: string }[];
};

function markPhase(world: World, slug: string, name: string, ...more: string[]): Promise<Ran> {
  return world.signalbox("todo", "mark-phase", slug, ...name.split(" "), "--json", ...more);
}

async function marked(world: World, slug: string, name: string, ...more: string[]): Promise<Answer> {
  const ran = await markPhase(world, slug, name, ...more);
  assert.equal(ran.code, 0, told(ran));
  return JSON.parse(ran.stdout);
}

/** Its code and exit status. */
async function refused(
  world: World,
  slug: string,
  name: string,
  ...more: string[]
): Promise<[string, number]> {
  const ran = await markPhase(world, slug, name, ...more);
  assert.notEqual(ran.code, 0, told(ran));
  assert.equal(ran.stdout, "");
  return [JSON.parse(ran.stderr).error.code, ran.code ?? 0];
}

async function eventsOf(world: World, slug: string): Promise<string[]> {
  const ran = await world.signalbox("events", "--slug", slug, "--json");
  return ran.stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line).id);
}

const show = (world: World, slug: string) => world.json<ItemShape>("todo", "show", slug);

async function built(world: World, slug: string): Promise<Worker> {
  const worker = await world.worker(slug);
  await marked(world, slug, "build started");
  await worker.commit({ [`${slug}.txt`]: `${slug}\n` });
  await marked(world, slug, "build complete");
  return worker;
}

journey(
  "an item is built, reviewed, fixed, approved and landed, and every step of it can be read",
  async (world) => {
    const worker = await built(world, "login");
    assert.equal((await marked(world, "login", "review started", "--by", "rita")).review_round, 1);
    await writeFile(join(world.place, "findings.md"), "# R1-F1\n\nThe door is \u001b[31mopen\u001b[0m.\n");
    const findings = join(world.place, "findings.md");
    await marked(world, "login", "review changes_requested", "--by", "rita", "--findings", findings);
    await marked(world, "login", "fix started");
    const sha = await worker.commit({ "login.txt": "shut\n" });
    await marked(world, "login", "fix complete");
    await marked(world, "login", "review started", "--by", "rita");
    const approval = await marked(world, "login", "review approved", "--by", "rita");
    assert.deepEqual([approval.review_round, approval.sha], [2, sha]);
    assert.deepEqual(Object.keys(approval), jsonShapes["todo mark-phase"]?.fields);
    const said = await world.events.until({ type: "review.approved", slug: "login" });
    assert.deepEqual([said.data.approved_sha, said.data.reviewer_session_id], [sha, "rita"]);

    const item = await show(world, "login");
    assert.deepEqual(Object.keys(item), jsonShapes["todo show"]?.fields);
    assert.deepEqual(
      [item.phase, item.status, item.standing, item.review_round],
      ["review", "approved", "open", 2],
    );
    assert.deepEqual([item.approval?.approved_sha, item.approval?.stale], [sha, null]);
    assert.equal(item.worktree, worker.directory);
    assert.equal(item.findings[0]?.text, "# R1-F1\n\nThe door is \u001b[31mopen\u001b[0m.\n");
    const people = await world.signalbox("todo", "show", "login");
    assert.match(people.stdout, /The door is \\u\{1b\}\[31mopen/);
    assert.ok(!people.stdout.includes("\u001b"));
    assert.deepEqual(
      item.history.map(({ phase, status }) => `${phase} ${status}`),
      [
        "build started",
        "build complete",
        "review started",
        "review changes_requested",
        "fix started",
        "fix complete",
        "review started",
        "review approved",
      ],
    );

    await submitAndWait(world, worker);
    await integrated(world, { slug: "login" });
    const landed = await show(world, "login");
    assert.deepEqual([landed.phase, landed.standing, landed.next_steps], ["delivered", "delivered", []]);
    assert.equal(landed.worktree, null);
    assert.deepEqual(await refused(world, "login", "fix started"), ["item_delivered", 3]);
    const rows = await world.json<ItemRowShape[]>("todo");
    assert.ok(!rows.some(({ slug }) => slug === "login"));
    const all = await world.json<ItemRowShape[]>("todo", "list", "--all");
    const row = all.find(({ slug }) => slug === "login");
    assert.deepEqual(Object.keys(row ?? {}), jsonShapes["todo list"]?.fields);
    assert.equal(row?.merge_commit, landed.delivered?.merge_commit);
    const approvals = world.events.seen({ type: "review.approved", slug: "login" });
    assert.equal(approvals.length, 1, "submit says no approval again that covers the commit");
  },
);

journey("what the machine does not have is refused, with nothing changed", async (world) => {
  const worker = await world.worker("strict");
  assert.deepEqual(await refused(world, "nobody-knows-it", "build started"), ["unknown_slug", 2]);
  assert.deepEqual(await refused(world, "strict", "review approved"), ["phase_jump", 2]);
  assert.deepEqual(await refused(world, "strict", "finalize started"), ["phase_jump", 2]);
  assert.deepEqual(await refused(world, "strict", "dream started"), ["wrong_use", 2]);
  assert.deepEqual(await refused(world, "Strict!", "build started"), ["bad_slug", 2]);
  assert.deepEqual(await refused(world, "--help-me", "build started"), ["unknown_option", 2]);
  await marked(world, "strict", "build started");
  await writeFile(join(worker.directory, "left.txt"), "x");
  assert.deepEqual(await refused(world, "strict", "build complete"), ["worktree_dirty", 2]);
  const missing = join(world.place, "no-such-file");
  assert.deepEqual(await refused(world, "strict", "build complete", "--findings", missing), [
    "findings_unreadable",
    2,
  ]);
  const long = join(world.place, "long.md");
  await writeFile(long, "x".repeat(40_000));
  assert.deepEqual(await refused(world, "strict", "build complete", "--findings", long), [
    "findings_too_long",
    2,
  ]);
  const again = await marked(world, "strict", "build started");
  assert.deepEqual([again.marked, again.events], [false, []]);
  assert.equal((await eventsOf(world, "strict")).length, 1, "only the one mark that was made was said");
});

journey(
  "an approval goes stale by a late commit, not by the item's own files or a merge of main",
  async (world) => {
    const worker = await built(world, "stale");
    await marked(world, "stale", "review started");
    await marked(world, "stale", "review approved");
    await worker.commit({ "todos/stale/demo.md": "# Shown\n" });
    await worker.git("merge", "--quiet", "--no-edit", "origin/main");
    assert.equal((await show(world, "stale")).approval?.stale, null);
    await worker.commit({ "late.txt": "late\n" });
    const item = await show(world, "stale");
    assert.match(item.approval?.stale ?? "", /1 unreviewed commit/);
    assert.ok(!item.next_steps.includes("finalize started"), item.next_steps.join());
    assert.deepEqual(await refused(world, "stale", "finalize started"), ["approval_stale", 3]);
    await marked(world, "stale", "review started");
    await marked(world, "stale", "review approved");
    await marked(world, "stale", "finalize started");
  },
);

journey(
  "a person is asked when the rounds are spent, may grant one more, and is no more asked then",
  async (world) => {
    const worker = await built(world, "endless");
    for (const round of [1, 2]) {
      await marked(world, "endless", "review started");
      await marked(world, "endless", "review changes_requested");
      if (round === 1) {
        await worker.commit({ "endless.txt": `${round}\n` });
        await marked(world, "endless", "fix complete");
      }
    }
    type Note = { group: string; needs_attention: boolean; body: string; actions: string[] };
    const notes = async () =>
      (await world.json<Note[]>("notifications")).filter(({ group }) => group === "work/endless");
    const note = await waitUntil(async () => (await notes())[0], { what: "the question is in the inbox" });
    assert.equal(note.needs_attention, true);
    assert.ok(note.actions.includes("drop"));
    assert.match(note.body, /2 review rounds/);
    assert.equal((await show(world, "endless")).asked?.reason, "rounds_exhausted");
    await worker.commit({ "endless.txt": "once more\n" });
    await marked(world, "endless", "fix complete");
    assert.deepEqual(await refused(world, "endless", "review started"), ["round_limit", 3]);
    const granted = await marked(world, "endless", "review started", "--over-limit");
    assert.equal(granted.review_round, 3);
    await waitUntil(async () => (await notes()).length === 0, { what: "the question is answered" });
  },
);

journey("dropping says why, takes what is safe with it, and keeps what would be lost", async (world) => {
  const safe = await built(world, "unwanted");
  await safe.push();
  const open = await world.signalbox("todo", "drop", "unwanted");
  assert.equal(open.code, 2, told(open));
  const gone = await world.json<DropShape>("todo", "drop", "unwanted", "--reason", "nobody wants it");
  assert.deepEqual(Object.keys(gone), jsonShapes["todo drop"]?.fields);
  assert.deepEqual([gone.dropped, gone.removed, gone.kept], [true, [safe.directory, "unwanted"], []]);
  assert.match(gone.plan ?? "", /^signalbox\/plan-\d+$/);
  await assert.rejects(access(safe.directory));
  assert.notEqual(await world.origin.ref("refs/heads/unwanted"), null);
  await world.events.until({ type: "deployment.completed", slug: (gone.plan ?? "").replace("/", "-") });
  const roadmap = (await world.origin.files("main")).get("todos/roadmap.yaml");
  assert.equal(String(roadmap), "# What we do next.\n- slug: wanted\n");

  const precious = await built(world, "precious");
  await writeFile(join(precious.directory, "notes.txt"), "not committed");
  const kept = await world.json<DropShape>("todo", "drop", "precious", "--reason", "for now");
  assert.deepEqual([kept.dropped, kept.removed, kept.plan], [true, [], null]);
  assert.deepEqual(
    kept.kept.map(({ what }) => what),
    [precious.directory, "precious"],
  );
  await access(join(precious.directory, "notes.txt"));
  const again = await world.json<DropShape>("todo", "drop", "precious", "--reason", "again");
  assert.deepEqual([again.dropped, again.reason], [false, "for now"]);
  assert.deepEqual(await refused(world, "precious", "review started"), ["item_dropped", 3]);
  assert.deepEqual(
    (await world.json<ItemRowShape[]>("todo", "list", "--all"))
      .filter(({ standing }) => standing === "dropped")
      .map(({ slug }) => slug),
    ["unwanted", "precious"],
  );
  const unknown = await world.signalbox("todo", "drop", "unwantet", "--reason", "x");
  assert.equal(unknown.code, 2, told(unknown));
  assert.match(unknown.stderr, /Did you mean unwanted/);
});

journey("what is handed over cannot be dropped or marked until it is withdrawn", async (world) => {
  await world.signalbox("queue", "pause", "--reason", "to look");
  const worker = await built(world, "queued-item");
  const ran = await world.signalboxIn({ cwd: worker.directory }, "submit", "--approved-by", "ada");
  assert.equal(ran.code, 0, told(ran));
  assert.equal((await show(world, "queued-item")).standing, "handed_over");
  assert.deepEqual(await refused(world, "queued-item", "fix started"), ["item_handed_over", 3]);
  const drop = await world.signalbox("todo", "drop", "queued-item", "--reason", "x");
  assert.equal(drop.code, 3, told(drop));
  await world.events.until({ type: "integration.candidate.queued", slug: "queued-item" });
  await world.json("queue", "withdraw", "queued-item", "--reason", "one more thing");
  const back = await show(world, "queued-item");
  assert.deepEqual([back.standing, back.blocked?.reason], ["blocked", "withdrawn"]);
  await marked(world, "queued-item", "fix started");
  await worker.commit({ "more.txt": "more\n" });
  await marked(world, "queued-item", "fix complete");
  await marked(world, "queued-item", "review started");
  await marked(world, "queued-item", "review approved");
  await world.json("queue", "resume");
  await submitAndWait(world, worker);
});

test(
  "an item is read and marked while the daemon is dead, and not marked while Redis is",
  inWorld({}, async (world) => {
    const worker = await built(world, "lonely");
    const { daemon } = await world.json<{ daemon: { pid: number } }>("status");
    process.kill(daemon.pid, "SIGKILL");
    await marked(world, "lonely", "review started");
    await marked(world, "lonely", "review approved");
    const item = await show(world, "lonely");
    assert.deepEqual([item.status, item.approval?.approved_sha], ["approved", await worker.head()]);
    await world.up();
    await submitAndWait(world, worker);
    await built(world, "after");
    await world.down();
    const ran = await world.signalbox("todo", "mark-phase", "after", "review", "started");
    assert.equal(ran.code, 69, told(ran));
    assert.match(ran.stderr, /review started is not marked/);
    await world.up();
    assert.equal((await show(world, "after")).status, "complete");
  }),
);
