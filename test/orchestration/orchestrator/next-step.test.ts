/** What an orchestrator does next, for everything it may see; and that it comes to an end, whatever workers do. */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import { evolve, type ItemState, initialItem, standingOf } from "../../../src/orchestration/item.ts";
import type { ItemEvent } from "../../../src/orchestration/item-event.ts";
import type { Attempt, Fate } from "../../../src/orchestration/orchestrator/attempt.ts";
import { type Next, nextStep, type View } from "../../../src/orchestration/orchestrator/next-step.ts";
import { outcomeWords, wordsOf } from "../../../src/orchestration/orchestrator/words.ts";
import { asksPerson, mark, nameOf } from "../../../src/orchestration/phases.ts";
import { attempt, viewAt } from "./views.ts";

/** What is decided, in a few words. */
function next(name: string, more: Partial<View> = {}): string {
  return brief(nextStep(viewAt(name, more)));
}

function brief(step: Next): string {
  switch (step.do) {
    case "mark":
      return `mark ${nameOf(step.step)}${step.by === null ? "" : ` by ${step.by}`}`;
    case "start_worker":
      return `start ${step.role} ${step.attempt}`;
    case "ask":
      return `ask ${step.question.reason} in ${step.question.phase}`;
    case "stop":
      return `stop ${step.outcome.kind}`;
    case "watch":
    case "end_silent":
    case "settle":
    case "hand_over":
      return `${step.do} ${step.sessionId}`;
    case "end_sessions":
      return `end ${step.ids.join()}`;
    default:
      return step.do;
  }
}

suite("the usual way", () => {
  const way: Record<string, string> = {
    "prepare pending": "mark build started",
    "prepare started": "mark prepare pending",
    "prepare complete": "mark build started",
    "build pending": "mark build started",
    "build started": "start builder 1",
    "build complete": "mark review started",
    "review pending": "mark review started",
    "review started": "start reviewer 1",
    "review changes_requested": "mark fix started",
    "fix pending": "mark fix started",
    "fix started": "start fixer 1",
    "fix complete": "mark review started",
    "review approved": "finalize",
    "finalize pending": "finalize",
    "finalize started": "finalize",
    "finalize complete": "finalize",
  };
  for (const [from, to] of Object.entries(way))
    test(`from ${from}: ${to}`, () => assert.equal(next(from), to));

  test("a place that is not ready is made ready before a worker's phase begins, or its worker", () => {
    for (const from of ["prepare pending", "build pending", "build started", "build complete", "fix started"])
      assert.equal(next(from, { prepared: false }), "prepare", from);
    assert.equal(next("review approved", { prepared: false }), "finalize");
  });
});

suite("what its worker does", () => {
  const at = (fate: Fate["kind"], said?: Attempt["said"]["kind"]) => ({ attempts: [attempt(fate, said)] });
  const cases: [from: string, more: Partial<View>, to: string][] = [
    ["build started", at("at_work"), "watch s1"],
    ["build started", at("silent"), "end_silent s1"],
    ["build started", at("lost"), "settle s1"],
    ["build started", at("never_ran"), "start builder 2"],
    ["build started", at("failed"), "start builder 2"],
    ["build started", { attempts: [attempt("failed"), attempt("failed")] }, "ask worker_failed in build"],
    ["build started", { attempts: [attempt("never_ran"), attempt("failed")] }, "start builder 3"],
    [
      "build started",
      { attempts: [attempt("failed"), attempt("never_ran"), attempt("failed")] },
      "ask worker_failed in build",
    ],
    ["build started", { attempts: Array(6).fill(attempt("never_ran")) }, "ask worker_failed in build"],
    ["build started", at("called_off"), "ask worker_ended in build"],
    ["build started", at("finished"), "mark build complete by s1"],
    ["build started", at("finished", "approve"), "mark build complete by s1"],
    [
      "build started",
      { ...at("finished"), left: { dirty: "it has 1 change", hasCommit: true, isReviewed: true } },
      "start builder 2",
    ],
    [
      "build started",
      { ...at("finished"), left: { dirty: null, hasCommit: false, isReviewed: true } },
      "start builder 2",
    ],
    [
      "build started",
      {
        attempts: [attempt("finished"), attempt("finished")],
        left: { dirty: null, hasCommit: false, isReviewed: true },
      },
      "ask worker_failed in build",
    ],
    ["fix started", at("finished"), "mark fix complete by s1"],
    ["review started", at("finished", "approve"), "mark review approved by s1"],
    ["review started", at("finished", "request_changes"), "mark review changes_requested by s1"],
    ["review started", at("finished"), "start reviewer 2"],
    ["review started", at("finished", "finalize_ready"), "start reviewer 2"],
    ["review started", at("failed", "approve"), "start reviewer 2"],
    [
      "review started",
      { ...at("finished", "approve"), left: { dirty: null, hasCommit: true, isReviewed: false } },
      "mark review pending",
    ],
    [
      "review started",
      { ...at("finished", "approve"), left: { dirty: "it has 1 change", hasCommit: true, isReviewed: true } },
      "start reviewer 2",
    ],
    [
      "review started",
      {
        ...at("finished", "request_changes"),
        left: { dirty: "it has 1 change", hasCommit: true, isReviewed: true },
      },
      "mark review changes_requested by s1",
    ],
  ];
  for (const [from, more, to] of cases)
    test(`${from}, ${more.attempts?.map(({ fate, said }) => `${fate.kind} ${said.kind}`).join(", ")}: ${to}`, () =>
      assert.equal(next(from, more), to));
});

suite("a finalizer of the user's own", () => {
  const commands = { build: true, review: true, fix: true, finalize: true };
  const state = (status: "pending" | "ready") => ({
    asked: null,
    blocked: null,
    delivered: null,
    dropped: null,
    finalize: { branch: "login", sha: "a", attempt: 1, status, remote: "origin", by: "s1", at: "" },
  });
  test("is started, and what it said ready is handed over", () => {
    assert.equal(next("review approved", { commands }), "start finalizer 1");
    const ready = { commands, attempts: [attempt("finished", "finalize_ready")], state: state("ready") };
    assert.equal(next("finalize complete", ready), "hand_over s1");
  });
  test("that stays after it is done is ended, and what it said last counts", () => {
    const more = { commands, state: state("ready") };
    assert.equal(next("finalize complete", { ...more, attempts: [attempt("at_work")] }), "end s1");
    const ended = [attempt({ kind: "failed", why: "ended by orchestrator-1" }, "finalize_ready")];
    assert.equal(next("finalize complete", { ...more, attempts: ended }), "hand_over s1");
  });
  test("that says nothing, or speaks of another item, is started again", () => {
    const more = { commands, state: state("pending") };
    assert.equal(next("finalize started", { ...more, attempts: [attempt("finished")] }), "start finalizer 2");
    const other: Attempt = { ...attempt("finished"), said: { kind: "finalize_ready", slug: "other" } };
    assert.equal(next("finalize started", { ...more, attempts: [other] }), "start finalizer 2");
  });
});

suite("where it stops, or asks", () => {
  test("sessions of steps that are over end first, whatever else is so", () => {
    for (const standing of ["open", "handed_over", "delivered", "dropped", "blocked"] as const)
      assert.equal(next("review approved", { standing, strays: ["old"] }), "end old");
  });
  test("what is the line's, over, or a person's is left alone", () => {
    const none = viewAt("build pending").state;
    assert.ok(none !== null);
    const finalize = {
      branch: "login",
      sha: "a",
      attempt: 2,
      status: "handed_over" as const,
      remote: null,
      by: "",
      at: "",
    };
    const at = "2026-01-01T00:00:00Z";
    const blocked = { reason: "conflict", follow_up_slug: null, next_action: "merge", at };
    const asked = { reason: "worker_failed", question: "?", next_action: "!", by: "o", at };
    const cases: [Partial<View>, string][] = [
      [{ standing: "handed_over", state: { ...none, finalize } }, "stop handed_over"],
      [
        { standing: "delivered", state: { ...none, delivered: { merge_commit: "b", sha: "a", at } } },
        "stop delivered",
      ],
      [{ standing: "dropped", state: { ...none, dropped: { reason: "no", by: "ada", at } } }, "stop dropped"],
      [{ standing: "blocked", state: { ...none, finalize, blocked } }, "stop blocked"],
      [{ state: { ...none, asked } }, "stop asked"],
      [{ inHandOf: "ada" }, "stop waiting"],
    ];
    for (const [more, to] of cases) assert.equal(next("build started", more), to);
  });
  test("a phase without a worker is somebody's to do by hand", () => {
    const commands = { build: false, review: false, fix: false, finalize: false };
    for (const from of ["prepare pending", "build started", "build complete", "review changes_requested"]) {
      const step = nextStep(viewAt(from, { commands }));
      assert.equal(brief(step), "stop waiting", from);
      if (step.do === "stop" && step.outcome.kind === "waiting")
        assert.match(step.outcome.nextAction, /Set workers\.(build|review|fix) .*todo mark-phase login/);
    }
  });
  test("without a round left a person is asked, also for a stale approval", () => {
    assert.equal(next("fix complete", { roundsLeft: 0 }), "ask rounds_exhausted in fix");
    assert.equal(next("review approved", { stale: "1 commit" }), "mark review started");
    assert.equal(
      next("review approved", { stale: "1 commit", roundsLeft: 0 }),
      "ask rounds_exhausted in review",
    );
  });
  test("a place that cannot be made ready twice is a person's", () => {
    const failure = { why: "npm ci failed", log: "/x.log" };
    assert.equal(next("build started", { prepared: false, prepareFailures: [failure] }), "prepare");
    const step = nextStep(viewAt("build started", { prepared: false, prepareFailures: [failure, failure] }));
    assert.equal(brief(step), "ask prepare_failed in build");
    if (step.do === "ask") assert.match(step.question.nextAction, /Read \/x\.log\. .*login build pending/);
  });
  test("what stands against the hand-over is a person's, and the way on is one that the machine has", () => {
    for (const from of ["review approved", "finalize started", "finalize complete"]) {
      const step = nextStep(viewAt(from, { finalizeTrouble: { why: "refused", cure: "Push it." } }));
      assert.equal(brief(step), "ask finalize_failed in finalize");
      if (step.do === "ask")
        assert.match(step.question.nextAction, /^Push it\. .*mark-phase login finalize (pending|started)/);
    }
  });
  test("a question names the worker's log, what it failed of each time, and the two ways out", () => {
    const attempts = [
      attempt({ kind: "failed", why: "exit 7" }, "none", "s1"),
      attempt({ kind: "failed", why: "killed by SIGSEGV" }, "none", "s2"),
    ];
    const step = nextStep(viewAt("review started", { attempts }));
    assert.ok(step.do === "ask");
    assert.match(
      step.question.question,
      /^The reviewer of login failed 2 times: killed by SIGSEGV \(before: exit 7\)/,
    );
    assert.match(
      step.question.nextAction,
      /sessions tail s2\. .*mark-phase login review pending.*todo drop login/,
    );
  });
  test("every step and every outcome has its line", () => {
    const steps: Next[] = [
      nextStep(viewAt("build started", { attempts: [attempt("failed")] })),
      nextStep(viewAt("build started", { attempts: [attempt("failed"), attempt("failed")] })),
      nextStep(viewAt("build started", { attempts: [attempt("silent")] })),
      nextStep(viewAt("review approved", { stale: "1 commit was added" })),
      nextStep(viewAt("review approved", { strays: ["old"] })),
      nextStep(viewAt("build started", { inHandOf: "ada" })),
    ];
    assert.deepEqual(steps.map(wordsOf), [
      "starts the builder again: exit 1",
      "asks a person: The builder of login failed 2 times: exit 1 (before: exit 1).",
      "ends s1, which gives no sign of life",
      "review started (the approval is stale: 1 commit was added)",
      "lets old end",
      "waits: ada has it in hand",
    ]);
    assert.equal(outcomeWords({ kind: "busy", holder: "process 7" }), "is being orchestrated by process 7");
  });
});

suite("whatever workers do", () => {
  /** One worker's life: how it ends, what it says, what it leaves. */
  const life = fc.record({
    fate: fc.constantFrom<Fate["kind"]>(
      "failed",
      "finished",
      "finished",
      "finished",
      "never_ran",
      "silent",
      "lost",
    ),
    said: fc.constantFrom<Attempt["said"]["kind"]>("none", "approve", "approve", "request_changes"),
    dirty: fc.boolean(),
    commits: fc.boolean(),
    late: fc.boolean(),
  });

  test("each decision is a step of the machine, no worker is started beside another, and it ends", () => {
    fc.assert(
      fc.property(
        fc.array(life, { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 1, max: 3 }),
        (lives, roundsMax) => {
          const ended = live(lives, roundsMax);
          assert.ok(["asked", "finalize"].includes(ended.by), JSON.stringify(ended));
          assert.ok(ended.rounds <= roundsMax);
        },
      ),
      { numRuns: 500 },
    );
  });

  type Life = {
    fate: Fate["kind"];
    said: Attempt["said"]["kind"];
    dirty: boolean;
    commits: boolean;
    late: boolean;
  };

  /** Plays an item with the real machine and the real fold; workers are what `lives` says, over and over. */
  function live(lives: readonly Life[], roundsMax: number): { by: string; rounds: number } {
    let state: ItemState = initialItem("login", "");
    let serial = 0;
    let attempts: Attempt[] = [];
    let worker = 0;
    const lifeNow = () => lives[worker % lives.length] ?? assert.fail("no life");
    const say = (event: ItemEvent) => {
      const before = state.since.id;
      state = evolve(state, event, { slug: "login", at: "", streamId: `${++serial}-0` });
      if (state.since.id !== before) attempts = [];
    };
    for (let steps = 0; steps < 400; steps++) {
      const own = lifeNow();
      const step = nextStep({
        ...viewAt(nameOf(state)),
        standing: standingOf(state),
        state,
        roundsLeft: roundsMax - state.round,
        attempts,
        left: {
          dirty: own.dirty ? "it has 1 uncommitted change" : null,
          hasCommit: own.commits,
          isReviewed: !own.late,
        },
      });
      if (step.do === "stop") return { by: step.outcome.kind, rounds: state.round };
      if (step.do === "finalize") return { by: "finalize", rounds: state.round };
      if (step.do === "ask")
        say({ kind: "asked", reason: step.question.reason, question: "?", nextAction: "!", by: "o" });
      if (step.do === "start_worker") {
        assert.ok(!attempts.some(({ fate }) => fate.kind === "at_work"), "a worker beside another");
        assert.equal(step.attempt, attempts.length + 1);
        worker++;
        attempts = [...attempts, attempt("at_work", "none", `s${worker}`)];
      }
      const settle = (fate: Fate["kind"], said: Attempt["said"]["kind"] = "none") => {
        const last = attempts.at(-1) ?? assert.fail("nobody is at work");
        attempts = [...attempts.slice(0, -1), attempt(fate, said, last.sessionId)];
      };
      if (step.do === "watch") settle(lifeNow().fate, lifeNow().said);
      if (step.do === "end_silent" || step.do === "settle") settle("failed");
      if (step.do !== "mark") continue;
      const marked = mark(
        "login",
        {
          phase: state.phase,
          status: state.status,
          standing: "open",
          round: state.round,
          roundsSpent: state.round,
          approval: null,
        },
        step.step,
        {
          worktree: { head: "a", dirty: null },
          cover: { kind: "not_asked" },
          roundsMax,
          overLimit: false,
        },
      );
      assert.equal(
        marked.kind,
        "marked",
        `${nameOf(state)} → ${nameOf(step.step)}: ${JSON.stringify(marked)}`,
      );
      if (marked.kind !== "marked") continue;
      say({ kind: "marked", ...step.step, round: marked.round, by: "o", sha: "a", findings: null });
      // As marking does it itself.
      if (asksPerson(step.step, { roundsSpent: state.round, roundsMax }))
        say({ kind: "asked", reason: "rounds_exhausted", question: "?", nextAction: "!", by: "o" });
    }
    return { by: "no end", rounds: state.round };
  }
});
