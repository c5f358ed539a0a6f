import assert from "node:assert/strict";
import { test } from "node:test";
import { candidateLines } from "../../../../src/surfaces/cli/render/candidates.ts";
import { doctorLines } from "../../../../src/surfaces/cli/render/doctor.ts";
import { eventLine, notificationLines } from "../../../../src/surfaces/cli/render/inbox.ts";
import { queueItemLines, queueLines } from "../../../../src/surfaces/cli/render/queue.ts";
import { statusLines } from "../../../../src/surfaces/cli/render/status.ts";
import { candidate, item as itemNamed, status } from "../../../board/rows.ts";
import { plain } from "../plain.ts";

const nowMs = Date.UTC(2026, 10, 22, 12, 0, 0);
const sha = "a".repeat(40);

const board = status({
  daemon: { running: true, pid: 42, url: null, since: "2026-11-22T11:00:00.000Z" },
  queue: { queued: 2, in_progress: 1, blocked: 1, integrated: 7, superseded: 0 },
  processor: { lag: 0, last_event_id: "5-0", quarantined: 0 },
  protection: "advisory",
});

const aMinuteAgo = "2026-11-22T11:59:00.000Z";
const item = itemNamed("search", {
  sha,
  ready_at: aMinuteAgo,
  position: 1,
  status_updated_at: aMinuteAgo,
  history: [{ from: null, to: "queued", at: aMinuteAgo, by: "daemon", reason: "READY", code: null }],
});

test("status is nine lines that say where the line stands", () => {
  assert.equal(
    plain(statusLines(board, nowMs)),
    [
      "line    acme/shop → origin/main at aaaaaaa",
      "daemon  running (pid 42, up 1h)",
      "redis   embedded 7.0.15, persistence always",
      "mode    live",
      "queue   2 queued, 1 on the line, 1 blocked, 7 integrated, 0 superseded",
      "lease   nobody holds it",
      "events  lag 0, last 5-0",
      "checks  none configured: none run",
      "guard   advisory, fence at the remote: ref",
    ].join("\n"),
  );
});

test("status says what is not as it should be, and who did it", () => {
  const text = plain(
    statusLines(
      {
        ...board,
        daemon: { running: false, pid: null, url: null, since: null },
        mode: "shadow",
        paused: { by: "ada", at: "2026-11-22T11:00:00.000Z", reason: "release day", draining: false },
        processor: { lag: 3, last_event_id: null, quarantined: 2 },
        fence: "none",
      },
      nowMs,
    ),
  );
  assert.match(text, /not running, start it with: signalbox up --detach/);
  assert.match(text, /shadow: main is left to others, paused by ada: release day/);
  assert.match(text, /lag 3, 2 in quarantine/);
  assert.match(text, /fence at the remote: none/);
});

test("the queue is a table that gives way at its last column", () => {
  const rows = [
    item,
    { ...item, slug: "second", branch: "feature/x", position: 2, why: "READY: waits for its turn" },
  ];
  assert.equal(
    plain(queueLines(rows, 60, nowMs)),
    [
      "#  STATUS  SLUG    BRANCH     SHA      AGE  WHY",
      "1  queued  search             aaaaaaa   1m  READY: waits fo…",
      "2  queued  second  feature/x  aaaaaaa   1m  READY: waits fo…",
    ].join("\n"),
  );
  assert.equal(plain(queueLines([], 80, nowMs)), "The queue is empty.");
});

test("a branch name with escapes cannot break out of its cell", () => {
  const text = plain(queueLines([{ ...item, branch: "x\u001b[2J\ny" }], 200, nowMs));
  assert.equal(text.split("\n").length, 2);
  assert.equal(text.includes("\u001b"), false);
});

test("one item shows its history, and only what it has", () => {
  const text = plain(
    queueItemLines({ ...item, status: "blocked", reason: "conflict", next_action: "Merge main" }, nowMs),
  );
  assert.match(text, /^search blocked\n {2}branch {4}search at a{40}\n/);
  assert.match(text, / {2}next {6}Merge main/);
  assert.match(text, /\(new\) → queued by daemon: READY/);
  assert.doesNotMatch(text, /merge {5}/);
});

test("the one on the line shows how long each phase took, and how long it is in its own", () => {
  const phases = [
    { phase: "picked", began_at: "2026-11-22T11:59:20.000Z" },
    { phase: "merged", began_at: "2026-11-22T11:59:22.000Z" },
  ];
  const text = plain(queueItemLines({ ...item, status: "in_progress", phase: "merged", phases }, nowMs));
  assert.match(text, / {2}phases {4}picked 2s · merged 38s\n/);
  const unknown = plain(queueItemLines({ ...item, phase: "merged" }, nowMs));
  assert.match(unknown, / {2}phases {4}merged\n/);
});

test("candidates show every condition, the missing ones marked", () => {
  const text = plain(
    candidateLines([
      candidate("search", {
        sha,
        conditions: [
          { name: "reviewed", holds: false, detail: "waits for a review" },
          { name: "finalized", holds: true, detail: "finalized, attempt 1" },
        ],
      }),
    ]),
  );
  assert.equal(
    text,
    "search search at aaaaaaa NOT_READY\n  ✗ reviewed   waits for a review\n  ✓ finalized  finalized, attempt 1",
  );
  assert.equal(plain(candidateLines([])), "No candidates.");
});

test("doctor puts the cure below what is not well, and counts", () => {
  const checks = [
    { name: "git", level: "ok" as const, detail: "git version 2.39.5", cure: null },
    { name: "daemon", level: "warning" as const, detail: "it does not run", cure: "signalbox up --detach" },
    { name: "remote", level: "error" as const, detail: "away", cure: "look" },
  ];
  assert.equal(
    plain(doctorLines({ ok: false, checks })),
    [
      "✓ git     git version 2.39.5",
      "! daemon  it does not run",
      "          → signalbox up --detach",
      "✗ remote  away",
      "          → look",
      "1 error, 1 warning",
    ].join("\n"),
  );
});

test("a notification that needs somebody stands out, its text below it", () => {
  const text = plain(
    notificationLines(
      [
        {
          id: "0123456789ab",
          group: "deployment/search",
          title: "search is blocked",
          body: "conflict in a\nsee the follow-up",
          level: "business",
          human_status: "unseen",
          agent_status: "blocked",
          claimed_by: null,
          needs_attention: true,
          actions: [],
          created_at: "2026-11-22T11:59:30.000Z",
          updated_at: "2026-11-22T11:59:30.000Z",
          resolved_at: null,
          history: [],
        },
      ],
      nowMs,
    ),
  );
  assert.equal(
    text,
    "! 01234567 search is blocked  blocked  30s ago\n           conflict in a\n           see the follow-up",
  );
  assert.equal(plain(notificationLines([], nowMs)), "Nothing needs you.");
});

test("an event is one line, whatever it holds", () => {
  const line = eventLine({
    id: "1",
    type: "domain.software-development.deployment.started",
    time: "2026-11-22T12:00:00.000Z",
    subject: "search",
    detail: "branch=a\nb",
  });
  assert.equal(plain([line]), "2026-11-22T12:00:00.000Z deployment.started search  branch=a\\u{a}b");
});
