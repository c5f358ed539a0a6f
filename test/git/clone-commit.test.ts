import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { inspectClone } from "../../src/git/clone.ts";
import {
  changedSince,
  commitFiles,
  commitTree,
  fileAt,
  isWithin,
  mergedTree,
  missingCommits,
} from "../../src/git/clone-commit.ts";
import { bringHeads, followHead, headsAtRemote } from "../../src/git/clone-remote.ts";
import { createGit } from "../../src/git/run.ts";
import { createGitWorld, type GitWorld } from "../world/git.ts";

async function personIn(world: GitWorld, env: Record<string, string> = world.env) {
  const userGit = createGit({ binary: world.git.binary, env, mode: "user" });
  return { gits: { git: world.git, userGit }, clone: await inspectClone(world.git, world.clone) };
}

for (const format of ["sha1", "sha256"] as const)
  test(`a commit is made of its files alone, without a checkout (${format})`, async () => {
    await using world = await createGitWorld({ format });
    const { gits, clone } = await personIn(world);
    await world.commit(world.clone, { "a/run.sh": { executable: "old\n" }, "a/b": "b\n", c: "c\n" });
    const before = await world.run(world.clone, "for-each-ref");
    const parent = await world.run(world.clone, "rev-parse", "HEAD");
    const files = new Map([
      ["a/run.sh", "new\n"],
      ["d/e/f", "f\n"],
    ]);
    const sha = await commitFiles(gits, clone, { parent, files, message: "Change\n" });
    const listed = await world.run(world.clone, "diff-tree", "-r", "--name-status", parent, sha);
    assert.equal(listed, "M\ta/run.sh\nA\td/e/f");
    assert.match(await world.run(world.clone, "ls-tree", sha, "a/run.sh"), /^100755/);
    assert.equal(await world.run(world.clone, "show", `${sha}:d/e/f`), "f");
    await world.run(world.clone, "fsck", "--strict", sha);
    assert.equal(await world.run(world.clone, "for-each-ref"), before);
    assert.equal(await world.run(world.clone, "status", "--porcelain"), "");
    assert.deepEqual((await changedSince(world.git, clone, parent, sha)).toSorted(), ["a/run.sh", "d/e/f"]);
  });

test("a commit without a name is refused, with the way to give one", async () => {
  await using world = await createGitWorld();
  const nameless = Object.fromEntries(
    Object.entries(world.env).filter(([name]) => !/^GIT_(?:AUTHOR|COMMITTER)_/.test(name)),
  );
  const { gits, clone } = await personIn(world, {
    ...nameless,
    EMAIL: "",
    GIT_CONFIG_COUNT: "1",
    GIT_CONFIG_KEY_0: "user.useConfigOnly",
    GIT_CONFIG_VALUE_0: "true",
  });
  const parent = await world.run(world.clone, "rev-parse", "HEAD");
  await assert.rejects(commitFiles(gits, clone, { parent, files: new Map([["a", "a\n"]]), message: "x" }), {
    code: "no_identity",
  });
});

test("what is no plain text is told apart from what is not there", async () => {
  await using world = await createGitWorld();
  const { clone } = await personIn(world);
  const sha = await world.commit(world.clone, {
    text: "\uFEFFtext\n",
    link: { symlink: "text" },
    "folder/x": "x\n",
    latin: Buffer.from([0xe9]),
    "*": "star\n",
  });
  const at = (path: string) => fileAt(world.git, clone, sha, path);
  assert.deepEqual(await at("text"), { kind: "text", text: "\uFEFFtext\n", mode: "100644" });
  assert.deepEqual(await at("none"), { kind: "absent" });
  assert.deepEqual(await at("folder"), { kind: "unreadable", why: "it is no plain file" });
  assert.deepEqual(await at("link"), { kind: "unreadable", why: "it is no plain file" });
  assert.deepEqual(await at("latin"), { kind: "unreadable", why: "it is not UTF-8" });
});

test("two commits are merged in memory, or conflict", async () => {
  await using world = await createGitWorld();
  const { gits, clone } = await personIn(world);
  const base = await world.run(world.clone, "rev-parse", "main");
  const commit = (path: string, text: string) =>
    commitFiles(gits, clone, { parent: base, files: new Map([[path, text]]), message: `${path}\n` });
  const [one, two, three] = [await commit("x", "1\n"), await commit("y", "1\n"), await commit("x", "2\n")];
  const tree = await mergedTree(world.git, clone, one, two);
  assert.ok(tree !== null);
  const merge = await commitTree(gits.userGit, clone, { tree, parents: [one, two], message: "Merge\n" });
  assert.equal(await world.run(world.clone, "ls-tree", "--name-only", merge, "x", "y"), "x\ny");
  assert.equal(await mergedTree(world.git, clone, one, three), null);
  assert.deepEqual(
    [await isWithin(world.git, clone, one, merge), await isWithin(world.git, clone, merge, one)],
    [true, false],
  );
});

test("what is brought from the remote is in the clone whole or not at all", async () => {
  await using world = await createGitWorld();
  const { gits, clone } = await personIn(world);
  const other = `${world.directory}/other`;
  await world.run(world.directory, "clone", "--quiet", world.origin, other);
  // Far more than a buffer before the file that cannot be sent: what comes before it has arrived by then.
  const files = { "a.bin": randomBytes(1_000_000), "b.txt": randomBytes(5000) };
  const theirs = await world.commit(other, files);
  await world.run(other, "push", "--quiet", "origin", "HEAD:refs/heads/theirs");
  const mend = await world.cutOff(theirs, "b.txt");
  assert.equal((await bringHeads(gits.userGit, clone, "origin", ["theirs"])).kind, "remote_away");
  assert.equal(await followHead(gits.userGit, clone, "origin", "theirs"), false);
  assert.deepEqual(await missingCommits(world.git, clone, [theirs]), [theirs]);
  await mend();
  assert.deepEqual(await bringHeads(gits.userGit, clone, "origin", ["theirs"]), { kind: "brought" });
  assert.deepEqual(await missingCommits(world.git, clone, [theirs]), []);
});

test("the remote's branches are brought as objects, and no ref of the clone moves", async () => {
  await using world = await createGitWorld();
  const { gits, clone } = await personIn(world);
  const sha = await world.branch("topic", { a: "1\n" });
  const other = `${world.directory}/other`;
  await world.run(world.directory, "clone", "--quiet", world.origin, other);
  const theirs = await world.commit(other, { theirs: "1\n" });
  await world.run(other, "push", "--quiet", "origin", "HEAD:refs/heads/theirs");
  const before = await world.run(world.clone, "for-each-ref");
  const answer = await headsAtRemote(gits.userGit, clone, "origin", ["topic", "the*"]);
  assert.ok(answer.kind === "answered");
  assert.deepEqual(
    answer.heads,
    new Map([
      ["theirs", theirs],
      ["topic", sha],
    ]),
  );
  assert.deepEqual(await missingCommits(world.git, clone, [sha, theirs]), [theirs]);
  assert.deepEqual(await bringHeads(gits.userGit, clone, "origin", ["theirs"]), { kind: "brought" });
  assert.deepEqual(await missingCommits(world.git, clone, [theirs]), []);
  assert.equal(await world.run(world.clone, "for-each-ref"), before);
  assert.equal(await followHead(gits.userGit, clone, "origin", "theirs"), true);
  assert.equal(await world.run(world.clone, "rev-parse", "origin/theirs"), theirs);
  assert.equal(await followHead(gits.userGit, clone, "origin", "gone"), false);
  assert.equal((await bringHeads(gits.userGit, clone, "origin", ["gone"])).kind, "remote_away");
  await assert.rejects(headsAtRemote(gits.userGit, clone, "--upload-pack=x", ["main"]), TypeError);
});
