import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import type { How } from "../../src/delivery/next-step.ts";
import {
  healthAfter,
  healthToBegin,
  patienceMs,
  pauseMs,
  restUntil,
  sentAfter,
} from "../../src/delivery/outcomes.ts";
import {
  type Health,
  newHealth,
  nothingSent,
  readHealth,
  readSent,
  type Sent,
} from "../../src/delivery/rows.ts";
import type { Outcome } from "../../src/delivery/surface.ts";

const nowMs = 1_000_000;
const traits = { edits: true, groups: true, repeatable: false };
const flight = (how: How, alarm: string | null = null) => ({ id: "x", version: 7, alarm, how });
const after = (
  before: Partial<Sent>,
  how: How,
  outcome: Outcome,
  more: { repeatable?: boolean; nowMs?: number; targetSince?: number } = {},
) =>
  sentAfter({ ...nothingSent, ...before }, flight(how, how === "ring" ? "e" : null), outcome, {
    nowMs: more.nowMs ?? nowMs,
    traits: { ...traits, repeatable: more.repeatable ?? false },
    targetSince: more.targetSince ?? null,
  });

suite("a row after an outcome", () => {
  test("that was sent is told, with the message it has now", () => {
    const sent = after({ tries: 3, failing_since: 1, ref: "old" }, "ring", { kind: "sent", ref: "new" });
    assert.deepEqual(sent, { ...nothingSent, version: 7, alarm: "e", ref: "new" });
  });

  test("that was sent without a word about the message keeps the one it had", () =>
    assert.equal(after({ ref: "old" }, "change", { kind: "sent" }).ref, "old"));

  test("that was asked to wait is as it was", () => {
    const outcome = { kind: "later", afterMs: 5, scope: "target" } as const;
    assert.deepEqual(after({ version: 2 }, "new", outcome), { ...nothingSent, version: 2 });
  });

  test("that failed is tried again, and given up after a day in which the target took others", () => {
    const failed = { kind: "failed", why: "away" } as const;
    const once = after({}, "new", failed);
    assert.deepEqual([once.version, once.tries, once.failing_since], [0, 1, nowMs]);
    const later = after(once, "new", failed, { nowMs: nowMs + patienceMs });
    assert.deepEqual([later.version, later.given_up], [7, "away"]);
    const overtaken = { nowMs: nowMs + patienceMs, targetSince: nowMs + 1 };
    assert.equal(after(once, "new", failed, overtaken).given_up, "away");
  });

  test("that failed as all others do is kept, however long, and has a day of its own when the target is back", () => {
    const failed = { kind: "failed", why: "away" } as const;
    const down = (before: Partial<Sent>, atMs: number) =>
      after(before, "ring", failed, { nowMs: atMs, targetSince: nowMs });
    const late = down(down({}, nowMs), nowMs + 3 * patienceMs);
    assert.deepEqual([late.version, late.alarm, late.given_up], [0, null, null]);
    const back = after(late, "ring", failed, { nowMs: nowMs + 4 * patienceMs - 1 });
    assert.deepEqual([back.alarm, back.given_up], [null, null]);
  });

  test("that nobody knows is not repeated where it was new", () => {
    const sent = after({}, "new", { kind: "unknown", why: "lost" });
    assert.deepEqual([sent.version, sent.given_up], [7, "lost"]);
  });

  test("that nobody knows is repeated once where it rings, saying so", () => {
    const once = after({}, "ring", { kind: "unknown", why: "lost" });
    assert.deepEqual([once.version, once.alarm, once.is_uncertain], [0, null, true]);
    const twice = after(once, "ring", { kind: "unknown", why: "lost" });
    assert.deepEqual([twice.version, twice.alarm, twice.is_uncertain], [7, "e", false]);
  });

  test("that nobody knows is repeated where that is harmless", () => {
    assert.equal(after({ ref: "m" }, "change", { kind: "unknown", why: "lost" }).version, 0);
    assert.equal(
      after({}, "ring", { kind: "unknown", why: "lost" }, { repeatable: true }).is_uncertain,
      false,
    );
  });

  test("that was refused is given up; where the target is gone, nothing is told", () => {
    assert.equal(after({}, "new", { kind: "refused", why: "too long" }).given_up, "too long");
    assert.equal(after({}, "new", { kind: "gone", why: "blocked" }).version, 0);
  });
});

suite("a target after an outcome", () => {
  const fresh = newHealth("address");
  const health = (before: Health, outcome: Outcome, at = nowMs) =>
    healthAfter(before, outcome, { nowMs: at, random: 0.5 });
  const failed = { kind: "failed", why: "away" } as const;

  test("rests as long as it asked to, and no longer", () => {
    assert.equal(health(fresh, { kind: "sent", restMs: 1000 }).rest_until, nowMs + 1000);
    assert.equal(
      health(fresh, { kind: "later", afterMs: 30_000, scope: "target" }).rest_until,
      nowMs + 30_000,
    );
    const all = { kind: "later", afterMs: 30_000, scope: "surface" } as const;
    assert.equal(health(fresh, all).rest_until, 0);
    assert.equal(restUntil(all, nowMs), nowMs + 30_000);
    assert.equal(restUntil(failed, nowMs), null);
  });

  test("fails with growing pauses, never shorter than it asked for, and is well again by one success", () => {
    const once = health(fresh, failed);
    assert.deepEqual([once.state, once.failures, once.since], ["failing", 1, nowMs]);
    assert.equal(health(fresh, { ...failed, afterMs: 60_000 }).rest_until, nowMs + 60_000);
    const well = health(once, { kind: "sent" });
    assert.deepEqual([well.state, well.failures, well.since, well.why], ["ok", 0, null, null]);
  });

  test("is disabled after a day of failures, or at once where it is gone", () => {
    const once = health(fresh, failed);
    assert.equal(health(once, failed, nowMs + patienceMs - 1).state, "failing");
    assert.equal(health(once, failed, nowMs + patienceMs).state, "disabled");
    assert.equal(health(fresh, { kind: "gone", why: "blocked" }).state, "disabled");
  });

  test("begins anew at another address, and goes on at the same", () => {
    const off = health(fresh, { kind: "gone", why: "blocked" });
    const target = { fingerprint: "address", unusable: null };
    assert.equal(healthToBegin(off, target, nowMs).state, "disabled");
    assert.equal(healthToBegin(off, { ...target, fingerprint: "other" }, nowMs).state, "ok");
    const unusable = healthToBegin(null, { ...target, unusable: "no secret" }, nowMs);
    assert.deepEqual([unusable.state, unusable.why], ["unusable", "no secret"]);
    assert.equal(healthToBegin(unusable, target, nowMs).state, "ok");
  });

  test("pauses between half and all of a time that doubles up to five minutes", () => {
    fc.assert(
      fc.property(fc.nat(100), fc.double({ min: 0, max: 1, noNaN: true }), (failures, random) => {
        const full = Math.min(300_000, 2000 * 2 ** Math.min(failures, 20));
        const pause = pauseMs(failures, random);
        assert.ok(pause >= full / 2 && pause <= full);
      }),
    );
  });
});

test("a row that cannot be read is none", () => {
  for (const text of [null, undefined, "", "{", "[]", "null", '{"version":"1"}', "\u0000"]) {
    assert.equal(readSent(text), null);
    assert.equal(readHealth(text), null);
  }
  assert.deepEqual(readSent(JSON.stringify(nothingSent)), nothingSent);
});
