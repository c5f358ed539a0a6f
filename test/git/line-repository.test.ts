import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { access, readdir, readFile, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { authorship } from "../../src/git/history.ts";
import { type LineRepository, openLineRepository, trackingRef } from "../../src/git/line-repository.ts";
import { configText } from "../../src/git/line-setup.ts";
import { removeStaleLocks } from "../../src/git/locks.ts";
import { parseLsRemote } from "../../src/git/remote.ts";
import { createGitWorld, type GitWorld } from "../world/git.ts";

const main = "refs/heads/main";
const who = { name: "Ada", email: "ada@example.org", seconds: 1_700_000_000, zone: "+0000" };
const wanted = (...refs: string[]) => refs.map((ref) => ({ ref, into: trackingRef(ref) }));

async function fetched(line: LineRepository, ...refs: string[]): Promise<Map<string, string | null>> {
  const answer = await line.fetch(wanted(...refs));
  assert.equal(answer.kind, "fetched", JSON.stringify(answer));
  return answer.kind === "fetched" ? answer.refs : new Map();
}

for (const format of ["sha1", "sha256"] as const) {
  test(`a branch is fetched, merged without a checkout, and pushed with its expectation (${format})`, async () => {
    await using world = await createGitWorld({ format });
    const sha = await world.branch("topic", { "a/b.txt": "one\n" });
    const line = await world.line();
    assert.equal(line.format, format);
    const refs = await fetched(line, main, "refs/heads/topic", "refs/signalbox/lease");
    assert.equal(refs.get("refs/heads/topic"), sha);
    assert.equal(refs.get("refs/signalbox/lease"), null);
    const old = refs.get(main) ?? "";
    const merged = await line.mergeTrees(old, sha);
    assert.equal(merged.kind, "clean");
    const tree = merged.kind === "clean" ? merged.tree : "";
    const message = "Merge topic\n\nSignalbox-Candidate: topic@1\n";
    const tip = await line.objects.writeCommit({
      tree,
      parents: [old, sha],
      author: who,
      committer: who,
      message,
    });
    await line.keep("delivery-1", tip);
    assert.deepEqual([...(await line.kept())], [["delivery-1", tip]]);
    assert.equal(await world.run(line.directory, "rev-parse", "refs/signalbox/kept/delivery-1"), tip);
    assert.equal(await line.isFirstParentAncestor(old, tip), true);
    assert.equal(await line.isFirstParentAncestor(sha, tip), false);
    assert.deepEqual(await line.push({ updates: [{ ref: main, old, new: tip }] }), { kind: "pushed" });
    assert.equal((await fetched(line, main)).get(main), tip);
    const chain = await line.firstParentChain(old, tip);
    const trailers = [{ key: "Signalbox-Candidate", value: "topic@1" }];
    assert.deepEqual(
      chain.map((commit) => [commit.id, commit.trailers]),
      [[tip, trailers]],
    );
    await line.drop("delivery-1");
    await line.drop("delivery-1");
    assert.equal((await line.kept()).size, 0);
    assert.equal(await world.run(world.origin, "fsck", "--strict"), "");
  });
}

test("what vanished at the remote is null, and its private ref goes; a moved one follows, even backwards", async () => {
  await using world = await createGitWorld();
  const sha = await world.branch("topic", { a: "1\n" });
  const line = await world.line();
  const [topic, other] = ["refs/heads/topic", "refs/heads/other"];
  assert.equal((await fetched(line, topic)).get(topic), sha);
  const rewritten = await world.branch("again", { a: "2\n" });
  await world.run(
    world.clone,
    "push",
    "--quiet",
    "--force",
    "origin",
    `${rewritten}:${topic}`,
    `${sha}:${other}`,
  );
  assert.deepEqual(
    [...(await fetched(line, topic, other))],
    [
      [topic, rewritten],
      [other, sha],
    ],
  );
  await world.run(world.clone, "push", "--quiet", "origin", `:${topic}`);
  assert.deepEqual(
    [...(await fetched(line, topic, main, other))].map(([, id]) => id === null),
    [true, false, false],
  );
  assert.equal(await line.resolve(trackingRef(topic)), null);
  assert.equal((await fetched(line, topic)).get(topic), null);
});

test("a bare commit id is fetched, and one the remote does not have is null", async () => {
  await using world = await createGitWorld();
  const sha = await world.branch("topic", { a: "1\n" });
  const line = await world.line();
  const nowhere = "1".repeat(40);
  const answer = await line.fetch(
    [sha, nowhere].map((ref, index) => ({ ref, into: `refs/signalbox/asked/${index}` })),
  );
  assert.deepEqual(answer.kind === "fetched" && [...answer.refs], [
    [sha, sha],
    [nowhere, null],
  ]);
  assert.equal((await line.objects.readCommit(sha)).message, "Work on topic\n");
});

test("a branch that takes the place of a folder of branches is fetched all the same", async () => {
  await using world = await createGitWorld();
  const sha = await world.branch("a", { x: "1\n" });
  const line = await world.line();
  await fetched(line, "refs/heads/a");
  await world.run(world.clone, "push", "--quiet", "origin", ":refs/heads/a");
  await world.run(world.clone, "push", "--quiet", "origin", `${sha}:refs/heads/a/b`);
  assert.equal((await fetched(line, "refs/heads/a/b")).get("refs/heads/a/b"), sha);
  await world.run(world.clone, "push", "--quiet", "origin", ":refs/heads/a/b");
  await world.run(world.clone, "push", "--quiet", "origin", `${sha}:refs/heads/a`);
  assert.equal((await fetched(line, "refs/heads/a")).get("refs/heads/a"), sha);
});

test("only exact refs are answered, though git matches the ends of names", async () => {
  await using world = await createGitWorld();
  await world.branch("x/refs/heads/main", { a: "1\n" });
  const line = await world.line();
  const answer = await line.lsRemote([main, "refs/heads/none"]);
  assert.deepEqual(answer.kind === "answered" && [...answer.refs.keys()], [main]);
  assert.deepEqual(parseLsRemote("garbage\n"), []);
  await assert.rejects(line.lsRemote(["--upload-pack=x"]), TypeError);
  await assert.rejects(line.fetch([{ ref: "--upload-pack=x", into: "refs/signalbox/x" }]), TypeError);
});

test("many that fetch the same refs at once all get them", async () => {
  await using world = await createGitWorld();
  const sha = await world.branch("topic", { a: "1\n" });
  const [one, two] = [await world.line(), await world.line()];
  const moved = await world.branch("more", { a: "2\n" });
  for (const at of [moved, sha, moved]) {
    await world.run(world.clone, "push", "--quiet", "--force", "origin", `${at}:refs/heads/topic`);
    const answers = await Promise.all(
      [one, two, one, two, one].map((line) => fetched(line, main, "refs/heads/topic")),
    );
    for (const refs of answers) assert.equal(refs.get("refs/heads/topic"), at);
  }
});

test("two that open the line at once make one repository, and its URL follows the clone's", async () => {
  await using world = await createGitWorld();
  const directory = join(world.directory, "private", "line.git");
  const setup = { directory, remoteUrl: world.origin, git: world.git };
  const opened = await Promise.all([1, 2, 3].map(() => openLineRepository(setup)));
  for (const line of opened) await line.close();
  assert.deepEqual(await readdir(join(world.directory, "private")), ["line.git"]);
  assert.equal((await stat(join(world.directory, "private"))).mode & 0o777, 0o700);
  await writeFile(
    join(directory, "config"),
    "[core]\n\tbare = true\n\thooksPath = /evil\n[alias]\n\tx = !evil\n",
  );
  await using line = await openLineRepository({ ...setup, remoteUrl: `${world.origin}.moved "\\` });
  const config = await readFile(join(directory, "config"), "utf8");
  assert.doesNotMatch(config, /evil/);
  assert.equal(await world.run(line.directory, "config", "remote.origin.url"), `${world.origin}.moved "\\`);
  assert.equal(config, configText("sha1", `${world.origin}.moved "\\`));
});

test("making the line while the remote is away is a Failure that may be tried again", async () => {
  await using world = await createGitWorld();
  const setup = {
    directory: join(world.directory, "private", "line.git"),
    remoteUrl: `${world.origin}.gone`,
    git: world.git,
  };
  await assert.rejects(openLineRepository(setup), { code: "remote_away", kind: "temporary" });
  assert.deepEqual(await readdir(join(world.directory, "private")), []);
});

test("nothing can be pushed into the line's repository", async () => {
  await using world = await createGitWorld();
  const line = await world.line();
  const pushed = await world.attempt(world.clone, "push", line.directory, "HEAD:refs/heads/x");
  assert.notEqual(pushed.code, 0);
});

test("locks that a killed git left are removed, those of a git at work are not", async (t) => {
  await using world = await createGitWorld();
  const line = await world.line();
  const sha = (await fetched(line, main)).get(main);
  const locks = [
    join(line.directory, "packed-refs.lock"),
    join(line.directory, ...`${trackingRef(main)}.lock`.split("/")),
    join(line.directory, "objects/pack", `pack-${"1".repeat(40)}.keep`),
  ];
  const own = join(line.directory, "objects/pack", `pack-${"2".repeat(40)}.keep`);
  await writeFile(own, "wanted\n");
  const leave = async (): Promise<void> => {
    for (const path of locks) {
      await writeFile(path, path.endsWith(".keep") ? "fetch-pack 4711 on here\n" : "");
      await utimes(path, 1, 1);
    }
  };
  await leave();
  const busy = world.git.start(["cat-file", "--batch-check", "--buffer"], { cwd: line.directory });
  t.after(() => busy.stdin?.end());
  // Another one of ours that only reads, and lives as long as we do.
  assert.deepEqual((await line.diffStat(sha ?? "", sha ?? "")).files, 0);
  assert.deepEqual((await removeStaleLocks(line.directory)).sort(), locks.sort());
  await leave();
  const working = world.git.start(["update-ref", "--stdin"], { cwd: line.directory });
  t.after(() => working.stdin?.end());
  await new Promise((resolve) => working.once("spawn", resolve));
  assert.deepEqual(await removeStaleLocks(line.directory), []);
  const ended = Promise.all(
    [busy, working].map((child) => new Promise((resolve) => child.once("close", resolve))),
  );
  for (const child of [busy, working]) child.stdin?.end();
  await ended;
  // A fetch that meets them frees itself.
  const moved = await world.branch("topic", { a: "1\n" });
  await world.run(world.clone, "push", "--quiet", "origin", `${moved}:${main}`);
  assert.notEqual(moved, sha);
  assert.equal((await fetched(line, main)).get(main), moved);
  for (const path of locks.filter((lock) => lock.includes("heads"))) await assert.rejects(access(path));
  await access(own);
});

test("the packs that many fetches leave are put together, and everything is still here", async () => {
  await using world = await createGitWorld();
  const line = await world.line();
  const packs = async () =>
    (await readdir(join(line.directory, "objects/pack"))).filter((name) => name.endsWith(".pack")).length;
  const shas: string[] = [];
  for (let number = 0; number < 45; number++) {
    shas.push(await world.commit(world.clone, { number: `${number}\n` }));
    await world.run(world.clone, "push", "--quiet", "origin", "HEAD:main");
    await fetched(line, main);
    if (number === 10) {
      const before = await packs();
      await line.gatherPacks();
      assert.equal(await packs(), before, "a few disturb nobody");
    }
  }
  assert.ok((await packs()) > 40);
  await line.gatherPacks();
  assert.ok((await packs()) < 10, `${await packs()} packs`);
  for (const sha of shas) assert.ok(await line.objects.has(sha));
  assert.equal((await line.firstParentChain(null, shas.at(-1) ?? "")).length, shas.length + 1);
});

test("packing keeps what is held, and dropping works on packed refs too", async () => {
  await using world = await createGitWorld();
  const line = await world.line();
  const main1 = (await fetched(line, main)).get(main) ?? "";
  await line.keep("a", main1);
  await world.run(line.directory, "pack-refs", "--all");
  await line.maintain();
  assert.equal(await line.resolve("refs/signalbox/kept/a"), main1);
  await line.drop("a");
  assert.equal(await line.resolve("refs/signalbox/kept/a"), null);
  for (const name of ["", "../x", "a/b", ".x", "-x", "a b"])
    await assert.rejects(line.keep(name, main1), TypeError);
  await assert.rejects(line.keep("b", "1".repeat(40)), { code: "object_missing" });
});

test("what is fetched is there whole or not at all: a fetch that breaks off leaves no commit without its files", async () => {
  await using world = await createGitWorld();
  const line = await world.line();
  await fetched(line, main);
  // Far more than a buffer before the file that cannot be sent: what comes before it has arrived by then.
  const sha = await world.branch("topic", { "a.bin": randomBytes(1_000_000), "b.txt": randomBytes(5000) });
  const mend = await world.cutOff(sha, "b.txt");
  assert.equal((await line.fetch(wanted("refs/heads/topic"))).kind, "remote_away");
  assert.equal(await line.objects.has(sha), false);
  await mend();
  assert.equal((await fetched(line, "refs/heads/topic")).get("refs/heads/topic"), sha);
  const files = await line.changedPaths(await world.run(world.clone, "rev-parse", "main"), sha);
  assert.deepEqual(files.map(({ path }) => path).sort(), ["a.bin", "b.txt"]);
});

/** Main with two merges and a commit by hand in between. */
async function longerMain(world: GitWorld): Promise<{ start: string; topic: string; tip: string }> {
  const start = await world.run(world.clone, "rev-parse", "HEAD");
  const topic = await world.branch("topic", { "d/a": "1\n2\n3\n", b: { executable: "x\n" } });
  await world.run(
    world.clone,
    "merge",
    "--quiet",
    "--no-ff",
    "-m",
    "Merge topic\n\nText with \x1f and ü\n\nSignalbox-Candidate: topic@x\nReviewed-by: r",
    topic,
  );
  await world.commit(world.clone, { "d/a": "1\n2\n", link: { symlink: "b" }, "README.md": null }, "By hand");
  const tip = await world.run(world.clone, "rev-parse", "HEAD");
  await world.run(world.clone, "push", "--quiet", "origin", "main");
  return { start, topic, tip };
}

test("main's own line is told oldest first, without the branches it merged", async () => {
  await using world = await createGitWorld();
  const { start, topic, tip } = await longerMain(world);
  const line = await world.line();
  await fetched(line, main);
  const chain = await line.firstParentChain(start, tip);
  assert.deepEqual(
    chain.map((commit) => commit.subject),
    ["Merge topic", "By hand"],
  );
  assert.deepEqual(
    chain[0]?.trailers.map(({ key }) => key),
    ["Signalbox-Candidate", "Reviewed-by"],
  );
  assert.ok(chain[0]?.message.includes("Text with \x1f and ü"));
  assert.deepEqual(chain[0]?.parents, [start, topic]);
  assert.equal((await line.firstParentChain(null, tip)).length, 3);
  assert.deepEqual(await line.firstParentChain(tip, tip), []);
  assert.equal(await line.isAncestor(topic, tip), true);
  assert.equal(await line.isAncestor(tip, topic), false);
  assert.deepEqual(await line.mergeBases(tip, topic), [topic]);
  assert.deepEqual(await line.commitsBetween({ from: [start], to: topic }), [topic]);
  assert.equal(await line.broughtInBy(topic, tip), chain[0]?.id);
  await assert.rejects(line.isAncestor("1".repeat(40), tip), { code: "git_failed" });
  await assert.rejects(line.firstParentChain("--all", tip), TypeError);
});

test("changes have their modes, and counts agree with git's", async () => {
  await using world = await createGitWorld();
  const { start, tip } = await longerMain(world);
  const line = await world.line();
  await fetched(line, main);
  const changes = await line.changedPaths(start, tip);
  const shown = changes.map(({ path, before, after }) => [path, before?.mode ?? null, after?.mode ?? null]);
  assert.deepEqual(shown.sort(), [
    ["README.md", "100644", null],
    ["b", null, "100755"],
    ["d/a", null, "100644"],
    ["link", null, "120000"],
  ]);
  const names = await world.run(world.clone, "diff-tree", "-r", "--name-only", "--no-renames", start, tip);
  assert.deepEqual(changes.map(({ path }) => path).sort(), names.split("\n").sort());
  assert.equal((await line.changedPaths(start, tip, 2)).length, 2);
  assert.deepEqual(await line.diffStat(start, tip), { files: 4, insertions: 4, deletions: 1 });
  assert.deepEqual(await line.authorsOf(start, tip), {
    commits: 2,
    authors: [{ name: "Ada Worker", email: "ada@example.org" }],
  });
  const { commits } = await line.newObjects(start, [tip], { objects: 1_000, bytes: 1_000_000 });
  const own = await line.commitsAmong(tip, commits);
  assert.deepEqual(
    own.map(({ id }) => id).sort(),
    (await line.commitsBetween({ from: [start], to: tip })).sort(),
  );
  assert.deepEqual(authorship(own), await line.authorsOf(start, tip));
});

test("a file that becomes a folder is a removal and additions", async () => {
  await using world = await createGitWorld();
  const before = await world.commit(world.clone, { x: "1\n" });
  const after = await world.commit(world.clone, { x: null, "x/y": "1\n", "x/z/w": "2\n" });
  await world.run(world.clone, "push", "--quiet", "origin", "main");
  const line = await world.line();
  await fetched(line, main);
  assert.deepEqual(
    (await line.changedPaths(before, after)).map(({ path, after: now }) => [path, now !== null]),
    [
      ["x", false],
      ["x/y", true],
      ["x/z/w", true],
    ],
  );
});

test("new objects are counted up to the limits; none means already there", async () => {
  await using world = await createGitWorld();
  const sha = await world.branch("topic", { big: Buffer.alloc(50_000, 7), "d/small": "1\n" });
  const line = await world.line();
  const base = (await fetched(line, main, "refs/heads/topic")).get(main) ?? "";
  const free = { objects: 1_000, bytes: 1_000_000 };
  const all = await line.newObjects(base, [sha], free);
  assert.equal(all.objects, 5);
  assert.equal(all.exceeded, false);
  assert.ok(all.bytes > 50_000 && all.bytes < 51_000);
  const none = { objects: 0, commits: new Set(), bytes: 0, exceeded: false };
  assert.deepEqual(await line.newObjects(sha, [base], free), none);
  assert.equal((await line.newObjects(base, [sha], { objects: 2, bytes: 1_000_000 })).exceeded, true);
  assert.equal((await line.newObjects(base, [sha], { objects: 1_000, bytes: 40_000 })).exceeded, true);
  await assert.rejects(line.newObjects(base, ["1".repeat(40)], free), { code: "object_missing" });
});
