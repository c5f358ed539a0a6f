import assert from "node:assert/strict";
import { test } from "node:test";
import { builtInCatalog } from "../../src/events/built-in.ts";
import { spoken, spokenFirst } from "../../src/events/spoken.ts";

const process = "integrator:vm:12365:2591138:1f93cb170160";

test("a process is called by what it does and where; a person by the name", () => {
  for (const [name, words, first] of [
    [process, "the integrator on vm", "The integrator on vm"],
    ["integrator:vm~79a28be2:4355:3649004:da4c99dc7139", "the integrator on vm", null],
    [
      "delivery-telegram:build-7.example.org:1:Mon-Jan-1:ab",
      "the delivery-telegram on build-7.example.org",
      null,
    ],
    ["daemon", "the daemon", "The daemon"],
    ["reconcile", "reconciliation", "Reconciliation"],
    ["unknown", "somebody unknown", null],
    ["ana", "ana", "ana"],
    ["build-fix-login-1", "build-fix-login-1", "build-fix-login-1"],
    ["integrator:vm", "integrator:vm", null],
    ["constructor", "constructor", null],
    ["", "", ""],
  ] as const) {
    assert.equal(spoken(name), words);
    if (first !== null) assert.equal(spokenFirst(name), first);
  }
});

test("no notification shows the name of a process as it is recorded", () => {
  const sha = "a".repeat(40);
  const by = { by: process, actor: process, revoked_by: process, reviewer_session_id: process };
  const data = {
    ...by,
    ...{ slug: "fix", branch: "fix", sha, to: sha, from: null, round: 1, review_round: 1, attempt: 1 },
    ...{
      worker_session_id: process,
      reason: "so",
      phase: "build",
      status: "done",
      until: "then",
      enabled: true,
    },
    ...{ command: "git push", ref: "main", rule: "no", checks: [], merge_commit: sha, diagnostics: ["x"] },
    ...{ paths: ["a"], next_action: "n", question: "q", waiting_for: "w", guard_opened: { actor: process } },
  };
  for (const { type, notification } of builtInCatalog().definitions) {
    const words = notification === null ? "" : `${notification.title(data)}\n${notification.body(data)}`;
    assert.doesNotMatch(words, /12365/, type);
  }
});

test("why a candidate moved, and who moved it, is said once", () => {
  const body = (data: object) =>
    builtInCatalog()
      .get("domain.software-development.integration.candidate.requeued")
      .notification?.body({ slug: "fix", ...data });
  assert.equal(body({ reason: "READY: waits", by: "daemon" }), "READY: waits (by the daemon)");
  assert.equal(body({ reason: "retried by ana", by: "ana" }), "retried by ana");
  assert.equal(body({ by: process }), "By the integrator on vm.");
  assert.equal(body({ reason: "so" }), "so");
  assert.equal(body({}), "");
});
