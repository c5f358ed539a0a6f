import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import { parseCheckpoint } from "../../src/integration/checkpoint.ts";
import {
  advance,
  begun,
  type Delivery,
  following,
  lastTip,
  type Outcome,
  phases,
  picked,
  retryDelayMs,
} from "../../src/integration/delivery.ts";
import { candidate, id } from "./story.ts";

const base = { candidate, deliveryId: "d1", attempt: 2, startedAtMs: 7 };
const merge = { oldMain: id(1), mergeCommit: id(2), tip: id(3), tree: id(4), warnings: ["w"], atTip: true };
const follower = {
  candidate: { ...candidate, slug: "search" },
  deliveryId: "d2",
  attempt: 1,
  startedAtMs: 8,
  merge: { ...merge, oldMain: id(3), mergeCommit: id(7), tip: id(8) },
};
const followers = [follower];
const intent = {
  token: 3,
  leaseOld: null,
  leaseNew: id(6),
  sequence: 1,
  deletes: [{ branch: "login", sha: id(1) }],
};
const landed = {
  mergeCommit: id(2),
  mainSha: id(3),
  checks: ["unit"],
  how: "pushed" as const,
  deleted: ["login"],
};
const evidence = { conflicts: [], diagnostics: ["d"] };
const tidy = { done: ["x"], kept: [] };

const deliveries: { [Phase in Delivery["phase"]]: Extract<Delivery, { phase: Phase }> } = {
  picked: { ...base, phase: "picked" },
  merged: { ...base, phase: "merged", merge, followers },
  checked: { ...base, phase: "checked", merge, followers, checks: ["unit"], apart: false },
  pushing: { ...base, phase: "pushing", merge, followers, checks: ["unit"], apart: false, intent },
  pushed: { ...base, phase: "pushed", ...landed, followers },
  tidied: { ...base, phase: "tidied", ...landed, followers, tidy },
};

const outcomes: Outcome[] = [
  { kind: "merged", merge, followers },
  { kind: "already_on_main", commit: id(5), mainSha: id(6), how: "ancestor" },
  { kind: "blocked", reason: "conflict", detail: "d", evidence },
  { kind: "superseded", by: { branch: "login", sha: id(9) } },
  { kind: "checks_passed", checks: ["unit"] },
  { kind: "intent_written", intent },
  { kind: "pushed" },
  { kind: "push_again", detail: "d", apart: false },
  { kind: "start_over", detail: "d", alone: true },
  { kind: "main_moved", to: id(8) },
  { kind: "tidied", tidy },
  { kind: "remote_away", detail: "no route" },
];

/** phase → outcome → what follows; what is missing here is a bug of the caller. */
const follows: { [Phase in Delivery["phase"]]?: { [kind: string]: string } } = {
  picked: { merged: "save merged" },
  merged: { checks_passed: "save checked" },
  checked: { intent_written: "save pushing" },
  pushing: { pushed: "save pushed", push_again: "start_again checked" },
  pushed: { tidied: "save tidied" },
};
/** In any phase. */
const always: { [kind: string]: string } = {
  blocked: "block",
  superseded: "supersede",
  main_moved: "start_again picked",
  start_over: "start_again picked",
  already_on_main: "save pushed",
  remote_away: "wait",
};

suite("a delivery's way", () => {
  for (const phase of phases)
    for (const outcome of outcomes) {
      const expected = always[outcome.kind] ?? follows[phase]?.[outcome.kind];
      test(`${phase} + ${outcome.kind} → ${expected ?? "a bug"}`, () => {
        if (expected === undefined) {
          assert.throws(() => advance(deliveries[phase], outcome), /cannot be answered/);
          return;
        }
        const next = advance(deliveries[phase], outcome);
        const following = "delivery" in next ? next.delivery : null;
        assert.equal(following === null ? next.kind : `${next.kind} ${following.phase}`, expected);
        if (following !== null) {
          const { candidate, deliveryId, attempt, startedAtMs } = following;
          assert.deepEqual({ candidate, deliveryId, attempt, startedAtMs }, base);
          assert.deepEqual(parseCheckpoint(JSON.stringify(following)), following);
        }
      });
    }

  test("keeps what was merged and checked up to the push, and forgets it where main has moved", () => {
    const again = advance(deliveries.pushing, { kind: "push_again", detail: "d", apart: false });
    assert.deepEqual("delivery" in again && again.delivery, deliveries.checked);
    const moved = advance(deliveries.pushing, { kind: "main_moved", to: id(8) });
    assert.deepEqual("delivery" in moved && moved.delivery, picked(base));
    const pushed = advance(deliveries.pushing, { kind: "pushed" });
    assert.deepEqual("delivery" in pushed && pushed.delivery, deliveries.pushed);
  });

  test("waits before the same push is made once more, and not before another one", () => {
    const apart = advance(deliveries.pushing, { kind: "push_again", detail: "d", apart: true });
    assert.ok(apart.kind === "start_again" && apart.delivery.phase === "checked");
    assert.deepEqual([apart.waits, apart.delivery.apart], [false, true]);
    const same = advance(
      { ...deliveries.pushing, apart: true },
      { kind: "push_again", detail: "d", apart: true },
    );
    assert.ok(same.kind === "start_again" && same.delivery.phase === "checked");
    assert.deepEqual([same.waits, same.delivery.apart], [true, true], "once apart, always apart");
    const alone = advance(deliveries.pushing, { kind: "start_over", detail: "d", alone: true });
    assert.ok(alone.kind === "start_again" && !alone.waits);
  });

  test("ends with its first follower in its place, on main already, with those behind it", () => {
    const last = { ...follower, candidate: { ...candidate, slug: "third" }, deliveryId: "d3" };
    const next = following({ ...deliveries.tidied, followers: [follower, last] });
    assert.ok(next?.phase === "pushed");
    assert.deepEqual([next.candidate.slug, next.deliveryId, next.attempt], ["search", "d2", 1]);
    assert.deepEqual([next.mergeCommit, next.mainSha, next.how], [id(7), id(8), "pushed"]);
    assert.deepEqual([next.checks, next.deleted, next.followers], [["unit"], ["login"], [last]]);
    assert.deepEqual(parseCheckpoint(JSON.stringify(next)), next);
    assert.equal(following({ ...deliveries.tidied, followers: [] }), null);
  });

  test("knows when each phase of this try began, and forgets what is yet to come", () => {
    const since = (delivery: Delivery) => delivery.began;
    const first = begun(deliveries.picked, 100.7);
    const merged = advance(first, { kind: "merged", merge, followers });
    assert.ok(merged.kind === "save");
    const second = begun(merged.delivery, 200);
    assert.deepEqual(since(second), { picked: 100, merged: 200 });
    assert.deepEqual(parseCheckpoint(JSON.stringify(second)), second);
    const all = { picked: 1, merged: 2, checked: 3, pushing: 4, pushed: 5, tidied: 6 };
    const again = advance(
      { ...deliveries.pushing, began: all },
      { kind: "push_again", detail: "d", apart: false },
    );
    assert.ok("delivery" in again);
    assert.deepEqual(since(begun(again.delivery, 9)), { picked: 1, merged: 2, checked: 9 });
    const moved = advance({ ...deliveries.pushing, began: all }, { kind: "main_moved", to: id(8) });
    assert.ok("delivery" in moved);
    assert.deepEqual(since(begun(moved.delivery, 9)), { picked: 9 });
    const follows = following({ ...deliveries.tidied, began: all });
    assert.deepEqual(follows?.began, { picked: 1, merged: 2, checked: 3, pushing: 4, pushed: 5 });
  });

  test("moves main to its last follower's tip, or to its own", () => {
    assert.equal(lastTip(deliveries.pushing), id(8));
    assert.equal(lastTip({ merge, followers: [] }), id(3));
  });
});

suite("a checkpoint", () => {
  test("is read back as it was written, in every phase", () => {
    for (const phase of phases)
      assert.deepEqual(parseCheckpoint(JSON.stringify(deliveries[phase])), deliveries[phase]);
  });

  test("that lacks any of its parts is no checkpoint", () => {
    for (const phase of phases)
      for (const part of Object.keys(deliveries[phase])) {
        const rest = Object.fromEntries(Object.entries(deliveries[phase]).filter(([name]) => name !== part));
        assert.equal(parseCheckpoint(JSON.stringify(rest)), null, `${phase} without ${part}`);
      }
  });

  test("is never made of something else", () => {
    for (const text of ["", "null", "[]", "{", '"picked"', '{"phase":"flown"}'])
      assert.equal(parseCheckpoint(text), null);
    fc.assert(fc.property(fc.json(), (text) => assert.equal(parseCheckpoint(text), null)));
  });
});

test("tries come 1, 2, 4 … 30 s apart; where main moved the first one comes at once", () => {
  const delays = (immediate: boolean) =>
    [1, 2, 3, 4, 5, 6, 7, 99].map((tries) => retryDelayMs(tries, immediate) / 1000);
  assert.deepEqual(delays(false), [1, 2, 4, 8, 16, 30, 30, 30]);
  assert.deepEqual(delays(true), [0, 1, 2, 4, 8, 16, 30, 30]);
});
