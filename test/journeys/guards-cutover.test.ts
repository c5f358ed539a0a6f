/** Cutover, shadow, parity, and who else moved main: the whole line, by its commands. */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { stringify } from "yaml";
import { monotonicMs } from "../../src/clock.ts";
import { jsonShapes } from "../../src/surfaces/cli/json-fields.ts";
import { inbox, notificationOf, queueRow, statusBoard } from "../world/board.ts";
import { type Ran, runChild, told } from "../world/child.ts";
import { candidateOf, handOver, integrated, submit } from "../world/facts.ts";
import type { SeenEvent } from "../world/follower.ts";
import { waitUntil } from "../world/wait-until.ts";
import type { Worker } from "../world/worker.ts";
import { inWorld, type World } from "../world/world.ts";

const main = "refs/heads/main";

type Cutover = {
  mode: string;
  enabled: boolean;
  by: string | null;
  reason: string | null;
  evidence: string | null;
};
type Parity = {
  merges: number;
  identical: number;
  both_conflict: number;
  differs: { commit: string; paths: string[]; why: string }[];
  accepted: boolean;
  is_evidence: boolean;
  digest: string;
  shadow: { decided: number; agreed: number; waiting: number };
};

async function work(world: World, slug: string): Promise<Worker> {
  const worker = await world.worker(slug);
  await worker.commit({ [`${slug}.txt`]: `${slug}\n` });
  return worker;
}

async function expectCode(code: number, ran: Promise<Ran>): Promise<Ran> {
  const answer = await ran;
  assert.equal(answer.code, code, told(answer));
  return answer;
}

const shadowed = (world: World, slug: string, count = 1): Promise<SeenEvent> =>
  world.events.until({ type: "integration.candidate.shadowed", slug }, { count });

const configure = (world: World, config: Record<string, unknown>) =>
  writeFile(
    join(world.clone, "signalbox.yaml"),
    stringify({ lease: { ttl: "3s", renew: "750ms" }, ...config }),
  );

/** A person lands a branch by hand, past every hint. */
async function mergeByHand(world: World, branch: string): Promise<string> {
  const directory = join(world.place, "by-hand");
  const git = async (...args: string[]) => {
    const ran = await runChild("git", args, { cwd: directory, env: world.env });
    assert.equal(ran.code, 0, told(ran));
    return ran.stdout.trim();
  };
  await world.origin.git("worktree", "prune");
  await runChild("git", ["clone", "--quiet", world.origin.directory, directory], {
    cwd: world.place,
    env: world.env,
  });
  await git("fetch", "--quiet", "origin");
  await git("reset", "--quiet", "--hard", "origin/main");
  await git("merge", "--quiet", "--no-ff", "-m", `Merge ${branch}`, `origin/${branch}`);
  await git("push", "--quiet", "origin", "HEAD:main");
  return git("rev-parse", "HEAD");
}

test(
  "a line that was switched off decides about everything, lands nothing, and lands it all once it is switched on",
  inWorld({}, async (world) => {
    await integrated(world, await handOver(world, await work(world, "before")));
    await expectCode(2, world.signalbox("cutover", "disable"));
    assert.equal((await statusBoard(world)).mode, "live");
    const off = await world.json<Cutover>("cutover", "disable", "--reason", "release day", "--by", "ada");
    assert.deepEqual([off.mode, off.enabled, off.by, off.reason], ["shadow", false, "ada", "release day"]);
    const before = await world.origin.refs();

    const workers = [await work(world, "one"), await work(world, "two")];
    for (const worker of workers) await expectCode(0, submit(world, worker));
    const [first] = [await shadowed(world, "one"), await shadowed(world, "two")];
    assert.equal(first.data.outcome, "would_land");
    const merged = await world.origin.git(
      "merge-tree",
      "--write-tree",
      main,
      (await candidateOf(workers[0] as Worker)).sha,
    );
    assert.equal(first.data.tree, merged.trim());

    const board = await statusBoard(world);
    assert.deepEqual([board.mode, board.cutover.enabled, board.queue.queued], ["shadow", false, 2]);
    const row = await queueRow(world, { slug: "one" });
    assert.deepEqual([row.status, row.position, row.merge_commit], ["queued", 1, null]);
    assert.match(row.why, /^in shadow: would land on [0-9a-f]{7} as tree [0-9a-f]{7}$/);
    const { stdout: why } = await expectCode(0, world.signalbox("why", "two"));
    assert.match(why, /main is left to others, because the cutover is off \(ada: release day\)/);
    const after = await world.origin.refs();
    for (const worker of workers)
      assert.ok(after.delete(`refs/heads/${worker.branch}`), "the branch is kept");
    assert.deepEqual(after, before, "main, the lease and everything else at the remote are as they were");
    assert.equal(world.events.seen({ type: "deployment.completed" }).length, 1);
    assert.equal(world.events.seen({ type: "deployment.failed" }).length, 0);
    const warned = await runChild("git", ["push", "--dry-run", "origin", "HEAD:main"], {
      cwd: (workers[0] as Worker).directory,
      env: world.env,
    });
    assert.equal(warned.code, 0, told(warned));

    const forced = await world.json<Record<string, unknown>>("integrate", "--shadow");
    assert.deepEqual([forced.mode, forced.shadowed, forced.end], ["shadow", 0, "drained"], "all is decided");
    const note = await notificationOf(world, "integration/cutover");
    assert.match(note.title, /cutover is off/);
    const on = await world.json<Cutover>("cutover", "enable", "--reason", "done");
    assert.equal(on.mode, "live");
    for (const { slug } of workers) await integrated(world, { slug });
    assert.equal((await statusBoard(world)).mode, "live");
    const changes = world.events.seen({ type: "integration.cutover.changed" });
    assert.deepEqual(
      changes.map(({ data }) => [data.enabled, data.reason]),
      [
        [false, "release day"],
        [true, "done"],
      ],
    );
  }),
);

test(
  "in shadow others land: their merges are expected, what was decided is held against them, and the queue follows",
  inWorld({ config: { cutover: { enabled: true, parity_evidence_accepted: false } } }, async (world) => {
    const board = await statusBoard(world);
    assert.deepEqual([board.mode, board.cutover.parity_evidence_accepted], ["shadow", false]);
    const workers = [await work(world, "one"), await work(world, "two")];
    for (const worker of workers) await handOver(world, worker);
    for (const { slug } of workers) await shadowed(world, slug);
    const landed = await mergeByHand(world, "one");
    const moved = await world.events.until({ type: "integration.main.moved" });
    assert.deepEqual([moved.data.to, moved.data.expected], [landed, true]);
    const completed = await integrated(world, { slug: "one" });
    assert.equal(completed.data.merge_commit, landed);
    assert.equal((await shadowed(world, "two", 2)).data.main, landed, "main is another one now");

    const parity = await world.json<Parity>("parity");
    assert.deepEqual(Object.keys(parity), jsonShapes.parity?.fields);
    assert.deepEqual([parity.merges, parity.identical, parity.differs], [1, 1, []]);
    const { decided, agreed, waiting } = parity.shadow;
    assert.deepEqual([decided, agreed, waiting], [2, 1, 1]);
    assert.deepEqual([parity.accepted, parity.is_evidence], [false, false]);

    await world.origin.git("update-ref", "-d", "refs/heads/one");
    const accepted = await world.json<Cutover>("cutover", "accept-parity", "--by", "ada");
    assert.deepEqual([accepted.mode, accepted.evidence], ["live", parity.digest]);
    assert.equal(accepted.reason, "1 of 1 merges identical, 0 conflict, 0 differ");
    await integrated(world, { slug: "two" });
    const again = await world.json<Parity>("parity", "--last", "1");
    assert.equal(again.accepted, true);
    assert.equal((await world.json<Parity>("parity")).merges, 2);
  }),
);

test(
  "a push of main by anybody else is heard of within five seconds, broken glass by its name",
  inWorld({}, async (world) => {
    const worker = await work(world, "by-hand");
    await worker.push();
    // The daemon has looked once.
    await integrated(world, await handOver(world, await work(world, "ours")));
    const begunMs = monotonicMs();
    const landed = await mergeByHand(world, "by-hand");
    const moved = await world.events.until({ type: "integration.main.moved" }, { withinMs: 8000 });
    assert.ok(monotonicMs() - begunMs < 7000, "the merge by hand itself takes its time");
    assert.deepEqual([moved.data.to, moved.data.commits], [landed, [landed]]);
    assert.equal(moved.data.guard_opened, undefined);
    const note = await waitUntil(
      async () => (await inbox(world)).find(({ group }) => group === `integration/main/${landed}`),
      { what: "a notification", everyMs: 100 },
    );
    assert.match(note.title, /^Main was moved to [0-9a-f]{7} by Ada Worker$/);

    const broken = await expectCode(
      0,
      world.signalbox("guard", "break-glass", "--reason", "the shop is down"),
    );
    assert.match(broken.stdout, /git push/);
    const rescue = await world.worker("rescue");
    await rescue.commit({ "rescue.txt": "1\n" });
    const pushed = await runChild("git", ["push", "origin", "HEAD:main"], {
      cwd: rescue.directory,
      env: world.env,
    });
    assert.equal(pushed.code, 0, told(pushed));
    const second = await world.events.until({ type: "integration.main.moved" }, { count: 2 });
    assert.deepEqual(Object.keys(second.data.guard_opened ?? {}), ["actor", "reason"]);
    assert.equal(
      world.events.seen({ type: "integration.main.moved" }).length,
      2,
      "and never a landing of ours",
    );
  }),
);

test(
  "where a shadow is forbidden for want of parity, the line neither starts nor is brought there",
  inWorld({ down: true }, async (world) => {
    const strict = { enabled: true, parity_evidence_accepted: false, rollback_on_incomplete_parity: false };
    await configure(world, { cutover: strict });
    const refused = await world.signalbox("up", "--detach");
    assert.equal(refused.code, 4, told(refused));
    assert.match(refused.stderr, /parity evidence is not accepted/);
    await configure(world, {});
    await world.up();
    assert.equal((await world.json<Cutover>("cutover")).mode, "live");
    await configure(world, { cutover: strict });
    await expectCode(0, world.signalbox("reload"));
    const integrating = await world.signalbox("integrate", "--json");
    assert.equal(integrating.code, 4, told(integrating));
    assert.equal(JSON.parse(integrating.stderr).error.code, "parity_incomplete");
    await configure(world, { cutover: { ...strict, enabled: false } });
    await expectCode(0, world.signalbox("reload"));
    await world.events.until({
      type: "integration.cutover.changed",
      where: ({ data }) => data.enabled === false && data.by === "signalbox.yaml",
    });
    assert.equal((await statusBoard(world)).mode, "shadow");
    await expectCode(4, world.signalbox("cutover", "enable", "--reason", "now"));
  }),
);

test(
  "parity needs no Redis, goes on where it was, and leaves the clone alone; evidence must be there to be accepted",
  inWorld({}, async (world) => {
    await expectCode(2, world.signalbox("cutover", "accept-parity"));
    for (const slug of ["one", "two"])
      await integrated(world, await handOver(world, await work(world, slug)));
    await world.down();
    const before = await world.git("status", "--porcelain");
    const parity = await world.json<Parity>("parity", "--last", "5");
    assert.deepEqual([parity.merges, parity.identical, parity.accepted], [2, 2, true]);
    assert.equal(await world.git("status", "--porcelain"), before);
    const { stdout, stderr } = await expectCode(0, world.signalbox("parity"));
    assert.match(stdout, /2 identical \(100\.0 %/);
    assert.match(stderr, /2 of 2 merges/, "progress goes to stderr");
    await expectCode(2, world.signalbox("parity", "--last", "0"));
  }),
);
