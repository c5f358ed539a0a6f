import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { builtInCatalog } from "../../src/events/built-in.ts";
import { parseItemRecord } from "../../src/events/item-record.ts";
import {
  attemptOf,
  handOverRecord,
  mayFinalize,
  readyLine,
  recordedEvent,
  startedEvent,
} from "../../src/orchestration/finalize-plan.ts";
import { nothingKnown } from "../../src/orchestration/hand-over.ts";
import { type Finalize, type ItemState, initialItem } from "../../src/orchestration/item.ts";
import { verdictOf } from "../../src/orchestration/sessions/verdict.ts";

const sha = "a".repeat(40);
const other = "b".repeat(40);
const at = "2026-11-22T12:00:00.000Z";
const tip = { slug: "search", branch: "feature/search", sha };
const approval = { round: 2, sha, by: "rita", at, revoked: null };
const ready: Finalize = {
  branch: tip.branch,
  sha,
  attempt: 1,
  status: "ready",
  remote: "origin",
  by: "fin-1",
  at,
};
const clean = { worktree: { head: sha, dirty: null }, cover: { kind: "covered" } } as const;

function item(more: Partial<ItemState> = {}): ItemState {
  const reviewed = { phase: "review", status: "approved", round: 2, approval } as const;
  return { ...initialItem("search", at), branch: tip.branch, ...reviewed, ...more };
}

describe("may it be finalized?", () => {
  const finalizing = { phase: "finalize", status: "started" } as const;
  const blocked = { reason: "conflict", follow_up_slug: null, next_action: "merge", at };
  const handedOver = { ...ready, status: "handed_over" } as const;
  type Row = [what: string, state: ItemState, facts: Parameters<typeof mayFinalize>[1], answer: string];
  const stale = { ...clean, cover: { kind: "stale", detail: "1 unreviewed commit was added" } } as const;
  const dirty = { ...clean, worktree: { head: sha, dirty: "it has 1 uncommitted change" } };
  const rows: Row[] = [
    ["approved and clean", item(), clean, "allowed"],
    [
      "begun before, and killed",
      item({ ...finalizing, finalize: { ...ready, status: "pending" } }),
      clean,
      "allowed",
    ],
    ["ready before", item({ ...finalizing, status: "complete", finalize: ready }), clean, "allowed"],
    [
      "ready before, but stale by now",
      item({ ...finalizing, status: "complete", finalize: ready }),
      stale,
      "approval_stale",
    ],
    [
      "begun before, but the approval is gone",
      item({ ...finalizing, approval: null }),
      clean,
      "approval_missing",
    ],
    [
      "approved, then revoked",
      item({ approval: { ...approval, revoked: { by: "rita", reason: "no" } } }),
      clean,
      "approval_missing",
    ],
    ["stale", item(), stale, "approval_stale"],
    ["dirty", item(), dirty, "worktree_dirty"],
    ["built only", item({ phase: "build", status: "complete", approval: null }), clean, "phase_jump"],
    ["being reviewed again", item({ status: "started" }), clean, "phase_jump"],
    ["the line's, at this commit", item({ ...finalizing, finalize: handedOver }), clean, "handed_over"],
    [
      "the line's, at another commit",
      item({ ...finalizing, finalize: { ...handedOver, sha: other } }),
      clean,
      "item_handed_over",
    ],
    ["given back by the line", item({ ...finalizing, finalize: handedOver, blocked }), clean, "allowed"],
    [
      "delivered",
      item({ finalize: handedOver, delivered: { merge_commit: other, sha, at } }),
      clean,
      "item_delivered",
    ],
    ["dropped", item({ dropped: { reason: "no", by: "ada", at } }), clean, "item_dropped"],
  ];
  for (const [what, state, facts, answer] of rows)
    test(`${what}: ${answer}`, () => {
      const permission = mayFinalize(state, facts);
      assert.equal(permission.kind === "refused" ? permission.refusal.code : permission.kind, answer);
      if (permission.kind === "refused") assert.notEqual(permission.refusal.cure, "");
    });
});

test("the attempt is the first, goes on where it was cut off, and counts what was handed over", () => {
  const known = (attempt: number | null, blocked = false) => ({ ...nothingKnown, attempt, blocked });
  const gone: Finalize = { ...ready, attempt: 2, status: "handed_over" };
  assert.equal(attemptOf(item(), tip, known(null)), 1);
  assert.equal(attemptOf(item({ finalize: ready }), tip, known(null)), 1);
  assert.equal(attemptOf(item({ finalize: gone }), tip, known(null)), 3);
  assert.equal(attemptOf(item({ finalize: gone }), { ...tip, sha: other }, known(null)), 1);
  assert.equal(attemptOf(item({ former: { branch: tip.branch, sha, attempt: 4 } }), tip, known(null)), 5);
  assert.equal(
    attemptOf(item({ finalize: gone }), tip, known(5, true)),
    6,
    "the line has tried it more often",
  );
});

test("what is said and kept is valid, and reconciliation can read it", () => {
  const catalog = builtInCatalog();
  const recorded = recordedEvent(
    { ...tip, attempt: 1, status: "ready", remote: "origin" },
    { by: "ada", mark: 7, recorded_at: at },
  );
  catalog.validate(recorded.type, recorded.data);
  const record = handOverRecord(item(), ready, { by: "orc-1", at });
  assert.deepEqual(parseItemRecord(record), record);
  for (const { type, data } of record.events) catalog.validate(`domain.software-development.${type}`, data);
  assert.deepEqual(
    record.events.map(({ type }) => type),
    ["review.approved", "deployment.started"],
  );
});

test("the hand-over names who finalized it and who handed it over, at the time it was ready", () => {
  const { data } = startedEvent("search", ready, "orc-1");
  assert.deepEqual(
    [data.worker_session_id, data.orchestrator_session_id, data.ready_at, data.pushed_at],
    ["fin-1", "orc-1", at, at],
  );
});

test("the finalizer's line is the one that an orchestrator understands", () => {
  assert.deepEqual(verdictOf(readyLine("search")), { kind: "finalize_ready", slug: "search" });
});
