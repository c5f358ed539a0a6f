import assert from "node:assert/strict";
import { test } from "node:test";
import { inShadow } from "../../src/board/shadow-view.ts";
import type { CandidateShape, QueueItemShape } from "../../src/board/shapes.ts";
import { type WhyView, whyShape } from "../../src/board/why-sentence.ts";
import { conditionNames, cycleWords } from "../../src/integration/readiness.ts";
import { candidate as candidateNamed, item as itemNamed } from "./rows.ts";

const sha = "b".repeat(40);
const item = itemNamed("search", { position: 1 });

/** READY, but for one condition. */
function candidate(failing: string | null, more: Partial<CandidateShape> = {}): CandidateShape {
  return candidateNamed("search", {
    status: failing === null ? "READY" : "NOT_READY",
    conditions: conditionNames.map((name) => ({
      name,
      holds: name !== failing,
      detail: `the detail of ${name}`,
    })),
    ...more,
  });
}

const nothing: WhyView = {
  slug: "search",
  item: null,
  candidate: null,
  approved: false,
  paused: null,
  shadow: null,
};
const say = (view: Partial<WhyView>) => whyShape({ ...nothing, ...view });

test("every state of the queue has its sentence and says who can act", () => {
  const cases: [Partial<WhyView>, RegExp, string][] = [
    [{ item }, /READY and next/, "integrator"],
    [{ item: { ...item, position: 2 } }, /position 2 and waits for one candidate/, "integrator"],
    [{ item: { ...item, position: 9 } }, /8 candidates before it/, "integrator"],
    [
      { item: { ...item, status: "in_progress", position: null, phase: "merged" } },
      /on the line now \(merged\)/,
      "integrator",
    ],
    [
      { item: { ...item, status: "integrated", position: null, merge_commit: sha } },
      /on main since .* as bbbbbbb/,
      "nobody",
    ],
    [{ item: { ...item, status: "superseded", position: null } }, /superseded at bbbbbbb/, "nobody"],
    [
      { item: { ...item, status: "blocked", reason: "conflict", why: "conflict in a." } },
      /blocked \(conflict\): conflict in a; whoever/,
      "worker",
    ],
  ];
  for (const [view, sentence, who] of cases) {
    const why = say(view);
    assert.match(why.sentence, sentence);
    assert.equal(why.who, who);
  }
});

test("while the queue is paused an admin can act", () => {
  const paused = { by: "ada", at: "2026-11-22T11:00:00.000Z", reason: "release day", draining: false };
  const why = say({ item, paused });
  assert.match(why.sentence, /paused by ada \(release day\)/);
  assert.equal(why.who, "admin");
  assert.equal(why.next_action, "signalbox queue resume");
});

test("every condition that fails names itself, its detail, and who can act", () => {
  for (const name of conditionNames) {
    const why = say({ candidate: candidate(name) });
    assert.match(why.sentence, new RegExp(`not ready \\(${name}\\): the detail of ${name}; `));
    assert.ok(["reviewer", "worker", "nobody"].includes(why.who), name);
    assert.equal(why.status, "NOT_READY");
  }
  assert.equal(say({ candidate: candidate("reviewed") }).who, "reviewer");
});

test("a slug with an approval alone waits to be finalized; without anything it waits for its worker", () => {
  assert.match(say({ approved: true }).sentence, /is approved and waits to be finalized/);
  assert.match(say({}).sentence, /^search waits to be finalized/);
});

test("READY, landed and superseded candidates without a place in the queue have a sentence too", () => {
  assert.match(say({ candidate: candidate(null) }).sentence, /daemon queues it/);
  assert.match(say({ candidate: candidate(null, { status: "INTEGRATED" }) }).sentence, /on main/);
  assert.match(say({ candidate: candidate(null, { status: "SUPERSEDED" }) }).sentence, /superseded/);
});

test("a newer candidate speaks before an older one's end", () => {
  const older = { ...item, sha: "c".repeat(40), status: "blocked" as const, position: null };
  assert.match(say({ item: older, candidate: candidate("reviewed") }).sentence, /not ready \(reviewed\)/);
  const onLine = { ...older, status: "in_progress" as const };
  assert.match(say({ item: onLine, candidate: candidate("reviewed") }).sentence, /on the line now/);
});

test("queued, but for the moment not READY: it says what is in the way", () => {
  const { sentence, status } = say({ item, candidate: candidate("reachable") });
  assert.match(sentence, /queued at position 1, but not READY now \(reachable\): the detail of reachable;/);
  assert.equal(status, "queued");
});

test("a cycle of after: lists does not go away by itself: who plans can break it", () => {
  const detail = `${cycleWords}: a → b → a`;
  const caught = candidate("after");
  caught.conditions = caught.conditions.map((each) => (each.holds ? each : { ...each, detail }));
  const why = say({ candidate: caught });
  assert.match(why.sentence, /a → b → a; an admin can break it in the roadmap\.$/);
  assert.equal(why.who, "admin");
});

test("in shadow a candidate that waits says why nothing lands, and what would become of it", () => {
  const shadow = { why: "the cutover is off (ada: release day)", of: () => "would land on 1234567" };
  const { sentence, who, next_action } = say({ item, shadow });
  assert.match(
    sentence,
    /search is READY at position 1, and main is left to others, because the cutover is off/,
  );
  assert.match(sentence, /the line says of it: would land on 1234567; an admin can let it land\.$/);
  assert.deepEqual([who, next_action], ["admin", "signalbox cutover status"]);
  assert.match(say({ item, shadow: { ...shadow, of: () => null } }).sentence, /not decided yet/);
  const landed = say({ item: { ...item, status: "integrated" }, shadow });
  assert.match(landed.sentence, /is on main/, "what is over stays over");
});

test("the queue says the same of all that wait, and of nobody else", () => {
  const blocked: QueueItemShape = { ...item, slug: "other", status: "blocked", why: "conflict" };
  const shadow = { why: "w", of: ({ slug }: { slug: string }) => (slug === "search" ? "would land" : null) };
  const rows = inShadow([item, { ...item, slug: "new" }, blocked], shadow);
  assert.deepEqual(
    rows.map(({ why }) => why),
    ["in shadow: would land", "in shadow: not decided yet", "conflict"],
  );
  assert.deepEqual(inShadow([item], null), [item]);
});
