/** The small pure parts, each with the one thing it is for. */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import { badInput, Failure, unavailable } from "../../src/errors.ts";
import { candidateKey, landingName, sameCandidate, shortSha } from "../../src/integration/candidate.ts";
import type { Follower } from "../../src/integration/delivery.ts";
import { conflictsInEvent, diagnosticsInEvent } from "../../src/integration/evidence-in-event.ts";
import { isSaid, type RecordedEvent } from "../../src/integration/recorded.ts";
import type { SlugState } from "../../src/integration/slug-state.ts";
import { stillWanted } from "../../src/integration/still-wanted.ts";
import { isWorldAway } from "../../src/integration/world-away.ts";
import { approved, candidate, finalizedFact, id, known, ready } from "./story.ts";

suite("a candidate", () => {
  const one = fc.record({
    slug: fc.stringMatching(/^[a-z][a-z0-9-]{0,10}$/),
    branch: fc.stringMatching(/^[a-z/|.:@-]{1,10}$/),
    sha: fc.constantFrom(id(1), id(2)),
  });

  test("has one key, and no other candidate has it", () => {
    fc.assert(
      fc.property(one, one, (a, b) => {
        assert.equal(candidateKey(a) === candidateKey(b), sameCandidate(a, b));
      }),
    );
    assert.equal(landingName(candidate), `login@${id(1)}`);
    assert.equal(shortSha(id(1)), "1111111");
  });
});

suite("what a record wants to be said", () => {
  const finalized = { kind: "finalized", fact: finalizedFact() } as const;
  const started = (attempt?: number): RecordedEvent => ({
    type: "deployment.started",
    data: attempt === undefined ? {} : { attempt },
  });
  const review = (round: number, sha: string | null): RecordedEvent => ({
    type: "review.approved",
    data: { review_round: round, ...(sha === null ? {} : { approved_sha: sha }) },
  });
  const pushed: RecordedEvent = {
    type: "branch.pushed",
    data: { remote: "origin", branch: "login", sha: id(1) },
  };
  const table: [string, SlugState | null, RecordedEvent, boolean][] = [
    ["a hand-over nobody heard of", null, started(), false],
    ["a hand-over that was heard", ready, started(), true],
    ["another attempt", ready, started(2), false],
    ["an older attempt", known({ kind: "finalized", fact: finalizedFact({ attempt: 3 }) }), started(2), true],
    [
      "a hand-over of another commit",
      known({ kind: "finalized", fact: finalizedFact({ sha: id(2) }) }),
      started(),
      false,
    ],
    ["an approval nobody heard of", known(finalized), review(1, id(1)), false],
    ["an approval that was heard", ready, review(1, id(1)), true],
    ["an approval of another commit in the round", ready, review(1, id(2)), false],
    ["an approval of a later round", ready, review(2, id(1)), false],
    ["an approval of an older round", known({ ...approved, round: 2 }), review(1, id(2)), true],
    [
      "an approval of a round that was taken back",
      known(approved, { kind: "revoked", round: 1, by: "r", reason: "x" }),
      review(1, id(2)),
      true,
    ],
    ["a push nobody heard of", ready, pushed, false],
    [
      "a push that was heard",
      known({ kind: "pushed", remote: "origin", branch: "login", sha: id(1) }),
      pushed,
      true,
    ],
  ];
  for (const [what, state, event, expected] of table)
    test(`${what} ${expected ? "is said already" : "is still to be said"}`, () => {
      assert.equal(isSaid(state, candidate, event), expected);
    });
});

suite("a last look before the push", () => {
  const merge = { oldMain: id(1), mergeCommit: id(2), tip: id(3), tree: id(4), warnings: [], atTip: true };
  const taken = { candidate, deliveryId: "d1", attempt: 1, startedAtMs: 0 };
  const finalized = { kind: "finalized", fact: finalizedFact() } as const;
  const revoked = { kind: "revoked", round: 1, by: "r", reason: "x" } as const;
  const checked = (followers: Follower[]) => ({
    ...taken,
    phase: "checked" as const,
    merge,
    checks: [],
    apart: false,
    followers,
  });

  test("lets each land alone where one of those behind is not to land any more", async () => {
    const other = { ...taken, candidate: { ...candidate, slug: "other" }, merge };
    const read = (revokedSlug: string) => ({
      state: async (slug: string) => (slug === revokedSlug ? known(approved, finalized, revoked) : ready),
      states: async () => [],
      slugsOnBranch: async () => [],
    });
    const outcome = await stillWanted(read("other"), checked([other]));
    assert.deepEqual(outcome, { kind: "start_over", detail: "other is not to land any more", alone: false });
    assert.equal((await stillWanted(read(candidate.slug), checked([other])))?.kind, "blocked");
    assert.equal(await stillWanted(read("nobody"), checked([other])), null);
  });

  const wanted = (state: SlugState | null) =>
    stillWanted(
      { state: async () => state, states: async () => [], slugsOnBranch: async () => [] },
      checked([]),
    );

  test("lets through what is as it was, and what nobody knows better", async () => {
    assert.equal(await wanted(ready), null);
    assert.equal(await wanted(null), null);
  });

  test("stops what was superseded or lost its approval", async () => {
    const newer = { kind: "finalized", fact: finalizedFact({ sha: id(2), streamId: "9000-0" }) } as const;
    assert.deepEqual(await wanted(known(approved, finalized, newer)), {
      kind: "superseded",
      by: { branch: "login", sha: id(2) },
    });
    const stopped = await wanted(known(approved, finalized, revoked));
    assert.equal(stopped?.kind === "blocked" && stopped.reason, "review_revoked");
  });
});

test("only what may be back at the next try is the world's fault", () => {
  assert.ok(isWorldAway(unavailable("redis_unavailable", "m")));
  assert.ok(isWorldAway(new Failure({ code: "bus_full", kind: "temporary", message: "m" })));
  for (const other of [badInput("invalid_event", "m"), new Error("x"), null, "unavailable"])
    assert.ok(!isWorldAway(other));
});

test("a failure's event has at least one diagnostic, the first conflicts, and no half characters", () => {
  assert.deepEqual(diagnosticsInEvent(["", ""]), ["there are no details"]);
  assert.deepEqual(diagnosticsInEvent(["a", "", "b"]), ["a", "b"]);
  const conflict = { path: "a", kind: "contents", message: "m", ours: null, theirs: null, main_commits: [] };
  assert.equal(conflictsInEvent(Array.from({ length: 100 }, () => conflict)).length, 40);
  assert.deepEqual(conflictsInEvent([{ ...conflict, path: "" }]), []);
  const [cut = ""] = diagnosticsInEvent([`${"x".repeat(298)}\u{1f600}\u{1f600}`]);
  assert.ok(cut.isWellFormed() && cut.length <= 300);
});
