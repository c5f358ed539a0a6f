/** The day of the switch: what was in flight under the old way lands, or is recorded, without anybody doing it again. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { jsonShapes } from "../../src/surfaces/cli/json-fields.ts";
import { candidateRow } from "../world/board.ts";
import { told } from "../world/child.ts";
import { integrated } from "../world/facts.ts";
import { expectOneStory } from "../world/invariants.ts";
import { finalizeItem, showItem } from "../world/items.ts";
import type { Worker } from "../world/worker.ts";
import { inWorld, type World } from "../world/world.ts";

type Migrated = {
  dry_run: boolean;
  items: { slug: string; becomes: string; why: string; next_action: string | null; events: string[] }[];
};

const roadmap = "- slug: ready\n- slug: half-merged\n- slug: later\n  after: [half-merged]\n";

test(
  "what is finalized lands, what was merged by hand is recorded, what is approved needs one command more",
  inWorld({ files: { "todos/roadmap.yaml": roadmap }, down: true }, async (world) => {
    const merged = await oldItem(world, "half-merged", "handed_off");
    await world.git("merge", "--quiet", "--no-ff", "-m", "By the old way", "half-merged");
    await world.git("push", "--quiet", "--no-verify", "origin", "main");
    await merged.git("push", "--quiet", "origin", "--delete", "half-merged");
    const main = await world.origin.ref("refs/heads/main");
    const ready = await oldItem(world, "ready", "ready");
    const approved = await oldItem(world, "approved", "pending");
    const readySha = await ready.head();
    await world.up();

    const refs = [await world.git("for-each-ref"), [...(await world.origin.refs())]];
    const dry = await world.json<Migrated>("migrate", "--dry-run");
    assert.deepEqual(Object.keys(dry), jsonShapes.migrate?.fields);
    assert.deepEqual(fates(dry), { approved: "approved", "half-merged": "delivered", ready: "handed_over" });
    assert.deepEqual([await world.git("for-each-ref"), [...(await world.origin.refs())]], refs);
    assert.doesNotMatch(
      (await world.signalbox("events", "--json")).stdout,
      /"subject"/,
      "a dry run said something",
    );

    const done = await world.json<Migrated>("migrate");
    assert.deepEqual(done.items, dry.items);
    const landed = await integrated(world, { slug: "ready", sha: readySha });
    assert.notEqual(landed.data.merge_commit, null);
    const recorded = await integrated(world, { slug: "half-merged" });
    assert.equal(recorded.data.merge_commit, main);
    assert.equal((await candidateRow(world, { slug: "half-merged" })).status, "INTEGRATED");

    const finalized = await finalizeItem(world, approved, "--hand-over");
    await integrated(world, { slug: "approved", sha: finalized.sha });
    assert.equal((await showItem(world, "approved")).phase, "delivered");

    const again = await world.signalbox("migrate");
    assert.equal(again.code, 0, told(again));
    assert.match(again.stdout, /0 taken over|Nothing is in flight/);
    for (const slug of ["ready", "half-merged", "approved"])
      assert.equal(world.events.seen({ type: "deployment.started", slug }).length, 1, slug);
    await expectOneStory(world, { foreignCommits: 1 });
  }),
);

/** A worktree of the old layout, with its state file committed, approved at the commit before. */
async function oldItem(
  world: World,
  slug: string,
  finalize: "ready" | "handed_off" | "pending",
): Promise<Worker> {
  const worker = await world.worker(slug);
  const work = await worker.commit({ [`${slug}.txt`]: `${slug}\n` });
  const state = [
    "phase: in_progress",
    "build: complete",
    "review: approved",
    "review_round: 1",
    `review_baseline_commit: ${work}`,
    "schema_version: 2",
    `finalize: {status: ${finalize}, branch: ${slug}}`,
    "",
  ];
  await worker.commit({ [`todos/${slug}/state.yaml`]: state.join("\n") }, "Mark it");
  await worker.push();
  return worker;
}

function fates({ items }: Migrated): Record<string, string> {
  return Object.fromEntries(items.map(({ slug, becomes }) => [slug, becomes]));
}
