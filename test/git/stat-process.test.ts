import assert from "node:assert/strict";
import { test } from "node:test";
import { parseNumstat, statFlags } from "../../src/git/changes.ts";
import { openStatProcess } from "../../src/git/stat-process.ts";
import { createGitWorld } from "../world/git.ts";

test("numbers asked all at once are those that git gives in a process each, whatever the paths are called", async () => {
  await using world = await createGitWorld();
  const trees = `${world.directory}/trees/odd`;
  await world.branch("odd", { "a.txt": "1\n2\n" });
  const shas = [await world.run(trees, "rev-parse", "HEAD")];
  const odd = { "end-\nx": "1\n", "späß/\ttab": "2\n", "bin\u0001": "\u0000\u0001", "deep/er/one": "3\n4\n" };
  for (const [path, text] of Object.entries(odd)) shas.push(await world.commit(trees, { [path]: text }));
  const ids = await Promise.all(shas.map((sha) => world.run(trees, "rev-parse", `${sha}^{tree}`)));
  const directory = `${trees}/.git`;
  const gitDirectory =
    (await world.attempt(trees, "rev-parse", "--absolute-git-dir")).stdout.toString().trim() || directory;
  const stats = openStatProcess({ git: world.git, directory: gitDirectory, flags: statFlags });
  try {
    const pairs = ids.flatMap((a) => ids.map((b) => [a, b] as const));
    const answers = await Promise.all(pairs.map(([a, b]) => stats.compare(a, b)));
    for (const [index, [a, b]] of pairs.entries()) {
      const alone = await world.run(trees, "diff-tree", ...statFlags, a, b);
      assert.deepEqual(parseNumstat(answers[index] ?? ""), parseNumstat(alone));
    }
    assert.ok(new Set(answers).size > 5);
  } finally {
    await stats.close();
  }
});

test("an object that is missing is no answer, and the next question is answered again", async () => {
  await using world = await createGitWorld();
  await world.branch("a", { "a.txt": "1\n" });
  const place = `${world.directory}/trees/a`;
  const tree = await world.run(place, "rev-parse", "HEAD^{tree}");
  const before = await world.run(place, "rev-parse", "HEAD~1^{tree}");
  const directory = await world.run(place, "rev-parse", "--absolute-git-dir");
  const stats = openStatProcess({ git: world.git, directory, flags: statFlags });
  try {
    const [lost, fine] = await Promise.all([
      stats.compare("1".repeat(40), tree),
      stats.compare(before, tree).catch(() => null),
    ]);
    assert.ok(lost === null || parseNumstat(lost).files === 0);
    const again = fine ?? (await stats.compare(before, tree));
    assert.equal(parseNumstat(again ?? "").files, 1);
  } finally {
    await stats.close();
  }
});
