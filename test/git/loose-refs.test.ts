import assert from "node:assert/strict";
import { mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { readLooseRefs } from "../../src/git/loose-refs.ts";
import { trackingRef } from "../../src/git/tracking-ref.ts";
import { createGitWorld } from "../world/git.ts";

const [main, gone] = [trackingRef("refs/heads/main"), trackingRef("refs/heads/gone")];

test("refs of the line's repository are read as git has them, and packed ones are left to git", async () => {
  assert.equal(main, "refs/signalbox/remote/heads/main");
  await using world = await createGitWorld();
  const line = await world.line();
  assert.deepEqual(await readLooseRefs(line.directory, [main, gone]), new Map());
  await line.fetch([{ ref: "refs/heads/main", into: main }]);
  const id = await world.run(world.clone, "rev-parse", "HEAD");
  assert.deepEqual(await readLooseRefs(line.directory, [main, gone]), new Map([[main, id]]));

  await world.git.must(["pack-refs", "--all"], { cwd: line.directory });
  assert.equal(await readLooseRefs(line.directory, [main, gone]), null);
  await world.git.must(["update-ref", gone, id], { cwd: line.directory });
  assert.deepEqual(await readLooseRefs(line.directory, [gone]), new Map([[gone, id]]));
  assert.equal(await readLooseRefs(line.directory, [main, gone]), null);
});

test("what is no ref of ours is left to git, and where there is no repository there are no refs", async () => {
  await using world = await createGitWorld();
  assert.deepEqual(await readLooseRefs(join(world.directory, "none"), [main]), new Map());
  const { directory } = await world.line();
  const file = join(directory, ...main.split("/"));
  await mkdir(join(file, ".."), { recursive: true });
  for (const text of ["ref: refs/heads/other\n", "", "rubbish\n", "1".repeat(39)]) {
    await writeFile(file, text);
    assert.equal(await readLooseRefs(directory, [main]), null, text);
  }
  await rm(file);
  await symlink(file, file);
  assert.equal(await readLooseRefs(directory, [main]), null);
  await rm(file);
  await mkdir(file);
  assert.equal(await readLooseRefs(directory, [main]), null);
});
