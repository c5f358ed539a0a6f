/** Parity over real histories: what it says of each kind of merge, that it goes on where it was, that it touches nothing. */
import assert from "node:assert/strict";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { readParityReport } from "../../src/guards/parity-records.ts";
import { type ParityAnswer, runParity } from "../../src/guards/parity-run.ts";
import type { ShadowedCandidate } from "../../src/guards/parity-shadow.ts";
import { createGitWorld, type FileChange, type GitWorld } from "../world/git.ts";

const ref = "refs/heads/main";

type More = {
  last?: number;
  shadowed?: ShadowedCandidate[];
  stop?: AbortSignal;
  progress?: (done: number) => void;
};

/** What the command does, over the world's remote. */
async function parity(world: GitWorld, more: More = {}): Promise<ParityAnswer> {
  const line = await world.line();
  await world.run(world.clone, "push", "--quiet", "--force", "origin", "main");
  const fetched = await line.fetch([{ ref, into: "refs/signalbox/remote/heads/main" }]);
  const tip = fetched.kind === "fetched" ? fetched.refs.get(ref) : null;
  return runParity({
    line,
    git: world.git,
    privateDir: join(world.directory, "private"),
    tip: tip ?? "",
    last: more.last ?? null,
    shadowed: more.shadowed ?? [],
    progress: (done) => more.progress?.(done),
    stop: more.stop ?? new AbortController().signal,
  });
}

async function done(world: GitWorld, more: More = {}) {
  const answer = await parity(world, more);
  assert.equal(answer.kind, "done");
  if (answer.kind !== "done") throw new Error("not done");
  return answer;
}

/** A branch from `from` with these files, merged into main by a person. */
function historian(world: GitWorld) {
  const { clone, run } = world;
  let count = 0;
  return {
    async branch(files: Record<string, FileChange>, from = "main"): Promise<string> {
      await run(clone, "checkout", "--quiet", "-B", `side-${++count}`, from);
      const sha = await world.commit(clone, files, `side ${count}`);
      await run(clone, "checkout", "--quiet", "main");
      return sha;
    },
    main: (files: Record<string, FileChange>) => world.commit(clone, files, "on main"),
    async merge(sha: string, ...args: string[]): Promise<string> {
      await world.attempt(clone, "merge", "--quiet", "--no-ff", "-m", `Merge ${sha}`, ...args, sha);
      return run(clone, "rev-parse", "HEAD");
    },
    /** The same, and then the merge is made to have these files. */
    async mergeAs(sha: string, files: Record<string, FileChange>): Promise<string> {
      await world.attempt(clone, "merge", "--quiet", "--no-ff", "--no-commit", sha);
      await world.commit(clone, files, `Merge ${sha}`);
      return run(clone, "rev-parse", "HEAD");
    },
  };
}

const lines = (...texts: string[]) => `${texts.join("\n")}\n`;
const long = Array.from({ length: 40 }, (_, at) => `line ${at}`);

test("every kind of merge is told for what it is", async () => {
  await using world = await createGitWorld();
  const { clone, run } = world;
  const by = historian(world);
  await by.main({ "f.txt": lines("1", "2", "3", "4", "5"), "g.txt": "g\n", "long.txt": lines(...long) });
  const expected: [string, RegExp | "identical" | "both_conflict"][] = [];
  const note = (sha: string, what: (typeof expected)[number][1]) => expected.push([sha, what]);

  note(await by.merge(await by.branch({ "a.txt": "a\n" })), "identical");
  const top = await by.branch({ "f.txt": lines("one", "2", "3", "4", "5") });
  await by.main({ "f.txt": lines("1", "2", "3", "4", "five") });
  note(await by.merge(top), "identical");
  const clash = await by.branch({ "f.txt": lines("eins", "2", "3", "4", "five") });
  await by.main({ "f.txt": lines("uno", "2", "3", "4", "five") });
  note(await by.mergeAs(clash, { "f.txt": lines("eins uno", "2", "3", "4", "five") }), "both_conflict");
  const evil = await by.branch({ "b.txt": "b\n" });
  await by.main({ "c.txt": "c\n" });
  note(await by.mergeAs(evil, { "sneaked.txt": "in\n" }), /^edited in the merge/);
  const dropped = await by.branch({ "d.txt": "d\n" });
  await by.main({ "e.txt": "e\n" });
  note(await by.merge(dropped, "--strategy=ours"), /main was kept.*\(ours\)/);
  const crlf = await by.branch({ "w.txt": lines("a", "b") });
  await by.main({ "h.txt": "h\n" });
  note(await by.mergeAs(crlf, { "w.txt": "a\r\nb\r\n" }), /^filters: only line endings/);
  const renamed = await by.branch({ "long.txt": null, "moved.txt": lines(...long) });
  await by.main({ "long.txt": lines(...long, "and more"), "g.txt": "gg\n" });
  await run(clone, "-c", "merge.renames=false", "merge", "--no-ff", "--no-commit", renamed).catch(() => {});
  note(
    await by.mergeAs(renamed, { "long.txt": null, "moved.txt": lines(...long) }),
    /^another strategy: each of these files was taken whole from one side/,
  );
  await by.main({ "old/1.txt": lines(...long), "old/2.txt": lines("2", ...long) });
  const folder = await by.branch({
    "old/1.txt": null,
    "old/2.txt": null,
    "new/1.txt": lines(...long),
    "new/2.txt": lines("2", ...long),
  });
  await by.main({ "old/3.txt": "3\n" });
  await run(clone, "-c", "merge.directoryRenames=false", "merge", "--no-ff", "-m", "folder", folder);
  note(await run(clone, "rev-parse", "HEAD"), /^another strategy: renamed folders were not followed/);
  await by.main({
    ".gitattributes": "*.lock merge=npm\n*.log merge=union\n",
    "y.lock": "1\n",
    "x.log": "1\n",
  });
  const union = await by.branch({ "x.log": lines("1", "2") });
  await by.main({ "x.log": lines("1", "3") });
  note(await by.merge(union), "identical");
  const driver = await by.branch({ "y.lock": "2\n" });
  await by.main({ "z.txt": "z\n" });
  note(await by.mergeAs(driver, { "y.lock": "made by npm\n" }), /^filters: \.gitattributes has merge=npm/);
  const one = await by.branch({ "o1.txt": "1\n" });
  const two = await by.branch({ "o2.txt": "2\n" });
  note(await by.merge(one, two), /2 branches at once/);
  await run(clone, "checkout", "--quiet", "--orphan", "island");
  const island = await world.commit(clone, { "island.txt": "i\n" }, "island");
  await run(clone, "checkout", "--quiet", "--force", "main");
  note(await by.merge(island, "--allow-unrelated-histories"), /^unrelated histories/);

  const { report } = await done(world);
  const told = new Map(report.differs.map(({ commit, why }) => [commit, why]));
  for (const [sha, what] of expected)
    if (what instanceof RegExp) assert.match(told.get(sha) ?? "not told", what);
    else assert.equal(told.get(sha), undefined, what);
  const count = (what: string) => expected.filter(([, one]) => one === what).length;
  assert.deepEqual(
    [report.merges, report.identical, report.both_conflict, report.differs.length],
    [expected.length, count("identical"), count("both_conflict"), expected.length - 4],
  );
  const sneaked = report.differs.find(({ commit }) => commit === expected[3]?.[0]);
  assert.deepEqual(sneaked?.paths, ["sneaked.txt"]);
});

async function merged(world: GitWorld, count: number): Promise<void> {
  const by = historian(world);
  for (let at = 0; at < count; at++) await by.merge(await by.branch({ [`${at}.txt`]: `${at}\n` }));
}

test("who is stopped goes on where it was, and comes to the same report", async () => {
  await using world = await createGitWorld();
  await merged(world, 40);
  const stop = new AbortController();
  const first = await parity(world, { stop: stop.signal, progress: (at) => at > 0 && stop.abort() });
  assert.equal(first.kind, "stopped");
  const reached = first.kind === "stopped" ? first.done : 0;
  assert.ok(reached > 0 && reached < 40, `${reached} of 40`);
  const seen: number[] = [];
  const { report } = await done(world, { progress: (at) => seen.push(at) });
  assert.equal(seen[0], reached, "what was known is not asked again");
  assert.deepEqual([report.merges, report.identical], [40, 40]);
  await rm(join(world.directory, "private", "parity"), { recursive: true });
  assert.equal((await done(world)).report.digest, report.digest);
});

test("only the newest so many are looked at, and the report says from where to where", async () => {
  await using world = await createGitWorld();
  await merged(world, 5);
  const all = (await world.run(world.clone, "rev-list", "--merges", "--reverse", "main")).split("\n");
  const { report } = await done(world, { last: 2 });
  assert.deepEqual([report.merges, report.from, report.to], [2, all[3], all[4]]);
  assert.deepEqual(await readParityReport(join(world.directory, "private")), report);
});

test("nothing but its own notes is written: the clone, the remote and the line's objects stay as they are", async () => {
  await using world = await createGitWorld();
  await merged(world, 3);
  await done(world);
  await rm(join(world.directory, "private", "parity"), { recursive: true });
  const state = async () => [
    await world.run(world.clone, "for-each-ref"),
    await world.run(world.clone, "status", "--porcelain"),
    await world.run(world.origin, "for-each-ref"),
    await world.run((await world.line()).directory, "count-objects", "-v"),
  ];
  const before = await state();
  await done(world);
  assert.deepEqual(await state(), before);
  const notes = (await readdir(join(world.directory, "private", "parity"))).sort();
  assert.deepEqual(
    notes.map((name) => name.replace(/^verdicts-.*/, "verdicts")),
    ["report.json", "verdicts"],
  );
});

test("a history without a merge, and a line of notes that was cut off, are no trouble", async () => {
  await using world = await createGitWorld();
  const none = await done(world);
  assert.deepEqual([none.report.merges, none.report.from, none.seconds], [0, null, 0]);
  await merged(world, 2);
  await done(world);
  const folder = join(world.directory, "private", "parity");
  const [notes = ""] = (await readdir(folder)).filter((name) => name.startsWith("verdicts"));
  const { appendFile, truncate, stat } = await import("node:fs/promises");
  await truncate(join(folder, notes), (await stat(join(folder, notes))).size - 5);
  await merged(world, 1);
  const seen: number[] = [];
  const { report } = await done(world, { progress: (at) => seen.push(at) });
  assert.deepEqual([report.merges, seen[0]], [3, 1]);
  await appendFile(join(folder, notes), "\nnull\n");
  assert.equal((await done(world)).report.merges, 3);
});

test("what was decided in shadow is held against what others made of it", async () => {
  await using world = await createGitWorld();
  const { clone, run } = world;
  const by = historian(world);
  await by.main({ "f.txt": "1\n" });
  const treeOf = (sha: string) => run(clone, "rev-parse", `${sha}^{tree}`);
  const decided = async (slug: string, sha: string, change: Partial<ShadowedCandidate> = {}) => {
    const main = await run(clone, "rev-parse", "main");
    const { stdout, code } = await world.attempt(clone, "merge-tree", "--write-tree", main, sha);
    const tree = code === 0 ? stdout.trim() : null;
    const outcome = tree === null ? "would_block" : "would_land";
    const reason = tree === null ? "conflict" : null;
    return { candidate: { slug, branch: slug, sha }, main, outcome, reason, tree, ...change };
  };
  const shadowed: ShadowedCandidate[] = [];

  const plain = await by.branch({ "plain.txt": "1\n" });
  shadowed.push(await decided("plain", plain));
  await by.main({ "between.txt": "1\n" });
  await by.merge(plain);
  const evil = await by.branch({ "evil.txt": "1\n" });
  shadowed.push(await decided("evil", evil));
  await by.mergeAs(evil, { "more.txt": "1\n" });
  const clash = await by.branch({ "f.txt": "branch\n" });
  await by.main({ "f.txt": "main\n" });
  shadowed.push(await decided("clash", clash));
  await by.mergeAs(clash, { "f.txt": "both\n" });
  const revoked = await by.branch({ "revoked.txt": "1\n" });
  shadowed.push(
    await decided("revoked", revoked, { outcome: "would_block", reason: "review_revoked", tree: null }),
  );
  await by.merge(revoked);
  const squashed = await by.branch({ "squashed.txt": "1\n" });
  shadowed.push(await decided("squashed", squashed));
  await run(clone, "merge", "--quiet", "--squash", squashed);
  await run(clone, "commit", "--quiet", "-m", "squashed");
  const forward = await by.branch({ "forward.txt": "1\n" });
  shadowed.push(await decided("forward", forward));
  await run(clone, "merge", "--quiet", "--ff-only", forward);
  const inner = await by.branch({ "inner.txt": "1\n" });
  shadowed.push(await decided("inner", inner));
  await by.merge(await by.branch({ "outer.txt": "1\n" }, inner));
  shadowed.push(await decided("open", await by.branch({ "open.txt": "1\n" })));
  assert.ok((await treeOf("main")) !== "");

  const { shadow } = await done(world, { shadowed });
  assert.deepEqual([shadow.decided, shadow.agreed, shadow.waiting], [8, 4, 1]);
  assert.deepEqual(
    shadow.differs.map(({ slug, why }) => [slug, why.split(/[:(]/)[0]?.trim()]),
    [
      ["evil", "edited in the merge"],
      ["revoked", "the line would have blocked it"],
      ["inner", "it came to main as a part of another branch"],
    ],
  );
});
