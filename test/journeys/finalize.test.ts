/** The hand-over: from an approved item in its worktree to main; and everything that may go wrong on the way. */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { openLock } from "../../src/events/lock.ts";
import { jsonShapes } from "../../src/surfaces/cli/json-fields.ts";
import { queueRows } from "../world/board.ts";
import { told } from "../world/child.ts";
import { blocked, integrated } from "../world/facts.ts";
import { expectOneStory } from "../world/invariants.ts";
import {
  approvedItem,
  dyingAt,
  type Finalized,
  finalizeItem,
  markPhase,
  showItem,
  tryFinalize,
} from "../world/items.ts";
import { processesOf } from "../world/leftovers.ts";
import { shareWorld } from "../world/shared.ts";
import { openWire } from "../world/wire.ts";
import type { Worker } from "../world/worker.ts";
import { inWorld, type World } from "../world/world.ts";

const journey = shareWorld();

journey("an approved item is finalized, handed over, and lands", async (world) => {
  const worker = await approvedItem(world, "search");
  const sha = await worker.head();
  const ran = await tryFinalize(world, worker, "--hand-over");
  assert.equal(ran.code, 0, told(ran));
  assert.match(ran.stdout, /^FINALIZE_READY: search\n.*queued for integration/);
  const completed = await integrated(world, { slug: "search", sha });
  assert.equal(completed.data.sha, sha);
  const started = world.events.seen({ type: "deployment.started", slug: "search" });
  assert.equal(started.length, 1);
  const { pusher, worker_session_id, remote, attempt, ready_at } = started[0]?.data ?? {};
  assert.deepEqual([pusher === worker_session_id, remote, attempt], [true, "origin", 1]);
  assert.ok(String(ready_at) <= String(started[0]?.time));
  assert.deepEqual(recorded(world, "search"), ["pending", "ready", "handed_over"]);
  assert.equal(await lockKeys(world, "search"), 0, "the lock was not given back");
});

journey(
  "without --hand-over it is ready, its last line says so, and it waits for an orchestrator",
  async (world) => {
    const worker = await approvedItem(world, "ready-only");
    const ran = await tryFinalize(world, worker);
    assert.equal(ran.code, 0, told(ran));
    assert.equal(ran.stdout.trimEnd().split("\n").at(-1), "FINALIZE_READY: ready-only");
    assert.equal((await showItem(world, "ready-only")).finalize?.status, "ready");
    assert.equal(await world.origin.ref("refs/heads/ready-only"), await worker.head());
    assert.equal(
      (await queueRows(world)).some(({ slug }) => slug === "ready-only"),
      false,
    );
    assert.equal((await world.signalbox("reconcile")).code, 0);
    assert.deepEqual(world.events.seen({ type: "deployment.started", slug: "ready-only" }), []);

    const again = await finalizeItem(world, worker, "--hand-over");
    assert.deepEqual([again.status, again.attempt], ["handed_over", 1]);
    await integrated(world, { slug: "ready-only" });
    assert.deepEqual(recorded(world, "ready-only"), ["pending", "ready", "handed_over"]);
  },
);

journey("handed over already, it is answered so, and nothing is said again", async (world) => {
  await world.signalbox("queue", "pause", "--reason", "to look at it");
  const worker = await approvedItem(world, "twice");
  const first = await finalizeItem(world, worker, "--hand-over");
  assert.equal(first.position, 1);
  assert.deepEqual(Object.keys(first), jsonShapes["todo finalize"]?.fields);
  const second = await finalizeItem(world, worker, "--hand-over");
  assert.deepEqual(second, { ...first, updated: false });
  await world.signalbox("queue", "resume", "--reason", "seen");
  await integrated(world, { slug: "twice" });
  assert.equal(world.events.seen({ type: "deployment.started", slug: "twice" }).length, 1);
});

describe("what may not be finalized is refused, and nothing is pushed or said", () => {
  type Case = { code: number; says: RegExp; make: (world: World, slug: string) => Promise<Worker> };
  const cases: Record<string, Case> = {
    "nobody-knows": {
      code: 2,
      says: /Nothing is known of nobody-knows/,
      make: async (world) => nowhere(world),
    },
    "not-built": { code: 2, says: /no way to finalize started/, make: (world, slug) => world.worker(slug) },
    "not-reviewed": {
      code: 2,
      says: /at build complete.*no way to finalize/,
      make: async (world, slug) => {
        const worker = await world.worker(slug);
        await worker.commit({ "unseen.txt": "1\n" });
        await markPhase(world, worker, "build", "complete");
        return worker;
      },
    },
    "not-clean": {
      code: 2,
      says: /not clean: it has 1 uncommitted change/,
      make: async (world, slug) => {
        const worker = await approvedItem(world, slug);
        await writeFile(join(worker.directory, "forgotten.txt"), "not committed\n");
        return worker;
      },
    },
    "gone-stale": {
      code: 3,
      says: /stale: 1 unreviewed commit was added since [0-9a-f]{7} was reviewed/,
      make: async (world, slug) => {
        const worker = await approvedItem(world, slug);
        await worker.commit({ "late.txt": "nobody has read this\n" });
        return worker;
      },
    },
  };
  for (const [slug, { code, says, make }] of Object.entries(cases))
    journey(`${slug}`, async (world) => {
      const worker = { ...(await make(world, slug)), slug };
      const ran = await tryFinalize(world, worker, "--hand-over");
      assert.equal(ran.code, code, told(ran));
      assert.match(ran.stderr, says);
      assert.doesNotMatch(ran.stdout, /FINALIZE_READY/);
      assert.equal(await world.origin.ref(`refs/heads/${slug}`), null);
      assert.deepEqual(await saidOfFinalizing(world, slug), []);
      assert.equal(await lockKeys(world, slug), 0);
    });
});

journey("a slug like an option is none", async (world) => {
  for (const args of [["--help-me"], ["--", "--help-me"], ["../../main"], ["main; touch here"]]) {
    const ran = await world.signalbox("todo", "finalize", ...args, "--hand-over");
    assert.equal(ran.code, 2, told(ran));
    assert.doesNotMatch(ran.stdout, /FINALIZE_READY/);
  }
});

journey("commits in the item's own folder do not make the approval stale", async (world) => {
  const worker = await approvedItem(world, "demo-later");
  const sha = await worker.commit({ "todos/demo-later/demo.md": "# See it\n" });
  assert.equal((await finalizeItem(world, worker, "--hand-over")).sha, sha);
  await integrated(world, { slug: "demo-later", sha });
});

journey("commits at the remote that this clone has not seen are not overwritten", async (world) => {
  const worker = await approvedItem(world, "diverged");
  await worker.push();
  await worker.git("update-ref", "-d", "refs/remotes/origin/diverged");
  const theirs = (
    await world.origin.git(
      ...asEve,
      "commit-tree",
      "refs/heads/diverged^{tree}",
      "-p",
      "refs/heads/diverged",
      "-m",
      "Theirs",
    )
  ).trim();
  await world.origin.git("update-ref", "refs/heads/diverged", theirs);
  const ran = await tryFinalize(world, worker, "--hand-over");
  assert.equal(ran.code, 1, told(ran));
  assert.match(ran.stderr, /commits that this clone has not seen/);
  assert.equal(await world.origin.ref("refs/heads/diverged"), theirs);
  assert.notEqual((await showItem(world, "diverged")).finalize?.status, "handed_over");
  assert.equal(await lockKeys(world, "diverged"), 0);
});

journey(
  "a branch that was set back at the remote after it was ready is pushed again, and then handed over",
  async (world) => {
    const worker = await approvedItem(world, "set-back");
    const ready = await finalizeItem(world, worker);
    await world.origin.git("update-ref", "refs/heads/set-back", world.start);
    assert.equal((await finalizeItem(world, worker, "--hand-over")).sha, ready.sha);
    await integrated(world, { slug: "set-back", sha: ready.sha });
  },
);

journey("with the remote away nothing is said; when it is back it goes on", async (world) => {
  const worker = await approvedItem(world, "patience");
  await world.origin.away();
  const ran = await tryFinalize(world, worker, "--hand-over");
  await world.origin.back();
  assert.equal(ran.code, 75, told(ran));
  assert.match(ran.stderr, /origin cannot be reached/);
  assert.equal((await showItem(world, "patience")).finalize?.status, "pending");
  await finalizeItem(world, worker, "--hand-over");
  await integrated(world, { slug: "patience" });
});

journey("a push that the remote refuses leaves the item where it was", async (world) => {
  const worker = await approvedItem(world, "refused");
  await world.origin.hook("pre-receive", 'echo "no new branches today" >&2; exit 1');
  const ran = await tryFinalize(world, worker, "--hand-over");
  await world.origin.hook("pre-receive", null);
  assert.equal(ran.code, 1, told(ran));
  assert.match(ran.stderr, /no new branches today/);
  await finalizeItem(world, worker, "--hand-over");
  await integrated(world, { slug: "refused" });
});

journey("of several at once, one hands it over, and it is said once", async (world) => {
  const worker = await approvedItem(world, "at-once");
  const runs = await Promise.all([1, 2, 3].map(() => tryFinalize(world, worker, "--hand-over")));
  for (const ran of runs) assert.ok(ran.code === 0 || ran.code === 75, told(ran));
  assert.ok(runs.some(({ code }) => code === 0));
  await integrated(world, { slug: "at-once" });
  assert.equal(world.events.seen({ type: "deployment.started", slug: "at-once" }).length, 1);
  assert.equal(recorded(world, "at-once").filter((status) => status === "handed_over").length, 1);
});

journey(
  "while somebody holds the lock nobody else finalizes, and is told who and how long",
  async (world) => {
    const worker = await approvedItem(world, "held");
    await using wire = await openWire(world);
    const lock = openLock(wire, "finalize:held");
    const taking = await lock.take(60_000);
    assert.equal(taking.kind, "taken");
    const ran = await tryFinalize(world, worker, "--hand-over");
    assert.equal(ran.code, 75, told(ran));
    assert.match(
      ran.stderr,
      new RegExp(`being finalized by process ${process.pid} on .*runs out in \\d+ s`, "s"),
    );
    assert.equal(await world.origin.ref("refs/heads/held"), null);
    if (taking.kind === "taken") await lock.release(taking.token);
    await finalizeItem(world, worker, "--hand-over");
    await integrated(world, { slug: "held" });
  },
);

describe("killed on either side of each step, the next call does the rest, once", () => {
  for (const step of [
    "finalize.pending",
    "finalize.push",
    "finalize.ready",
    "hand_over.record",
    "hand_over.emit",
  ])
    for (const side of ["before", "after"])
      journey(`${side} ${step}`, async (world) => {
        const slug = `killed-${side}-${step.replace(/[._]/g, "-")}`;
        const worker = await approvedItem(world, slug);
        // What the killed one has said may land at once, and its worktree go: the next call is made in it.
        await world.signalbox("queue", "pause", "--reason", "until the next call");
        const killed = await tryFinalizeDying(world, worker, `${side} ${step}`);
        assert.notEqual(killed.code, 0, told(killed));
        assert.doesNotMatch(killed.stdout, /queued/);
        const again = await finalizeItem(world, worker, "--hand-over");
        await world.signalbox("queue", "resume", "--reason", "it was made");
        assert.deepEqual([again.status, again.attempt], ["handed_over", 1]);
        await integrated(world, { slug });
        assert.equal(world.events.seen({ type: "deployment.started", slug }).length, 1);
        assert.equal(await lockKeys(world, slug), 0);
      });
});

journey("killed between record and event, reconciliation hands it over without anybody", async (world) => {
  const worker = await approvedItem(world, "by-itself");
  const killed = await tryFinalizeDying(world, worker, "before hand_over.emit");
  assert.notEqual(killed.code, 0, told(killed));
  assert.equal((await showItem(world, "by-itself")).finalize?.status, "ready");
  const { repairs } = await world.json<{ repairs: { kind: string; slug: string }[] }>("reconcile");
  const said = repairs.filter(({ slug }) => slug === "by-itself");
  assert.ok(
    said.some(({ kind }) => kind === "event_emitted"),
    JSON.stringify(repairs),
  );
  await integrated(world, { slug: "by-itself" });
  assert.equal((await showItem(world, "by-itself")).finalize?.status, "handed_over");
  assert.equal(world.events.seen({ type: "deployment.started", slug: "by-itself" }).length, 1);
});

journey(
  "a blocked item is mended, reviewed, and handed over anew; the same commit as another attempt",
  async (world) => {
    const first = await approvedItem(world, "comes-first", { "contested.txt": "first\n" });
    const worker = await approvedItem(world, "comes-second", { "contested.txt": "second\n" });
    await finalizeItem(world, first, "--hand-over");
    await integrated(world, { slug: "comes-first" });
    await finalizeItem(world, worker, "--hand-over");
    const failed = await blocked(world, { slug: "comes-second" }, "conflict");
    assert.equal(failed.data.attempt, 1);

    const again = await finalizeItem(world, worker, "--hand-over");
    assert.equal(again.attempt, 2);
    await world.events.until({
      type: "deployment.failed",
      slug: "comes-second",
      where: ({ data }) => data.attempt === 2,
    });

    await worker.mergeMain();
    await worker.commit({ "contested.txt": "first\nsecond\n" }, "Take both");
    await markPhase(world, worker, "fix", "complete");
    await markPhase(world, worker, "review", "started");
    await markPhase(world, worker, "review", "approved");
    const mended = await finalizeItem(world, worker, "--hand-over");
    assert.equal(mended.attempt, 1);
    await integrated(world, { slug: "comes-second", sha: mended.sha });
  },
);

test(
  "with finalize.update main is merged in where it merges cleanly, and the approval still covers that",
  inWorld({ config: { finalize: { update: true } } }, async (world) => {
    const other = await approvedItem(world, "other", { "other.txt": "1\n", "contested.txt": "theirs\n" });
    const worker = await approvedItem(world, "updated", { "mine.txt": "1\n" });
    const colliding = await approvedItem(world, "colliding", { "contested.txt": "ours\n" });
    await finalizeItem(world, other, "--hand-over");
    const landed = await integrated(world, { slug: "other" });
    const before = await worker.head();

    // Looked at before it lands: its worktree goes with the landing.
    await world.signalbox("queue", "pause", "--reason", "to look at it");
    const done = await finalizeItem(world, worker, "--hand-over");
    assert.equal(done.updated, true);
    assert.equal(done.sha, await worker.head());
    assert.deepEqual((await worker.git("log", "-1", "--format=%P")).trim().split(" "), [
      before,
      landed.data.main_sha,
    ]);
    assert.equal((await worker.git("status", "--porcelain")).trim(), "");
    await world.signalbox("queue", "resume", "--reason", "looked at");
    await integrated(world, { slug: "updated", sha: done.sha });

    const sha = await colliding.head();
    const ran = await tryFinalize(world, colliding, "--hand-over");
    assert.equal(ran.code, 0, told(ran));
    assert.match(ran.stderr, /does not merge cleanly/);
    assert.equal(await colliding.head(), sha);
    assert.equal((await colliding.git("status", "--porcelain")).trim(), "");
    await blocked(world, { slug: "colliding", sha }, "conflict");
    await expectOneStory(world);
  }),
);

test(
  "with Redis away nothing is pushed; away in the middle it is ready or handed over, and goes on when Redis is back",
  inWorld({}, async (world) => {
    const worker = await approvedItem(world, "middle");
    await world.signalbox("down");
    const away = await tryFinalize(world, worker, "--hand-over");
    assert.equal(away.code, 69, told(away));
    assert.equal(await world.origin.ref("refs/heads/middle"), null);
    await world.up();
    // The remote's hook takes Redis away while the branch is being pushed.
    const pid = await redisPid(world);
    await world.origin.hook("pre-receive", `[ -e done ] || { touch done; kill -KILL ${pid}; }`);
    const middle = await tryFinalize(world, worker, "--hand-over");
    await world.origin.hook("pre-receive", null);
    assert.ok([0, 69, 75].includes(middle.code ?? -1), told(middle));
    await world.signalbox("up", "--detach");
    if (middle.code !== 0) await finalizeItem(world, worker, "--hand-over");
    await integrated(world, { slug: "middle" });
    // Worktree and branch are tidied away by now: whoever missed the answer asks from anywhere, and gets it.
    const late = await world.json<Finalized>("todo", "finalize", "middle", "--hand-over");
    assert.deepEqual([late.status, late.merge_commit !== null], ["handed_over", true]);
    assert.equal(world.events.seen({ type: "deployment.started", slug: "middle" }).length, 1);
    await expectOneStory(world);
  }),
);

const asEve = ["-c", "user.name=Eve", "-c", "user.email=eve@example.org"];

async function nowhere(world: World): Promise<Worker> {
  return { ...(await world.worker("somewhere")), slug: "nobody-knows" };
}

function tryFinalizeDying(world: World, worker: Worker, order: string) {
  const options = { cwd: worker.directory, env: dyingAt(world, order) };
  return world.signalboxIn(options, "todo", "finalize", worker.slug, "--hand-over");
}

function recorded(world: World, slug: string): string[] {
  return world.events.seen({ type: "work.finalize.recorded", slug }).map(({ data }) => String(data.status));
}

async function lockKeys(world: World, slug: string): Promise<unknown> {
  await using wire = await openWire(world);
  return await wire.redis.command(["EXISTS", wire.keys.lease(`finalize:${slug}`)]);
}

async function redisPid(world: World): Promise<number> {
  const found = (await processesOf(world.place)).find(({ command }) =>
    /^\S*(redis|valkey)-server/.test(command),
  );
  assert.ok(found, "there is no Redis");
  return found.pid;
}

/** What the log has of the item's finalizing, asked now. */
async function saidOfFinalizing(world: World, slug: string): Promise<string[]> {
  const ran = await world.signalbox("events", "--slug", slug, "--json");
  assert.equal(ran.code, 0, told(ran));
  return ran.stdout.split("\n").filter((line) => /work\.finalize\.recorded|deployment\.started/.test(line));
}
