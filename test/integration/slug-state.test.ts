import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import { judge } from "../../src/integration/readiness.ts";
import {
  candidatesOf,
  currentCandidate,
  factOf,
  type ReadinessEvent,
} from "../../src/integration/slug-state.ts";
import { allIsWell, approved, candidate, finalizedFact, id, known, line } from "./story.ts";

const finalized = (more: Parameters<typeof finalizedFact>[0] = {}): ReadinessEvent => ({
  kind: "finalized",
  fact: finalizedFact(more),
});
const older = finalized({ sha: id(2), streamId: "1500-0", emittedAtMs: 1_500 });
const pushed: ReadinessEvent = { kind: "pushed", remote: "origin", branch: "login", sha: id(1) };

/** The log of a slug that was approved, revoked, approved again, and finalized at two commits. */
const log: ReadinessEvent[] = [
  approved,
  older,
  { kind: "revoked", round: 1, by: "rita", reason: "a second look" },
  { kind: "approved", round: 2, reviewer: "rolf", approvedSha: id(1), atMs: 1_800 },
  pushed,
  finalized(),
];

suite("what is known of a slug", () => {
  test("is the same whatever order its events are heard in, and however often", () => {
    const verdict = (events: ReadinessEvent[]) => {
      const state = known(...events);
      return [judge(state, candidate, allIsWell, line), state.approval, state.finalized];
    };
    const expected = verdict(log);
    const heard = fc.shuffledSubarray([...log, ...log], { minLength: 2 * log.length });
    fc.assert(fc.property(heard, (events) => assert.deepEqual(verdict(events), expected)));
  });

  test("names the candidate that the stream named last, also when an older one is heard again", () => {
    assert.equal(currentCandidate(known(older, finalized(), older))?.sha, id(1));
    assert.equal(currentCandidate(known(finalized(), older))?.sha, id(1));
    assert.deepEqual(
      candidatesOf(known(finalized(), older)).map(({ sha }) => sha),
      [id(2), id(1)],
    );
  });

  test("orders stream ids by number, not by letters", () => {
    const ninth = finalized({ sha: id(3), streamId: "2000-9" });
    const tenth = finalized({ sha: id(4), streamId: "2000-10" });
    assert.equal(currentCandidate(known(tenth, ninth))?.sha, id(4));
  });

  test("takes the last attempt at a commit, and makes it the current one", () => {
    const again = finalized({ sha: id(2), attempt: 2, streamId: "3000-0" });
    const state = known(older, finalized(), again);
    assert.equal(currentCandidate(state)?.sha, id(2));
    assert.equal(factOf(state, { ...candidate, sha: id(2) })?.attempt, 2);
    assert.equal(state.finalized.length, 2);
  });

  test("keeps a withdrawal when the hand-over is heard again, and forgets it with a requeue or a new attempt", () => {
    const withdrawn: ReadinessEvent = {
      kind: "withdrawn",
      branch: "login",
      sha: id(1),
      by: "ann",
      reason: "no",
    };
    const requeued: ReadinessEvent = { kind: "requeued", branch: "login", sha: id(1) };
    const fact = (...events: ReadinessEvent[]) => factOf(known(...events), candidate)?.withdrawn ?? null;
    assert.deepEqual(fact(finalized(), withdrawn, finalized()), { by: "ann", reason: "no" });
    assert.equal(fact(finalized(), withdrawn, requeued), null);
    assert.equal(fact(finalized(), withdrawn, finalized({ attempt: 2, streamId: "9000-0" })), null);
    assert.equal(fact(finalized(), { ...withdrawn, sha: id(9) }), null);
  });

  test("lets a round that was taken back approve nothing, also where that is heard first", () => {
    const revoked: ReadinessEvent = { kind: "revoked", round: 1, by: "rita", reason: "a second look" };
    assert.equal(known(revoked, approved).approval?.revoked?.by, "rita");
    assert.equal(known(approved, revoked, approved).approval?.revoked?.by, "rita");
    assert.equal(known(revoked, { ...approved, round: 2 }).approval?.revoked, null);
    assert.equal(known({ ...approved, round: 2 }, revoked).approval?.revoked, null);
    assert.equal(known(revoked).approval, null);
  });

  test("takes the later of two approvals of a round, and never an older round", () => {
    const later: ReadinessEvent = { ...approved, approvedSha: id(2), atMs: 1_200 };
    assert.equal(known(approved, later).approval?.approvedSha, id(2));
    assert.equal(known(later, approved).approval?.approvedSha, id(2));
    assert.equal(known({ ...approved, round: 2, atMs: 900 }, later).approval?.round, 2);
  });

  test("is bounded, however many commits are handed over", () => {
    const many = Array.from({ length: 200 }, (_, at) =>
      finalized({ sha: String(at).padStart(40, "0"), streamId: `${at}-0` }),
    );
    const state = known(...many);
    assert.ok(state.finalized.length <= 50);
    assert.equal(currentCandidate(state)?.sha, "199".padStart(40, "0"));
  });
});
