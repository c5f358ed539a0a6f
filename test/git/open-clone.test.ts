import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { inspectClone } from "../../src/git/clone.ts";
import { openClone } from "../../src/git/open-clone.ts";
import { createGitWorld } from "../world/git.ts";

test("a clone is opened with its remotes as the person's own settings rewrite them", async () => {
  await using world = await createGitWorld();
  const plain = await openClone(world.clone, world.env);
  assert.deepEqual(plain.clone, await inspectClone(world.git, world.clone));
  assert.equal(plain.git.binary, world.git.binary);

  await world.run(world.clone, "remote", "add", "up", "short:team/app");
  await world.run(world.clone, "config", "remote.up.pushurl", "push:team/app");
  const global = join(world.directory, "gitconfig");
  await writeFile(
    global,
    '[URL "ssh://git@example.org/"]\n\tinsteadOf = short:\n[url "https://example.org/"]\n\tinsteadOf = push:\n[http]\n\tproxy = p\n',
  );
  const { clone, git } = await openClone(world.clone, { ...world.env, GIT_CONFIG_GLOBAL: global });
  assert.deepEqual(
    clone.remotes.find(({ name }) => name === "up"),
    { name: "up", fetchUrl: "ssh://git@example.org/team/app", pushUrl: "https://example.org/team/app" },
  );
  const proxy = await git.must(["config", "http.proxy"], { cwd: world.clone });
  assert.equal(proxy.stdout.toString("utf8").trim(), "p");
});

test("what is no clone is refused, whatever the person's settings", async () => {
  await using world = await createGitWorld();
  const global = join(world.directory, "gitconfig");
  await writeFile(global, '[url "a"]\n\tinsteadOf = b\n');
  for (const env of [world.env, { ...world.env, GIT_CONFIG_GLOBAL: global }])
    await assert.rejects(openClone(world.directory, env), { code: "not_a_repository" });
  await assert.rejects(openClone(world.clone, { ...world.env, PATH: "/none" }), { code: "git_not_found" });
});

test("a worktree of a bare repository has no main worktree, a separate git folder its own", async () => {
  await using world = await createGitWorld();
  const tree = join(world.directory, "tree");
  await world.run(world.origin, "worktree", "add", "--quiet", tree, "main");
  const ofBare = await inspectClone(world.git, tree);
  assert.deepEqual([ofBare.root, ofBare.mainRoot, ofBare.commonDir], [tree, null, world.origin]);

  const apart = join(world.directory, "apart");
  const gitDir = join(world.directory, "apart-git");
  await world.run(world.directory, "clone", "--quiet", "--separate-git-dir", gitDir, world.origin, apart);
  const separate = await inspectClone(world.git, apart);
  assert.deepEqual([separate.root, separate.mainRoot, separate.gitDir], [apart, apart, gitDir]);
});
