import assert from "node:assert/strict";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { inspectClone } from "../../src/git/clone.ts";
import { createGit, type Git } from "../../src/git/run.ts";
import { addWorktree, createBranch, ignoreFolder } from "../../src/git/worktree-add.ts";
import { worktrees } from "../../src/git/worktrees.ts";
import { createGitWorld, type GitWorld } from "../world/git.ts";

async function ground(world: GitWorld) {
  const userGit = createGit({ binary: world.git.binary, env: world.env, mode: "user" });
  const clone = await inspectClone(world.git, world.clone);
  const main = await world.run(world.clone, "rev-parse", "main");
  const add = (branch: string, path = join(world.clone, "trees", branch)) =>
    addWorktree({ git: world.git, userGit }, clone, { path, branch });
  return { clone, main, add, userGit };
}

test("a branch is made once, and never moved", async () => {
  await using world = await createGitWorld();
  const { clone, main } = await ground(world);
  const asked = await Promise.all([1, 2, 3].map(() => createBranch(world.git, clone, "topic", main)));
  assert.deepEqual(asked.map(({ kind }) => kind).toSorted(), ["created", "exists", "exists"]);
  const other = await world.commit(world.clone, { a: "1\n" });
  assert.deepEqual(await createBranch(world.git, clone, "topic", other), { kind: "exists" });
  assert.equal(await world.run(world.clone, "rev-parse", "topic"), main);
  assert.equal((await createBranch(world.git, clone, "topic/below", main)).kind, "refused");
});

test("worktrees that are added at the same time are all whole", async () => {
  await using world = await createGitWorld();
  const { clone, main, add } = await ground(world);
  const names = ["w1", "w2", "w3", "w4", "w5", "w6"];
  for (const name of names) await createBranch(world.git, clone, name, main);
  const added = await Promise.all([...names, ...names].map((name) => add(name)));
  for (const name of names) {
    const path = join(world.clone, "trees", name);
    const kinds = added.filter((one) => "path" in one && one.path === path).map(({ kind }) => kind);
    assert.deepEqual(kinds.toSorted(), ["added", "in_use"], name);
    assert.equal(await world.run(path, "symbolic-ref", "--short", "HEAD"), name);
    assert.equal(await world.run(path, "status", "--porcelain"), "");
  }
  assert.equal((await worktrees(world.git, clone)).length, names.length + 1);
});

test("a worktree that another one made after the look is found, and not taken for somebody's folder", async () => {
  await using world = await createGitWorld();
  const { clone, main, add, userGit } = await ground(world);
  await createBranch(world.git, clone, "topic", main);
  const path = join(world.clone, "trees/topic");
  let looks = 0;
  const git: Git = {
    ...world.git,
    run: async (args, options) => {
      const listed = await world.git.run(args, options);
      if (args.includes("list") && ++looks === 1) await add("topic");
      return listed;
    },
  };
  const found = await addWorktree({ git, userGit }, clone, { path, branch: "topic" });
  assert.deepEqual(found, { kind: "in_use", path });
});

test("a branch that is checked out elsewhere is found there", async () => {
  await using world = await createGitWorld();
  const { add } = await ground(world);
  const there = await world.worktree("topic");
  assert.deepEqual(await add("topic", join(world.clone, "other")), { kind: "in_use", path: there });
});

test("a folder of somebody's is left alone, and the entry of one that is gone is not in the way", async () => {
  await using world = await createGitWorld();
  const { clone, main, add } = await ground(world);
  await createBranch(world.git, clone, "topic", main);
  const path = join(world.clone, "trees/topic");
  await mkdir(path, { recursive: true });
  await writeFile(join(path, "mine"), "mine\n");
  assert.deepEqual(await add("topic"), { kind: "taken", path });
  assert.equal(await readFile(join(path, "mine"), "utf8"), "mine\n");
  await rm(join(path, "mine"));
  assert.deepEqual(await add("topic"), { kind: "added", path });
  await rm(path, { recursive: true });
  assert.deepEqual(await add("topic"), { kind: "added", path });
});

test("the folder of worktrees is kept out of sight once, by the clone's own file", async () => {
  await using world = await createGitWorld();
  const { clone } = await ground(world);
  const exclude = join(world.clone, ".git/info/exclude");
  await writeFile(exclude, "mine");
  for (let times = 0; times < 3; times++) await ignoreFolder(world.git, clone, "trees");
  assert.equal(await readFile(exclude, "utf8"), "mine\n/trees/\n");
  // Each adds, and none writes anew what another one has added since it looked.
  const more = ["one", "two", "three", "four", "five", "six"];
  await Promise.all(more.map((folder) => ignoreFolder(world.git, clone, folder)));
  const lines = (await readFile(exclude, "utf8")).trimEnd().split("\n");
  assert.deepEqual(lines.toSorted(), ["mine", "/trees/", ...more.map((folder) => `/${folder}/`)].toSorted());
  await writeFile(exclude, "");
  await world.commit(world.clone, { ".gitignore": "trees/\n" });
  await ignoreFolder(world.git, clone, "trees");
  assert.equal(await readFile(exclude, "utf8"), "");
});
