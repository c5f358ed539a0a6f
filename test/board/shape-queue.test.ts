/** The queue as it is shown: the one on the line with the times of its phases, and what travels with it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { activeOf, queueShapes } from "../../src/board/shape-queue.ts";
import { queueItemSchema } from "../../src/board/shapes.ts";
import type { Delivery } from "../../src/integration/delivery.ts";
import { candidate, id, queued } from "../integration/story.ts";

const merge = { oldMain: id(1), mergeCommit: id(2), tip: id(3), tree: id(4), warnings: [], atTip: true };
const taken = { deliveryId: "d1", attempt: 1, startedAtMs: 1000 };
const other = { ...candidate, slug: "search", branch: "search" };
const inHand: Delivery = {
  ...taken,
  candidate,
  began: { merged: 3000, picked: 2000 },
  phase: "merged",
  merge,
  followers: [{ ...taken, candidate: other, merge }],
};
const onLine = { ...queued(), status: "in_progress" as const };
const aboard = { ...queued(), ...other, aboard: "d1" };
const waiting = { ...queued(), slug: "later", branch: "later" };

test("the one in hand has its phases in their order, and so has what travels with it; what waits has none", () => {
  const shapes = queueShapes({ items: [waiting, aboard, onLine], order: [aboard, waiting], inHand });
  for (const shape of shapes) assert.deepEqual(queueItemSchema.parse(shape), shape);
  const phases = [
    { phase: "picked", began_at: "1970-01-01T00:00:02.000Z" },
    { phase: "merged", began_at: "1970-01-01T00:00:03.000Z" },
  ];
  assert.deepEqual(
    shapes.map((each) => [each.slug, each.position, each.phase, each.phases]),
    [
      [candidate.slug, null, "merged", phases],
      ["search", 1, "merged", phases],
      ["later", 2, null, []],
    ],
  );
  assert.equal(activeOf(shapes, "later")?.position, 2);
});

test("a delivery that was just taken is in its first phase since then", () => {
  const [shape] = queueShapes({
    items: [onLine],
    order: [],
    inHand: { ...taken, candidate, phase: "picked" },
  });
  assert.deepEqual(shape?.phases, [{ phase: "picked", began_at: "1970-01-01T00:00:01.000Z" }]);
});
