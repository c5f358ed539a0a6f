/** What a mark says, and that it says no more and no less than the machine has decided. */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import type { EventDraft } from "../../src/events/atomic-write.ts";
import { builtInCatalog } from "../../src/events/built-in.ts";
import { asMarked, evolve, type ItemState, initialItem } from "../../src/orchestration/item.ts";
import { itemEventOf } from "../../src/orchestration/item-event.ts";
import { draftsOf, type MarkContext, type MarkToSay } from "../../src/orchestration/mark-events.ts";
import { firstStep, mark, nameOf, nextSteps, phases, statuses } from "../../src/orchestration/phases.ts";

const at = "2026-01-02T03:04:05.000Z";
const domain = "domain.software-development.";
const catalog = builtInCatalog();
const steps = phases.flatMap((phase) => statuses.map((status) => ({ phase, status })));

/** The item after what was said; each payload as its schema takes it. */
function folded(before: ItemState, drafts: readonly EventDraft[]): ItemState {
  return drafts.reduce((state, { type, data }, index) => {
    const event = itemEventOf({ type, data: catalog.validate(type, data).data });
    assert.ok(event, type);
    return evolve(state, event, { slug: state.slug, at, streamId: `${index}-0` });
  }, before);
}

function saying(name: string, more: Partial<MarkToSay> = {}): MarkToSay {
  const step = steps.find((each) => nameOf(each) === name);
  assert.ok(step, name);
  return { ...step, slug: "login", by: "rita", at, findings: null, overLimit: false, ...more };
}

function context(state: Partial<ItemState>, more: Partial<MarkContext> = {}): MarkContext {
  return {
    state: { ...initialItem("login", at), ...state },
    place: { branch: "login", head: "a".repeat(40) },
    round: 1,
    roundsMax: 3,
    count: 7,
    ...more,
  };
}

const typesOf = (drafts: readonly EventDraft[]) => drafts.map(({ type }) => type.slice(domain.length));

suite("a mark says", () => {
  test("its step, with the commit and a number that makes a repeated step another event", () => {
    const [first] = draftsOf(saying("build started"), context({}));
    const [later] = draftsOf(saying("build started"), context({}, { count: 8 }));
    assert.ok(first && later);
    const keys = [first, later].map(({ type, data }) => catalog.validate(type, data).key);
    assert.notEqual(keys[0], keys[1]);
    assert.deepEqual(typesOf(draftsOf(saying("build started"), context({}))), ["work.phase.marked"]);
  });

  test("the branch, where it is not called like the item or is another one now", () => {
    const elsewhere = { place: { branch: "Feature/Login", head: "a".repeat(40) } };
    const said = (state: Partial<ItemState>, more = {}) =>
      typesOf(draftsOf(saying("build started"), context(state, more)));
    assert.deepEqual(said({}, elsewhere), ["work.item.started", "work.phase.marked"]);
    assert.deepEqual(said({ branch: "Feature/Login" }, elsewhere), ["work.phase.marked"]);
    assert.deepEqual(said({ branch: "Feature/Login" }), ["work.item.started", "work.phase.marked"]);
  });

  test("the approval of an approved commit once, as one delivery", () => {
    const drafts = draftsOf(saying("review approved"), context({}));
    assert.deepEqual(typesOf(drafts), ["work.phase.marked", "review.approved"]);
    assert.equal(drafts[1]?.correlationId, `login@${"a".repeat(40)}`);
    const approval = { round: 1, sha: "a".repeat(40), by: "rita", at, revoked: null };
    assert.deepEqual(typesOf(draftsOf(saying("review approved"), context({ approval }))), [
      "work.phase.marked",
    ]);
  });

  test("that an approval is taken back by whoever asks for changes, unless it was already", () => {
    const approval = { round: 1, sha: null, by: "rita", at, revoked: null };
    const said = (revoked: ItemState["approval"]) =>
      typesOf(draftsOf(saying("review changes_requested"), context({ approval: revoked }, { round: 2 })));
    assert.deepEqual(said(approval), ["work.phase.marked", "review.revoked"]);
    assert.deepEqual(said({ ...approval, revoked: { by: "x", reason: "y" } }), ["work.phase.marked"]);
  });

  test("a question, where no round is left", () => {
    const said = draftsOf(saying("review changes_requested"), context({}, { round: 3 }));
    assert.deepEqual(typesOf(said), ["work.phase.marked", "work.person.asked"]);
    const counted = draftsOf(saying("review changes_requested"), context({ roundsFrom: 1 }, { round: 3 }));
    assert.deepEqual(typesOf(counted), ["work.phase.marked"]);
  });
});

test("over any sequence of marks, the events folded are what the machine has decided", () => {
  const marks = fc.array(
    fc.record({
      /** Which of the ways on; half of the time any step at all. */
      way: fc.nat({ max: 20 }),
      wild: fc.option(fc.constantFrom(...steps), { freq: 1 }),
      head: fc.constantFrom("a", "b").map((letter) => letter.repeat(40)),
      findings: fc.option(fc.string({ maxLength: 50 })),
      overLimit: fc.boolean(),
    }),
    { minLength: 20, maxLength: 60 },
  );
  let made = 0;
  fc.assert(
    fc.property(marks, fc.integer({ min: 1, max: 3 }), (sequence, roundsMax) => {
      let state = initialItem("login", at);
      sequence.forEach(({ way, wild, head, findings, overLimit }, index) => {
        const ways = nextSteps(asMarked(state));
        const step = wild ?? ways[way % ways.length] ?? firstStep;
        const facts = {
          worktree: { head, dirty: null },
          cover: { kind: "covered" },
          roundsMax,
          overLimit,
        } as const;
        const outcome = mark("login", asMarked(state), step, facts);
        if (outcome.kind !== "marked") return;
        made += 1;
        const { round } = outcome;
        const place = { branch: "login", head };
        const drafts = draftsOf(
          { ...step, slug: "login", by: "rita", at, findings, overLimit },
          { state, place, round, roundsMax, count: index + 1 },
        );
        const after = folded(state, drafts);
        assert.deepEqual([after.phase, after.status, after.round], [step.phase, step.status, round]);
        if (nameOf(step) === "review approved") {
          assert.equal(after.approval?.sha, head);
          assert.equal(after.approval?.revoked, null);
        }
        if (nameOf(step) === "review changes_requested")
          assert.ok(after.approval === null || after.approval.revoked !== null);
        if (findings !== null) assert.equal(after.findings.at(-1)?.text, findings);
        state = after;
      });
    }),
  );
  assert.ok(made > 500, `only ${made} marks were made: the property says little`);
});
