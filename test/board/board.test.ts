import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { type BoardParts, boardOf, landedShown, sameBoard } from "../../src/board/board.ts";
import { notificationShape } from "../../src/board/shape-notification.ts";
import { notificationSchema, type QueueItemShape, type StatusShape } from "../../src/board/shapes.ts";
import { boardSchema } from "../../src/board/shapes-of-api.ts";
import { at, candidate, item, status } from "./rows.ts";

function parts(more: Partial<BoardParts> = {}): BoardParts {
  const nothing = {
    queue: [],
    candidates: [],
    inHandSince: null,
    links: null,
    notifications: [],
    sessions: [],
  };
  return { at, status: status(), ...nothing, ...more };
}

const slugs = (trains: readonly { slug: string }[]) => trains.map(({ slug }) => slug);

describe("the board", () => {
  test("a candidate stands where its status puts it, in the order of the queue", () => {
    const { line } = boardOf(
      parts({
        queue: [
          item("now", { status: "in_progress", phase: "merged" }),
          item("next", { position: 1 }),
          item("later", { position: 2 }),
          item("stuck", { status: "blocked", reason: "conflict", next_action: "signalbox submit" }),
          item("done", { status: "integrated", merge_commit: "c".repeat(40) }),
          item("gone", { status: "superseded" }),
        ],
        candidates: [candidate("early")],
      }),
    );
    assert.deepEqual(slugs(line.on_the_line), ["now"]);
    assert.deepEqual(slugs(line.queued), ["next", "later"]);
    assert.deepEqual(slugs(line.siding), ["stuck"]);
    assert.deepEqual(slugs(line.landed), ["done"]);
    assert.deepEqual(slugs(line.not_ready), ["early"]);
  });

  test("what travels in the push of the one in hand is on the line, after it", () => {
    const phases = [
      { phase: "picked", began_at: "2026-11-22T09:59:00.000Z" },
      { phase: "pushing", began_at: "2026-11-22T09:59:30.000Z" },
    ];
    const { line } = boardOf(
      parts({
        queue: [
          item("first", { status: "in_progress", phase: "pushing", phases }),
          item("follower", { phase: "pushing", position: 1 }),
          item("waits", { position: 2 }),
        ],
        inHandSince: "2026-11-22T09:59:00.000Z",
      }),
    );
    assert.deepEqual(slugs(line.on_the_line), ["first", "follower"]);
    assert.equal(line.on_the_line[0]?.since, "2026-11-22T09:59:00.000Z");
    assert.equal(line.on_the_line[0]?.phase_since, "2026-11-22T09:59:30.000Z");
    assert.deepEqual(line.on_the_line[0]?.phases, phases);
    assert.deepEqual(slugs(line.queued), ["waits"]);
  });

  test("one that is not ready says what is missing and who can act", () => {
    const [train] = boardOf(parts({ candidates: [candidate("early")] })).line.not_ready;
    assert.deepEqual(train?.missing, [
      { name: "reviewed", detail: "waits for a review: no review.approved for this slug" },
    ]);
    assert.equal(train?.who, "reviewer");
    assert.match(train?.why ?? "", /^early is not ready/);
  });

  test("a judged candidate that has a place in the queue is not shown twice", () => {
    const queue = [item("same", { position: 1 })];
    const board = boardOf(parts({ queue, candidates: [candidate("same", { status: "READY" })] }));
    assert.deepEqual(slugs(board.line.not_ready), []);
    assert.equal(board.counts.not_ready, 0);
  });

  test("a new commit of a blocked slug waits beside the blocked one", () => {
    const queue = [item("again", { status: "blocked", sha: "d".repeat(40) })];
    const { line } = boardOf(parts({ queue, candidates: [candidate("again")] }));
    assert.deepEqual([slugs(line.siding), slugs(line.not_ready)], [["again"], ["again"]]);
  });

  test("what is over is not waiting for anything", () => {
    const candidates = [
      candidate("old", { status: "SUPERSEDED" }),
      candidate("in", { status: "INTEGRATED" }),
    ];
    assert.deepEqual(boardOf(parts({ candidates })).line.not_ready, []);
  });

  test("while the queue is paused, or the line only shadows, an admin keeps them waiting", () => {
    const queue = [item("next", { position: 1 })];
    const paused = { by: "ada", at, reason: "release", draining: false };
    const who = (more: Partial<StatusShape>) =>
      boardOf(parts({ queue, status: status(more) })).line.queued[0]?.who;
    assert.equal(who({}), "integrator");
    assert.equal(who({ paused }), "admin");
    assert.equal(who({ mode: "shadow" }), "admin");
  });

  test("the inbox is counted, and no more than the last landings are shown", () => {
    const board = boardOf(
      parts({
        queue: Array.from({ length: 80 }, (_, at) => item(`done-${at}`, { status: "integrated" })),
        notifications: [
          { human_status: "unseen", needs_attention: true },
          { human_status: "seen", needs_attention: true },
          { human_status: "unseen", needs_attention: false },
        ],
      }),
    );
    assert.deepEqual(board.inbox, { open: 3, unseen: 2, needs_attention: 2 });
    assert.equal(board.line.landed.length, landedShown);
  });

  test("when it was read does not make it another board", () => {
    const board = boardOf(parts());
    assert.ok(sameBoard(board, boardOf(parts({ at: "2027-01-01T00:00:00.000Z" }))));
    assert.ok(!sameBoard(board, boardOf(parts({ queue: [item("x")] }))));
  });

  test("every candidate of the queue that is not superseded is in exactly one place, and the board is of its schema", () => {
    const statuses = fc.constantFrom<QueueItemShape["status"]>(
      "queued",
      "in_progress",
      "blocked",
      "integrated",
      "superseded",
    );
    const items = fc.uniqueArray(
      fc.record({ slug: fc.stringMatching(/^[a-z]{1,8}$/), status: statuses, aboard: fc.boolean() }),
      {
        selector: ({ slug }) => slug,
        maxLength: 40,
      },
    );
    fc.assert(
      fc.property(items, (given) => {
        const queue = given.map(({ slug, status: place, aboard }) =>
          item(slug, {
            status: place,
            phase: place === "in_progress" || (place === "queued" && aboard) ? "merged" : null,
          }),
        );
        const board = boardOf(parts({ queue }));
        const shown = Object.values(board.line).flat();
        const expected = queue.filter(({ status: place }) => place !== "superseded");
        assert.deepEqual(slugs(shown).sort(), slugs(expected).sort());
        assert.deepEqual(boardSchema.parse(board), board);
      }),
      { numRuns: 200 },
    );
  });
});

test("a notification is shown without what only its projection needs", () => {
  const shown = notificationShape({
    id: "0123456789ab",
    group: "deployment/x",
    title: "x",
    body: "",
    level: "business",
    human_status: "unseen",
    agent_status: "none",
    claimed_by: null,
    needs_attention: true,
    quiet: false,
    actions: ["retry"],
    created_at: at,
    updated_at: at,
    resolved_at: null,
    snoozed_until: null,
    version: 3,
    history: [],
    about: null,
    past: {},
    facts: {},
    unclaimed_status: "none",
    ended_by: null,
  });
  assert.deepEqual(notificationSchema.strict().parse(shown), shown);
});
