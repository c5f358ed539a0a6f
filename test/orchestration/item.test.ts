/** What the events make of an item. */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import { asMarked, branchOf, evolve, type ItemState, standingOf } from "../../src/orchestration/item.ts";
import { type ItemEvent, itemEventOf } from "../../src/orchestration/item-event.ts";

const sha = (letter: string) => letter.repeat(40);
const domain = "domain.software-development.";

function timeOf(number: number): string {
  return `2026-01-02T03:04:${String(number % 60).padStart(2, "0")}.000Z`;
}

function fold(...events: ItemEvent[]): ItemState {
  const folded = events.reduce<ItemState | null>(
    (state, event, at) => evolve(state, event, { slug: "login", at: timeOf(at), streamId: `${at + 1}-0` }),
    null,
  );
  assert.ok(folded);
  return folded;
}

const marked = (
  name: string,
  round: number,
  more: Partial<Extract<ItemEvent, { kind: "marked" }>> = {},
): ItemEvent => {
  const [phase = "", status = ""] = name.split(" ");
  const event = itemEventOf({
    type: `${domain}work.phase.marked`,
    data: { slug: "login", phase, status, round, by: "ada", sha: sha("a") },
  });
  assert.ok(event?.kind === "marked", name);
  return { ...event, ...more };
};
const approved = (round: number, at = sha("a")): ItemEvent => ({
  kind: "approved",
  round,
  sha: at,
  by: "rita",
});
const tip = (letter = "a", attempt = 1) => ({ branch: "login", sha: sha(letter), attempt });
const handedOver = (letter = "a", attempt = 1): ItemEvent => ({
  kind: "handed_over",
  by: "orchestrator",
  remote: "origin",
  ...tip(letter, attempt),
});
const failed = (letter = "a", attempt = 1): ItemEvent => ({
  kind: "given_back",
  reason: "conflict",
  followUpSlug: "login-integration-blocked-aaaaaaa",
  nextAction: "Merge main.",
  ...tip(letter, attempt),
});
const landed = (letter = "a"): ItemEvent => ({ kind: "delivered", mergeCommit: sha("f"), ...tip(letter) });

suite("an item", () => {
  test("goes from its first mark to its landing", () => {
    const steps: [ItemEvent, string][] = [
      [marked("build started", 0), "open"],
      [marked("build complete", 0), "open"],
      [marked("review started", 1), "open"],
      [marked("review approved", 1), "open"],
      [approved(1), "open"],
      [{ kind: "finalize", status: "ready", by: "fin", remote: "origin", ...tip() }, "open"],
      [handedOver(), "handed_over"],
      [landed(), "delivered"],
    ];
    const said: ItemEvent[] = [];
    for (const [event, standing] of steps) {
      said.push(event);
      assert.equal(standingOf(fold(...said)), standing, event.kind);
    }
    const state = fold(...said);
    assert.deepEqual(state.delivered, { merge_commit: sha("f"), sha: sha("a"), at: timeOf(7) });
    assert.deepEqual([state.phase, state.status, state.round], ["finalize", "complete", 1]);
    assert.equal(state.history.length, 4);
  });

  test("keeps the findings of each round, the last words of a round counting", () => {
    const state = fold(
      marked("review changes_requested", 1, { findings: "first" }),
      marked("review changes_requested", 1, { findings: "corrected" }),
      marked("review changes_requested", 2, { findings: "second" }),
      marked("fix started", 2),
    );
    assert.deepEqual(
      state.findings.map(({ round, text }) => [round, text]),
      [
        [1, "corrected"],
        [2, "second"],
      ],
    );
    assert.deepEqual(
      state.verdicts.map(({ round, verdict }) => [round, verdict]),
      [
        [1, "changes_requested"],
        [2, "changes_requested"],
      ],
    );
  });

  test("takes an approval that somebody else said for this round's verdict, and none of an older round", () => {
    const foreign = fold(marked("build complete", 0), approved(1));
    assert.deepEqual([foreign.phase, foreign.status, foreign.round], ["review", "approved", 1]);
    const late = fold(marked("review started", 2), approved(1));
    assert.deepEqual([late.status, late.approval], ["started", null]);
  });

  test("loses an approval that is taken back, whichever round says so at or after it", () => {
    const revoked = (round: number): ItemEvent => ({ kind: "revoked", round, by: "rita", reason: "no" });
    assert.equal(fold(approved(2), revoked(1)).approval?.revoked, null);
    assert.equal(fold(approved(2), revoked(2)).approval?.revoked?.by, "rita");
    assert.equal(asMarked(fold(approved(2), revoked(2))).approval?.revoked, true);
    assert.equal(fold(approved(1), revoked(1), approved(2)).approval?.revoked, null);
  });

  test("is blocked by what is said about the commit in hand, and about no older one", () => {
    assert.equal(standingOf(fold(handedOver(), failed())), "blocked");
    assert.equal(standingOf(fold(handedOver(), handedOver("b"), failed("a"))), "handed_over");
    assert.equal(standingOf(fold(handedOver("a", 2), failed("a", 1))), "handed_over");
    assert.equal(standingOf(fold(handedOver(), failed(), { kind: "requeued", ...tip() })), "handed_over");
    assert.equal(standingOf(fold(handedOver(), failed(), handedOver("b"))), "handed_over");
  });

  test("comes back to work by a mark, remembering what the line has said and the attempt", () => {
    const state = fold(handedOver("a", 2), failed("a", 2), marked("fix started", 1));
    assert.equal(standingOf(state), "open");
    assert.equal(state.finalize, null);
    assert.deepEqual(state.former, tip("a", 2));
    assert.equal(state.blocked?.reason, "conflict");
    assert.equal(fold(handedOver(), failed(), marked("fix started", 1), handedOver("b")).blocked, null);
  });

  test("is delivered by its own landing, and not by one of an older commit", () => {
    assert.equal(standingOf(fold(handedOver(), handedOver("b"), landed("a"))), "handed_over");
    assert.equal(
      standingOf(fold(handedOver(), failed(), marked("fix started", 1), landed("a"))),
      "delivered",
    );
    assert.equal(standingOf(fold(landed())), "delivered");
  });

  test("begins another life under its name, with its rounds counted on", () => {
    const over: ItemEvent = { kind: "dropped", reason: "not wanted", by: "ada" };
    const started: ItemEvent = {
      kind: "started",
      branch: "login-2",
      by: "ada",
      baseSha: null,
      followUpOf: null,
    };
    const state = fold(marked("review started", 4), over, started);
    assert.deepEqual([state.phase, state.status, state.round], ["prepare", "pending", 4]);
    assert.equal(standingOf(state), "open");
    assert.equal(asMarked(state).roundsSpent, 0);
    assert.equal(branchOf(state, "login"), "login-2");
    const learned = fold(marked("build started", 0), started);
    assert.deepEqual([learned.phase, learned.status, learned.branch], ["build", "started", "login-2"]);
  });

  test("has its rounds for each hand-over", () => {
    const rounds = (state: ItemState) => asMarked(state).roundsSpent;
    assert.equal(rounds(fold(marked("review started", 3))), 3);
    assert.equal(rounds(fold(marked("review started", 3), handedOver(), failed())), 0);
    assert.equal(
      rounds(fold(marked("review started", 3), handedOver(), failed(), marked("review started", 4))),
      1,
    );
  });

  test("waits for a person until it goes on, is handed over or dropped", () => {
    const asked: ItemEvent = { kind: "asked", reason: "x", question: "?", nextAction: "!", by: "o" };
    assert.equal(fold(asked).asked?.question, "?");
    for (const after of [
      marked("fix started", 1),
      handedOver(),
      { kind: "dropped", reason: "r", by: "a" } as const,
    ])
      assert.equal(fold(asked, after).asked, null, after.kind);
  });

  test("says once more that it is ready, after it was handed over, and stays handed over", () => {
    const ready: ItemEvent = { kind: "finalize", status: "ready", by: "fin", remote: null, ...tip() };
    assert.equal(standingOf(fold(handedOver(), ready)), "handed_over");
    const newer: ItemEvent = { ...ready, sha: sha("b") };
    assert.equal(standingOf(fold(handedOver(), failed(), newer)), "open");
  });
});

suite("events as an item's", () => {
  test("of other domains, types and words say nothing", () => {
    assert.equal(itemEventOf({ type: "acme.work.phase.marked", data: {} }), null);
    assert.equal(itemEventOf({ type: `${domain}branch.pushed`, data: {} }), null);
    assert.equal(itemEventOf({ type: `${domain}constructor`, data: {} }), null);
    const odd = { slug: "login", phase: "dream", status: "started", round: 0, by: "ada" };
    assert.equal(itemEventOf({ type: `${domain}work.phase.marked`, data: odd }), null);
    assert.equal(itemEventOf({ type: `${domain}work.finalize.recorded`, data: { status: "lost" } }), null);
  });

  test("are read field by field", () => {
    assert.deepEqual(
      itemEventOf({
        type: `${domain}deployment.failed`,
        data: { slug: "login", ...tip(), reason: "conflict", next_action: "n", follow_up_slug: "f" },
      }),
      { kind: "given_back", reason: "conflict", nextAction: "n", followUpSlug: "f", ...tip() },
    );
    assert.deepEqual(
      itemEventOf({
        type: `${domain}integration.candidate.withdrawn`,
        data: { slug: "login", ...tip(), by: "ada", reason: "later" },
      }),
      { kind: "given_back", reason: "withdrawn", nextAction: "later", followUpSlug: null, ...tip() },
    );
  });
});

const anyEvent = fc.oneof(
  fc.constantFrom(
    marked("build started", 0),
    marked("review started", 1),
    marked("review approved", 1),
    marked("review changes_requested", 2, { findings: "x" }),
    marked("fix complete", 2),
    approved(1),
    approved(2, sha("b")),
    handedOver(),
    handedOver("b", 2),
    failed(),
    failed("b", 2),
    landed(),
    landed("b"),
  ),
  fc.constantFrom<ItemEvent>(
    { kind: "dropped", reason: "r", by: "a" },
    { kind: "asked", reason: "x", question: "?", nextAction: "!", by: "o" },
    { kind: "revoked", round: 1, by: "rita", reason: "no" },
    { kind: "started", branch: "login", by: "ada", baseSha: null, followUpOf: null },
  ),
);

suite("over any sequence of events", () => {
  test("an item says what is after the last one, and its lists stay short", () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { minLength: 1, maxLength: 200 }), (events) => {
        const before = fold(...events);
        assert.ok(before.history.length <= 50 && before.findings.length <= 5 && before.verdicts.length <= 50);
        assert.equal(standingOf(fold(...events, { kind: "dropped", reason: "r", by: "a" })), "dropped");
        const handed = fold(...events, {
          kind: "started",
          branch: "b",
          by: "a",
          baseSha: null,
          followUpOf: null,
        });
        assert.notEqual(standingOf(handed), "dropped");
        assert.notEqual(standingOf(handed), "delivered");
        assert.ok(asMarked(before).roundsSpent >= 0);
      }),
    );
  });

  test("an item keeps its rows readable: nothing is undefined", () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { minLength: 1, maxLength: 30 }), (events) => {
        const state = fold(...events);
        assert.deepEqual(JSON.parse(JSON.stringify(state)), state);
      }),
    );
  });
});
