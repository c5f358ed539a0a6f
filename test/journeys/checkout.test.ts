/** The user's checkout, in whatever state it is, comes out of a landing as it went in. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fingerprint } from "../world/checkout.ts";
import { runChild } from "../world/child.ts";
import { approve, finalize, handOver, integrated } from "../world/facts.ts";
import { shareWorld } from "../world/shared.ts";
import type { World } from "../world/world.ts";

const journey = shareWorld({ files: { "mine.txt": "base\n", "other.txt": "base\n" } });

journey("a dirty checkout, with staged, stashed and untracked work", async (world) => {
  await edit(world, "mine.txt", "stashed\n");
  await world.git("stash", "push", "--quiet");
  await edit(world, "mine.txt", "staged\n");
  await world.git("add", "mine.txt");
  await edit(world, "mine.txt", "staged and more\n");
  await edit(world, "untracked.txt", "new\n");
  await landsUntouched(world, "beside-dirty");
});

journey("a checkout in the middle of a rebase, with a conflict in its index", async (world) => {
  await world.git("reset", "--quiet", "--hard");
  await world.git("checkout", "--quiet", "-b", "topic");
  await edit(world, "other.txt", "topic\n");
  await world.git("commit", "--quiet", "--all", "--message", "Topic");
  await world.git("checkout", "--quiet", "-B", "elsewhere", world.start);
  await edit(world, "other.txt", "elsewhere\n");
  await world.git("commit", "--quiet", "--all", "--message", "Elsewhere");
  const rebase = await runChild("git", ["rebase", "topic"], { cwd: world.clone, env: world.env });
  assert.notEqual(rebase.code, 0, "the rebase should stop at a conflict");
  await landsUntouched(world, "beside-rebase");
  await world.git("rebase", "--abort");
});

journey("a checkout on another branch: local main is brought forward without a checkout", async (world) => {
  const before = await fingerprint(world.clone, world.git);
  assert.doesNotMatch(before.head ?? "", /refs\/heads\/main/);
  await landsUntouched(world, "beside-other");
  assert.equal(
    (await world.git("rev-parse", "refs/heads/main")).trim(),
    await world.origin.ref("refs/heads/main"),
  );
});

journey("a checkout of main itself stays where it is", async (world) => {
  await world.git("checkout", "--quiet", "main");
  await landsUntouched(world, "beside-main");
});

journey("hooks, aliases and filters in the clone's configuration never run", async (world) => {
  const trap = join(world.place, "trapped");
  const script = `touch ${trap}`;
  await world.git("config", "core.fsmonitor", `${script}; false`);
  await world.git("config", "core.sshCommand", script);
  await world.git("config", "filter.trap.smudge", `${script}; cat`);
  await world.git("config", "merge.trap.driver", `${script}; false`);
  await world.git("config", "diff.external", script);
  for (const hook of [
    "pre-push",
    "post-checkout",
    "reference-transaction",
    "pre-merge-commit",
    "post-rewrite",
  ]) {
    await writeFile(join(world.clone, ".git/hooks", hook), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }
  const safe = {
    ...world.env,
    GIT_CONFIG_COUNT: "2",
    GIT_CONFIG_KEY_0: "core.fsmonitor",
    GIT_CONFIG_VALUE_0: "false",
    GIT_CONFIG_KEY_1: "core.hooksPath",
    GIT_CONFIG_VALUE_1: "/dev/null",
  };
  const git = async (cwd: string, ...args: string[]) => {
    const ran = await runChild("git", args, { cwd, env: safe });
    assert.equal(ran.code, 0, ran.stderr);
    return ran.stdout.trim();
  };
  const directory = join(world.clone, "trees/trapped");
  await git(world.clone, "fetch", "--quiet", "origin");
  await git(
    world.clone,
    "worktree",
    "add",
    "--quiet",
    "--no-track",
    "-b",
    "trapped",
    directory,
    "origin/main",
  );
  await writeFile(join(directory, ".gitattributes"), "* merge=trap\n");
  await writeFile(join(directory, "mine.txt"), "trapped\n");
  await git(directory, "add", "--all");
  await git(directory, "commit", "--quiet", "--message", "Trap");
  await git(directory, "push", "--quiet", "origin", "HEAD:refs/heads/trapped");
  const sha = await git(directory, "rev-parse", "HEAD");
  assert.equal(existsSync(trap), false, "the test itself fell into the trap");
  const candidate = { slug: "trapped", branch: "trapped", sha };
  await approve(world, candidate);
  await finalize(world, candidate);
  await integrated(world, candidate);
  assert.equal(existsSync(trap), false, "something of the clone's configuration ran");
});

/** Lands a branch from its own worktree and compares the user's checkout before and after. */
async function landsUntouched(world: World, slug: string): Promise<void> {
  const worker = await world.worker(slug);
  await worker.commit({ [`${slug}.txt`]: `${slug}\n` });
  const before = await fingerprint(world.clone, world.git);
  await integrated(world, await handOver(world, worker));
  assert.deepEqual(await fingerprint(world.clone, world.git), before);
}

function edit(world: World, path: string, text: string): Promise<void> {
  return writeFile(join(world.clone, path), text);
}
