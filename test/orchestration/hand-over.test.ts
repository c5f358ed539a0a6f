import assert from "node:assert/strict";
import { test } from "node:test";
import { builtInCatalog } from "../../src/events/built-in.ts";
import { parseItemRecord } from "../../src/events/item-record.ts";
import {
  eventsOf,
  type HandOver,
  type Known,
  nothingKnown,
  recordOf,
} from "../../src/orchestration/hand-over.ts";

const sha = "d".repeat(40);
const handOver: HandOver = {
  tip: { slug: "search", branch: "feature/search", sha },
  remote: "origin",
  approvedBy: "rita",
  by: "ada",
  at: "2026-11-22T12:00:00.000Z",
};
const types = (known: Known, over = handOver) => eventsOf(over, known).map(({ type }) => type);
const field = (known: Known, type: string, name: string) =>
  eventsOf(handOver, known).find((event) => event.type === type)?.data[name];

test("a first hand-over says the approval and the finalizing, and both are valid events", () => {
  assert.deepEqual(types(nothingKnown), ["review.approved", "deployment.started"]);
  const catalog = builtInCatalog();
  for (const { type, data } of eventsOf(handOver, nothingKnown))
    catalog.validate(`domain.software-development.${type}`, data);
});

test("without a reviewer only the finalizing is said", () => {
  assert.deepEqual(types(nothingKnown, { ...handOver, approvedBy: null }), ["deployment.started"]);
});

test("what is known is not said again in other words", () => {
  const known: Known = {
    approval: { round: 2, approvedSha: sha, revoked: false },
    attempt: 1,
    blocked: false,
  };
  assert.deepEqual(types(known), []);
});

test("an approval of another commit is a new fact in the same round; after a revocation the next round begins", () => {
  const other: Known = {
    approval: { round: 2, approvedSha: "e".repeat(40), revoked: false },
    attempt: null,
    blocked: false,
  };
  assert.equal(field(other, "review.approved", "review_round"), 2);
  const revoked: Known = { ...other, approval: { round: 2, approvedSha: sha, revoked: true } };
  assert.equal(field(revoked, "review.approved", "review_round"), 3);
});

test("a blocked tip that is handed over again asks for another attempt", () => {
  const blocked: Known = {
    approval: { round: 1, approvedSha: sha, revoked: false },
    attempt: 2,
    blocked: true,
  };
  assert.deepEqual(types(blocked), ["deployment.started"]);
  assert.equal(field(blocked, "deployment.started", "attempt"), 3);
});

test("the record is one that reconciliation can read, and holds the finalizing even where it was said before", () => {
  const known: Known = { approval: null, attempt: 1, blocked: false };
  const record = parseItemRecord(recordOf(handOver, known));
  assert.deepEqual(
    record?.events.map(({ type }) => type),
    ["review.approved", "deployment.started"],
  );
  assert.equal(record?.sha, sha);
});
