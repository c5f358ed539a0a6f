import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { openReplay } from "../../src/git/replay.ts";
import { createGitWorld, type GitWorld } from "../world/git.ts";

async function replayOf(world: GitWorld) {
  const folder = join(world.directory, "private", "parity");
  const directory = join(world.clone, ".git");
  return openReplay({ git: world.git, directory, format: "sha1", folder });
}

const lines = (...texts: string[]) => `${texts.join("\n")}\n`;

test("many merges are made again at once, each as git would make it, and one that git refuses spoils no other", async () => {
  await using world = await createGitWorld();
  const { clone } = world;
  const base = await world.commit(clone, { "f.txt": lines("1", "2", "3", "4", "5"), "log.txt": lines("a") });
  const on = async (branch: string, files: Record<string, string>) => {
    await world.run(clone, "checkout", "--quiet", "-B", branch, base);
    return world.commit(clone, files, branch);
  };
  const top = await on("top", { "f.txt": lines("one", "2", "3", "4", "5"), "log.txt": lines("a", "b") });
  const bottom = await on("bottom", { "f.txt": lines("1", "2", "3", "4", "five") });
  const clash = await on("clash", { "f.txt": lines("eins", "2", "3", "4", "5") });
  const log = await on("log", { "log.txt": lines("a", "c") });
  await world.run(clone, "checkout", "--quiet", "--orphan", "alone");
  const alone = await world.commit(clone, { "x.txt": "x\n" }, "alone");
  await using replay = await replayOf(world);
  const pairs = [
    [top, bottom],
    [top, clash],
    [top, alone],
    [top, "0".repeat(39).concat("1")],
    [top, base],
  ] as const;
  const answers = await replay.remerge({ pairs, attributes: "" });
  const own = await world.run(clone, "merge-tree", "--write-tree", top, bottom);
  assert.deepEqual(answers[0], { kind: "clean", tree: own });
  assert.deepEqual(answers[1], { kind: "conflicted", paths: ["f.txt"], submodulesOnly: false });
  assert.deepEqual(answers[2], { kind: "unrelated" });
  assert.equal(answers[3]?.kind, "failed");
  assert.deepEqual(answers[4], { kind: "clean", tree: await world.run(clone, "rev-parse", `${top}^{tree}`) });

  const [union] = await replay.remerge({ pairs: [[top, log]], attributes: "log.txt merge=union\n" });
  const [plain] = await replay.remerge({ pairs: [[top, log]], attributes: "" });
  assert.equal(union?.kind, "clean", "attributes count");
  assert.equal(plain?.kind, "conflicted", "and only where they are given");
});

test("the merges of the first-parent line are found, oldest first, with all their parents", async () => {
  await using world = await createGitWorld();
  const { clone, run } = world;
  const ids: string[] = [];
  for (const name of ["a", "b", "c"]) {
    await run(clone, "checkout", "--quiet", "-b", name, "main");
    await world.commit(clone, { [name]: name }, name);
  }
  await run(clone, "checkout", "--quiet", "-b", "inner", "a");
  await run(clone, "merge", "--quiet", "--no-ff", "-m", "inner", "b");
  await run(clone, "checkout", "--quiet", "main");
  for (const names of [["c"], ["inner"]]) {
    await run(clone, "merge", "--quiet", "--no-ff", "-m", "m", ...names);
    ids.push(await run(clone, "rev-parse", "HEAD"));
  }
  await using replay = await replayOf(world);
  const tip = ids.at(-1) ?? "";
  const merges = await replay.merges(tip, null);
  assert.deepEqual(
    merges.map(({ id }) => id),
    ids,
    "what was merged in a branch is no merge of main",
  );
  assert.deepEqual(
    (await replay.merges(tip, 1)).map(({ id }) => id),
    ids.slice(1),
  );
  assert.equal(merges[0]?.parents.length, 2);
});

test("a replay leaves the repository as it was, takes itself away, and what a killed one left", async () => {
  await using world = await createGitWorld();
  const folder = join(world.directory, "private", "parity");
  await mkdir(join(folder, "replay-999999999-abcdef01.git", "objects"), { recursive: true });
  const { clone } = world;
  const one = await world.branch("one", { "a/one.txt": "1\n" });
  const two = await world.branch("two", { "a/two.txt": "2\n" });
  const count = () => world.run(clone, "count-objects");
  const before = await count();
  {
    await using replay = await replayOf(world);
    assert.deepEqual((await readdir(folder)).length, 1, "the abandoned one is gone");
    const [answer] = await replay.remerge({ pairs: [[one, two]], attributes: "" });
    assert.equal(answer?.kind, "clean");
    const tree = answer?.kind === "clean" ? answer.tree : "";
    assert.equal(await replay.objects.has(tree), true);
    assert.notEqual((await world.attempt(clone, "cat-file", "-e", tree)).code, 0, "it is not written there");
  }
  assert.equal(await count(), before);
  assert.deepEqual(await readdir(folder), []);
  assert.ok(existsSync(folder));
});
