/** Sessions read as attempts, the roster of a whole roadmap, and what outcomes mean for the caller. */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import { Failure } from "../../../src/errors.ts";
import { attemptOf, isOfFleet, sessionNamed } from "../../../src/orchestration/orchestrator/attempt.ts";
import { exitCodeOf, type Outcome } from "../../../src/orchestration/orchestrator/outcome.ts";
import { askedEvent, trialsQuestion } from "../../../src/orchestration/orchestrator/questions.ts";
import {
  type Entry,
  type Known,
  rosterOf,
  sinceThen,
  waitedFor,
} from "../../../src/orchestration/orchestrator/roster.ts";
import type { Session } from "../../../src/orchestration/sessions/session.ts";
import { viewAt } from "./views.ts";

type End = NonNullable<Session["end"]>;

function session(
  state: Session["state"],
  end: Partial<End> | null = null,
  startedAt: string | null = "t",
): Session {
  const whole = {
    how: "exited" as const,
    why: "exit 0",
    exitCode: 0,
    signal: null,
    by: null,
    lastLine: null,
    endedAt: "t",
  };
  return {
    id: "builder-login-1",
    role: "builder",
    slug: "login",
    runner: "process",
    argv: [],
    worktree: null,
    state,
    process: null,
    createdAt: "t",
    startedAt,
    lastSignMs: null,
    silenceLimitMs: null,
    end: end === null ? null : { ...whole, ...end },
  };
}

suite("what became of a worker", () => {
  const cases: [name: string, Session, fate: string, said?: string][] = [
    ["it starts", session("starting"), "at_work"],
    ["it works", session("running"), "at_work"],
    ["its end was asked for", session("ending"), "at_work"],
    ["it is silent", session("silent"), "silent"],
    ["its keeper is gone", session("lost"), "lost"],
    ["it ended well", session("ended", {}), "finished"],
    ["it approves", session("ended", { lastLine: "APPROVE" }), "finished", "approve"],
    ["it fails", session("ended", { exitCode: 3, why: "exit 3" }), "failed"],
    [
      "a yes of one that failed is none",
      session("ended", { exitCode: 1, lastLine: "APPROVE" }),
      "failed",
      "approve",
    ],
    [
      "a no counts however it ends",
      session("ended", { exitCode: 1, lastLine: "REQUEST_CHANGES" }),
      "finished",
      "request_changes",
    ],
    ["it was killed", session("ended", { how: "signalled", signal: "SIGKILL", exitCode: null }), "failed"],
    ["it was not found", session("ended", { how: "not_started", exitCode: null }, null), "failed"],
    ["its keeper was killed", session("ended", { how: "lost", exitCode: null }), "failed"],
    ["before it began", session("ended", { how: "lost", exitCode: null }, null), "never_ran"],
    ["a person ended it", session("ended", { how: "ended", by: "ada", exitCode: null }), "called_off"],
    [
      "its orchestrator ended it",
      session("ended", { how: "ended", by: "orchestrator-login-1a2b", exitCode: null }),
      "failed",
    ],
  ];
  for (const [name, given, fate, said = "none"] of cases)
    test(`${name}: ${fate}`, () => {
      const found = attemptOf(given);
      assert.deepEqual([found.fate.kind, found.said.kind], [fate, said]);
    });

  test("its name is the same for the same attempt at the same step, and no other's", () => {
    const at = { since: "17-0", attempt: 1 };
    assert.deepEqual(sessionNamed("builder", "login", at), sessionNamed("builder", "login", { ...at }));
    const ids = [at, { ...at, attempt: 2 }, { ...at, since: "17-1" }, { since: "171-0", attempt: 1 }].map(
      (one) => sessionNamed("builder", "login", one).id,
    );
    assert.equal(new Set(ids).size, 4);
    for (const id of ids) assert.match(id, /^builder-login-[0-9a-f]{10}$/);
  });

  test("people are not taken for sessions", () => {
    for (const by of ["ada", "root", "builder", "rita-reviewer-1", "somebody"])
      assert.equal(isOfFleet(by), false, by);
    for (const by of ["orchestrator-1a2b", "orchestrator-login-1a2b", "fixer-login-00aa"])
      assert.equal(isOfFleet(by), true, by);
  });
});

suite("the roster", () => {
  const known = (standings: Record<string, Known["standing"]>): Map<string, Known> =>
    new Map(Object.entries(standings).map(([slug, standing]) => [slug, { standing, mark: standing }]));
  const entries: Entry[] = [
    { slug: "a", waitingFor: [] },
    { slug: "b", waitingFor: ["a"] },
    { slug: "c", waitingFor: ["b", "a"] },
    { slug: "d", waitingFor: [] },
    { slug: "e", waitingFor: [] },
  ];
  const roster = (
    standings: Record<string, Known["standing"]>,
    more: Partial<Parameters<typeof rosterOf>[1]> = {},
  ) =>
    rosterOf(entries, {
      known: known(standings),
      running: new Set(),
      atWork: new Set(),
      over: new Map(),
      free: 2,
      ...more,
    });

  test("takes the first that wait for nothing, as many as are free", () => {
    assert.deepEqual(roster({}).take, ["a", "d"]);
    assert.deepEqual(roster({}, { running: new Set(["a"]), free: 1 }).take, ["d"]);
    assert.deepEqual(roster({}, { free: 0 }).take, []);
    assert.deepEqual(roster({}).waiting, [
      { slug: "b", for: ["a"] },
      { slug: "c", for: ["b", "a"] },
    ]);
  });
  test("begins what waited when what it waits for is delivered, not when it is handed over", () => {
    const over = new Map([["a", "handed_over"]]);
    const handedOver = roster({ a: "handed_over" }, { over });
    assert.deepEqual([handedOver.take, handedOver.isMoving], [["d", "e"], true]);
    const delivered = roster({ a: "delivered" });
    assert.deepEqual([delivered.take, delivered.isMoving], [["b", "d"], false]);
  });
  test("what the line blocked moves nobody", () => {
    const over = new Map([
      ["a", "blocked"],
      ["d", ""],
      ["e", ""],
    ]);
    const { take, isMoving, waiting } = roster({ a: "blocked" }, { over });
    assert.deepEqual([take, isMoving, waiting.length], [[], false, 2]);
  });
  test("what an orchestrator before has left at work comes first, and fills the places", () => {
    const atWork = new Set(["c", "e"]);
    assert.deepEqual(roster({ c: "open", e: "open" }, { atWork }).take, ["c", "e"]);
    assert.deepEqual(roster({ c: "open", e: "open" }, { atWork, free: 3 }).take, ["c", "e", "a"]);
    assert.deepEqual(roster({ c: "open", e: "open" }, { atWork, free: 0 }).take, ["c", "e"]);
    assert.deepEqual(roster({ e: "delivered" }, { atWork: new Set(["e"]), free: 1 }).take, ["e"]);
    assert.deepEqual(
      roster({ e: "open" }, { atWork: new Set(["e"]), over: new Map([["e", "open"]]), free: 1 }).take,
      ["a"],
    );
  });
  test("what was walked is taken again once somebody has said something of it", () => {
    const over = new Map([
      ["a", "open"],
      ["d", ""],
      ["e", ""],
    ]);
    assert.deepEqual(roster({ a: "open" }, { over }).take, []);
    assert.deepEqual(roster({ a: "blocked" }, { over }).take, ["a"]);
  });
  test("it begins nothing before what it comes after, and leaves nothing out, whatever the roadmap", () => {
    const roadmap = fc.array(fc.array(fc.nat(11), { maxLength: 3 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(roadmap, fc.integer({ min: 1, max: 4 }), (afters, free) => {
        // Each comes after earlier ones only: a roadmap without a cycle.
        const all = afters.map((after, index): Entry & { after: string[] } => {
          const names = [...new Set(after.filter((one) => one < index).map((one) => `i${one}`))];
          return { slug: `i${index}`, waitingFor: names, after: names };
        });
        const delivered = new Set<string>();
        const nothing = {
          running: new Set<string>(),
          atWork: new Set<string>(),
          over: new Map<string, string>(),
        };
        for (let turns = 0; delivered.size < all.length; turns++) {
          assert.ok(turns <= all.length, "it makes no progress");
          const at = new Map(
            [...delivered].map((slug): [string, Known] => [slug, { standing: "delivered", mark: "d" }]),
          );
          const { take } = rosterOf(all, { known: at, ...nothing, free });
          assert.ok(take.length > 0 && take.length <= free);
          for (const slug of take)
            for (const other of all.find((one) => one.slug === slug)?.after ?? [])
              assert.ok(delivered.has(other));
          for (const slug of take) delivered.add(slug);
        }
      }),
    );
  });
  test("what waited to the end says for what, and why that does not come", () => {
    const outcome = waitedFor("c", ["b", "a"], (slug) =>
      slug === "a" ? "is blocked: conflict" : "waits: ada has it",
    );
    assert.deepEqual(outcome, {
      kind: "waiting",
      why: "it comes after b, which waits: ada has it, and after a, which is blocked: conflict",
      nextAction: "signalbox why b",
    });
  });
  test("at the end it is told what the line has made of it", () => {
    const handed: Outcome = { kind: "handed_over", branch: "a", sha: "s", attempt: 1 };
    const none = { delivered: null, blocked: null };
    assert.equal(sinceThen(handed, null), handed);
    assert.equal(sinceThen(handed, { standing: "handed_over", ...none }), handed);
    const delivered = { ...none, standing: "delivered" as const, delivered: { merge_commit: "m" } };
    assert.deepEqual(sinceThen(handed, delivered), { kind: "delivered", mergeCommit: "m" });
    const blocked = { reason: "conflict", next_action: "merge", follow_up_slug: null };
    assert.equal(sinceThen(handed, { ...none, standing: "blocked", blocked }).kind, "blocked");
  });
});

suite("the exit status", () => {
  const failure = new Failure({ code: "not_planned", kind: "bad_input", message: "no" });
  const of = (...kinds: Outcome["kind"][]) =>
    exitCodeOf(
      kinds.map((kind): Outcome => {
        if (kind === "handed_over") return { kind, branch: "a", sha: "s", attempt: 1 };
        if (kind === "asked") return { kind, reason: "r", question: "?", nextAction: "!" };
        if (kind === "busy") return { kind, holder: "h" };
        return kind === "failed" ? { kind, failure } : { kind: "stopped" };
      }),
    );
  test("0 where all are handed over, 3 where somebody must decide, 1 where one failed, 75 where it may be tried again", () => {
    assert.deepEqual(
      [
        of(),
        of("handed_over"),
        of("handed_over", "asked"),
        of("asked", "failed", "busy"),
        of("handed_over", "busy"),
      ],
      [0, 0, 3, 1, 75],
    );
    assert.deepEqual([of("stopped"), of("busy", "asked")], [75, 3]);
    assert.equal(of("failed"), 2, "one alone ends as its failure does");
  });
});

test("a question fits into its event, however much there is to tell", () => {
  const why = "x".repeat(10_000);
  const { data } = askedEvent(trialsQuestion(viewAt("build started"), "build", why), {
    slug: "login",
    by: "o",
    mark: 3,
    at: "t",
  });
  assert.ok(typeof data === "object" && data !== null && "question" in data && "next_action" in data);
  assert.ok(String(data.question).length <= 2000 && String(data.next_action).length <= 2000);
});
