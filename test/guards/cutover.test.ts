import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  type CutoverDecision,
  changedConfiguration,
  cutoverOf,
  decide,
  guardsIn,
  type LineMode,
  modeOf,
  parseDecision,
} from "../../src/guards/cutover.ts";

const shipped = { enabled: true, parity_evidence_accepted: true, rollback_on_incomplete_parity: true };
const at = "2026-01-02T03:04:05.000Z";
const disable = { by: "ada", at, reason: "release day", enabled: false };

test("the table: who lands, who shadows, who may do neither, and what guards do then", () => {
  const table: [enabled: boolean, accepted: boolean, rollback: boolean, LineMode, "refuse" | "warn"][] = [
    [true, true, true, "live", "refuse"],
    [true, true, false, "live", "refuse"],
    [true, false, true, "shadow", "warn"],
    [true, false, false, "refused", "warn"],
    [false, true, true, "shadow", "warn"],
    [false, true, false, "shadow", "warn"],
    [false, false, true, "shadow", "warn"],
    [false, false, false, "shadow", "warn"],
  ];
  for (const [enabled, parity_evidence_accepted, rollback_on_incomplete_parity, mode, guards] of table) {
    const controls = { enabled, parity_evidence_accepted, rollback_on_incomplete_parity };
    assert.equal(modeOf(controls), mode, JSON.stringify(controls));
    assert.equal(guardsIn(cutoverOf(controls, null)), guards, JSON.stringify(controls));
  }
});

test("a decision counts until the configuration says something else, and says who took it", () => {
  const decision = decide(shipped, null, disable);
  assert.ok(decision !== null);
  const now = cutoverOf(shipped, decision);
  assert.deepEqual([now.mode, now.why], ["shadow", "the cutover is off (ada: release day)"]);
  const edited = { ...shipped, parity_evidence_accepted: false };
  assert.equal(cutoverOf(edited, decision).decision, null);
  assert.equal(cutoverOf(edited, decision).why, "parity is not accepted (signalbox.yaml)");
  assert.equal(cutoverOf(shipped, null).mode, "live");
});

test("what changes nothing is no decision; what does has the next number and keeps the evidence", () => {
  const first = decide(shipped, null, disable);
  assert.ok(first !== null);
  assert.equal(decide(shipped, first, disable), null);
  const accepted = decide(shipped, first, {
    by: "ada",
    at,
    reason: "seen",
    parity_evidence_accepted: true,
    evidence: "e1",
  });
  assert.deepEqual([accepted?.number, accepted?.enabled, accepted?.evidence], [2, false, "e1"]);
  const enabled = decide(shipped, accepted, { by: "ada", at, reason: "done", enabled: true });
  assert.deepEqual([enabled?.number, enabled?.evidence, cutoverOf(shipped, enabled).mode], [3, "e1", "live"]);
});

test("a configuration that was changed is a decision of its own, once", () => {
  const began = changedConfiguration(shipped, null, at);
  assert.deepEqual(
    [began?.number, began?.by, began?.reason],
    [1, "signalbox.yaml", "as signalbox.yaml began"],
  );
  assert.equal(changedConfiguration(shipped, began, at), null);
  const off = { ...shipped, enabled: false };
  const changed = changedConfiguration(off, began, at);
  assert.deepEqual([changed?.enabled, changed?.reason], [false, "signalbox.yaml was changed"]);
  assert.equal(cutoverOf(off, changed).why, "the cutover is off (signalbox.yaml)");
  const enabledByHand = decide(off, changed, { by: "ada", at, reason: "go", enabled: true });
  assert.equal(cutoverOf(off, enabledByHand).mode, "live");
  const there = changedConfiguration(shipped, enabledByHand, at);
  const back = changedConfiguration(off, there, at);
  assert.equal(cutoverOf(off, back).mode, "shadow", "a configuration that comes back is a new word");
});

test("only a whole decision is read back as one", () => {
  const decision = decide(shipped, null, disable);
  assert.deepEqual(parseDecision(JSON.stringify(decision)), decision);
  for (const text of [null, "", "{", "null", "[]", "{}", JSON.stringify({ ...decision, over: null })])
    assert.equal(parseDecision(text), null, String(text));
  fc.assert(
    fc.property(fc.json(), (text) => {
      parseDecision(text);
    }),
  );
});

test("whatever is decided in whatever order, the last word holds", () => {
  const word = fc.record({ enabled: fc.boolean(), parity_evidence_accepted: fc.boolean() });
  const step = fc.oneof(
    word.map((switches) => ({ kind: "said" as const, switches })),
    word.map((switches) => ({ kind: "configured" as const, switches })),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      let configured = shipped;
      let decided: CutoverDecision | null = changedConfiguration(configured, null, at);
      let expected = { enabled: true, parity_evidence_accepted: true };
      for (const { kind, switches } of steps) {
        if (kind === "said") {
          decided = decide(configured, decided, { by: "ada", at, reason: "r", ...switches }) ?? decided;
          expected = { ...switches };
          continue;
        }
        const isNew =
          switches.enabled !== configured.enabled ||
          switches.parity_evidence_accepted !== configured.parity_evidence_accepted;
        configured = { ...configured, ...switches };
        decided = changedConfiguration(configured, decided, at) ?? decided;
        if (isNew) expected = { ...switches };
      }
      const { enabled, parity_evidence_accepted } = cutoverOf(configured, decided).controls;
      assert.deepEqual({ enabled, parity_evidence_accepted }, expected);
    }),
  );
});
