import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import type { EventDraft } from "../../src/events/atomic-write.ts";
import { builtInCatalog } from "../../src/events/built-in.ts";
import { openEnvelopeText } from "../../src/events/envelope.ts";
import type { ConflictEvidence } from "../../src/integration/delivery.ts";
import { openFollowUp } from "../../src/integration/follow-up.ts";
import {
  blockedOutcome,
  integratedOutcome,
  type OutcomeWrite,
  requeuedOutcome,
  supersededOutcome,
  withdrawnOutcome,
} from "../../src/integration/outcomes.ts";
import { moved, type QueueItem, type QueueStatus, queueStatuses } from "../../src/integration/queue.ts";
import { reasonCodes } from "../../src/integration/reasons.ts";
import { candidate, id, queued } from "./story.ts";

const said = { atMs: 9_000, at: "2026-01-02T03:04:05.000Z", by: "integrator:host:1:1:ab" };
const landed = { mergeCommit: id(5), mainSha: id(6), checks: ["unit"], how: "pushed" as const };
const evidence = { conflicts: [], diagnostics: ["d"] };
const why = { reason: "conflict", detail: "it conflicts", evidence } as const;
const newer = { branch: "login", sha: id(2) };
const followUp = openFollowUp(null, {
  candidate,
  reason: "conflict",
  attempt: 1,
  blockedAt: said.at,
  conflicts: [],
  diagnostics: ["d"],
  nextAction: "n",
});
const inStatus = (status: QueueStatus): QueueItem => queued({ status });
const catalog = builtInCatalog();

/** As the writer would see it: the payload fits its type, the whole fits an event. */
function assertSayable({ type, data }: EventDraft): void {
  const { key, dataschema } = catalog.validate(type, data);
  openEnvelopeText({
    specversion: "1.0",
    id: "0".repeat(36),
    source: "signalbox/repository/integrator/1",
    type,
    dataschema,
    datacontenttype: "application/json",
    data: JSON.parse(JSON.stringify(data)),
    idempotencykey: key ?? "k",
    eventlevel: "business",
    visibility: "public",
  });
}

/** Makes the moves, all of which must be allowed, and says the events, all of which must be sayable. */
function assertWritable(item: QueueItem, outcome: OutcomeWrite): QueueItem {
  outcome.events.forEach(assertSayable);
  return outcome.moves.reduce(moved, item);
}

const events = (outcome: OutcomeWrite) =>
  outcome.events.map(({ type }) => type.split(".").slice(2).join("."));

suite("what an outcome writes", () => {
  const cases: [string, QueueStatus[], (item: QueueItem) => OutcomeWrite, QueueStatus][] = [
    [
      "integrated",
      ["queued", "in_progress", "blocked"],
      (item) => integratedOutcome(item, landed, [followUp], said),
      "integrated",
    ],
    ["blocked", ["queued", "in_progress"], (item) => blockedOutcome(item, why, null, said), "blocked"],
    [
      "superseded",
      ["queued", "in_progress", "blocked"],
      (item) => supersededOutcome(item, newer, followUp, said),
      "superseded",
    ],
    ["withdrawn", ["queued", "in_progress"], (item) => withdrawnOutcome(item, "not yet", said), "blocked"],
    [
      "requeued",
      ["blocked", "in_progress"],
      (item) => requeuedOutcome(item, { why: "retried", attempt: 2 }, followUp, said),
      "queued",
    ],
  ];
  for (const [name, from, outcome, to] of cases)
    test(`${name}: only allowed moves and sayable events, from ${from.join(", ")} and nowhere else`, () => {
      for (const status of queueStatuses) {
        const item = inStatus(status);
        if (!from.includes(status)) {
          assert.throws(() => outcome(item).moves.reduce(moved, item), /may not move/);
          continue;
        }
        const after = assertWritable(item, outcome(item));
        assert.equal(after.status, to);
        assert.equal(after.history.at(-1)?.by, said.by);
      }
    });

  test("says one completed or one failed, and leads a blocked candidate through the queue", () => {
    assert.deepEqual(events(integratedOutcome(inStatus("in_progress"), landed, [], said)), [
      "deployment.completed",
    ]);
    assert.deepEqual(events(integratedOutcome(inStatus("blocked"), landed, [followUp], said)), [
      "integration.candidate.requeued",
      "deployment.completed",
      "integration.follow_up.resolved",
    ]);
    assert.deepEqual(events(supersededOutcome(inStatus("blocked"), newer, null, said)), [
      "integration.candidate.requeued",
      "integration.candidate.superseded",
    ]);
    const [toQueued, toSuperseded] = supersededOutcome(inStatus("blocked"), newer, null, said).events;
    const moveOf = (event: EventDraft | undefined) =>
      new Map(Object.entries(Object(event?.data))).get("move");
    assert.deepEqual([moveOf(toQueued), moveOf(toSuperseded)], [2, 3]);
  });

  test("tells how it came to main, and what tidying kept", () => {
    const sentence = (more: object) =>
      integratedOutcome(inStatus("in_progress"), { ...landed, ...more }, [], said).moves.at(-1)?.reason;
    assert.equal(sentence({}), "landed on main as 5555555");
    assert.match(sentence({ how: "ancestor" }) ?? "", /already on main.*no commit was made/);
    assert.match(sentence({ how: "recorded" }) ?? "", /had already landed/);
    assert.match(sentence({ how: "content" }) ?? "", /changes nothing on main/);
    assert.match(
      sentence({ tidy: { done: [], kept: ["the worktree /w: it is dirty"] } }) ?? "",
      /kept the worktree \/w: it is dirty$/,
    );
  });

  test("opens one follow-up a candidate, which a retry resolves and another failure opens again", () => {
    const first = blockedOutcome(inStatus("in_progress"), why, null, said).followUps[0];
    assert.equal(first?.status, "open");
    const item = moved(inStatus("blocked"), {
      to: "queued",
      atMs: 1,
      by: "a",
      reason: "r",
      set: { attempt: 2 },
    });
    const requeued = requeuedOutcome(
      inStatus("blocked"),
      { why: "retried", attempt: 2 },
      first ?? null,
      said,
    );
    assert.equal(requeued.followUps[0]?.status, "resolved");
    const again = blockedOutcome(item, why, requeued.followUps[0] ?? null, {
      ...said,
      at: "2026-01-03T00:00:00.000Z",
    });
    assert.deepEqual([again.followUps[0]?.status, again.followUps[0]?.attempt], ["open", 2]);
    assert.equal(again.followUps[0]?.follow_up_slug, first?.follow_up_slug);
    assert.deepEqual(withdrawnOutcome(queued(), "x", said).followUps, []);
  });

  test("names a next action that can be run, for every reason", () => {
    for (const reason of reasonCodes) {
      const { moves } = blockedOutcome(inStatus("in_progress"), { ...why, reason }, null, said);
      assert.match(moves[0]?.set?.nextAction ?? "", /signalbox/);
      assert.doesNotMatch(moves[0]?.set?.nextAction ?? "", /SLUG/);
    }
  });
});

suite("the event of a failure", () => {
  const wild = fc.oneof(
    fc.string({ unit: "binary", maxLength: 60 }),
    fc.constantFrom("", "\u0000\u001b[31m", "é".repeat(5_000), "\ud83d".repeat(400), "x".repeat(9_000)),
  );
  const side = fc.constant({ mode: "100644", id: id(3), excerpt: "…" });
  const conflict: fc.Arbitrary<ConflictEvidence> = fc.record({
    path: wild,
    kind: fc.constantFrom("contents", "modify/delete"),
    message: wild,
    ours: fc.option(side),
    theirs: fc.option(side),
    main_commits: fc.array(fc.constant(id(4)), { maxLength: 8 }),
  });

  test("can be said whatever paths, messages and diagnostics there are, and however many", () => {
    const found = fc.record({
      detail: fc.oneof(
        fc.constant("it conflicts"),
        fc.string({ minLength: 1, maxLength: 9_000 }).filter((text) => text.trim() !== ""),
      ),
      conflicts: fc.array(conflict, { maxLength: 120 }),
      diagnostics: fc.array(wild, { maxLength: 120 }),
    });
    fc.assert(
      fc.property(found, ({ detail, conflicts, diagnostics }) => {
        const item = inStatus("in_progress");
        assertWritable(
          item,
          blockedOutcome(
            item,
            { reason: "conflict", detail, evidence: { conflicts, diagnostics } },
            null,
            said,
          ),
        );
      }),
      { numRuns: 150 },
    );
  });

  test("fits, also where everything is as long as it can be", () => {
    const long: ConflictEvidence = {
      path: "é\u0001".repeat(2_000),
      kind: "contents",
      message: "\u0001".repeat(4_000),
      ours: { mode: "100644", id: id(1), excerpt: null },
      theirs: { mode: "100644", id: id(2), excerpt: null },
      main_commits: Array.from({ length: 100 }, () => id(4)),
    };
    const all = {
      conflicts: Array.from({ length: 100 }, () => long),
      diagnostics: Array.from({ length: 100 }, () => "\u0001".repeat(4_000)),
    };
    const item = inStatus("in_progress");
    assertWritable(
      item,
      blockedOutcome(item, { reason: "conflict", detail: "\u0001".repeat(9_000), evidence: all }, null, said),
    );
  });
});
