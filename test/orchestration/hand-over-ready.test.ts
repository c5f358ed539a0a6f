/** The orchestrator's part of the hand-over, over real git and a real Redis. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { openLock } from "../../src/events/lock.ts";
import { readItemRecord } from "../../src/git/item-records.ts";
import { createGit } from "../../src/git/run.ts";
import { type FinalizeGround, finalize } from "../../src/orchestration/finalize.ts";
import { nothingKnown } from "../../src/orchestration/hand-over.ts";
import { handOverReady } from "../../src/orchestration/hand-over-ready.ts";
import { standingOf } from "../../src/orchestration/item.ts";
import { startMarkYard } from "./mark-yard.ts";

const line = "FINALIZE_READY: login";

test("ready, it is handed over, its finalizer's session is ended, and the lock is given back", async (t) => {
  const yard = await startYard(t);
  const done = await finalize(yard.ground("fin-1"), "login");
  assert.equal(done.kind, "ready");
  const order: string[] = [];
  const queued = await handOverReady(yard.ground("orc-1"), {
    slug: "login",
    line,
    endSession: async () => {
      order.push(`ended after ${(await yard.started()).length} event`);
    },
  });
  assert.deepEqual(order, ["ended after 1 event"]);
  assert.equal(queued.sessionProblem, null);
  const [started] = await yard.started();
  assert.deepEqual([started?.worker_session_id, started?.orchestrator_session_id], ["fin-1", "orc-1"]);
  assert.equal(await yard.lock.hold(), null);
  assert.equal(await yard.standing(), "handed_over");
});

test("a worker that does not say it is not believed, and nothing happens", async (t) => {
  const yard = await startYard(t);
  await finalize(yard.ground("fin-1"), "login");
  for (const said of [
    "",
    "done",
    "FINALIZE_READY: other",
    "I would say FINALIZE_READY: login",
    "finalize_ready: login",
  ])
    await assert.rejects(yard.handOver({ line: said }), { code: "not_said" });
  assert.deepEqual(await yard.started(), []);
});

test("the word alone is nothing: what is not finalized is not handed over", async (t) => {
  const yard = await startYard(t);
  await assert.rejects(yard.handOver(), { code: "not_finalized" });
  await assert.rejects(
    handOverReady(yard.ground("orc"), { slug: "nobody", line: "FINALIZE_READY: nobody", endSession: null }),
    {
      code: "not_finalized",
    },
  );
});

test("a branch that moved at the remote, or is gone there, is not handed over; the item stays ready", async (t) => {
  const yard = await startYard(t);
  await finalize(yard.ground("fin-1"), "login");
  const { world } = yard;
  await world.run(world.origin, "update-ref", "refs/heads/login", "refs/heads/main");
  await assert.rejects(yard.handOver(), { code: "ready_moved" });
  await world.run(world.origin, "update-ref", "-d", "refs/heads/login");
  await assert.rejects(yard.handOver(), { code: "ready_moved", message: /is gone/ });
  assert.equal((await yard.items.get("login"))?.finalize?.status, "ready");
  assert.deepEqual(await yard.started(), []);
  assert.equal(await readItemRecord(world.git, yard.clone, "login"), null);
  assert.equal(await yard.lock.hold(), null);
});

test("handed over twice, also at once, it is said once", async (t) => {
  const yard = await startYard(t);
  await finalize(yard.ground("fin-1"), "login");
  const both = await Promise.all([yard.handOver({ by: "orc-1" }), yard.handOver({ by: "orc-2" })]);
  await yard.handOver({ by: "orc-3" });
  assert.equal((await yard.started()).length, 1);
  assert.ok(both.some(({ streamId }) => streamId !== null));
});

test("reconciliation said it first, in an earlier hand-over's words: it is known, and no conflict", async (t) => {
  const yard = await startYard(t);
  await finalize(yard.ground("fin-1"), "login");
  let late: (() => Promise<void>) | null = async () => {
    late = null;
    const ready = (await yard.items.get("login"))?.finalize;
    assert.ok(ready);
    const { branch, sha, attempt, at } = ready;
    const who = { pusher: "x", worker_session_id: "x", orchestrator_session_id: "x" };
    const data = {
      slug: "login",
      branch,
      sha,
      attempt,
      remote: "origin",
      pushed_at: at,
      ...who,
      ready_at: at,
    };
    await yard.say("deployment.started", data);
  };
  const ground = yard.ground("orc-1");
  const writer = ground.writer;
  // Just before our own write.
  const slow = {
    ...ground,
    writer: {
      write: async (request: Parameters<typeof writer.write>[0]) => {
        await late?.();
        return writer.write(request);
      },
    },
  };
  const queued = await handOverReady(slow, { slug: "login", line, endSession: null });
  assert.equal(queued.streamId, null);
  assert.equal((await yard.started()).length, 1);
  assert.equal(await yard.standing(), "handed_over");
});

test("an item that goes another way in the middle is not handed over, by us or by its record", async (t) => {
  const yard = await startYard(t);
  await finalize(yard.ground("fin-1"), "login");
  const ground = yard.ground("orc-1");
  const { writer } = ground;
  let isFirst = true;
  const slow = {
    ...ground,
    writer: {
      write: async (request: Parameters<typeof writer.write>[0]) => {
        if (isFirst) {
          isFirst = false;
          await yard.mark("login", "review started");
        }
        return writer.write(request);
      },
    },
  };
  await assert.rejects(handOverReady(slow, { slug: "login", line, endSession: null }), {
    code: "item_changed",
  });
  assert.deepEqual(await yard.started(), []);
  assert.equal(await readItemRecord(yard.world.git, yard.clone, "login"), null);
});

test("a finalizer whose lock ran out says nothing more", async (t) => {
  const yard = await startYard(t);
  const ground = yard.ground("fin-1");
  const losing = {
    ...ground,
    // Taken over while it is asking the line.
    lineKnows: async () => {
      const hold = await yard.lock.hold();
      if (hold !== null) await yard.lock.release(hold.token);
      return { ...nothingKnown, superseded: false };
    },
  };
  await assert.rejects(finalize(losing, "login"), { code: "lock_lost" });
  assert.equal((await yard.items.get("login"))?.finalize, null);
});

test("a session that cannot be ended is told of, and the item is handed over all the same", async (t) => {
  const yard = await startYard(t);
  await finalize(yard.ground("fin-1"), "login");
  const queued = await handOverReady(yard.ground("orc-1"), {
    slug: "login",
    line,
    endSession: async () => {
      throw new Error("it would not die");
    },
  });
  assert.equal(queued.sessionProblem, "it would not die");
  assert.equal(await yard.standing(), "handed_over");
  assert.equal(await yard.lock.hold(), null);
});

test("a candidate that was superseded for good is not finalized again", async (t) => {
  const yard = await startYard(t);
  const ground = { ...yard.ground("fin-1"), lineKnows: async () => ({ ...nothingKnown, superseded: true }) };
  await assert.rejects(finalize(ground, "login"), { code: "superseded" });
  assert.equal(await yard.lock.hold(), null);
});

async function startYard(t: TestContext) {
  const yard = await startMarkYard(t);
  const { world } = yard;
  const place = await world.worktree("login");
  await world.commit(place, { "login.txt": "1\n" });
  await yard.marks("login", "build complete", "review started", "review approved");
  const clone = { root: world.clone, commonDir: join(world.clone, ".git") };
  const lock = openLock(yard, "finalize:login");
  const ground = (by: string): FinalizeGround => ({
    ...yard.ground,
    clone,
    userGit: createGit({ binary: world.git.binary, env: world.env, mode: "user" }),
    source: yard,
    writer: yard.writerFor("cli"),
    lock: (slug) => openLock(yard, `finalize:${slug}`),
    isUpdating: false,
    lineKnows: async () => ({ ...nothingKnown, superseded: false }),
    by,
  });
  return {
    ...yard,
    clone,
    lock,
    ground,
    handOver: ({ by = "orc-1", line: said = line } = {}) =>
      handOverReady(ground(by), { slug: "login", line: said, endSession: null }),
    async started(): Promise<Record<string, unknown>[]> {
      return (await yard.said()).filter(({ type }) => type === "deployment.started").map(({ data }) => data);
    },
    async standing() {
      const state = await yard.items.get("login");
      return state === null ? null : standingOf(state);
    },
  };
}
