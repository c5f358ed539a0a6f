/** The guard together with the hook tools that people use, as they come from the registry. */
import assert from "node:assert/strict";
import { readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { installGuards, keepGuards, lookAtGuards, uninstallGuards } from "../../src/guards/guard.ts";
import { told } from "../world/child.ts";
import { type HookTool, provideHookTool } from "./hook-tools.ts";
import { hooksPicture, openYard, type Yard } from "./yard.ts";

describe("husky", () => {
  let husky: HookTool;
  before(async () => {
    husky = await provideHookTool("husky", "9.1.7");
  });

  /** As a project has it: the tool installed, and a pre-push check that hears what is pushed. */
  async function withHusky(yard: Yard): Promise<void> {
    await symlink(husky.modules, join(yard.world.clone, "node_modules"));
    await writeFile(join(yard.world.clone, ".gitignore"), "node_modules\n");
    await runHusky(yard, yard.world.clone);
    await writeFile(join(yard.world.clone, ".husky/pre-push"), yard.noisyHook("husky"));
    await writeFile(join(yard.world.clone, ".husky/commit-msg"), yard.noisyHook("commit-msg of husky"));
    await yard.world.commit(yard.world.clone, {}, "Have husky");
  }

  async function runHusky(yard: Yard, cwd: string): Promise<void> {
    const ran = await yard.type(process.execPath, [join(husky.modules, "husky/bin.js")], { cwd });
    assert.equal(ran.code, 0, told(ran));
  }

  test("still runs, in every worktree; main is refused before it; uninstall leaves husky as it was", async (t) => {
    const yard = await openYard(t);
    await withHusky(yard);
    const before = await hooksPicture(join(yard.world.clone, ".git"));
    await installGuards(await yard.place());
    assert.equal((await lookAtGuards(await yard.place())).hook.way, "path");
    await expectBoth(yard, yard.world.clone, /^husky <origin>/m);
    assert.match(await yard.heard(), /commit-msg of husky/);

    const tree = await yard.world.worktree("topic");
    await runHusky(yard, tree);
    assert.equal(
      (await lookAtGuards(await yard.place())).hook.kind,
      "on",
      "an install in a worktree does not silence it",
    );
    await expectBoth(yard, tree, /^husky <origin>/m);

    await uninstallGuards(await yard.place());
    assert.deepEqual(await hooksPicture(join(yard.world.clone, ".git")), before);
    await yard.world.commit(tree, { "after.txt": "x\n" });
    assert.equal((await yard.type("git", ["push", "origin", "HEAD:refs/heads/main"], { cwd: tree })).code, 0);
  });

  test("a husky that says no is obeyed", async (t) => {
    const yard = await openYard(t);
    await withHusky(yard);
    await installGuards(await yard.place());
    await writeFile(join(yard.world.clone, ".husky/pre-push"), "echo not today >&2; exit 9\n");
    const ran = await yard.type("git", ["push", "origin", "HEAD:refs/heads/topic"]);
    assert.notEqual(ran.code, 0);
    assert.match(ran.stderr, /not today/);
  });

  test("set up after the guard, it takes its place once, and never again", async (t) => {
    const yard = await openYard(t, { guarded: true });
    await withHusky(yard);
    assert.equal((await lookAtGuards(await yard.place())).hook.kind, "silenced");
    assert.equal(await keepGuards(await yard.place()), true);
    await runHusky(yard, yard.world.clone);
    assert.equal((await lookAtGuards(await yard.place())).hook.kind, "on");
    await expectBoth(yard, yard.world.clone, /^husky <origin>/m);
    await uninstallGuards(await yard.place());
    assert.equal(await yard.world.run(yard.world.clone, "config", "core.hooksPath"), ".husky/_");
  });
});

describe("lefthook", () => {
  let lefthook: HookTool;
  before(async () => {
    lefthook = await provideHookTool("lefthook", "2.2.2");
  });

  async function runLefthook(yard: Yard, cwd = yard.world.clone): Promise<void> {
    const ran = await yard.type(
      process.execPath,
      [join(lefthook.modules, "lefthook/bin/index.js"), "install"],
      { cwd },
    );
    assert.equal(ran.code, 0, told(ran));
  }

  async function withLefthook(yard: Yard): Promise<void> {
    await symlink(lefthook.modules, join(yard.world.clone, "node_modules"));
    const { clone } = yard.world;
    await writeFile(join(clone, "heard.sh"), yard.noisyHook("lefthook"));
    const file = "pre-push:\n  jobs:\n    - run: sh heard.sh {1}\n      use_stdin: true\n";
    await yard.world.commit(clone, { ".gitignore": "node_modules\n", "lefthook.yml": file });
    await runLefthook(yard);
  }

  test("still runs behind the guard; installed anew, it is behind it again; uninstall leaves lefthook as it was", async (t) => {
    const yard = await openYard(t);
    await withLefthook(yard);
    const before = await hooksPicture(join(yard.world.clone, ".git"));
    await installGuards(await yard.place());
    assert.equal((await lookAtGuards(await yard.place())).hook.way, "folder");
    await expectBoth(yard, yard.world.clone, /^lefthook <origin>/m);

    // As every npm install does, in whatever worktree.
    const tree = await yard.world.worktree("topic");
    await runLefthook(yard, tree);
    assert.equal((await lookAtGuards(await yard.place())).hook.kind, "silenced");
    assert.equal(await keepGuards(await yard.place()), true);
    await symlink(lefthook.modules, join(tree, "node_modules"));
    await expectBoth(yard, tree, /^lefthook <origin>/m);

    await uninstallGuards(await yard.place());
    assert.deepEqual(await hooksPicture(join(yard.world.clone, ".git")), before);
  });

  test("set up after the guard, it runs behind it, and nothing of ours stays in lefthook's own files", async (t) => {
    const yard = await openYard(t, { guarded: true });
    await withLefthook(yard);
    assert.equal((await lookAtGuards(await yard.place())).hook.kind, "silenced");
    await keepGuards(await yard.place());
    await expectBoth(yard, yard.world.clone, /^lefthook <origin>/m);
    await runLefthook(yard);
    await keepGuards(await yard.place());
    await uninstallGuards(await yard.place());
    const names = Object.keys(await hooksPicture(join(yard.world.clone, ".git"))).filter((name) =>
      name.includes("pre-push"),
    );
    assert.deepEqual(names, ["hooks/pre-push"]);
    assert.match(
      await readFile(join(yard.world.clone, ".git/hooks/pre-push"), "utf8"),
      /call_lefthook run "pre-push"/,
    );
  });
});

/** Main is refused without a word of the tool; a branch passes and the tool has heard of it. */
async function expectBoth(yard: Yard, cwd: string, heard: RegExp): Promise<void> {
  const main = await yard.main();
  const sha = await yard.world.commit(cwd, { "work.txt": `${Math.random()}\n` });
  const earlier = (await yard.heard()).length;
  const refused = await yard.type("git", ["push", "origin", "HEAD:refs/heads/main"], { cwd });
  assert.equal(refused.code, 1, told(refused));
  assert.match(refused.stderr, /signalbox: refused/);
  assert.equal((await yard.heard()).length, earlier);
  assert.equal(await yard.main(), main);
  const passed = await yard.type("git", ["push", "--force", "origin", "HEAD:refs/heads/topic"], { cwd });
  assert.equal(passed.code, 0, told(passed));
  const said = (await yard.heard()).slice(earlier);
  assert.match(said, heard);
  assert.match(said, new RegExp(`^HEAD ${sha} refs/heads/topic `, "m"));
}
