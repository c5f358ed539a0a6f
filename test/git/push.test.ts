import assert from "node:assert/strict";
import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { monotonicMs, pause } from "../../src/clock.ts";
import { openBatchReader } from "../../src/git/batch-reader.ts";
import {
  type LeaseValue,
  leaseRef,
  parseLeaseMessage,
  readLease,
  writeLeaseCommit,
} from "../../src/git/lease-ref.ts";
import { type LineRepository, openLineRepository, trackingRef } from "../../src/git/line-repository.ts";
import { openObjectStore } from "../../src/git/objects.ts";
import { pushArguments } from "../../src/git/push.ts";
import { judgePush, parsePushReport } from "../../src/git/push-report.ts";
import { createGitWorld, type GitWorld } from "../world/git.ts";

const main = "refs/heads/main";
const who = { name: "Ada", email: "ada@example.org", seconds: 1_700_000_000, zone: "+0000" };
const lease: LeaseValue = { token: 7, sequence: 0, owner: "o-1" };

/** The line, main as fetched, and a commit of ours on top of it. */
async function ready(
  world: GitWorld,
  message = "Next",
): Promise<{ line: LineRepository; old: string; tip: string }> {
  const line = await world.line();
  const fetched = await line.fetch([{ ref: main, into: trackingRef(main) }]);
  const old = (fetched.kind === "fetched" && fetched.refs.get(main)) || "";
  const { tree } = await line.objects.readCommit(old);
  const tip = await line.objects.writeCommit({ tree, parents: [old], author: who, committer: who, message });
  return { line, old, tip };
}

/** Waits until no process has this id; the time limit is the test's failure. */
async function gone(pid: number): Promise<void> {
  const end = monotonicMs() + 5_000;
  while (isAlive(pid)) {
    assert.ok(monotonicMs() < end, `process ${pid} is still there`);
    await pause(5);
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

const atOrigin = (world: GitWorld, ref: string): Promise<string> =>
  world.run(world.origin, "rev-parse", "--verify", ref);

test("main and the lease ref move together, and only from what was expected", async () => {
  await using world = await createGitWorld();
  const { line, old, tip } = await ready(world);
  const first = await writeLeaseCommit(line.objects, lease);
  assert.equal(await writeLeaseCommit(line.objects, lease), first);
  assert.deepEqual(await line.push({ updates: [{ ref: leaseRef, old: null, new: first }] }), {
    kind: "pushed",
  });
  const next = await writeLeaseCommit(line.objects, { ...lease, sequence: 1 });
  const updates = [
    { ref: main, old, new: tip },
    { ref: leaseRef, old: first, new: next },
  ];
  assert.deepEqual(await line.push({ updates }), { kind: "pushed" });
  assert.equal(await atOrigin(world, leaseRef), next);
  // The same push once more, as after a lost answer: all is already so.
  assert.deepEqual(await line.push({ updates }), { kind: "pushed" });
  const read = await line.fetch([{ ref: leaseRef, into: trackingRef(leaseRef) }]);
  const seen = (read.kind === "fetched" && read.refs.get(leaseRef)) || null;
  assert.deepEqual(await readLease(line.objects, seen), { kind: "lease", sha: next, ...lease, sequence: 1 });
});

test("a holder whose lease was taken over cannot move main", async () => {
  await using world = await createGitWorld();
  const { line, old, tip } = await ready(world);
  const mine = await writeLeaseCommit(line.objects, lease);
  const theirs = await writeLeaseCommit(line.objects, { token: 8, sequence: 0, owner: "o-2" });
  await line.push({ updates: [{ ref: leaseRef, old: null, new: mine }] });
  await line.push({ updates: [{ ref: leaseRef, old: mine, new: theirs }] });
  const next = await writeLeaseCommit(line.objects, { ...lease, sequence: 1 });
  const answer = await line.push({
    updates: [
      { ref: main, old, new: tip },
      { ref: leaseRef, old: mine, new: next },
    ],
  });
  assert.deepEqual(answer, { kind: "stale", refs: [leaseRef] });
  assert.equal(await atOrigin(world, main), old);
  assert.equal(await atOrigin(world, leaseRef), theirs);
});

test("of two that push at once, one moves main and the other knows that it did not", async () => {
  await using world = await createGitWorld();
  const { line, old, tip } = await ready(world);
  const { tree } = await line.objects.readCommit(old);
  const rival = await line.objects.writeCommit({
    tree,
    parents: [old],
    author: who,
    committer: who,
    message: "Rival",
  });
  // Both are past their own check when the first of them moves the ref.
  await world.hook(
    world.origin,
    "pre-receive",
    `touch "$GIT_DIR/in-$$"; n=0; while [ "$(ls "$GIT_DIR" | grep -c '^in-')" -lt 2 ] && [ $n -lt 300 ]; do n=$((n+1)); sleep 0.01; done; exit 0`,
  );
  const answers = await Promise.all(
    [tip, rival].map((sha) => line.push({ updates: [{ ref: main, old, new: sha }] })),
  );
  const winner = await atOrigin(world, main);
  const kinds = answers.map(({ kind }) => kind);
  assert.deepEqual(kinds.filter((kind) => kind === "pushed").length, 1, kinds.join());
  assert.equal(winner, kinds[0] === "pushed" ? tip : rival);
  assert.ok(kinds.includes("unknown") || kinds.includes("stale"), kinds.join());
});

test("a hook's no is refused, in its own words, escaped", async () => {
  await using world = await createGitWorld();
  const { line, old, tip } = await ready(world);
  await world.hook(world.origin, "pre-receive", `printf 'Only on Tuesdays \\033[31m\\n' >&2; exit 1`);
  const answer = await line.push({ updates: [{ ref: main, old, new: tip }] });
  assert.equal(answer.kind, "refused");
  assert.match(answer.kind === "refused" ? answer.detail : "", /Only on Tuesdays \\u\{1b\}\[31m/);
  assert.equal(await atOrigin(world, main), old);
});

test("push options reach the remote, and one that takes none is a clear refusal", async () => {
  await using world = await createGitWorld();
  const { line, old, tip } = await ready(world);
  const push = { updates: [{ ref: main, old, new: tip }], options: ["signalbox-grant=abc"] };
  assert.equal((await line.push(push)).kind, "refused");
  await world.run(world.origin, "config", "receive.advertisePushOptions", "true");
  await world.hook(world.origin, "pre-receive", `[ "$GIT_PUSH_OPTION_0" = signalbox-grant=abc ]`);
  assert.equal((await line.push(push)).kind, "pushed");
});

test("an answer that is lost after the push was applied is unknown, and looking tells", async () => {
  await using world = await createGitWorld();
  const { line, old, tip } = await ready(world);
  // The last word of the remote does not arrive: its side ends as soon as the ref has moved.
  await world.hook(world.origin, "post-receive", "kill -9 $PPID");
  const answer = await line.push({ updates: [{ ref: main, old, new: tip }] });
  assert.equal(answer.kind, "unknown");
  const seen = await line.lsRemote([main]);
  assert.equal(seen.kind === "answered" && seen.refs.get(main), tip);
});

test("a remote that does not answer in time is unknown, and nothing of the push stays alive", async () => {
  await using world = await createGitWorld();
  const { line, old, tip } = await ready(world);
  await world.hook(world.origin, "pre-receive", `echo $$ > "$GIT_DIR/hook-pid"; exec sleep 60`);
  const answer = await line.push({ updates: [{ ref: main, old, new: tip }], deadlineMs: 700 });
  assert.equal(answer.kind, "unknown");
  assert.equal(await atOrigin(world, main), old);
  const hookPid = Number(await readFile(join(world.origin, "hook-pid"), "utf8"));
  await gone(hookPid);
});

test("a remote that is gone is unknown to a push and away to a question; both work when it is back", async () => {
  await using world = await createGitWorld();
  const { line, old, tip } = await ready(world);
  await rename(world.origin, `${world.origin}.away`);
  const updates = [{ ref: main, old, new: tip }];
  assert.equal((await line.push({ updates })).kind, "unknown");
  assert.equal((await line.lsRemote([main])).kind, "remote_away");
  assert.equal((await line.fetch([{ ref: main, into: trackingRef(main) }])).kind, "remote_away");
  await rename(`${world.origin}.away`, world.origin);
  assert.equal((await line.push({ updates })).kind, "pushed");
});

test("a branch is deleted only where it is expected; one that moved or went is stale", async () => {
  await using world = await createGitWorld();
  const sha = await world.branch("topic", { a: "1\n" });
  const { line, old } = await ready(world);
  const topic = "refs/heads/topic";
  assert.deepEqual(await line.push({ updates: [{ ref: topic, old, new: null }] }), {
    kind: "stale",
    refs: [topic],
  });
  assert.deepEqual(await line.push({ updates: [{ ref: topic, old: sha, new: null }] }), { kind: "pushed" });
  assert.deepEqual(await line.push({ updates: [{ ref: topic, old: sha, new: null }] }), {
    kind: "stale",
    refs: [topic],
  });
});

test("a lock left at the remote makes the push unknown, not refused", async () => {
  await using world = await createGitWorld();
  const { line, old, tip } = await ready(world);
  await writeFile(join(world.origin, "refs", "heads", "main.lock"), "");
  assert.equal((await line.push({ updates: [{ ref: main, old, new: tip }] })).kind, "unknown");
});

test("no push forces: arguments have every expectation, full refs and no plus", () => {
  const sha = "1".repeat(40);
  const args = pushArguments(
    "origin",
    [
      { ref: main, old: sha, new: sha },
      { ref: leaseRef, old: null, new: sha },
    ],
    ["x=y"],
  );
  assert.ok(
    args.includes("--atomic") &&
      args.includes(`--force-with-lease=${main}:${sha}`) &&
      args.includes(`--force-with-lease=${leaseRef}:`),
  );
  assert.deepEqual(args.slice(-4), ["--", "origin", `${sha}:${main}`, `${sha}:${leaseRef}`]);
  assert.ok(args.every((arg) => !arg.startsWith("+") && arg !== "--force"));
  const wrong = [
    { ref: "main", old: sha, new: sha },
    { ref: "+refs/heads/x", old: sha, new: sha },
    { ref: main, old: "HEAD", new: sha },
    { ref: main, old: sha, new: "--all" },
    { ref: main, old: null, new: null },
  ];
  for (const update of wrong) assert.throws(() => pushArguments("origin", [update]), TypeError);
  assert.throws(() => pushArguments("origin", []), TypeError);
  assert.throws(() => pushArguments("origin", [{ ref: main, old: sha, new: sha }], ["a\nb"]), TypeError);
});

test("only what was clearly said is concluded from a report", () => {
  const judge = (text: string, code: number | null, stderr = "", end = "exited"): string =>
    judgePush([main], parsePushReport(text), { code, stderr, end }).kind;
  assert.equal(judge(`To x\n \tabc:${main}\t1..2\nDone\n`, 0), "pushed");
  assert.equal(judge("Done\n", 0), "unknown");
  assert.equal(judge("", 1), "unknown");
  assert.equal(judge(`!\tabc:${main}\t[rejected] (stale info)\n`, 1), "stale");
  assert.equal(judge(`!\tabc:${main}\t[remote rejected] (pre-receive hook declined)\n`, 1), "refused");
  assert.equal(judge(`!\tabc:${main}\t[remote rejected] (protected branch hook declined)\n`, 1), "refused");
  for (const reason of [
    "failed to update ref",
    "cannot lock ref",
    "incorrect old value provided",
    "atomic transaction failed",
    "unpacker error",
    "remote failed to report status",
    "the moon",
  ]) {
    assert.equal(judge(`!\tabc:${main}\t[remote rejected] (${reason})\n`, 1), "unknown", reason);
  }
  assert.equal(judge(`!\tabc:${main}\t[remote failure] (remote failed to report status)\n`, 1), "unknown");
  assert.equal(judge(`!\tabc:${main}\t[rejected] (non-fast-forward)\n`, 1), "unknown");
  assert.equal(judge(` \tabc:${main}\t1..2\n`, null, "", "killed"), "unknown");
  assert.equal(
    judge(`!\tabc:${main}\t[remote rejected] (pre-receive hook declined)\n`, null, "", "timed_out"),
    "unknown",
  );
});

test("a lease ref that could not be looked at does not pass for one without a token", async () => {
  await using world = await createGitWorld();
  const { line, old } = await ready(world);
  const reader = openBatchReader({ git: world.git, directory: join(world.directory, "gone") });
  const objects = openObjectStore({ directory: join(line.directory), format: line.format, reader });
  await assert.rejects(readLease(objects, old));
});

test("a lease ref that is not ours is unreadable, and still a value to expect", async () => {
  await using world = await createGitWorld();
  const { line, old } = await ready(world);
  assert.deepEqual(await readLease(line.objects, null), { kind: "none" });
  assert.deepEqual(await readLease(line.objects, old), { kind: "unreadable", sha: old });
  assert.deepEqual(await readLease(line.objects, "1".repeat(40)), {
    kind: "unreadable",
    sha: "1".repeat(40),
  });
  for (const text of [
    "",
    "{}",
    "[]",
    "null",
    '{"token":-1,"sequence":0,"owner":"x"}',
    '{"token":1.5,"sequence":0,"owner":"x"}',
    '{"token":1,"sequence":0,"owner":1}',
  ])
    assert.equal(parseLeaseMessage(text), null, text);
});

test("a URL with a password is refused, and never shown", async () => {
  await using world = await createGitWorld();
  const options = {
    directory: join(world.directory, "x.git"),
    remoteUrl: "https://u:hunter2@127.0.0.1:1/x",
    git: world.git,
  };
  await assert.rejects(
    openLineRepository(options),
    (error: Error) => /password/.test(error.message) && !/hunter2/.test(error.message),
  );
});
