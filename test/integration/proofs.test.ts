/** What is read from git alone: what a review covers, what main is made of, what would merge. */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { isCommitHere } from "../../src/git/commit-here.ts";
import { uncoveredCommits } from "../../src/git/review-cover.ts";
import { tryMerge } from "../../src/integration/try-merge.ts";
import { landingOf, verifyMain } from "../../src/integration/verify.ts";
import { runSession } from "./session-of.ts";
import { id } from "./story.ts";
import { startYard, type Yard } from "./yard.ts";

const folders = { todos: "todos", demos: "demos" };

async function bring(yard: Yard, ...branches: string[]): Promise<string> {
  await yard.line.fetch(
    ["main", ...branches].map((name) => ({
      ref: `refs/heads/${name}`,
      into: `refs/signalbox/remote/heads/${name}`,
    })),
  );
  return yard.main();
}

suite("a review of an older commit", () => {
  /** A branch reviewed at its first commit; `then` adds to it. What is said of its tip. */
  async function added(yard: Yard, then: (tree: string) => Promise<unknown>): Promise<string> {
    const { world } = yard;
    const reviewed = await world.branch("login", { "a.txt": "1\n" });
    const tree = `${world.directory}/trees/login`;
    await then(tree);
    await world.run(tree, "push", "--quiet", "--force", "origin", "HEAD:refs/heads/login");
    const main = await bring(yard, "login");
    const sha = await world.run(tree, "rev-parse", "HEAD");
    const found = await uncoveredCommits(yard.line, { reviewed, sha, main, itemFolder: "todos/login/" });
    return found.kind === "covered" ? "covered" : found.detail;
  }
  const moveMain = async ({ world }: Yard) => {
    await world.commit(world.clone, { "main.txt": "1\n" }, "Main goes on");
    await world.run(world.clone, "push", "--quiet", "origin", "main");
  };

  test("covers what is in the item's own folder, and merges of main that git makes the same", async (t) => {
    const yard = await startYard(t);
    const verdict = await added(yard, async (tree) => {
      await yard.world.commit(tree, { "todos/login/notes.md": "x\n" });
      await moveMain(yard);
      await yard.world.run(tree, "merge", "--quiet", "--no-edit", "main");
    });
    assert.equal(verdict, "covered");
  });

  test("does not cover a merge of main with something slipped in", async (t) => {
    const yard = await startYard(t);
    const verdict = await added(yard, async (tree) => {
      await moveMain(yard);
      await yard.world.run(tree, "merge", "--quiet", "--no-commit", "--no-ff", "main");
      await yard.world.commit(tree, { "evil.txt": "1\n" }, "Merge main");
    });
    assert.equal(verdict, "1 unreviewed commit was added");
  });

  test("does not cover a merge of another branch, a commit elsewhere, a look-alike folder, or a rewritten branch", async (t) => {
    const cases: [string, (yard: Yard, tree: string) => Promise<unknown>][] = [
      [
        "2 unreviewed commits were added",
        async ({ world }, tree) => {
          await world.branch("other", { "other.txt": "1\n" });
          await world.run(tree, "merge", "--quiet", "--no-edit", "other");
        },
      ],
      ["1 unreviewed commit was added", ({ world }, tree) => world.commit(tree, { "b.txt": "1\n" })],
      [
        "1 unreviewed commit was added",
        ({ world }, tree) => world.commit(tree, { "todos/login-2/a.md": "1\n" }),
      ],
      [
        "1 unreviewed commit was added",
        ({ world }, tree) => world.commit(tree, { "todos/login/a.txt": "1\n", "a.txt": null }),
      ],
      [
        "the branch was rewritten",
        ({ world }, tree) => world.run(tree, "commit", "--quiet", "--amend", "-m", "Other words"),
      ],
    ];
    for (const [expected, then] of cases) {
      const yard = await startYard(t);
      assert.equal(await added(yard, (tree) => then(yard, tree)), expected);
    }
  });
});

test("an id is a commit here, or it is not: a blob, a tree and nothing at all are none", async (t) => {
  const yard = await startYard(t);
  const main = await bring(yard);
  const named = (revision: string) => yard.world.run(yard.world.clone, "rev-parse", revision);
  const found = [main, await named("main^{tree}"), await named("main:README.md"), id(9)];
  assert.deepEqual(await Promise.all(found.map((one) => isCommitHere(yard.line, one))), [
    true,
    false,
    false,
    false,
  ]);
});

suite("verify", () => {
  test("finds every landing, its bookkeeping, and names what is foreign", async (t) => {
    const yard = await startYard(t);
    const { world } = yard;
    await world.commit(world.clone, {
      "todos/roadmap.yaml": "- slug: login\n",
      "todos/login/requirements.md": "x\n",
    });
    await world.run(world.clone, "push", "--quiet", "origin", "main");
    const from = await yard.main();
    const candidate = await yard.queued("login");
    await runSession(yard);
    await world.branch("other", { "other.txt": "1\n" });
    const foreign = await yard.mergeByHand("other");
    const found = await verifyMain(yard.line, { from, to: await bring(yard) }, folders);
    assert.deepEqual(found.mismatches, []);
    assert.deepEqual(
      found.foreign.map(({ commit }) => commit),
      [foreign],
    );
    const [landing, ...more] = found.landings;
    assert.equal(more.length, 0);
    assert.deepEqual([landing?.slug, landing?.sha, landing?.branch], ["login", candidate.sha, "login"]);
    assert.equal(landing?.delivery_commit, await world.run(world.origin, "rev-parse", `${foreign}^1`));
  });

  test("tells a landing whose tree is not git's merge, or not the one that was checked", async (t) => {
    const yard = await startYard(t);
    const { world, line } = yard;
    const from = await yard.main();
    await yard.queued("login");
    await runSession(yard);
    const to = await bring(yard);
    const landing = await line.objects.readCommit(to);
    const tree = await line.objects.editTree(
      landing.tree,
      new Map([["evil.txt", { mode: "100644", id: await line.objects.writeBlob("1\n") }]]),
    );
    const unchecked = await line.objects.writeCommit({ ...landing, tree });
    const message = landing.message.replaceAll(landing.tree, tree);
    const forged = await line.objects.writeCommit({ ...landing, tree, message });
    const why = async (tip: string) =>
      (await verifyMain(line, { from, to: tip }, folders)).mismatches.map((one) => one.why);
    assert.deepEqual(await why(to), []);
    assert.deepEqual(await why(unchecked), [
      "its tree is not the one that was checked",
      "its tree is not git's merge of its parents",
    ]);
    assert.deepEqual(await why(forged), ["its tree is not git's merge of its parents"]);
    assert.equal(await world.run(world.origin, "rev-parse", "main"), to);
  });

  test("takes a commit for a landing only by whole trailers", () => {
    const commit = (candidate: string | null, delivery: string | null) => ({
      id: id(5),
      trailers: [
        ...(candidate === null ? [] : [{ key: "Signalbox-Candidate", value: candidate }]),
        ...(delivery === null ? [] : [{ key: "Signalbox-Delivery", value: delivery }]),
      ],
    });
    assert.equal(landingOf(commit(`login@${id(1)}`, "d"))?.slug, "login");
    for (const value of ["login", `login@${id(1)}x`, `Login@${id(1)}`, "login@main", ` @${id(1)}`, null])
      assert.equal(landingOf(commit(value, "d")), null);
    assert.equal(landingOf(commit(`login@${id(1)}`, null)), null);
  });
});

test("a trial merges with main as it is, or as it will be, and leaves what does not merge aside", async (t) => {
  const yard = await startYard(t);
  const { world, line } = yard;
  const first = await world.branch("first", { "shared.txt": "first\n" });
  const second = await world.branch("second", { "shared.txt": "second\n" });
  const third = await world.branch("third", { "third.txt": "1\n" });
  const main = await bring(yard, "first", "second", "third");
  assert.equal((await tryMerge(line, second, { main, ahead: [] })).clean, true);
  const behind = await tryMerge(line, second, { main, ahead: [first] });
  assert.deepEqual([behind.clean, behind.conflicts[0]?.path], [false, "shared.txt"]);
  const skipping = await tryMerge(line, third, { main, ahead: [first, second, third] });
  assert.deepEqual([skipping.clean, skipping.skipped], [true, [second]]);
  assert.equal(await yard.main(), main);
  assert.equal((await line.kept()).size, 0);
});
