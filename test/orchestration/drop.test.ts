/** Giving an item up: what goes with it, and what stays because it would be lost. */
import assert from "node:assert/strict";
import { access, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { Failure } from "../../src/errors.ts";
import { readItemRecord, writeItemRecord } from "../../src/git/item-records.ts";
import { createGit } from "../../src/git/run.ts";
import { type DropGround, dropItem } from "../../src/orchestration/drop.ts";
import { startMarkYard } from "./mark-yard.ts";

async function startDropYard(t: Parameters<typeof startMarkYard>[0]) {
  const yard = await startMarkYard(t);
  const { world, items } = yard;
  const ground: DropGround = {
    items,
    git: world.git,
    userGit: createGit({ binary: world.git.binary, env: world.env, mode: "user" }),
    clone: { root: world.clone, commonDir: `${world.clone}/.git` },
    remote: "origin",
    main: "main",
    occupied: [],
  };
  const drop = (slug: string, more: Partial<DropGround> = {}, isPlanned = false) =>
    dropItem(
      { ...ground, ...more },
      { slug, reason: "not wanted", by: "ada", at: "2026-01-02T03:04:05Z", isPlanned },
    );
  return { ...yard, ground, drop };
}

test("a worktree and a branch that are nowhere else are told apart", async (t) => {
  const yard = await startDropYard(t);
  const path = await yard.world.worktree("local");
  await yard.world.commit(path, { "a.txt": "1\n" });
  await yard.mark("local", "build complete");
  const dropped = await yard.drop("local");
  assert.deepEqual(dropped.worktree, { what: path, removed: true, why: null });
  assert.deepEqual(dropped.branch, {
    what: "local",
    removed: false,
    why: "it has commits that are not at origin",
  });
  await yard.world.run(yard.world.clone, "rev-parse", "--verify", "refs/heads/local");
  await assert.rejects(access(path));
});

test("a branch goes where the remote has it, or more, or where main has it", async (t) => {
  const yard = await startDropYard(t);
  await yard.world.branch("pushed", { "a.txt": "1\n" });
  assert.equal((await yard.drop("pushed")).branch?.removed, true);
  await yard.world.branch("behind", { "b.txt": "1\n" });
  const path = join(yard.world.directory, "trees", "behind");
  await yard.world.commit(path, { "b.txt": "2\n" });
  await yard.world.run(path, "push", "--quiet", "origin", "HEAD:refs/heads/behind");
  await yard.world.run(path, "reset", "--quiet", "--hard", "HEAD~1");
  assert.equal((await yard.drop("behind")).branch?.removed, true);
  await yard.world.worktree("empty");
  assert.equal((await yard.drop("empty")).branch?.removed, true);
  const left = await yard.world.run(yard.world.clone, "for-each-ref", "--format=%(refname)", "refs/heads/");
  assert.equal(left, "refs/heads/main");
});

test("nothing goes that somebody is in, has not committed, or that the remote cannot vouch for", async (t) => {
  const yard = await startDropYard(t);
  await yard.world.branch("used", { "a.txt": "1\n" });
  const used = join(yard.world.directory, "trees", "used");
  const kept = await yard.drop("used", { occupied: [join(used, "deep")] });
  assert.match(kept.worktree?.why ?? "", /somebody's current folder/);
  assert.match(kept.branch?.why ?? "", /checked out/);
  await writeFile(join(used, "new.txt"), "x");
  assert.match((await yard.drop("used")).worktree?.why ?? "", /uncommitted/);
  await rm(join(used, "new.txt"));
  await yard.world.run(yard.world.clone, "remote", "set-url", "origin", "/nowhere");
  const away = await yard.drop("used");
  assert.deepEqual([away.worktree?.removed, away.branch?.removed], [true, false]);
  assert.match(away.branch?.why ?? "", /could not be asked/);
  assert.equal((await yard.said()).filter(({ type }) => type === "work.item.dropped").length, 1);
});

test("the record that would hand it over after all is gone with it", async (t) => {
  const yard = await startDropYard(t);
  const { git, clone } = yard.ground;
  await yard.world.worktree("ready");
  await writeItemRecord(git, clone, { slug: "ready", value: { any: "thing" }, expected: null });
  await yard.drop("ready");
  assert.equal(await readItemRecord(git, clone, "ready"), null);
});

test("an item is dropped that only the roadmap knows; one that nobody knows, landed or is with the line is not", async (t) => {
  const yard = await startDropYard(t);
  const planned = await yard.drop("planned", {}, true);
  assert.deepEqual([planned.said, planned.worktree, planned.branch], [true, null, null]);
  const code = async (slug: string) => {
    const error = await yard.drop(slug).then(
      () => null,
      (thrown: unknown) => thrown,
    );
    return error instanceof Failure ? error.code : null;
  };
  assert.equal(await code("nobody"), "unknown_slug");
  assert.equal(await code("main"), "unknown_slug");
  const sha = await yard.world.branch("landed", { "a.txt": "1\n" });
  const at = "2026-01-02T03:04:05Z";
  const who = { pusher: "ann", worker_session_id: "ann", orchestrator_session_id: "ann" };
  const tip = { slug: "landed", branch: "landed", sha };
  await yard.say("deployment.started", { ...tip, remote: "origin", pushed_at: at, ready_at: at, ...who });
  assert.equal(await code("landed"), "item_handed_over");
  const main = { merge_commit: sha, main_sha: sha, integrated_at: at, checks: [] };
  await yard.say("deployment.completed", { ...tip, ...main });
  assert.equal(await code("landed"), "item_delivered");
  await access(join(yard.world.directory, "trees", "landed"));
});
