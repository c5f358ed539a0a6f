/** Marking a phase: one act, on what is really in the worktree. */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { suite, test } from "node:test";
import { Failure } from "../../src/errors.ts";
import { notMarked } from "../../src/orchestration/mark-phase.ts";
import { startMarkYard } from "./mark-yard.ts";

const upToReview = ["build started", "build complete", "review started"];

async function refused(act: Promise<unknown>, code: string): Promise<Failure> {
  const error = await act.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof Failure, `it was not refused as ${code}`);
  assert.equal(error.code, code, error.message);
  return error;
}

test("an approval names the commit of the worktree, and is said in the same write as the mark", async (t) => {
  const yard = await startMarkYard(t);
  const path = await yard.world.worktree("login");
  const sha = await yard.world.commit(path, { "a.txt": "1\n" });
  await yard.marks("login", ...upToReview);
  const answer = await yard.mark("login", "review approved");
  assert.deepEqual(
    answer.events.map(({ type, duplicate }) => [type.split(".").slice(2).join("."), duplicate]),
    [
      ["work.phase.marked", false],
      ["review.approved", false],
    ],
  );
  const said = (await yard.said()).slice(-2);
  assert.deepEqual(
    said.map(({ data }) => [data.sha ?? data.approved_sha, data.round ?? data.review_round]),
    [
      [sha, 1],
      [sha, 1],
    ],
  );
  assert.deepEqual(answer.state.approval?.sha, sha);
});

test("nothing is complete or approved over uncommitted changes, tracked or not, or in the middle of a merge", async (t) => {
  const yard = await startMarkYard(t);
  const path = await yard.world.worktree("login");
  await yard.marks("login", "build started");
  await writeFile(join(path, "new.txt"), "x");
  const failure = await refused(yard.mark("login", "build complete"), "worktree_dirty");
  assert.equal(failure.kind, "bad_input");
  await yard.world.commit(path, { "README.md": "# Ours\n" });
  await yard.marks("login", "build complete", "review started");
  await writeFile(join(path, "README.md"), "# Not ours\n");
  await refused(yard.mark("login", "review approved"), "worktree_dirty");
  await yard.world.run(path, "checkout", "--", ".");
  await yard.world.branch("other", { "README.md": "# Theirs\n" });
  await yard.world.attempt(path, "merge", "--no-commit", "other");
  await refused(yard.mark("login", "review approved"), "worktree_dirty");
  assert.equal((await yard.items.get("login"))?.status, "started");
  await yard.world.run(path, "merge", "--abort");
  await yard.mark("login", "review approved");
});

test("an item is found by its branch, wherever its worktree lies and whatever the branch is called", async (t) => {
  const yard = await startMarkYard(t);
  await yard.world.worktree("Feature/Log-In");
  const answer = await yard.mark("feature-log-in", "build started");
  assert.equal(answer.state.branch, "Feature/Log-In");
  assert.deepEqual(
    (await yard.said()).map(({ type }) => type),
    ["work.item.started", "work.phase.marked"],
  );
  await yard.mark("feature-log-in", "build complete");
  assert.equal((await yard.said()).length, 3);
  await refused(yard.mark("feature-log-im", "build started"), "unknown_slug");
  await refused(yard.mark("main", "build started"), "unknown_slug");
});

test("an item whose worktree is gone, or in the middle of a rebase, is not marked", async (t) => {
  const yard = await startMarkYard(t);
  const path = await yard.world.worktree("login");
  await yard.marks("login", "build started");
  await yard.world.run(path, "checkout", "--quiet", "--detach");
  const failure = await refused(yard.mark("login", "build complete"), "unknown_worktree");
  assert.match(failure.cure ?? "", /todo start login/);
  await yard.world.run(yard.world.clone, "worktree", "remove", path);
  await refused(yard.mark("login", "build complete"), "unknown_worktree");
});

test("a mark that cannot be said is not made", async (t) => {
  const yard = await startMarkYard(t);
  await yard.world.worktree("login");
  await yard.marks("login", ...upToReview);
  const before = await yard.items.get("login");
  await refused(yard.mark("login", "review approved", { by: "x".repeat(300) }), "invalid_event");
  // Somebody else has approved this very commit meanwhile: so it is, and the mark finds nothing left to say.
  const sha = await yard.world.run(yard.world.clone, "rev-parse", "login");
  const other = { slug: "login", review_round: 1, reviewer_session_id: "rolf", approved_sha: sha };
  await yard.say("review.approved", { ...other, approved_at: "2026-01-02T03:04:05Z" });
  assert.equal((await yard.mark("login", "review approved")).marked, false);
  assert.deepEqual((await yard.items.get("login"))?.approval?.by, "rolf");
  assert.equal(before?.status, "started");
  await yard.kill();
  const away = await refused(yard.mark("login", "finalize started"), "redis_unreachable");
  const told = notMarked(away, { phase: "finalize", status: "started" });
  assert.ok(told instanceof Failure);
  assert.match(told.message, /^finalize started is not marked/);
  assert.equal(told.exitCode, 69);
});

test("of two marks at the same moment, the second is judged by what the first has made", async (t) => {
  const yard = await startMarkYard(t);
  await yard.world.worktree("login");
  await yard.marks("login", "build started", "build complete");
  const reviews = await Promise.all(
    ["rita", "rolf", "rosa"].map((by) => yard.mark("login", "review started", { by })),
  );
  assert.deepEqual(reviews.map(({ marked }) => marked).sort(), [false, false, true]);
  assert.equal((await yard.items.get("login"))?.round, 1);
  const verdicts = await Promise.allSettled([
    yard.mark("login", "review approved"),
    yard.mark("login", "review changes_requested"),
  ]);
  assert.deepEqual(verdicts.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
  const said = (await yard.said()).map(({ type, data }) => `${type} ${data.status ?? ""}`);
  assert.equal(said.filter((line) => /phase.marked (approved|changes)/.test(line)).length, 1);
});

test("a reviewer who wants changes later takes the earlier approval back, and the findings are kept", async (t) => {
  const yard = await startMarkYard(t);
  await yard.world.worktree("login");
  await yard.marks("login", ...upToReview, "review approved", "review started");
  const { state } = await yard.mark("login", "review changes_requested", { findings: "# R2-F1\nno\n" });
  assert.equal(state.approval?.revoked?.by, "rita");
  assert.deepEqual(
    state.findings.map(({ round, text }) => [round, text]),
    [[2, "# R2-F1\nno\n"]],
  );
  assert.deepEqual(
    (await yard.said()).slice(-2).map(({ type, data }) => [type, data.review_round ?? data.round]),
    [
      ["work.phase.marked", 2],
      ["review.revoked", 1],
    ],
  );
  // The same verdict with other words: said, in the same round. With the same words: nothing.
  await yard.mark("login", "review changes_requested", { findings: "# R2-F1\nreally no\n" });
  const again = await yard.mark("login", "review changes_requested", { findings: "# R2-F1\nreally no\n" });
  assert.equal(again.marked, false);
  assert.equal((await yard.items.get("login"))?.findings.at(-1)?.text, "# R2-F1\nreally no\n");
  await refused(yard.mark("login", "fix started", { findings: "x" }), "findings_not_wanted");
});

test("where the last round ends with changes, a person is asked, once for each time it comes to that", async (t) => {
  const yard = await startMarkYard(t, { roundsMax: 1 });
  await yard.world.worktree("login");
  await yard.marks("login", ...upToReview, "review changes_requested");
  assert.equal((await yard.items.get("login"))?.asked?.reason, "rounds_exhausted");
  await yard.mark("login", "fix started");
  assert.equal((await yard.items.get("login"))?.asked, null);
  await yard.mark("login", "fix complete");
  assert.match((await yard.items.get("login"))?.asked?.next_action ?? "", /--over-limit/);
  const refusal = await refused(yard.mark("login", "review started"), "round_limit");
  assert.equal(refusal.exitCode, 3);
  const { state } = await yard.mark("login", "review started", { overLimit: true });
  assert.deepEqual([state.round, state.asked], [2, null]);
  await yard.mark("login", "review approved");
  assert.equal((await yard.said()).filter(({ type }) => type === "work.person.asked").length, 2);
});

suite("an approval", () => {
  async function approved(t: Parameters<typeof startMarkYard>[0]) {
    const yard = await startMarkYard(t);
    const path = await yard.world.worktree("login");
    await yard.world.commit(path, { "a.txt": "1\n" });
    await yard.marks("login", ...upToReview, "review approved");
    return { ...yard, path };
  }

  test("covers what was reviewed, plain merges of main, and the item's own files", async (t) => {
    const yard = await approved(t);
    await yard.world.commit(yard.world.clone, { "b.txt": "main\n" });
    await yard.world.run(yard.world.clone, "push", "--quiet", "origin", "main");
    await yard.world.run(yard.path, "merge", "--quiet", "--no-edit", "main");
    await yard.world.commit(yard.path, { "todos/login/demo.md": "# Demo\n" });
    await yard.mark("login", "finalize started");
  });

  test("is stale after one more commit, after a merge with something slipped in, and after a rewrite", async (t) => {
    const yard = await approved(t);
    const reviewed = await yard.world.run(yard.path, "rev-parse", "HEAD");
    await yard.world.commit(yard.path, { "a.txt": "2\n" });
    const late = await refused(yard.mark("login", "finalize started"), "approval_stale");
    assert.equal(late.exitCode, 3);
    assert.match(late.message, /1 unreviewed commit was added since/);
    await yard.world.run(yard.path, "reset", "--quiet", "--hard", reviewed);
    await yard.world.commit(yard.world.clone, { "b.txt": "main\n" });
    await yard.world.run(yard.world.clone, "push", "--quiet", "origin", "main");
    await yard.world.run(yard.path, "merge", "--quiet", "--no-commit", "--no-ff", "main");
    await yard.world.commit(yard.path, { "evil.txt": "x\n" }, "Merge main");
    await refused(yard.mark("login", "finalize started"), "approval_stale");
    await yard.world.run(yard.path, "reset", "--quiet", "--hard", reviewed);
    await yard.world.run(yard.path, "commit", "--quiet", "--amend", "-m", "Other");
    const rewritten = await refused(yard.mark("login", "finalize started"), "approval_stale");
    assert.match(rewritten.message, /rewritten/);
    await yard.marks("login", "review started", "review approved", "finalize started", "finalize complete");
  });

  test("is stale also where main of this clone has the commit that nobody reviewed, unpushed", async (t) => {
    const yard = await approved(t);
    await yard.world.commit(yard.world.clone, { "sneaky.txt": "x\n" });
    await yard.world.run(yard.path, "merge", "--quiet", "--no-edit", "main");
    await refused(yard.mark("login", "finalize started"), "approval_stale");
  });

  test("that was taken back finalizes nothing", async (t) => {
    const yard = await approved(t);
    await yard.say("review.revoked", { slug: "login", review_round: 1, revoked_by: "rolf", reason: "no" });
    await refused(yard.mark("login", "finalize started"), "approval_missing");
    await yard.marks("login", "review started", "review approved", "finalize started");
  });

  test("bound to the slug covers every commit", async (t) => {
    const yard = await approved(t);
    await yard.world.commit(yard.path, { "a.txt": "2\n" });
    yard.ground.bind = "slug";
    await yard.mark("login", "finalize started");
  });
});
