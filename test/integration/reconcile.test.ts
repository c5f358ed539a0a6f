import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { test } from "node:test";
import { writeItemRecord } from "../../src/git/item-records.ts";
import { type Repair, reconcile } from "../../src/integration/reconcile.ts";
import { recordOf } from "../../src/orchestration/hand-over.ts";
import { runSession, runSessionInto } from "./session-of.ts";
import { startYard, type Yard } from "./yard.ts";

async function round(yard: Yard, since: string | null = null, dryRun = false): Promise<string[]> {
  const { redis, line, world, clone, config, stores, writer, producer, judge } = yard;
  const parts = { redis, line, git: world.git, clone, config, stores, writer, producer, judge };
  const circumstances = { othersLand: async () => false, signers: async () => [] };
  const repairs = await reconcile({ ...parts, since, circumstances, dryRun });
  await yard.heard();
  // Whether readiness has heard of what was said in time for the same round is a matter of luck.
  const told = repairs.filter(({ kind }) => kind !== "queue_moved");
  return told.map(({ kind, slug }: Repair) => (slug === null ? kind : `${kind} ${slug}`)).sort();
}

/** What `submit` leaves in the clone before it says anything. */
async function recorded(yard: Yard, slug: string, attempt: number | null = null): Promise<string> {
  const { world, clone } = yard;
  const sha =
    attempt === null
      ? await world.branch(slug, { [`${slug}.txt`]: "1\n" })
      : await world.run(world.clone, "rev-parse", `refs/heads/${slug}`);
  const tip = { slug, branch: slug, sha };
  const handOver = { tip, remote: "origin", approvedBy: "rita", by: "ann", at: "2026-01-02T03:04:05Z" };
  const value = recordOf(handOver, { approval: null, attempt, blocked: attempt !== null });
  await writeItemRecord(world.git, clone, { slug, value, expected: null });
  return sha;
}

const emptied = async (yard: Yard) => {
  await yard.redis.command(["FLUSHALL"]);
};

test("a line that is in order needs no repair, and a dry round changes nothing", async (t) => {
  const yard = await startYard(t);
  const main = await yard.main();
  await yard.queued("login");
  assert.deepEqual(await round(yard, main), []);
  const sha = await recorded(yard, "other");
  const keys = await yard.redis.command(["DBSIZE"]);
  const log = await yard.redis.command(["XLEN", yard.keys.stream]);
  assert.deepEqual(await round(yard, main, true), ["event_emitted other", "event_emitted other"]);
  assert.deepEqual(
    [await yard.redis.command(["DBSIZE"]), await yard.redis.command(["XLEN", yard.keys.stream])],
    [keys, log],
  );
  assert.equal(await yard.status({ slug: "other", branch: "other", sha }), null);
});

test("a hand-over that was written down and not said is said, once, and its candidate queued", async (t) => {
  const yard = await startYard(t);
  const main = await yard.main();
  const sha = await recorded(yard, "login");
  assert.deepEqual(await round(yard, main), ["event_emitted login", "event_emitted login"]);
  await round(yard, main);
  assert.equal(await yard.status({ slug: "login", branch: "login", sha }), "queued");
  assert.equal((await yard.said("deployment.started")).length, 1);
  assert.deepEqual(await round(yard, main), []);
});

test("another attempt at a known commit that was written down and not said is said, too", async (t) => {
  const yard = await startYard(t);
  const main = await yard.main();
  const candidate = await yard.queued("login");
  const { origin } = yard.world;
  await yard.world.run(origin, "update-ref", "-d", "refs/heads/login");
  await yard.judge.settle(null);
  assert.equal(await yard.status(candidate), "blocked");
  await yard.world.run(yard.world.clone, "push", "--quiet", "origin", "login");
  await recorded(yard, "login", 1);
  assert.deepEqual(await round(yard, main), ["event_emitted login"]);
  await yard.judge.settle(null);
  assert.equal(await yard.status(candidate), "queued");
});

test("a record that cannot be said is told of, and keeps no other from being said", async (t) => {
  const yard = await startYard(t);
  const main = await yard.main();
  const { world, clone } = yard;
  const value = {
    slug: "aaa",
    branch: "aaa",
    sha: "0".repeat(40),
    recorded_at: "then",
    events: [{ type: "deployment.started", data: { slug: "aaa", branch: "--output=x" } }],
  };
  await writeItemRecord(world.git, clone, { slug: "aaa", value, expected: null });
  await writeItemRecord(world.git, clone, { slug: "bbb", value: ["no record"], expected: null });
  await recorded(yard, "login");
  assert.deepEqual(await round(yard, main), [
    "event_emitted login",
    "event_emitted login",
    "record_refused aaa",
  ]);
});

test("main that somebody else moved is told once, by whatever name they have", async (t) => {
  const yard = await startYard(t);
  const { world } = yard;
  const main = await yard.main();
  const tree = await world.run(world.clone, "rev-parse", "main^{tree}");
  const raw = `tree ${tree}\nparent ${main}\nauthor  <> 1 +0000\ncommitter \u202e\u0007 <> 1 +0000\n\nOdd\n`;
  const path = `${world.directory}/odd`;
  await writeFile(path, raw);
  const odd = await world.run(world.clone, "hash-object", "-t", "commit", "-w", "--literally", path);
  await world.run(world.clone, "push", "--quiet", "origin", `${odd}:refs/heads/main`);
  assert.deepEqual(await round(yard, main), ["main_moved"]);
  assert.deepEqual(await round(yard, main), []);
  const [moved, ...more] = await yard.said("integration.main.moved");
  assert.deepEqual(
    [moved?.from, moved?.to, moved?.by, moved?.forced, more.length],
    [main, odd, "unknown", false, 0],
  );
});

test("a main that was rewritten is told as that", async (t) => {
  const yard = await startYard(t);
  const main = await yard.main();
  await round(yard, main);
  await yard.mergeByHand(await other(yard));
  await round(yard, main);
  await yard.world.run(yard.world.origin, "update-ref", "refs/heads/main", main);
  assert.deepEqual(await round(yard, main), ["main_moved"]);
  assert.equal((await yard.said("integration.main.moved")).at(-1)?.forced, true);
});

async function other(yard: Yard): Promise<string> {
  await yard.world.branch("other", { "other.txt": "1\n" });
  return "other";
}

test("a landing's trailers, copied into somebody else's commit, make that no landing", async (t) => {
  const yard = await startYard(t);
  const { world } = yard;
  const main = await yard.main();
  const candidate = await yard.queued("login");
  await runSession(yard);
  const landing = await yard.main();
  const message = await world.run(world.origin, "log", "-1", "--format=%B", landing);
  await world.run(world.clone, "fetch", "--quiet", "origin");
  await world.run(world.clone, "reset", "--quiet", "--hard", "origin/main");
  const copied = await world.commit(world.clone, { "sneaky.txt": "1\n" }, message);
  await other(yard);
  const forged = message.replace(candidate.sha, "9".repeat(40));
  await world.run(world.clone, "push", "--quiet", "origin", "main");
  const merged = await yard.mergeByHand("other", forged);
  assert.deepEqual(await round(yard, main), ["main_moved"]);
  assert.deepEqual((await yard.said("integration.main.moved"))[0]?.commits, [copied, merged]);
  assert.equal((await yard.said("deployment.completed")).length, 1);
});

test("an emptied Redis is filled again: landings from main, open candidates from the clone, nothing lands twice", async (t) => {
  const yard = await startYard(t);
  const { world } = yard;
  const main = await yard.main();
  const landed = await yard.queued("landed");
  await runSession(yard);
  const foreign = await yard.mergeByHand(await other(yard));
  const sha = await recorded(yard, "open");
  await yard.deafen();
  await emptied(yard);
  const processor = yard.hearAgain();
  t.after(() => processor.stop());
  const repairs = await round(yard, main);
  assert.deepEqual(repairs, [
    "event_emitted open",
    "event_emitted open",
    "landing_restored landed",
    "main_moved",
  ]);
  await round(yard, main);
  assert.equal(await yard.status(landed), "integrated");
  assert.equal(await yard.status({ slug: "open", branch: "open", sha }), "queued");
  assert.deepEqual(
    (await yard.said("deployment.completed")).map(({ slug }) => slug),
    ["landed"],
  );
  assert.deepEqual(
    (await yard.said("integration.main.moved")).map(({ to }) => to),
    [foreign],
  );
  await runSession(yard);
  const subjects = await world.run(world.origin, "log", "--first-parent", "--format=%s", "main");
  assert.equal(subjects.split("\n").filter((line) => line.startsWith("Land landed")).length, 1);
  assert.equal(subjects.split("\n").filter((line) => line.startsWith("Land open")).length, 1);
});

test("a landing that is pushed and not announced yet is left to the session that has it in hand", async (t) => {
  const yard = await startYard(t);
  const main = await yard.main();
  const candidate = await yard.queued("login");
  await runSessionInto(yard, "pushing");
  assert.deepEqual(await round(yard, main), []);
  assert.equal(await yard.status(candidate), "in_progress");
  assert.equal((await yard.line.kept()).size, 1);
  await runSession(yard);
  assert.deepEqual(await round(yard, main), []);
  assert.equal((await yard.said("deployment.completed")).length, 1);
});

test("what deliveries left behind in the line's repository is removed; what open candidates follow is not", async (t) => {
  const yard = await startYard(t);
  const main = await yard.main();
  const { line } = yard;
  const candidate = await yard.queued("login");
  await line.keep("delivery-long-over", main);
  const ref = "refs/heads/login";
  await line.fetch([{ ref, into: "refs/signalbox/remote/heads/login" }]);
  assert.deepEqual(await round(yard, main), ["leftover_removed"]);
  assert.equal((await line.kept()).size, 0);
  assert.equal(await line.resolve("refs/signalbox/remote/heads/login"), candidate.sha);
});
