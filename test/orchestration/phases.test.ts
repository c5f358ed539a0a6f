/** The phase machine: where each mark leads, and every refusal. */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import {
  asksPerson,
  firstStep,
  isFinal,
  isVerdict,
  type Marked,
  type MarkFacts,
  type MarkOutcome,
  mark,
  nameOf,
  needsCover,
  nextSteps,
  phases,
  type Standing,
  type Step,
  statuses,
} from "../../src/orchestration/phases.ts";

const head = "a".repeat(40);
const clean: MarkFacts = {
  worktree: { head, dirty: null },
  cover: { kind: "covered" },
  roundsMax: 3,
  overLimit: false,
};
const approval = { sha: head, revoked: false };

const allSteps: Step[] = phases.flatMap((phase) => statuses.map((status) => ({ phase, status })));

function stepOf(name: string): Step {
  const found = allSteps.find((step) => nameOf(step) === name);
  assert.ok(found, name);
  return found;
}

function at(name: string, more: Partial<Marked> = {}): Marked {
  return { ...stepOf(name), standing: "open", round: 1, roundsSpent: 1, approval: null, ...more };
}

function marking(from: Marked, to: string, facts: Partial<MarkFacts> = {}): MarkOutcome {
  return mark("login", from, stepOf(to), { ...clean, ...facts });
}

function refusal(outcome: MarkOutcome): string {
  assert.equal(outcome.kind, "refused");
  return outcome.kind === "refused" ? outcome.code : "";
}

/** The whole machine, written down once more by hand: from where, to where. Everything else is a jump. */
const way: Record<string, string[]> = {
  "prepare pending": [
    "prepare started",
    "prepare complete",
    "build pending",
    "build started",
    "build complete",
  ],
  "prepare started": ["prepare pending", "prepare complete"],
  "prepare complete": ["prepare started", "build pending", "build started", "build complete"],
  "build pending": ["build started", "build complete"],
  "build started": ["build pending", "build complete"],
  "build complete": ["build started", "review pending", "review started"],
  "review pending": ["build started", "review started"],
  "review started": ["review pending", "review approved", "review changes_requested"],
  "review changes_requested": ["fix pending", "fix started", "fix complete"],
  "review approved": ["review pending", "review started", "finalize pending", "finalize started"],
  "fix pending": ["fix started", "fix complete"],
  "fix started": ["fix pending", "fix complete"],
  "fix complete": ["fix started", "review pending", "review started"],
  "finalize pending": ["review pending", "review started", "finalize started"],
  "finalize started": ["review pending", "review started", "finalize pending", "finalize complete"],
  "finalize complete": ["review pending", "review started", "finalize started"],
};

suite("the phase machine", () => {
  test("marks exactly the steps of the table, and refuses every other one as a jump", () => {
    for (const [from, ways] of Object.entries(way))
      for (const to of allSteps) {
        const outcome = mark("login", at(from, { approval }), to, clean);
        const same = nameOf(to) === from;
        const expected = same ? "already" : ways.includes(nameOf(to)) ? "marked" : "refused";
        assert.equal(outcome.kind, expected, `${from} → ${nameOf(to)}`);
        if (outcome.kind === "refused") assert.equal(outcome.code, "phase_jump");
      }
  });

  test("a status that its phase does not have is a jump from everywhere", () => {
    for (const odd of ["build approved", "prepare changes_requested", "review complete", "finalize approved"])
      for (const from of Object.keys(way)) assert.equal(refusal(marking(at(from), odd)), "phase_jump");
  });

  test("a jump names what may be next, and the first command of it", () => {
    const outcome = marking(at("build complete"), "review approved");
    assert.ok(outcome.kind === "refused");
    assert.match(outcome.why, /^login is at build complete/);
    assert.match(outcome.cure, /review started.*signalbox todo mark-phase login review started/);
  });

  test("only a review that is started raises the round", () => {
    const started = marking(at("build complete", { round: 0, roundsSpent: 0 }), "review started");
    assert.deepEqual(started, { kind: "marked", phase: "review", status: "started", round: 1 });
    const verdict = marking(at("review started", { round: 2 }), "review approved");
    assert.ok(verdict.kind === "marked");
    assert.equal(verdict.round, 2);
  });

  test("nothing is complete or approved over uncommitted changes; a request for changes is no end", () => {
    const dirty = { worktree: { head, dirty: "it has 2 uncommitted changes" } };
    for (const [from, to] of [
      ["prepare started", "prepare complete"],
      ["build started", "build complete"],
      ["review started", "review approved"],
      ["fix started", "fix complete"],
    ] as const)
      assert.equal(refusal(marking(at(from), to, dirty)), "worktree_dirty", to);
    assert.equal(
      refusal(marking(at("finalize started", { approval }), "finalize complete", dirty)),
      "worktree_dirty",
    );
    assert.equal(marking(at("review started"), "review changes_requested", dirty).kind, "marked");
    assert.equal(marking(at("prepare pending"), "build started", dirty).kind, "marked");
  });

  test("no review begins past the limit, unless a person lets it", () => {
    for (const [spent, kind] of [
      [2, "marked"],
      [3, "refused"],
      [4, "refused"],
    ] as const) {
      const from = at("fix complete", { round: 7, roundsSpent: spent });
      const outcome = marking(from, "review started");
      assert.equal(outcome.kind, kind, String(spent));
      if (outcome.kind === "refused") {
        assert.equal(outcome.code, "round_limit");
        assert.match(outcome.cure, /--over-limit/);
      }
      assert.deepEqual(marking(from, "review started", { overLimit: true }), {
        kind: "marked",
        phase: "review",
        status: "started",
        round: 8,
      });
    }
  });

  test("finalizing needs an approval that stands and covers the branch", () => {
    const stale: MarkFacts["cover"] = { kind: "stale", detail: "1 unreviewed commit was added" };
    const from = (more: Partial<Marked>) => at("review approved", more);
    assert.equal(refusal(marking(from({}), "finalize started")), "approval_missing");
    const revoked = { approval: { sha: head, revoked: true } };
    assert.equal(refusal(marking(from(revoked), "finalize started")), "approval_missing");
    assert.equal(
      refusal(marking(from({ approval }), "finalize started", { cover: stale })),
      "approval_stale",
    );
    assert.equal(marking(from({ approval }), "finalize pending", { cover: stale }).kind, "marked");
    assert.equal(
      refusal(marking(at("finalize started", { approval }), "finalize complete", { cover: stale })),
      "approval_stale",
    );
    assert.equal(marking(from({ approval }), "finalize started").kind, "marked");
  });

  test("an approval is repeated only for the commit it names; another commit needs another round", () => {
    assert.equal(marking(at("review approved", { approval }), "review approved").kind, "already");
    const other = { approval: { sha: "b".repeat(40), revoked: false } };
    assert.equal(refusal(marking(at("review approved", other), "review approved")), "phase_jump");
    const revoked = { approval: { sha: head, revoked: true } };
    assert.equal(refusal(marking(at("review approved", revoked), "review approved")), "phase_jump");
  });

  test("what the line has, what landed and what was dropped is not marked", () => {
    const codes: [Standing, string][] = [
      ["handed_over", "item_handed_over"],
      ["delivered", "item_delivered"],
      ["dropped", "item_dropped"],
    ];
    for (const [standing, code] of codes)
      for (const to of allSteps)
        assert.equal(
          refusal(mark("login", at("finalize complete", { standing, approval }), to, clean)),
          code,
        );
  });

  test("what the line gave back is fixed, reviewed or finalized again", () => {
    const blocked = at("finalize complete", { standing: "blocked", approval });
    for (const to of ["fix started", "fix complete", "review started", "finalize started"])
      assert.equal(marking(blocked, to).kind, "marked", to);
    for (const to of ["build started", "prepare started", "review approved", "finalize complete"])
      assert.equal(refusal(marking(blocked, to)), "phase_jump", to);
  });

  test("a person is asked where only a review leads on, and no round is left", () => {
    const asks = (name: string, roundsSpent: number) =>
      asksPerson(stepOf(name), { roundsSpent, roundsMax: 3 });
    assert.deepEqual(
      ["review changes_requested", "fix complete", "review approved", "fix started"].map((name) =>
        asks(name, 3),
      ),
      [true, true, false, false],
    );
    assert.equal(asks("review changes_requested", 2), false);
    assert.equal(asks("fix complete", 4), true);
  });

  test("only complete and approved say something for good, and only finalizing asks for the approval's cover", () => {
    assert.deepEqual(statuses.filter(isFinal), ["complete", "approved"]);
    assert.deepEqual(
      allSteps.filter(needsCover).map(({ phase }) => phase),
      Array(4).fill("finalize"),
    );
    assert.deepEqual(allSteps.filter(isVerdict).map(nameOf), ["review approved", "review changes_requested"]);
  });
});

/** Random marks in random worlds, the machine driven as its caller drives it. */
const marks = fc.array(
  fc.record({
    /** Which of the ways on; half of the time any step at all. */
    way: fc.nat({ max: 20 }),
    wild: fc.option(fc.constantFrom(...allSteps), { freq: 1 }),
    dirty: fc.boolean(),
    stale: fc.boolean(),
    overLimit: fc.boolean(),
    head: fc.constantFrom("a", "b").map((letter) => letter.repeat(40)),
  }),
  { maxLength: 60 },
);

suite("over any sequence of marks", () => {
  test("rounds only grow, by one, at a review that is started; no approval is dirty; no finalizing is unreviewed", () => {
    fc.assert(
      fc.property(marks, fc.integer({ min: 1, max: 4 }), (sequence, roundsMax) => {
        let state = at("prepare pending", { round: 0, roundsSpent: 0 });
        for (const { way, wild, dirty, stale, overLimit, head } of sequence) {
          const before = state;
          const ways = nextSteps(before);
          const to = wild ?? ways[way % ways.length] ?? firstStep;
          const cover = stale ? ({ kind: "stale", detail: "x" } as const) : ({ kind: "covered" } as const);
          const facts = { worktree: { head, dirty: dirty ? "x" : null }, cover, roundsMax, overLimit };
          const outcome = mark("login", before, to, facts);
          if (outcome.kind !== "marked") continue;
          assert.ok(nextSteps(before).some((step) => nameOf(step) === nameOf(to)));
          const raised = outcome.round - before.round;
          assert.equal(raised, nameOf(to) === "review started" ? 1 : 0);
          if (raised === 1) assert.ok(overLimit || before.roundsSpent < roundsMax);
          if (isFinal(to.status)) assert.equal(dirty, false);
          if (needsCover(to)) assert.ok(before.approval !== null && !stale);
          if (isVerdict(to)) assert.equal(nameOf(before), "review started");
          state = {
            ...before,
            ...to,
            round: outcome.round,
            roundsSpent: before.roundsSpent + raised,
            approval: nameOf(to) === "review approved" ? { sha: head, revoked: false } : before.approval,
          };
        }
      }),
    );
  });

  test("every place that can be reached has a way on, and finalizing can be reached from all of them", () => {
    const reached = new Set(["prepare pending"]);
    for (const name of reached) for (const step of nextSteps(at(name))) reached.add(nameOf(step));
    assert.deepEqual([...reached].sort(), Object.keys(way).sort());
    for (const name of reached) {
      const onward = new Set([name]);
      for (const each of onward) for (const step of nextSteps(at(each))) onward.add(nameOf(step));
      assert.ok(onward.has("finalize complete"), name);
    }
  });
});
