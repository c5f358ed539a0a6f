/** What becomes of what was in flight: every rule, as a table. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { builtInCatalog } from "../../src/events/built-in.ts";
import { evolve, type ItemState, standingOf } from "../../src/orchestration/item.ts";
import { itemEventOf } from "../../src/orchestration/item-event.ts";
import { type Fate, fateOf, type InFlight } from "../../src/orchestration/migration.ts";
import type { OldState } from "../../src/orchestration/old-layout.ts";

const sha = "a".repeat(40);
const reviewed = "b".repeat(40);
const teller = { remote: "origin", main: "main", at: "2026-11-22T12:00:00Z" };

const untouched: OldState = {
  build: "pending",
  review: "pending",
  round: 0,
  reviewed: null,
  findings: [],
  finalize: { status: "pending", branch: null, sha: null },
  done: false,
};
const approved: OldState = { ...untouched, build: "complete", review: "approved", round: 2, reviewed };
const ready: OldState = { ...approved, finalize: { status: "ready", branch: "search", sha } };

function inFlight(state: OldState, more: Partial<InFlight> = {}): InFlight {
  return {
    slug: "search",
    branch: "search",
    sha,
    place: "/clone/trees/search",
    remoteSha: sha,
    onMain: false,
    reading: { kind: "state", state },
    review: { kind: "covered", sha: reviewed },
    uncommitted: [],
    listed: true,
    delivered: false,
    known: false,
    ...more,
  };
}

/** The item as it is once the events are said. */
function itemAfter({ events }: Fate): ItemState | null {
  const catalog = builtInCatalog();
  return events.reduce<ItemState | null>((state, { type, data }, at) => {
    const checked = catalog.validate(type, data);
    const event = itemEventOf({ type, data: checked.data });
    assert.ok(event, type);
    return evolve(state, event, { slug: "search", at: teller.at, streamId: `${at + 1}-0` });
  }, null);
}

describe("what is in flight becomes", () => {
  type Row = [what: string, item: InFlight, becomes: Fate["becomes"], step: string | null, why: RegExp];
  const rows: Row[] = [
    [
      "finalized, pushed, as reviewed",
      inFlight(ready),
      "handed_over",
      "finalize complete",
      /approved, finalized and pushed/,
    ],
    [
      "handed off under the old way, and never landed",
      inFlight({ ...ready, finalize: { ...ready.finalize, status: "handed_over" } }),
      "handed_over",
      "finalize complete",
      /finalized/,
    ],
    [
      "finalized, with a shortened id",
      inFlight({ ...ready, finalize: { status: "ready", branch: null, sha: sha.slice(0, 12) } }),
      "handed_over",
      "finalize complete",
      /finalized/,
    ],
    [
      "finalized, but nothing says what was reviewed",
      inFlight(ready, { review: { kind: "unknown" } }),
      "handed_over",
      "finalize complete",
      /finalized/,
    ],
    [
      "finalized, but not pushed",
      inFlight(ready, { remoteSha: null }),
      "approved",
      "review approved",
      /origin has no branch search/,
    ],
    [
      "finalized, but pushed elsewhere",
      inFlight(ready, { remoteSha: reviewed }),
      "approved",
      "review approved",
      /origin\/search is at another commit/,
    ],
    [
      "finalized, then moved on",
      inFlight(ready, { sha: "c".repeat(40) }),
      "approved",
      "review approved",
      /moved on/,
    ],
    [
      "finalized on another branch",
      inFlight({ ...ready, finalize: { ...ready.finalize, branch: "other" } }),
      "approved",
      "review approved",
      /on the branch other/,
    ],
    [
      "finalized, with commits that nobody reviewed",
      inFlight(ready, {
        review: { kind: "stale", sha: reviewed, detail: "1 unreviewed commit was added since its review" },
      }),
      "approved",
      "review approved",
      /1 unreviewed commit/,
    ],
    ["approved", inFlight(approved), "approved", "review approved", /not finalized/],
    [
      "approved, but nothing says what",
      inFlight(approved, { review: { kind: "unknown" } }),
      "undecided",
      null,
      /which commit was reviewed/,
    ],
    [
      "approved, with uncommitted work",
      inFlight(approved, { uncommitted: ["a.ts", "b.ts"] }),
      "undecided",
      null,
      /a\.ts and 1 more are not committed/,
    ],
    [
      "finalized, with uncommitted work",
      inFlight(ready, { uncommitted: ["a.ts"] }),
      "undecided",
      null,
      /finalized, but a\.ts is not committed/,
    ],
    [
      "finalized, but not approved",
      inFlight({ ...ready, review: "pending" }),
      "undecided",
      null,
      /finalized, but its review is pending/,
    ],
    [
      "asked to change",
      inFlight({ ...approved, review: "changes_requested", findings: ["R2-F1"] }),
      "in_work",
      "review changes_requested",
      /asking for changes/,
    ],
    [
      "in review",
      inFlight({ ...approved, review: "started", round: 1 }),
      "in_work",
      "review started",
      /started/,
    ],
    [
      "built",
      inFlight({ ...untouched, build: "complete" }),
      "in_work",
      "build complete",
      /build is complete/,
    ],
    [
      "being built",
      inFlight({ ...untouched, build: "started" }, { uncommitted: ["half.ts"] }),
      "in_work",
      "build started",
      /started/,
    ],
    ["not begun", inFlight(untouched, { onMain: true }), "in_work", "prepare pending", /pending/],
    [
      "half merged",
      inFlight(ready, { onMain: true, remoteSha: null }),
      "delivered",
      "finalize complete",
      /main has it/,
    ],
    [
      "half merged, before it was finalized",
      inFlight(approved, { onMain: true }),
      "delivered",
      "finalize complete",
      /main has it/,
    ],
    [
      "done, and on main",
      inFlight({ ...approved, done: true }, { onMain: true }),
      "delivered",
      "finalize complete",
      /main has it/,
    ],
    [
      "done, and not on main",
      inFlight({ ...approved, done: true }),
      "undecided",
      null,
      /main does not have it/,
    ],
    [
      "built, never reviewed, and on main",
      inFlight({ ...untouched, build: "complete" }, { onMain: true }),
      "undecided",
      null,
      /main has its branch, but its review is pending/,
    ],
    [
      "delivered and written down",
      inFlight(ready, { delivered: true, onMain: true }),
      "over",
      null,
      /delivered already/,
    ],
    ["known already", inFlight(ready, { known: true }), "known", null, /known already/],
    ["without a state", inFlight(ready, { reading: null }), "undecided", null, /nothing says/],
    [
      "unreadable",
      inFlight(ready, { reading: { kind: "unreadable", why: "it is no YAML" } }),
      "undecided",
      null,
      /no YAML/,
    ],
  ];
  for (const [what, item, becomes, step, why] of rows)
    test(`${what}: ${becomes}`, () => {
      const fate = fateOf(item, teller);
      assert.equal(fate.becomes, becomes, fate.why);
      assert.match(fate.why, why);
      const state = itemAfter(fate);
      assert.equal(state === null ? null : `${state.phase} ${state.status}`, step);
      if (becomes === "undecided" || becomes === "approved")
        assert.notEqual(fate.next, null, "nobody is told what to do");
    });
});

test("an approval is bound to the reviewed commit; to the finalized one only where the old record names no other", () => {
  const shaOf = (item: InFlight) => itemAfter(fateOf(item, teller))?.approval?.sha;
  assert.equal(shaOf(inFlight(ready)), reviewed);
  assert.equal(shaOf(inFlight(ready, { review: { kind: "unknown" } })), sha);
});

test("the round goes on where it was, and findings keep their names", () => {
  const state = itemAfter(
    fateOf(
      inFlight({ ...approved, review: "changes_requested", round: 2, findings: ["R2-F1", "R2-F3"] }),
      teller,
    ),
  );
  assert.equal(state?.round, 2);
  assert.match(state?.findings[0]?.text ?? "", /R2-F1, R2-F3/);
});

test("half merged and still on the roadmap: somebody is told how to take it off", () => {
  assert.match(fateOf(inFlight(ready, { onMain: true }), teller).next ?? "", /roadmap drop search/);
  assert.equal(fateOf(inFlight(ready, { onMain: true, listed: false }), teller).next, null);
});

test("nothing is handed over that is not approved, at the remote, committed and as it was finalized", () => {
  const step = fc.constantFrom("pending", "started", "complete", "approved", "changes_requested" as const);
  const items = fc.record({
    state: fc.record({
      build: step,
      review: step,
      round: fc.nat(3),
      reviewed: fc.constantFrom(null, reviewed),
      findings: fc.constant<string[]>([]),
      finalize: fc.record({
        status: fc.constantFrom("pending", "ready", "handed_over" as const),
        branch: fc.constantFrom(null, "search", "other"),
        sha: fc.constantFrom(null, sha, reviewed),
      }),
      done: fc.boolean(),
    }),
    more: fc.record({
      remoteSha: fc.constantFrom(null, sha, reviewed),
      onMain: fc.boolean(),
      uncommitted: fc.constantFrom([], ["a.ts"]),
      delivered: fc.boolean(),
      known: fc.boolean(),
      review: fc.constantFrom<InFlight["review"][]>(
        { kind: "unknown" },
        { kind: "covered", sha: reviewed },
        { kind: "stale", sha: reviewed, detail: "more" },
      ),
    }),
  });
  fc.assert(
    fc.property(items, ({ state, more }) => {
      const item = inFlight(state, more);
      const fate = fateOf(item, teller);
      const after = itemAfter(fate);
      const said = fate.events.some(({ type }) => type.endsWith("deployment.started"));
      assert.equal(said, fate.becomes === "handed_over" || fate.becomes === "delivered");
      assert.equal(after !== null && standingOf(after) === "handed_over", said);
      if (fate.becomes === "handed_over") {
        assert.equal(state.review, "approved");
        assert.deepEqual(
          [more.remoteSha, more.onMain, more.uncommitted, more.known, more.delivered],
          [sha, false, [], false, false],
        );
        assert.notEqual(more.review.kind, "stale");
        assert.ok(after?.approval);
      }
      if (fate.becomes === "delivered") assert.ok(more.onMain);
    }),
    { numRuns: 1000 },
  );
});
