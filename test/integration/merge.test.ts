import assert from "node:assert/strict";
import { test } from "node:test";
import type { Candidate } from "../../src/integration/candidate.ts";
import { type Delivery, type Outcome, picked } from "../../src/integration/delivery.ts";
import { mergeCandidate } from "../../src/integration/hands/merge.ts";
import { LeaseLost } from "../../src/integration/lease.ts";
import { refsAhead } from "../../src/integration/refs-ahead.ts";
import { heldLease, startYard, type Yard } from "./yard.ts";

const of = (candidate: Candidate): Extract<Delivery, { phase: "picked" }> => {
  const delivery = picked({ candidate, deliveryId: "d1", attempt: 1, startedAtMs: 0 });
  if (delivery.phase !== "picked") throw new Error("picked is picked");
  return delivery;
};

/** The hand for `picked`, with everything real around it. */
async function merged(yard: Yard, candidate: Candidate, recorded: string | null = null): Promise<Outcome> {
  const { line, config, judge, stores } = yard;
  const lease = await heldLease(yard);
  try {
    return await mergeCandidate(
      of(candidate),
      { lease, room: 0, isFirst: true },
      {
        line,
        config,
        judge: judge.one,
        item: async (one) => (await stores.queue.item(one))?.item ?? null,
        ahead: refsAhead(stores.queue),
        recorded: async () => recorded,
        next: async () => [],
        log: { warn() {} },
      },
    );
  } finally {
    await stores.lease.release(lease.token);
  }
}

const blockedFor = (outcome: Outcome) => (outcome.kind === "blocked" ? outcome.reason : outcome.kind);

test("a clean merge is made as objects alone: main and the candidate as parents, git's own tree, kept until it ends", async (t) => {
  const yard = await startYard(t);
  const candidate = await yard.queued("login");
  const main = await yard.main();
  const outcome = await merged(yard, candidate);
  assert.ok(outcome.kind === "merged");
  const { mergeCommit, tip, tree } = outcome.merge;
  const commit = await yard.line.objects.readCommit(mergeCommit);
  assert.deepEqual(commit.parents, [main, candidate.sha]);
  const expected = await yard.world.run(yard.world.clone, "merge-tree", "--write-tree", main, candidate.sha);
  assert.deepEqual([commit.tree, tip, tree], [expected, mergeCommit, expected]);
  assert.equal((await yard.line.kept()).get("delivery-d1"), tip);
  assert.equal(await yard.main(), main);
  assert.match(commit.message, /^Land login: Work on login\n\nSignalbox-Candidate: login@/);
  assert.match(commit.message, /^Reviewed-by: rita$/m);
});

test("a conflict names its files, both sides and the commits of main it collides with", async (t) => {
  const yard = await startYard(t);
  const candidate = await yard.queued("login", { "shared.txt": "theirs\n", "fine.txt": "1\n" });
  const theirs = await yard.world.commit(yard.world.clone, { "shared.txt": "ours\n" }, "Ours");
  await yard.world.run(yard.world.clone, "push", "--quiet", "origin", "main");
  const outcome = await merged(yard, candidate);
  assert.ok(outcome.kind === "blocked");
  assert.equal(outcome.reason, "conflict");
  assert.match(outcome.detail, /login conflicts with main in shared\.txt/);
  const [conflict, ...more] = outcome.evidence.conflicts;
  assert.equal(more.length, 0);
  assert.equal(conflict?.path, "shared.txt");
  assert.match(conflict?.ours?.excerpt ?? "", /ours/);
  assert.match(conflict?.theirs?.excerpt ?? "", /theirs/);
  assert.deepEqual(conflict?.main_commits, [theirs]);
  assert.equal((await yard.line.kept()).size, 0);
});

test("what is on main already is said to be: by history, by a landing's trailer, or because it changes nothing", async (t) => {
  const yard = await startYard(t);
  const { world } = yard;
  const ancestor = await yard.queued("ancestor");
  const merge = await yard.mergeByHand("ancestor");
  assert.deepEqual(await merged(yard, ancestor), {
    kind: "already_on_main",
    commit: merge,
    mainSha: merge,
    how: "ancestor",
  });
  const content = await yard.queued("content", { "same.txt": "same\n" });
  await world.commit(world.clone, { "same.txt": "same\n" }, "The same by another way");
  await world.run(world.clone, "push", "--quiet", "origin", "main");
  const main = await yard.main();
  assert.deepEqual(await merged(yard, content), {
    kind: "already_on_main",
    commit: main,
    mainSha: main,
    how: "content",
  });
  const recorded = await yard.queued("recorded");
  assert.deepEqual(await merged(yard, recorded, merge), {
    kind: "already_on_main",
    commit: merge,
    mainSha: main,
    how: "recorded",
  });
});

test("a branch without a common commit, with an unsafe path, or too large is blocked by name", async (t) => {
  const yard = await startYard(t, "limits:\n  files: 3\n");
  const { world } = yard;
  const tree = await world.worktree("alone");
  await world.run(tree, "checkout", "--quiet", "--orphan", "alone-2");
  const sha = await world.commit(tree, { "x.txt": "1\n" });
  await world.run(tree, "push", "--quiet", "origin", "HEAD:refs/heads/alone-2");
  const alone = await yard.handOver("alone", sha, { branch: "alone-2" });
  const large = await yard.queued("large", Object.fromEntries([1, 2, 3, 4].map((n) => [`${n}.txt`, "1\n"])));
  const device = await yard.queued("device", { "docs/aux.txt": "1\n" });
  assert.equal(blockedFor(await merged(yard, alone)), "unrelated_history");
  assert.equal(blockedFor(await merged(yard, large)), "too_large");
  assert.equal(blockedFor(await merged(yard, device)), "unsafe_path");
});

test("a branch that went, moved to other commits, or was superseded since it was queued is not merged", async (t) => {
  const yard = await startYard(t);
  const { world } = yard;
  const gone = await yard.queued("gone");
  await world.run(world.origin, "update-ref", "-d", "refs/heads/gone");
  assert.equal(blockedFor(await merged(yard, gone)), "branch_gone");
  const moved = await yard.queued("moved");
  await world.run(world.clone, "push", "--quiet", "--force", "origin", "main:refs/heads/moved");
  assert.equal(blockedFor(await merged(yard, moved)), "not_reachable");
  const older = await yard.queued("older");
  const folder = `${world.directory}/trees/older`;
  const sha = await world.commit(folder, { "more.txt": "1\n" });
  await world.run(folder, "push", "--quiet", "origin", "older");
  await yard.handOver("older", sha);
  assert.deepEqual(await merged(yard, older), { kind: "superseded", by: { branch: "older", sha } });
});

test("a lease ref that somebody else moved ends it before anything is made", async (t) => {
  const yard = await startYard(t);
  const candidate = await yard.queued("login");
  const { line, config, judge, stores, world } = yard;
  const lease = await heldLease(yard);
  await world.run(world.origin, "update-ref", "refs/signalbox/lease", await yard.main());
  const options = {
    line,
    config,
    judge: judge.one,
    item: async () => null,
    ahead: refsAhead(stores.queue),
    recorded: async () => null,
    next: async () => [],
    log: { warn() {} },
  };
  await assert.rejects(mergeCandidate(of(candidate), { lease, room: 0, isFirst: true }, options), LeaseLost);
  assert.equal((await line.kept()).size, 0);
});
