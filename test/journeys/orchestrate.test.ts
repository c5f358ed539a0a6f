/** V7: build, review, fix, review, finalize, with scripted workers as real processes in real worktrees; and what they may do wrong. */
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe } from "node:test";
import type { ItemShape } from "../../src/board/shape-item.ts";
import { openAgents, tally } from "../world/agents.ts";
import { notificationOf } from "../world/board.ts";
import { told } from "../world/child.ts";
import { blocked, integrated } from "../world/facts.ts";
import { dyingAt, type ItemRow } from "../world/items.ts";
import {
  handedOver,
  needsSomebody,
  orchestrate,
  startItem,
  startOrchestrator,
} from "../world/orchestrators.ts";
import { shareWorld } from "../world/shared.ts";
import { waitUntil } from "../world/wait-until.ts";
import type { World } from "../world/world.ts";

const agents = openAgents();
const journey = shareWorld({ config: { workers: agents.workers, limits: { roles: { review: "1500ms" } } } });

const show = (world: World, slug: string) => world.json<ItemShape>("todo", "show", slug);
const steps = ({ history }: ItemShape) => history.map(({ phase, status }) => `${phase} ${status}`);

/** Every session of the item has ended, and said so. */
async function expectNobodyAtWork(world: World, slug: string): Promise<void> {
  const sessions = await world.json<{ session_id: string }[]>("sessions", "list", "--slug", slug);
  assert.deepEqual(sessions, []);
}

journey(
  "V7: built, reviewed, changes requested, fixed, reviewed, approved, finalized, landed",
  async (world) => {
    await startItem(world, "search");
    await agents.play(
      "search",
      "builder",
      'mkdir -p todos/search; echo "# What" > todos/search/requirements.md; default',
    );
    await agents.play("search", "reviewer", "echo 'R1-F1: the index leaks'; echo REQUEST_CHANGES");
    await agents.play("search", "fixer", 'signalbox todo show "$slug" | grep -q "the index leaks"; default');
    const { ran, rows } = await orchestrate(world, ["search"]);
    assert.equal(ran.code, 0, told(ran));
    const [row] = rows;
    assert.match(row?.why ?? "", /^search is (queued for integration|delivered)/);
    const landed = await integrated(world, { slug: "search" });
    assert.equal(await tally(agents, "search"), "builder 1, reviewer 2, fixer 1");
    const item = await show(world, "search");
    assert.deepEqual(steps(item).slice(-8), [
      "build started",
      "build complete",
      "review started",
      "review changes_requested",
      "fix started",
      "fix complete",
      "review started",
      "review approved",
    ]);
    assert.equal(item.findings[0]?.text, "R1-F1: the index leaks");
    assert.equal(item.approval?.approved_sha, landed.data.sha);
    const approvals = world.events.seen({ type: "review.approved", slug: "search" });
    assert.equal(approvals.length, 1);
    assert.match(String(approvals[0]?.data.reviewer_session_id), /^reviewer-search-/);
    const started = world.events.seen({ type: "deployment.started", slug: "search" });
    assert.equal(started.length, 1);
    assert.match(String(started[0]?.data.orchestrator_session_id), /^orchestrator-search-/);
    // Its own files reach main by the merge alone, and leave it with the delivery.
    const merge = await world.origin.files(String(landed.data.merge_commit));
    assert.equal(merge.get("todos/search/requirements.md"), "# What\n");
    const main = await world.origin.files();
    assert.equal(main.get("search.txt"), "built\nfixed\n");
    assert.deepEqual(
      [...main.keys()].filter((path) => path.startsWith("todos/search/")),
      [],
    );
    await expectNobodyAtWork(world, "search");
    const said = ran.stderr.split("\n").filter((line) => line.startsWith("search: "));
    assert.ok(said.length >= 12, "each step has its line");
    assert.ok(said.some((line) => /starts the fixer$/.test(line)));
  },
);

journey(
  "workers that say themselves what they conclude are heard the same way, and ended where they stay",
  async (world) => {
    await startItem(world, "spoken");
    const stay = "while :; do sleep 0.05; done";
    await agents.play(
      "spoken",
      "builder",
      `commit built; signalbox todo mark-phase "$slug" build complete; ${stay}`,
    );
    await agents.play(
      "spoken",
      "reviewer",
      `echo "no tests" > "$here/found"; signalbox todo mark-phase "$slug" review changes_requested --findings "$here/found"`,
    );
    await agents.play("spoken", "fixer", 'commit fixed; signalbox todo mark-phase "$slug" fix complete');
    await agents.play(
      "spoken",
      "reviewer",
      'signalbox todo mark-phase "$slug" review approved; echo REQUEST_CHANGES',
      2,
    );
    await handedOver(world, "spoken");
    await integrated(world, { slug: "spoken" });
    assert.equal(await tally(agents, "spoken"), "builder 1, reviewer 2, fixer 1");
    const item = await show(world, "spoken");
    assert.deepEqual(
      [item.verdicts.map(({ verdict }) => verdict), item.findings[0]?.text.trim()],
      [["changes_requested", "approved"], "no tests"],
    );
    await expectNobodyAtWork(world, "spoken");
  },
);

journey(
  "two at once that touch the same file: one lands, the other is given back with its reason",
  async (world) => {
    const slugs = ["left", "right"];
    for (const slug of slugs) {
      await startItem(world, slug);
      await agents.play(slug, "builder", 'echo "$slug" > contested.txt; gate both; default');
    }
    const runs = slugs.map((slug) => orchestrate(world, [slug]));
    for (const slug of slugs) await agents.called(slug, "builder");
    await agents.open("both");
    for (const { ran } of await Promise.all(runs)) assert.ok(ran.code === 0 || ran.code === 3, told(ran));
    const first = await world.events.until({
      type: "deployment.completed",
      where: ({ subject }) => slugs.includes(subject ?? ""),
    });
    const loser = first.subject === "left" ? "right" : "left";
    await blocked(world, { slug: loser }, "conflict");
    const row = await needsSomebody(world, loser);
    assert.deepEqual([row.outcome, row.reason], ["blocked", "conflict"]);
    assert.notEqual(row.next_action, null);
    assert.equal(await tally(agents, loser), "builder 1, reviewer 1");
    const followUp = row.follow_up_slug ?? assert.fail("there is no follow-up");
    await agents.play(followUp, "builder", 'grep -q contested.txt "todos/$slug/requirements.md"; default');
    await handedOver(world, followUp);
    await integrated(world, { slug: followUp });
  },
);

describe("a worker that fails is started once more", () => {
  const cases: [slug: string, role: "builder" | "reviewer" | "fixer", script: string][] = [
    ["builder-dies", "builder", "exit 1"],
    ["builder-killed", "builder", "kill -KILL $$"],
    ["builder-idle", "builder", "echo all done"],
    ["builder-messy", "builder", "commit half; echo more > left-over.txt"],
    ["reviewer-dies", "reviewer", "echo APPROVE; exit 1"],
    ["reviewer-mute", "reviewer", "echo I think it is fine: APPROVE."],
    ["reviewer-hangs", "reviewer", "sleep 1000"],
    ["reviewer-writes", "reviewer", "echo x > left-over.txt; echo APPROVE"],
    ["fixer-dies", "fixer", "commit half; kill -SEGV $$"],
  ];
  for (const [slug, role, script] of cases)
    journey(`${slug}`, async (world) => {
      await startItem(world, slug);
      if (role === "fixer") await agents.play(slug, "reviewer", "echo REQUEST_CHANGES");
      await agents.play(slug, role, script);
      await agents.play(slug, role, `rm -f left-over.txt; default`, 2);
      const { ran } = await orchestrate(world, [slug]);
      assert.equal(ran.code, 0, told(ran));
      assert.match(ran.stderr, new RegExp(`${slug}: starts the ${role} again: `));
      await integrated(world, { slug });
      const counts = { builder: 1, reviewer: role === "fixer" ? 2 : 1, fixer: role === "fixer" ? 1 : 0 };
      counts[role]++;
      const expected = Object.entries(counts).filter(([, count]) => count > 0);
      assert.equal(await tally(agents, slug), expected.map(([name, count]) => `${name} ${count}`).join(", "));
      await expectNobodyAtWork(world, slug);
    });
});

journey(
  "one that fails twice is a person's: asked once, in the inbox with actions, and answered by a mark",
  async (world) => {
    const slug = "stubborn";
    await startItem(world, slug);
    await agents.play(slug, "builder", "echo 'no compiler'; exit 2");
    await agents.play(slug, "builder", "exit 3", 2);
    const row = await needsSomebody(world, slug);
    assert.deepEqual([row.outcome, row.reason], ["asked", "worker_failed"]);
    assert.match(row.why, /The builder of stubborn failed 2 times: exit 3 \(before: exit 2\)/);
    const note = await waitUntil(() => notificationOf(world, `work/${slug}`), {
      what: "the question is in the inbox",
    });
    assert.ok(note.needs_attention);
    assert.deepEqual(note.actions, ["ack", "drop"]);

    // Asked again, it says the same, and starts nobody.
    assert.equal((await needsSomebody(world, slug)).reason, "worker_failed");
    assert.equal(await tally(agents, slug), "builder 2");
    assert.equal(world.events.seen({ type: "work.person.asked", slug }).length, 1);

    // The commands that the question names are real ones.
    const [, answer = ""] = /signalbox (todo mark-phase \S+ \S+ \S+), then/.exec(row.next_action ?? "") ?? [];
    const ran = await world.signalbox(...answer.split(" "));
    assert.equal(ran.code, 0, `${answer}: ${told(ran)}`);
    const [, tail = ""] = /signalbox (sessions tail \S+)\. /.exec(row.next_action ?? "") ?? [];
    assert.equal((await world.signalbox(...tail.split(" "))).code, 0, tail);
    await handedOver(world, slug);
    await integrated(world, { slug });
    await waitUntil(async () => (await notificationOf(world, `work/${slug}`)).resolved_at !== null, {
      what: "the question is over",
    });
  },
);

journey("when the rounds are spent a person is asked; one more round lands it", async (world) => {
  const slug = "endless";
  await startItem(world, slug);
  for (const round of [1, 2, 3])
    await agents.play(slug, "reviewer", `echo "again ${round}"; echo REQUEST_CHANGES`, round);
  const row = await needsSomebody(world, slug);
  assert.deepEqual([row.outcome, row.reason], ["asked", "rounds_exhausted"]);
  assert.equal(await tally(agents, slug), "builder 1, reviewer 3, fixer 2");
  const more = await world.signalbox("todo", "mark-phase", slug, "review", "started", "--over-limit");
  assert.notEqual(more.code, 0, "the fix comes first");
  await world.git(
    "-C",
    join(world.clone, "trees", slug),
    "commit",
    "--quiet",
    "--allow-empty",
    "--message",
    "By hand",
  );
  for (const step of [
    ["fix", "complete"],
    ["review", "started", "--over-limit"],
  ]) {
    const ran = await world.signalbox("todo", "mark-phase", slug, ...step);
    assert.equal(ran.code, 0, told(ran));
  }
  await handedOver(world, slug);
  await integrated(world, { slug });
  assert.equal(await tally(agents, slug), "builder 1, reviewer 4, fixer 2");
});

journey("a worker that a person ends is not started again behind their back", async (world) => {
  const slug = "called-off";
  await startItem(world, slug);
  await agents.play(slug, "builder", "gate never");
  const running = startOrchestrator(world, slug);
  const { sessionId } = await agents.called(slug, "builder");
  const ran = await world.signalbox(
    "sessions",
    "end",
    sessionId,
    "--reason",
    "wrong direction",
    "--by",
    "ada",
  );
  assert.equal(ran.code, 0, told(ran));
  assert.equal(await running.ended, 3);
  assert.equal((await needsSomebody(world, slug)).reason, "worker_ended");
  assert.equal(await tally(agents, slug), "builder 1");
});

journey(
  "commits that come during the review, or after the approval, are reviewed before they land",
  async (world) => {
    await startItem(world, "during");
    await agents.play("during", "reviewer", "commit 'while I was at it'; echo APPROVE");
    await handedOver(world, "during");
    await integrated(world, { slug: "during" });
    assert.equal(await tally(agents, "during"), "builder 1, reviewer 2");

    const tree = await startItem(world, "late");
    const killed = await orchestrate(
      world,
      ["late"],
      dyingAt(world, "after orchestrate.mark review approved"),
    );
    assert.equal(killed.ran.signal, "SIGKILL", told(killed.ran));
    const git = (...args: string[]) => world.git("-C", tree, ...args);
    await writeFile(join(tree, "late.txt"), "nobody has read this\n");
    await git("add", "late.txt");
    await git("commit", "--quiet", "--message", "Late");
    const sha = (await git("rev-parse", "HEAD")).trim();
    const { ran } = await orchestrate(world, ["late"]);
    assert.equal(ran.code, 0, told(ran));
    assert.match(ran.stderr, /late: review started \(the approval is stale: 1 unreviewed commit/);
    const landed = await integrated(world, { slug: "late", sha });
    const approved = world.events.seen({ type: "review.approved", slug: "late" });
    assert.deepEqual([approved.length, approved.at(-1)?.data.approved_sha], [2, landed.data.sha]);
  },
);

journey("two orchestrators of one item: one works, the other says so", async (world) => {
  const slug = "once";
  await startItem(world, slug);
  await agents.play(slug, "builder", "gate once; default");
  const first = startOrchestrator(world, slug);
  await agents.called(slug, "builder");
  const second = await orchestrate(world, [slug]);
  assert.equal(second.ran.code, 75, told(second.ran));
  assert.deepEqual([second.rows[0]?.outcome], ["busy"]);
  assert.match(second.rows[0]?.why ?? "", /once is being orchestrated by process \d+ on /);
  await agents.open("once");
  assert.equal(await first.ended, 0, first.said());
  await integrated(world, { slug });
  assert.equal(await tally(agents, slug), "builder 1, reviewer 1");
});

journey("called off, it lets its workers work; the next one goes on with them", async (world) => {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    const slug = `left-${signal.toLowerCase()}`;
    await startItem(world, slug);
    await agents.play(slug, "builder", `gate ${slug}; default`);
    const running = startOrchestrator(world, slug);
    const { sessionId } = await agents.called(slug, "builder");
    await running.says(/is at work/);
    running.child.kill(signal);
    assert.equal(await running.ended, 75);
    assert.match(running.said(), new RegExp(`${sessionId} works on; .*signalbox sessions end ${sessionId}`));
    const sessions = await world.json<{ session_id: string; state: string }[]>(
      "sessions",
      "list",
      "--slug",
      slug,
    );
    assert.deepEqual(
      sessions.map(({ session_id, state }) => [session_id, state]),
      [[sessionId, "running"]],
    );
    const next = startOrchestrator(world, slug);
    await next.says(new RegExp(`${sessionId} is at work`));
    await agents.open(slug);
    assert.equal(await next.ended, 0, next.said());
    await integrated(world, { slug });
    assert.equal(await tally(agents, slug), "builder 1, reviewer 1");
  }
});

journey("a worker of another item may not orchestrate, and an unknown item is nobody's", async (world) => {
  const env = { ...world.env, SIGNALBOX_ROLE: "builder" };
  const worker = await world.signalboxIn({ env }, "orchestrate", "anything");
  assert.equal(worker.code, 4, told(worker));
  for (const args of [[], ["one", "--all"]])
    assert.equal((await world.signalbox("orchestrate", ...args)).code, 2, args.join(" "));
});

journey("what was dropped, delivered or handed over is left as it is", async (world) => {
  await world.signalbox("queue", "pause", "--reason", "to look at it");
  await startItem(world, "kept");
  const row = await handedOver(world, "kept");
  assert.equal(row.outcome, "handed_over");
  assert.equal((await handedOver(world, "kept")).sha, row.sha);
  await world.signalbox("queue", "resume", "--reason", "seen");
  await integrated(world, { slug: "kept" });
  assert.equal((await handedOver(world, "kept")).outcome, "delivered");
  await startItem(world, "unwanted");
  assert.equal((await world.signalbox("todo", "drop", "unwanted", "--reason", "no more")).code, 0);
  assert.equal((await needsSomebody(world, "unwanted")).outcome, "dropped");
  assert.equal(await tally(agents, "unwanted"), "");
  const log = await readFile(join(agents.folder, "calls", "kept.builder.1", "session"), "utf8");
  assert.match(log, /^builder-kept-/);
  const item = await world.json<ItemRow>("todo", "show", "kept");
  assert.equal(item.finalize?.status, "handed_over");
});

journey(
  "what is only planned so far is begun, what nobody planned is not, and no roadmap is nothing to do",
  async (world) => {
    const nothing = await world.signalbox("orchestrate", "--all");
    assert.equal(nothing.code, 0, told(nothing));
    assert.match(nothing.stderr, /Nothing is planned: signalbox roadmap add SLUG/);
    await world.signalbox("queue", "pause", "--reason", "the plan is to stay on its way");
    assert.equal((await world.signalbox("roadmap", "add", "fresh")).code, 0);
    await handedOver(world, "fresh");
    const unknown = await world.signalbox("orchestrate", "fresch");
    assert.equal(unknown.code, 2, told(unknown));
    assert.match(unknown.stderr, /Did you mean fresh\?/);
    assert.equal(await tally(agents, "fresch"), "");
    await world.signalbox("queue", "resume", "--reason", "seen");
    await integrated(world, { slug: "fresh" });
  },
);

journey("--all leaves alone what a person is at; by its name it is taken over", async (world) => {
  assert.equal((await world.signalbox("roadmap", "add", "mine", "--wait")).code, 0);
  assert.equal((await world.signalbox("todo", "start", "mine")).code, 0);
  assert.equal(
    (await world.signalbox("todo", "mark-phase", "mine", "build", "started", "--by", "ada")).code,
    0,
  );
  const { ran, rows } = await orchestrate(world, ["--all"]);
  assert.equal(ran.code, 3, told(ran));
  assert.deepEqual(
    rows.map(({ slug, outcome }) => `${slug} ${outcome}`),
    ["mine waiting"],
  );
  assert.match(rows[0]?.why ?? "", /ada has it in hand/);
  assert.equal(await tally(agents, "mine"), "");
  await handedOver(world, "mine");
  await integrated(world, { slug: "mine" });
});
