import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { type OldState, readOldState } from "../../src/orchestration/old-layout.ts";

const sha = "3d67cdd75b0c4a8e9f2d1a0b9c8d7e6f5a4b3c2d";

function stateOf(text: string): OldState {
  const reading = readOldState(text);
  assert.equal(reading.kind, "state", JSON.stringify(reading));
  if (reading.kind !== "state") throw new Error("unreachable");
  return reading.state;
}

describe("a state file of the old layout", () => {
  test("of the first version: the phases and the round, nothing of finalizing", () => {
    const state = stateOf(
      [
        "phase: in_progress",
        "build: complete",
        "review: approved",
        "deferrals_processed: true",
        "breakdown: {assessed: true, todos: []}",
        "review_round: 2",
        "max_review_rounds: 3",
        `review_baseline_commit: ${sha}`,
        "unresolved_findings: []",
        "resolved_findings: [R1-F1, R1-F2]",
        "dor: {last_assessed_at: 2026-03-01T10:00:00Z, score: 9, status: pass, schema_version: 1, blockers: []}",
        "schema_version: 1",
      ].join("\n"),
    );
    assert.deepEqual(state, {
      build: "complete",
      review: "approved",
      round: 2,
      reviewed: sha,
      findings: [],
      finalize: { status: "pending", branch: null, sha: null },
      done: false,
    });
  });

  test("of the second version: the finalize record, under its old words", () => {
    const state = stateOf(
      `phase: in_progress\nbuild: complete\nreview: approved\nreview_round: 1\nfinalize:\n  status: handed_off\n  branch: search\n  sha: ${sha}\n  ready_at: 2026-03-09T11:00:00Z\nkind: bug\nschema_version: 2\n`,
    );
    assert.deepEqual(state.finalize, { status: "handed_over", branch: "search", sha });
  });

  test("that says nothing is an item nobody has begun", () => {
    const state = stateOf("schema_version: 1\n");
    assert.deepEqual([state.build, state.review, state.round, state.done], ["pending", "pending", 0, false]);
  });

  test("findings of a review that wants changes are kept by name", () => {
    const state = stateOf(
      "build: complete\nreview: changes_requested\nreview_round: 1\nunresolved_findings: [R1-F1, R1-F2]\n",
    );
    assert.deepEqual(state.findings, ["R1-F1", "R1-F2"]);
  });

  for (const [what, text, why] of [
    ["no YAML", "build: [complete", /no YAML/],
    ["a list", "- build\n", /no item's state/],
    ["empty", "", /no item's state/],
    ["a status that never was", "review: accepted\n", /review/],
    ["an option as a sha", "finalize: {status: ready, sha: --exec=sh}\n", /finalize\.sha/],
    [
      "a sha of digits alone, which YAML has rounded",
      `review_baseline_commit: ${"1".repeat(40)}\n`,
      /review_baseline_commit/,
    ],
    ["an alias bomb", bomb(), /no item's state/],
  ] as const)
    test(`${what} is unreadable, and says why`, () => {
      const reading = readOldState(text);
      assert.equal(reading.kind, "unreadable");
      if (reading.kind === "unreadable") assert.match(reading.why, why);
    });

  test("whatever the text, it is read or refused, and never thrown over", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 300 }), (text) => {
        assert.ok(["state", "unreadable"].includes(readOldState(text).kind));
      }),
      { numRuns: 300 },
    );
  });
});

function bomb(): string {
  const levels = ["a: &a [x, x, x, x, x, x, x, x]"];
  for (const [name, before] of [
    ["b", "a"],
    ["c", "b"],
    ["d", "c"],
  ])
    levels.push(`${name}: &${name} [${Array(8).fill(`*${before}`).join(", ")}]`);
  return levels.join("\n");
}
