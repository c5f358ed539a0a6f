import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { durationBounds, historyOf, landingsOf, quantile } from "../../src/board/history.ts";
import type { QueueItemShape, QueueStatus } from "../../src/board/shapes.ts";
import { historySchema } from "../../src/board/shapes-of-api.ts";
import { item } from "./rows.ts";

const nowMs = Date.parse("2026-11-22T12:00:00.000Z");

/** An item that made these moves at these times. */
function moved(
  slug: string,
  moves: [to: QueueStatus, at: string][],
  reason: string | null = null,
): QueueItemShape {
  const history = moves.map(([to, at], index) => ({
    from: moves[index - 1]?.[0] ?? null,
    to,
    at,
    by: "daemon",
    reason: "so",
    code: to === "blocked" ? reason : null,
  }));
  const [last, lastAt] = moves.at(-1) ?? ["queued", ""];
  return item(slug, {
    ready_at: moves[0]?.[1] ?? "",
    status: last,
    reason,
    why: "",
    status_updated_at: lastAt,
    history,
  });
}

const landed = moved("a", [
  ["queued", "2026-11-22T10:00:00.000Z"],
  ["in_progress", "2026-11-22T10:00:02.000Z"],
  ["integrated", "2026-11-22T10:00:04.000Z"],
]);
const blocked = moved(
  "b",
  [
    ["queued", "2026-11-21T10:00:00.000Z"],
    ["in_progress", "2026-11-21T10:00:01.000Z"],
    ["blocked", "2026-11-21T10:00:03.000Z"],
  ],
  "conflict",
);
const old = moved("c", [
  ["queued", "2026-01-01T00:00:00.000Z"],
  ["in_progress", "2026-01-01T00:00:01.000Z"],
  ["integrated", "2026-01-01T01:00:00.000Z"],
]);

test("each day has its landings and blocks, and a day without is there", () => {
  const { per_day } = historyOf([landed, blocked, old], nowMs, 3);
  assert.deepEqual(per_day, [
    { day: "2026-11-20", landed: 0, blocked: 0 },
    { day: "2026-11-21", landed: 0, blocked: 1 },
    { day: "2026-11-22", landed: 1, blocked: 0 },
  ]);
});

test("a landing takes from ready to landed, and one of long ago does not count", () => {
  const { durations } = historyOf([landed, blocked, old], nowMs, 30);
  assert.deepEqual([durations.p50_s, durations.p95_s], [4, 4]);
  assert.deepEqual(
    durations.buckets.filter(({ count }) => count > 0),
    [{ le_s: 5, count: 1 }],
  );
  assert.deepEqual(landingsOf([landed])[0]?.seconds, 4);
});

test("nothing that landed has no quantile", () => {
  const { durations } = historyOf([], nowMs, 1);
  assert.deepEqual([durations.p50_s, durations.p95_s], [null, null]);
});

test("what was blocked in the asked days is counted by its reason, whatever became of it", () => {
  const freed = moved(
    "d",
    [
      ["queued", "2026-11-22T10:00:00.000Z"],
      ["blocked", "2026-11-22T10:00:01.000Z"],
      ["queued", "2026-11-22T10:01:00.000Z"],
      ["blocked", "2026-11-22T10:01:01.000Z"],
      ["queued", "2026-11-22T10:02:00.000Z"],
      ["integrated", "2026-11-22T10:02:01.000Z"],
    ],
    "push_refused",
  );
  const longAgo = moved("e", [["blocked", "2026-01-01T00:00:00.000Z"]], "conflict");
  const untold = moved("f", [["blocked", "2026-11-22T11:00:00.000Z"]]);
  const history = historyOf([landed, blocked, freed, longAgo, untold], nowMs, 30);
  assert.deepEqual(history.blocked_by_reason, [
    { reason: "push_refused", count: 2 },
    { reason: "conflict", count: 1 },
    { reason: "unknown", count: 1 },
  ]);
  const inDays = history.per_day.reduce((sum, each) => sum + each.blocked, 0);
  assert.equal(inDays, 4);
});

test("what is blocked is counted by its reason", () => {
  assert.deepEqual(historyOf([landed, blocked], nowMs, 30).blocked_by_reason, [
    { reason: "conflict", count: 1 },
  ]);
});

test("the queue's depth rises with a candidate and falls when it is taken", () => {
  assert.deepEqual(historyOf([landed], nowMs, 1).depth, [
    { at: "2026-11-22T10:00:00.000Z", queued: 1 },
    { at: "2026-11-22T10:00:02.000Z", queued: 0 },
  ]);
});

test("many changes are thinned out, and the newest stays", () => {
  const many = Array.from({ length: 2000 }, (_, at) => {
    const time = new Date(nowMs - 3_600_000 + at * 1000).toISOString();
    return moved(`m${at}`, [["queued", time]]);
  });
  const { depth } = historyOf(many, nowMs, 1);
  assert.equal(depth.length, 500);
  assert.equal(depth.at(-1)?.queued, 2000);
});

test("a quantile is a value that was there, and none of a lower rank is above it", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 1 }),
      fc.double({ min: 0.01, max: 1, noNaN: true }),
      (values, share) => {
        const sorted = values.toSorted((a, b) => a - b);
        const found = quantile(sorted, share) ?? -1;
        assert.ok(sorted.includes(found));
        assert.ok(sorted.filter((value) => value <= found).length >= share * sorted.length);
      },
    ),
  );
});

test("every landing is in one bucket", () => {
  const seconds = [0, 1, 1.5, 60, 86_401];
  const items = seconds.map((each, at) => {
    const end = nowMs - at * 1000;
    return moved(`s${at}`, [
      ["queued", new Date(end - each * 1000).toISOString()],
      ["integrated", new Date(end).toISOString()],
    ]);
  });
  const history = historyOf(items, nowMs, 2);
  assert.equal(
    history.durations.buckets.reduce((sum, { count }) => sum + count, 0),
    seconds.length,
  );
  assert.equal(history.durations.buckets.length, durationBounds.length + 1);
  assert.deepEqual(historySchema.parse(history), history);
});
