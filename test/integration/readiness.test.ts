import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import {
  conditionNames,
  effectiveReadyAtMs,
  type GitFacts,
  judge,
  type Line,
} from "../../src/integration/readiness.ts";
import type { SlugState } from "../../src/integration/slug-state.ts";
import { allIsWell, approved, candidate, finalizedFact, id, known, line, ready } from "./story.ts";

type Case = { state?: SlugState; facts?: Partial<GitFacts>; line?: Partial<Line> };

const verdict = (given: Case = {}) =>
  judge(given.state ?? ready, candidate, { ...allIsWell, ...given.facts }, { ...line, ...given.line });
const failing = (given: Case) =>
  verdict(given)
    .conditions.filter(({ holds }) => !holds)
    .map(({ name, blocks }) => `${name}${blocks === null ? "" : `: ${blocks}`}`);
const detail = (given: Case, name: string) =>
  verdict(given).conditions.find((one) => one.name === name)?.detail;

const finalized = { kind: "finalized", fact: finalizedFact() } as const;
const elsewhere = { kind: "finalized", fact: finalizedFact({ remote: "fork" }) } as const;
const away = { kind: "unknown", detail: "no route" } as const;
const olderReview = known({ ...approved, approvedSha: id(3) }, finalized);

suite("readiness", () => {
  test("holds when all seven conditions do, each named in order", () => {
    const { status, conditions, reasons } = verdict();
    assert.equal(status, "READY");
    assert.deepEqual(
      conditions.map(({ name }) => name),
      [...conditionNames],
    );
    assert.deepEqual(reasons, []);
  });

  const table: [string, Case, string[]][] = [
    ["no approval", { state: known(finalized) }, ["reviewed: review_revoked"]],
    [
      "no approval, the remote away",
      { state: known(finalized), facts: { branch: away, reachable: "unknown" } },
      ["reviewed", "reachable"],
    ],
    [
      "an approval taken back",
      { state: known(approved, { kind: "revoked", round: 1, by: "r", reason: "x" }, finalized) },
      ["reviewed: review_revoked"],
    ],
    ["a policy instead of a reviewer", { state: known(finalized), facts: { policy: "docs" } }, []],
    ["an older commit reviewed, nothing added", { state: olderReview }, []],
    [
      "an older commit reviewed, something added",
      {
        state: olderReview,
        facts: { review: { kind: "unreviewed", commits: [id(4)], detail: "1 unreviewed commit was added" } },
      },
      ["reviewed: unreviewed_changes"],
    ],
    [
      "an older commit reviewed, not comparable yet",
      { state: olderReview, facts: { review: away } },
      ["reviewed"],
    ],
    [
      "an older commit reviewed, bound to the slug",
      { state: olderReview, facts: { review: away }, line: { binding: "slug" } },
      [],
    ],
    ["a review that names no commit", { state: known({ ...approved, approvedSha: null }, finalized) }, []],
    [
      "a review that names no commit where one is required",
      { state: known({ ...approved, approvedSha: null }, finalized), line: { binding: "required" } },
      ["reviewed: unreviewed_changes"],
    ],
    ["not finalized", { state: known(approved) }, ["finalized", "pushed"]],
    [
      "withdrawn",
      {
        state: known(approved, finalized, {
          kind: "withdrawn",
          branch: "login",
          sha: id(1),
          by: "a",
          reason: "x",
        }),
      },
      ["finalized: withdrawn"],
    ],
    ["pushed to another remote", { state: known(approved, elsewhere) }, ["pushed"]],
    [
      "pushed to another remote, and then to this one",
      {
        state: known(approved, elsewhere, { kind: "pushed", remote: "origin", branch: "login", sha: id(1) }),
      },
      [],
    ],
    [
      "pushed, but another commit",
      {
        state: known(approved, elsewhere, { kind: "pushed", remote: "origin", branch: "login", sha: id(2) }),
      },
      ["pushed"],
    ],
    ["branch gone", { facts: { branch: { kind: "gone" }, reachable: false } }, ["reachable: branch_gone"]],
    [
      "branch at other commits",
      { facts: { branch: { kind: "at", sha: id(8) }, reachable: false } },
      ["reachable: not_reachable"],
    ],
    [
      "branch moved, and the remote gone before it could be fetched",
      { facts: { branch: { kind: "at", sha: id(8) }, reachable: "unknown" } },
      ["reachable"],
    ],
    ["remote away", { facts: { branch: away, reachable: "unknown" } }, ["reachable"]],
    ["waiting for another item", { facts: { after: { waitingFor: ["api"], cycle: null } } }, ["after"]],
    [
      "in a cycle",
      { facts: { after: { waitingFor: ["api"], cycle: ["login", "api", "login"] } } },
      ["after"],
    ],
    [
      "on main",
      { facts: { landed: { commit: id(5), how: "ancestor" }, branch: { kind: "gone" } } },
      ["not_landed"],
    ],
    ["the branch being main itself", { line: { main: "login" } }, ["finalized: internal"]],
  ];
  for (const [name, given, expected] of table)
    test(`of a candidate with ${name} ${expected.length === 0 ? "holds" : `misses ${expected.join(", ")}`}`, () => {
      assert.deepEqual(failing(given), expected);
      assert.equal(verdict(given).status === "READY", expected.length === 0);
      assert.ok(verdict(given).reasons.every((reason) => reason.length > 10));
    });

  test("says who is waited for, who superseded, and where it landed", () => {
    const newer = { kind: "finalized", fact: finalizedFact({ sha: id(2), streamId: "5000-0" }) } as const;
    const superseded = { state: known(approved, finalized, newer) };
    assert.equal(verdict(superseded).status, "SUPERSEDED");
    assert.deepEqual(verdict(superseded).supersededBy, { branch: "login", sha: id(2) });
    assert.equal(detail(superseded, "current"), "superseded by login at 2222222");
    const squashed = { facts: { landed: { commit: id(5), how: "recorded" } } } satisfies Case;
    assert.equal(verdict(squashed).status, "INTEGRATED");
    assert.equal(detail(squashed, "not_landed"), "has landed and is on main (5555555)");
    const cycle = { facts: { after: { waitingFor: [], cycle: ["a", "b", "a"] } } };
    assert.equal(detail(cycle, "after"), "the roadmap's after: lists form a cycle: a → b → a");
  });

  test("never makes main itself integrated, whatever an event says of it", () => {
    const landed = { commit: id(5), how: "ancestor" } as const;
    assert.equal(verdict({ line: { main: "login" }, facts: { landed } }).status, "NOT_READY");
  });
});

suite("ready_at", () => {
  test("is never later than the emit, never earlier than the approval, and else what was claimed", () => {
    const ms = fc.nat(10_000);
    fc.assert(
      fc.property(ms, ms, ms, (claimedReadyAtMs, emittedAtMs, atMs) => {
        const fact = finalizedFact({ claimedReadyAtMs, emittedAtMs });
        const approval = { round: 1, reviewer: "r", approvedSha: null, atMs, revoked: null };
        const effective = effectiveReadyAtMs(fact, approval);
        assert.ok(effective >= atMs && (effective <= emittedAtMs || effective === atMs));
        if (claimedReadyAtMs >= atMs && claimedReadyAtMs <= emittedAtMs)
          assert.equal(effective, claimedReadyAtMs);
        assert.equal(effectiveReadyAtMs(fact, null), Math.min(claimedReadyAtMs, emittedAtMs));
      }),
    );
  });
});
