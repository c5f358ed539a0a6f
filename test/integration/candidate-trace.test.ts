/** The spans of a candidate's way, and the ids that every process makes alike. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  deliverSpan,
  deliverSpanOf,
  endsAttempt,
  outcomeTold,
  phaseSpan,
} from "../../src/integration/candidate-trace.ts";
import { picked } from "../../src/integration/delivery.ts";
import { moved, type QueueItem, type QueueStatus, queuedItem } from "../../src/integration/queue.ts";

const candidate = { slug: "cart", branch: "work/cart", sha: "c".repeat(40) };
const trace = { traceparent: `00-${"a".repeat(32)}-${"b".repeat(16)}-01` };

function queued(more: Partial<QueueItem> = {}): QueueItem {
  const known = { remote: "origin", attempt: 1, readyAtMs: 900, claimedReadyAtMs: 900, streamId: "900-0" };
  const item = { ...candidate, ...known, reviewer: null, deliveryId: "d-1", ...more };
  return queuedItem(item, 1000, "daemon");
}

const to = (item: QueueItem, status: QueueStatus, atMs: number, set = {}) =>
  moved(item, { to: status, atMs, by: "x", reason: "so", set });

describe("the span of an attempt", () => {
  test("has the same ids for whoever makes it, from the queue or from the checkpoint", () => {
    const startedAtMs = 5;
    const delivery = picked({ candidate, deliveryId: "d-1", attempt: 1, startedAtMs, trace });
    const { startMs, ...fromQueue } = deliverSpanOf(queued({ trace }));
    assert.deepEqual(deliverSpan(delivery), fromQueue);
    assert.equal(startMs, 1000);
    assert.match(fromQueue.id?.span ?? "", /^[0-9a-f]{16}$/);
    assert.match(fromQueue.id?.trace ?? "", /^[0-9a-f]{32}$/);
  });

  test("continues the hand-over's trace, and begins one where there was none", () => {
    assert.deepEqual(deliverSpanOf(queued({ trace })).under, trace);
    assert.equal(deliverSpanOf(queued()).under, null);
  });

  test("another attempt is another span, and of an untraced candidate in the same trace", () => {
    const [first, second] = [deliverSpanOf(queued()), deliverSpanOf(queued({ attempt: 2 }))];
    assert.notEqual(first.id?.span, second.id?.span);
    assert.equal(first.id?.trace, second.id?.trace);
  });
});

describe("the end of an attempt", () => {
  const landed = { mergeCommit: "m".repeat(40), mainSha: "t".repeat(40) };

  test("tells how long it waited and what became of it", () => {
    const taken = to(queued(), "in_progress", 3000);
    const told = outcomeTold(taken, to(taken, "integrated", 4000, landed));
    assert.deepEqual(told.waited, { fromMs: 1000, toMs: 3000 });
    assert.equal(told.failure, null);
    assert.equal(told.attributes["signalbox.outcome"], "integrated");
    assert.equal(told.attributes["signalbox.merge_commit"], landed.mergeCommit);
  });

  test("of one that was never taken, it waited to the end", () => {
    const before = queued();
    const told = outcomeTold(before, to(before, "blocked", 5000, { reason: "branch_gone" }));
    assert.deepEqual(told.waited, { fromMs: 1000, toMs: 5000 });
    assert.equal(told.failure, "branch_gone");
  });

  test("of a later attempt, the wait is that of the attempt", () => {
    const blocked = to(to(queued(), "in_progress", 2000), "blocked", 3000, { reason: "conflict" });
    const taken = to(to(blocked, "queued", 6000, { attempt: 2 }), "in_progress", 7000);
    assert.deepEqual(outcomeTold(taken, to(taken, "integrated", 8000)).waited, { fromMs: 6000, toMs: 7000 });
  });

  test("is none where it goes back into the queue, be it on its way to another end", () => {
    const move = (status: QueueStatus) => ({ to: status, atMs: 1, by: "x", reason: "so" });
    for (const end of ["integrated", "blocked", "superseded"] as const)
      assert.equal(endsAttempt([move(end)]), true);
    assert.equal(endsAttempt([move("queued")]), false);
    assert.equal(endsAttempt([move("in_progress")]), false);
    assert.equal(endsAttempt([move("queued"), move("superseded")]), false);
  });
});

test("a phase is named by what its hand does, and says that it was begun by another session", () => {
  const delivery = picked({ candidate, deliveryId: "d-1", attempt: 1, startedAtMs: 5 });
  assert.equal(delivery.phase, "picked");
  if (delivery.phase !== "picked") return;
  const { name, under, attributes } = phaseSpan(delivery, trace, true);
  assert.deepEqual([name, under], ["merge", trace]);
  assert.equal(attributes?.["signalbox.phase"], "picked");
  assert.equal(attributes?.["signalbox.resumed"], true);
  assert.equal(phaseSpan(delivery, trace, false).attributes?.["signalbox.resumed"], undefined);
});
