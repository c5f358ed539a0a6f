import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import {
  compareFifo,
  decide,
  isAllowedMove,
  isTerminal,
  keyOfOrderMember,
  moved,
  orderMember,
  ownLanding,
  type QueueItem,
  queueStatuses,
  recheck,
  takeable,
} from "../../src/integration/queue.ts";
import { type Condition, type GitFacts, type Judgement, judge } from "../../src/integration/readiness.ts";
import { allIsWell, candidate, id, keyOf, line, queued, ready } from "./story.ts";

const judged = (more: Partial<Judgement> = {}): Judgement => ({
  ...judge(ready, candidate, allIsWell, line),
  ...more,
});
const newer = { branch: "login", sha: id(2) };
const ancestor: GitFacts["landed"] = { commit: id(5), how: "ancestor" };
const recorded: GitFacts["landed"] = { commit: id(5), how: "recorded" };
const failing = (blocks: Condition["blocks"]): Partial<Judgement> => ({
  status: "NOT_READY",
  conditions: [{ name: "reachable", holds: false, detail: "why", blocks }],
});

suite("moves of a candidate", () => {
  test("are those of the specification, and no others", () => {
    const from = [null, ...queueStatuses];
    const found = from.flatMap((a) =>
      queueStatuses.filter((b) => isAllowedMove(a, b)).map((b) => `${a} → ${b}`),
    );
    assert.deepEqual(found, [
      "null → queued",
      "queued → in_progress",
      "queued → integrated",
      "queued → blocked",
      "queued → superseded",
      "in_progress → queued",
      "in_progress → integrated",
      "in_progress → blocked",
      "in_progress → superseded",
      "blocked → queued",
    ]);
    assert.deepEqual(queueStatuses.filter(isTerminal), ["integrated", "superseded"]);
  });

  test("to blocked keep why, when the item itself has forgotten it", () => {
    const why = { by: "ann", reason: "text.txt", atMs: 1 };
    const blocked = moved(queued(), { to: "blocked", ...why, set: { reason: "conflict" } });
    const again = moved(blocked, { to: "queued", ...why });
    assert.deepEqual([blocked.reason, again.reason], ["conflict", null]);
    assert.deepEqual(
      again.history.map(({ to, code }) => [to, code]),
      [
        ["queued", undefined],
        ["blocked", "conflict"],
        ["queued", undefined],
      ],
    );
  });

  test("are counted, kept in order, and refused where they are not allowed", () => {
    const move = (to: QueueItem["status"]) => ({ to, atMs: 1, by: "ann", reason: "because" });
    let item = queued();
    const walk = fc.array(fc.constantFrom(...queueStatuses), { maxLength: 30 });
    fc.assert(
      fc.property(walk, (targets) => {
        item = queued();
        let made = 1;
        for (const to of targets) {
          if (isAllowedMove(item.status, to)) {
            item = moved(item, move(to));
            made++;
          } else assert.throws(() => moved(item, move(to)), /may not move/);
        }
        assert.equal(item.moves, made);
        assert.ok(
          item.history.every((one, at) => isAllowedMove(one.from, one.to) && (at === 0 || one.from !== null)),
        );
        assert.equal(item.history.at(-1)?.to, item.status);
      }),
    );
  });

  test("number themselves on when the history has begun to forget, so that no two have one number", () => {
    let item = queued();
    for (let turn = 0; turn < 150; turn++)
      for (const to of ["in_progress", "queued"] as const)
        item = moved(item, { to, atMs: turn, by: "ann", reason: "again" });
    assert.deepEqual([item.moves, item.history.length, item.history[0]?.from], [301, 100, null]);
  });

  test("leave behind what belonged to the last one", () => {
    const set = { reason: "conflict", why: "w", nextAction: "n" } as const;
    const blocked = moved(queued(), { to: "blocked", atMs: 1, by: "ann", reason: "r", set });
    assert.deepEqual([blocked.reason, blocked.why, blocked.nextAction], ["conflict", "w", "n"]);
    const again = moved(blocked, { to: "queued", atMs: 2, by: "ann", reason: "retried" });
    assert.deepEqual([again.reason, again.why, again.nextAction], [null, "retried", null]);
  });
});

suite("order of the queue", () => {
  const item = fc
    .record({
      readyAtMs: fc.integer({ min: 0, max: 3 }),
      ms: fc.integer({ min: 0, max: 20 }),
      serial: fc.nat(20),
    })
    .map(({ readyAtMs, ms, serial }) => queued({ readyAtMs, streamId: `${ms}-${serial}` }));

  test("is ready_at, then the stream's own order: numbers, not letters", () => {
    fc.assert(
      fc.property(item, item, (a, b) => {
        const [aMs = 0, aSerial = 0] = a.streamId.split("-").map(Number);
        const [bMs = 0, bSerial = 0] = b.streamId.split("-").map(Number);
        const byNumbers = a.readyAtMs - b.readyAtMs || aMs - bMs || aSerial - bSerial;
        if (byNumbers !== 0) assert.equal(Math.sign(compareFifo(a, b)), Math.sign(byNumbers));
      }),
    );
  });

  test("holds the candidate's key, whatever its branch is called", () => {
    const odd = queued({ branch: "a|b@c:d" });
    assert.equal(keyOfOrderMember(orderMember(odd)), keyOf(odd));
  });
});

suite("what may be taken", () => {
  const first = queued({ slug: "first" });
  const late = {
    ...queued({ slug: "late" }),
    history: [{ from: null, to: "queued", atMs: 9_000, by: "d", reason: "r" }],
  } satisfies QueueItem;
  const paused = { by: "ann", atMs: 5_000, reason: "r", draining: false };

  test("is the head; nothing while paused; while draining what was queued before", () => {
    assert.deepEqual(
      takeable([first, late], null).map(({ slug }) => slug),
      ["first", "late"],
    );
    assert.deepEqual(takeable([first, late], paused), []);
    assert.deepEqual(takeable([first, late], { ...paused, draining: true }), [first]);
    assert.deepEqual(takeable([late], { ...paused, draining: true }), []);
    assert.deepEqual(takeable([], null), []);
  });
});

suite("what the queue does about a judgement", () => {
  test("queues what is READY, once", () => {
    assert.deepEqual(decide(null, judged(), null), { kind: "enqueue" });
    for (const status of queueStatuses)
      assert.deepEqual(decide(queued({ status }), judged(), null), { kind: "none" });
    assert.deepEqual(decide(null, judged({ status: "NOT_READY" }), null), { kind: "none" });
  });

  test("leaves what is on the line, and what has ended, to whoever has it", () => {
    const all = [failing("branch_gone"), { supersededBy: newer }, { status: "INTEGRATED" as const }];
    for (const status of ["in_progress", "integrated", "superseded"] as const)
      for (const more of all)
        assert.deepEqual(decide(queued({ status }), judged(more), ancestor), { kind: "none" });
  });

  test("records what came to main without the line, as it came there", () => {
    const on = judged({ status: "INTEGRATED" });
    for (const item of [null, queued(), queued({ status: "blocked" })])
      assert.deepEqual(decide(item, on, ancestor), { kind: "integrated", commit: id(5), how: "ancestor" });
  });

  test("takes a newer commit of the slug for the one that landed, unless exactly this one is recorded", () => {
    const on = judged({ status: "INTEGRATED", supersededBy: newer });
    assert.deepEqual(decide(null, on, ancestor), { kind: "none" });
    assert.deepEqual(decide(queued(), on, ancestor), { kind: "superseded", by: newer });
    assert.deepEqual(decide(queued(), on, recorded), { kind: "integrated", commit: id(5), how: "recorded" });
    assert.equal(ownLanding(on, ancestor), null);
    assert.equal(ownLanding(on, recorded), recorded);
  });

  test("supersedes a blocked candidate, and otherwise leaves it for a retry", () => {
    const blocked = queued({ status: "blocked" });
    assert.deepEqual(decide(blocked, judged({ supersededBy: newer }), null), {
      kind: "superseded",
      by: newer,
    });
    assert.deepEqual(decide(blocked, judged(failing("branch_gone")), null), { kind: "none" });
  });

  test("blocks for what will not pass by itself; not for waiting, nor for a withdrawal that is older than its requeue", () => {
    assert.deepEqual(recheck(judged(failing("review_revoked"))), {
      kind: "blocked",
      reason: "review_revoked",
      detail: "why",
    });
    assert.deepEqual(recheck(judged(failing(null))), { kind: "none" });
    assert.deepEqual(recheck(judged(failing("withdrawn"))), { kind: "none" });
  });
});
