/** The world itself: it sees what is left behind, and what was touched. A checker that cannot fail proves nothing. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { fingerprint } from "./checkout.ts";
import { processesOf, strayFiles } from "./leftovers.ts";
import { waitUntil } from "./wait-until.ts";
import { inWorld } from "./world.ts";

test(
  "a world is a bare origin, a clone and worktrees, and leaves nothing",
  inWorld({ down: true, files: { "a/b.txt": "b\n" } }, async (world) => {
    const worker = await world.worker("one");
    const sha = await worker.commit({ "c.txt": "c\n" });
    assert.equal(await worker.push(), sha);
    assert.deepEqual(
      (await world.origin.history("one")).map((landing) => landing.sha),
      [sha],
    );
    assert.deepEqual([...(await world.origin.files("one")).keys()], ["README.md", "a/b.txt", "c.txt"]);
    assert.deepEqual(await world.origin.updates(), []);
    await worker.git("push", "--quiet", "--no-verify", "origin", "HEAD:refs/heads/main");
    assert.deepEqual(await world.origin.updates(), [{ old: world.start, new: sha }]);
  }),
);

test(
  "a process that is left behind is seen, by its folder or its environment",
  inWorld({ down: true }, async (world) => {
    const child = spawn("sleep", ["60"], { env: world.env, cwd: "/", stdio: "ignore" });
    await once(child, "spawn");
    assert.deepEqual(
      (await processesOf(world.place)).map(({ pid }) => pid),
      [child.pid],
    );
    await assert.rejects(world.expectNothingLeft(), /processes are left/);
    child.kill("SIGKILL");
    await once(child, "exit");
  }),
);

test(
  "a lock or half-written file that is left behind is seen",
  inWorld({ down: true }, async (world) => {
    for (const name of ["index.lock", "x.json.tmp", "redis.sock.lock"]) {
      const path = join(world.home, name);
      await writeFile(path, "");
      assert.deepEqual(await strayFiles(world.place), [path]);
      await assert.rejects(world.expectNothingLeft(), /locks or half-written files/);
      await rm(path);
    }
  }),
);

test(
  "a change of files, index, stash, branch, configuration or hooks of a checkout is seen",
  inWorld({ down: true }, async (world) => {
    const changes: Record<string, () => Promise<unknown>> = {
      files: () => writeFile(join(world.clone, "new.txt"), "new\n"),
      index: () => world.git("add", "new.txt"),
      stash: () => world.git("stash"),
      head: () => world.git("checkout", "--quiet", "-b", "other"),
      config: () => world.git("config", "x.y", "z"),
      hooks: () => writeFile(join(world.clone, ".git/hooks/pre-rebase"), ""),
    };
    for (const [what, change] of Object.entries(changes)) {
      const before = await fingerprint(world.clone, world.git);
      assert.deepEqual(await fingerprint(world.clone, world.git), before);
      await change();
      assert.notEqual((await fingerprint(world.clone, world.git))[what], before[what], what);
    }
  }),
);

test("a wait that misses names what it waited for, and why the last look failed", async () => {
  const miss = waitUntil(() => Promise.reject(new Error("no door")), {
    what: "the door opens",
    withinMs: 30,
  });
  await assert.rejects(miss, (error: Error) => {
    assert.match(error.message, /the door opens/);
    assert.match(String(error.cause), /no door/);
    return true;
  });
});
