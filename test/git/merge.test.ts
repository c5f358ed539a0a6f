import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { safeAttributes } from "../../src/git/attributes.ts";
import type { LineRepository } from "../../src/git/line-repository.ts";
import { trackingRef } from "../../src/git/line-repository.ts";
import { excerpt, type MergeResult } from "../../src/git/merge.ts";
import type { Conflict } from "../../src/git/merge-report.ts";
import { createGitWorld, type FileChange, type GitWorld } from "../world/git.ts";

type Files = Record<string, FileChange>;
type Merged = { result: MergeResult; line: LineRepository; world: GitWorld; ours: string; theirs: string };

/** One history: base, then both sides; our verdict on it, next to git's own in a checkout. */
async function mergeOf(world: GitWorld, base: Files, ours: Files, theirs: Files): Promise<Merged> {
  await world.commit(world.clone, base, "Base");
  const theirSha = await world.branch("theirs", theirs);
  const ourSha = await world.commit(world.clone, ours, "Ours");
  await world.run(world.clone, "push", "--quiet", "origin", "main");
  const line = await world.line();
  const refs = ["refs/heads/main", "refs/heads/theirs"];
  await line.fetch(refs.map((ref) => ({ ref, into: trackingRef(ref) })));
  return { result: await line.mergeTrees(ourSha, theirSha), line, world, ours: ourSha, theirs: theirSha };
}

/** What `git merge` makes of it in a checkout: its tree, or `null` where it stops. */
async function gitsVerdict({ world, theirs }: Merged): Promise<string | null> {
  const merged = await world.attempt(world.clone, "merge", "--no-ff", "-m", "Merge", theirs);
  if (merged.code === 0) return world.run(world.clone, "rev-parse", "HEAD^{tree}");
  await world.run(world.clone, "merge", "--abort");
  return null;
}

const lines = (...words: string[]): string => `${words.join("\n")}\n`;
const long = lines("one", "two", "three", "four", "five", "six");
const gitlink = (digit: string): FileChange => ({ gitlink: digit.repeat(40) });

const conflicts: {
  name: string;
  base: Files;
  ours: Files;
  theirs: Files;
  expected: [path: string, kind: string][];
}[] = [
  {
    name: "contents",
    base: { "a.txt": "1\n" },
    ours: { "a.txt": "2\n" },
    theirs: { "a.txt": "3\n" },
    expected: [["a.txt", "contents"]],
  },
  {
    name: "add/add",
    base: {},
    ours: { "ü b.txt": "2\n" },
    theirs: { "ü b.txt": "3\n" },
    expected: [["ü b.txt", "add/add"]],
  },
  {
    name: "modify/delete",
    base: { "d/a": long },
    ours: { "d/a": null },
    theirs: { "d/a": `${long}more\n` },
    expected: [["d/a", "modify/delete"]],
  },
  {
    name: "binary",
    base: { b: Buffer.from([0, 1]) },
    ours: { b: Buffer.from([0, 2]) },
    theirs: { b: Buffer.from([0, 3]) },
    expected: [["b", "binary"]],
  },
  {
    name: "rename/rename",
    base: { a: long },
    ours: { a: null, b: long },
    theirs: { a: null, c: long },
    expected: [
      ["a", "rename/rename"],
      ["b", "rename/rename"],
      ["c", "rename/rename"],
    ],
  },
  {
    name: "rename/delete",
    base: { a: long, z: "z\n" },
    ours: { a: null },
    theirs: { a: null, b: long },
    expected: [["b", "rename/delete"]],
  },
  {
    name: "file/directory",
    base: { x: "x\n" },
    ours: { f: "file\n" },
    theirs: { "f/inside": "y\n" },
    expected: [["f", "file/directory"]],
  },
  {
    name: "mode",
    base: { x: "x\n" },
    ours: { s: "same\n" },
    theirs: { s: { executable: "same\n" } },
    expected: [["s", "mode"]],
  },
  {
    name: "symlink",
    base: { l: { symlink: "a" } },
    ours: { l: { symlink: "b" } },
    theirs: { l: { symlink: "c" } },
    expected: [["l", "symlink"]],
  },
  {
    name: "submodule",
    base: { m: gitlink("1") },
    ours: { m: gitlink("2") },
    theirs: { m: gitlink("3") },
    expected: [["m", "submodule"]],
  },
  {
    name: "file location",
    base: { "d/1": "1\n", "d/2": "2\n" },
    ours: { "d/1": null, "d/2": null, "e/1": "1\n", "e/2": "2\n" },
    theirs: { "d/3": "3\n" },
    expected: [["e/3", "file_location"]],
  },
  {
    name: "file against symlink",
    base: { x: "x\n" },
    ours: { f: "file\n" },
    theirs: { f: { symlink: "x" } },
    expected: [["f", "mode"]],
  },
];

for (const { name, base, ours, theirs, expected } of conflicts) {
  test(`a ${name} conflict is conflicted, with its path and kind, as git merge has it`, async () => {
    await using world = await createGitWorld();
    const merged = await mergeOf(world, base, ours, theirs);
    assert.equal(await gitsVerdict(merged), null);
    assert.equal(merged.result.kind, "conflicted");
    if (merged.result.kind !== "conflicted") return;
    const found = merged.result.conflicts.map((conflict: Conflict) => [conflict.path, conflict.kind]);
    assert.deepEqual(found.sort(), expected);
    for (const conflict of merged.result.conflicts) assert.match(conflict.message, /CONFLICT|Cannot merge/);
  });
}

test("both sides of a conflict are shown up to the limit, binary and absent ones named", async () => {
  await using world = await createGitWorld();
  const base = { a: "1\n", b: Buffer.from([0, 1]), d: long };
  const merged = await mergeOf(
    world,
    base,
    { a: "üü\n", b: Buffer.from([0, 2]), d: null },
    { a: "x".repeat(100), b: Buffer.from([0, 3, 3]), d: `${long}!` },
  );
  assert.equal(merged.result.kind, "conflicted");
  if (merged.result.kind !== "conflicted") return;
  const sides = await Promise.all(merged.result.conflicts.map((each) => merged.line.conflictSides(each, 3)));
  assert.deepEqual(sides[0], {
    base: { text: "1\n", bytes: 2, truncated: false },
    ours: { text: "ü", bytes: 5, truncated: true },
    theirs: { text: "xxx", bytes: 100, truncated: true },
  });
  assert.deepEqual(sides[1]?.theirs, { text: null, bytes: 3, truncated: false });
  assert.equal(sides[2]?.ours, null);
});

test("a very large file in conflict is told by its size, and not opened", async () => {
  await using world = await createGitWorld();
  const large = "x".repeat(8 * 1024 * 1024);
  const merged = await mergeOf(world, { a: "small\n" }, { a: `${large}1\n` }, { a: `${large}2\n` });
  const [conflict] = merged.result.kind === "conflicted" ? merged.result.conflicts : [];
  assert.ok(conflict);
  const { base, ours, theirs } = await merged.line.conflictSides(conflict, 3);
  assert.equal(base?.text, "sma");
  for (const side of [ours, theirs])
    assert.deepEqual(side, { text: null, bytes: large.length + 2, truncated: true });
});

test("an excerpt never cuts a character in half", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.nat(20), (text, limit) => {
      fc.pre(!text.includes("\0"));
      const shown = excerpt(Buffer.from(text), limit).text ?? "";
      assert.ok(text.startsWith(shown));
    }),
  );
});

test("histories without a common commit are unrelated; a missing commit is a Failure", async () => {
  await using world = await createGitWorld();
  const tree = await world.run(world.clone, "rev-parse", "HEAD^{tree}");
  const stranger = await world.run(world.clone, "commit-tree", tree, "-m", "Stranger");
  await world.run(world.clone, "push", "--quiet", "origin", `${stranger}:refs/heads/stranger`);
  const line = await world.line();
  const refs = ["refs/heads/main", "refs/heads/stranger"];
  const fetched = await line.fetch(refs.map((ref) => ({ ref, into: trackingRef(ref) })));
  const main = (fetched.kind === "fetched" && fetched.refs.get("refs/heads/main")) || "";
  assert.deepEqual(await line.mergeTrees(main, stranger), { kind: "unrelated" });
  await assert.rejects(line.mergeTrees(main, "1".repeat(40)), { code: "git_failed" });
});

test("what has no conflict lands byte for byte: big binary, modes, links, submodules, CRLF, LFS pointers, names", async () => {
  await using world = await createGitWorld();
  const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${"a".repeat(64)}\nsize 12345\n`;
  const big = Buffer.alloc(10 * 1024 * 1024, Buffer.from([0, 255, 13, 10, 7]));
  const theirs: Files = {
    "big.bin": big,
    "run.sh": { executable: "#!/bin/sh\n" },
    link: { symlink: "run.sh" },
    sub: gitlink("4"),
    "crlf.txt": "a\r\nb\r\n",
    "lfs.bin": pointer,
    ".gitattributes": "*.bin filter=lfs diff=lfs merge=lfs -text\n",
    "ünï/ж/功能 x.txt": "x\n",
    "A/x": "1\n",
    "a/x": "2\n",
  };
  const merged = await mergeOf(world, { base: "b\n" }, { ours: "o\n" }, theirs);
  assert.equal(merged.result.kind, "clean");
  assert.equal(merged.result.kind === "clean" && merged.result.tree, await gitsVerdict(merged));
});

test("the candidate's own .gitattributes decides nothing; main's built-in drivers do", async () => {
  await using world = await createGitWorld();
  const merged = await mergeOf(
    world,
    { "log.md": "1\n" },
    { "log.md": "1\n2\n", ".gitattributes": "log.md merge=union\n" },
    { "log.md": "1\n3\n" },
  );
  assert.equal(merged.result.kind, "conflicted");
  await merged.line.setAttributes("log.md merge=union\n");
  const again = await merged.line.mergeTrees(merged.ours, merged.theirs);
  assert.equal(again.kind === "clean" && again.tree, await gitsVerdict(merged));
  await merged.line.setAttributes(null);
  assert.equal((await merged.line.mergeTrees(merged.ours, merged.theirs)).kind, "conflicted");
});

test("only built-in merge drivers survive of an attributes file", () => {
  const text = [
    "# c",
    "*.md merge=union text eol=lf",
    "*.x merge=evil filter=lfs diff=php",
    '"a b" -merge',
    "[attr]both merge=union filter=x",
    "log both",
    "[attr]binary merge=evil",
    "[attr]text merge=evil",
    "*.png binary",
    "*.y !merge\r",
  ].join("\n");
  assert.equal(
    safeAttributes(text),
    '*.md merge=union\n"a b" -merge\n[attr]both merge=union\nlog both\n*.png binary\n*.y !merge\n',
  );
  assert.equal(safeAttributes(""), "");
  fc.assert(
    fc.property(
      fc.string(),
      (any) =>
        !/filter|diff=|merge=(?!union|text|binary)/.test(safeAttributes(`${any} filter=x merge=y diff=z`)),
    ),
  );
});

test("for small random histories our tree is the one git merge makes, or both stop", async () => {
  await using world = await createGitWorld();
  await world.run(world.clone, "checkout", "--quiet", "-b", "work");
  const line = await world.line();
  const text = fc
    .array(fc.constantFrom("a", "b", "c"), { minLength: 1, maxLength: 5 })
    .map((words) => lines(...words));
  const change = fc.oneof(
    { weight: 4, arbitrary: text },
    { weight: 1, arbitrary: fc.constant(null) },
    { weight: 1, arbitrary: text.map((executable) => ({ executable })) },
  );
  const files = fc.dictionary(fc.constantFrom("f", "g", "d/f", "d/g", "e/f"), change, { maxKeys: 4 });
  const property = fc.asyncProperty(files, files, files, async (base, ours, theirs) => {
    await world.run(world.clone, "checkout", "--quiet", "-B", "work", "main");
    const start = await world.commit(world.clone, base, "Base");
    const ourSha = await world.commit(world.clone, ours, "Ours");
    await world.run(world.clone, "checkout", "--quiet", "-B", "other", start);
    const theirSha = await world.commit(world.clone, theirs, "Theirs");
    await world.run(
      world.clone,
      "push",
      "--quiet",
      "--force",
      "origin",
      `${ourSha}:refs/heads/o`,
      `${theirSha}:refs/heads/t`,
    );
    await line.fetch(["refs/heads/o", "refs/heads/t"].map((ref) => ({ ref, into: trackingRef(ref) })));
    const result = await line.mergeTrees(ourSha, theirSha);
    await world.run(world.clone, "checkout", "--quiet", "work");
    const merged = await world.attempt(
      world.clone,
      "merge",
      "--no-ff",
      "--allow-unrelated-histories",
      "-m",
      "Merge",
      theirSha,
    );
    if (merged.code === 0) {
      assert.equal(result.kind, "clean");
      assert.equal(
        result.kind === "clean" && result.tree,
        await world.run(world.clone, "rev-parse", "HEAD^{tree}"),
      );
    } else {
      await world.run(world.clone, "merge", "--abort");
      assert.equal(result.kind, "conflicted");
      assert.ok(result.kind === "conflicted" && result.conflicts.length > 0);
    }
  });
  await fc.assert(property, { numRuns: 25 });
});
