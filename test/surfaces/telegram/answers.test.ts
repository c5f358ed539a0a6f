/** What the bot answers to what it was asked. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { WhyShape } from "../../../src/board/shapes.ts";
import type { Board } from "../../../src/board/shapes-of-api.ts";
import {
  helpAnswer,
  openAnswer,
  queueAnswer,
  refusedAnswer,
  sentence,
  statusAnswer,
  whyAnswer,
} from "../../../src/surfaces/telegram/answers.ts";
import { name } from "../../../src/surfaces/telegram/text.ts";
import { train } from "../../board/rows.ts";

const sha = "a".repeat(40);

const board = (line: Partial<Board["line"]>, more: Partial<Board> = {}): Board => ({
  at: "2026-11-22T10:00:00.000Z",
  repository: "acme/shop",
  remote: "origin",
  main: "main",
  main_sha: sha,
  mode: "live",
  paused: null,
  lease: null,
  processor: { lag: 0, last_event_id: null, quarantined: 0 },
  checks: [],
  protection: "advisory",
  fence: "none",
  links: null,
  counts: { queued: 3, in_progress: 1, blocked: 1, integrated: 12, superseded: 0, not_ready: 2 },
  inbox: { open: 3, unseen: 2, needs_attention: 1 },
  sessions: [],
  ...more,
  line: { not_ready: [], queued: [], on_the_line: [], landed: [], siding: [], ...line },
});

test("status says mode, main, counts, what is on the line, what is blocked, and the inbox", () => {
  const line = {
    on_the_line: [train("login", "on_the_line", { phase: "merged" })],
    siding: [train("cart", "siding", { why: "it is in conflict with main" })],
  };
  const { text, buttons } = statusAnswer(board(line));
  assert.equal(
    text,
    [
      "acme/shop is live",
      "main is at aaaaaaa",
      "3 queued, 1 on the line, 1 blocked, 12 landed, 2 not ready",
      "🚆 login merged",
      "⛔ cart: it is in conflict with main",
      "Inbox: 3 open, 2 unseen, 1 that need somebody",
    ].join("\n"),
  );
  assert.deepEqual(buttons, []);
});

test("status says who paused and why, that it shadows, and what is behind", () => {
  const paused = { by: "Ann", at: "2026-11-22T10:00:00.000Z", reason: "the disk is full", draining: false };
  assert.match(statusAnswer(board({}, { paused })).text, /is paused by Ann: the disk is full/);
  assert.match(
    statusAnswer(board({}, { paused: { ...paused, draining: true } })).text,
    /is draining, by Ann: the disk is full/,
  );
  assert.match(statusAnswer(board({}, { mode: "shadow" })).text, /only shadows/);
  const processor = { lag: 7, last_event_id: null, quarantined: 2 };
  assert.match(
    statusAnswer(board({}, { processor, main_sha: null })).text,
    /unknown\n[\s\S]*yet: 7\n❗ In quarantine: 2/,
  );
});

test("the queue is told by its parts, in order, and what does not fit is counted", () => {
  const queued = Array.from({ length: 30 }, (_, index) =>
    train(`item-${index + 1}`, "queued", { position: index + 1 }),
  );
  const { text, entities } = queueAnswer(board({ queued, not_ready: [train("later", "not_ready")] }));
  assert.match(text, /^Queued \(30\)\n1\. item-1\n2\. item-2\n/);
  assert.match(text, /\n… and 18 more\nNot ready \(1\)\n▫️ later: as it is$/);
  assert.ok(entities.length <= 100);
  assert.equal(queueAnswer(board({})).text, "The queue is empty.");
});

const why: WhyShape = {
  slug: "cart",
  sentence: "cart is blocked (conflict): src/shop.ts is in conflict; whoever works on it can act.",
  who: "worker",
  next_action: "signalbox submit --slug cart",
  branch: "cart",
  sha,
  status: "blocked",
  conditions: [
    { name: "reviewed", holds: true, detail: "by ann" },
    { name: "mergeable", holds: false, detail: "/resume in src/shop.ts" },
  ],
  follow_up_slug: null,
};

test("why is the sentence, the next step, and what does not hold", () => {
  const { text, entities } = whyAnswer(why);
  assert.match(text, /^cart is blocked \(conflict\)/);
  assert.match(text, /\n→ signalbox submit --slug cart\n✗ mergeable: \/resume in src\/shop\.ts$/);
  assert.doesNotMatch(text, /reviewed/);
  const at = text.indexOf("/resume");
  assert.ok(entities.some(({ type, offset }) => type === "code" && offset === at));
});

test("a refusal says what was wrong and what to do", () => {
  const refused = refusedAnswer({ message: "cart is queued, not blocked.", cure: "See /queue" });
  assert.equal(refused.text, "❌ cart is queued, not blocked.\n→ See /queue");
  assert.equal(refusedAnswer({ message: "No.", cure: null }).text, "❌ No.");
  assert.ok(refusedAnswer({ message: "x.y ".repeat(5000), cure: "z/z ".repeat(5000) }).text.length <= 4096);
});

test("help lists the commands, and a sentence is one", () => {
  assert.match(helpAnswer().text, /\/pause REASON: take no more candidates/);
  assert.equal(sentence("🔁 ", name("cart"), " is queued again.").text, "🔁 cart is queued again.");
});

test("open tells what stands in the way", () => {
  const side = { mode: "100644", id: sha, excerpt: null };
  const conflict = {
    path: "src/shop.ts",
    kind: "contents",
    message: "",
    ours: side,
    theirs: side,
    main_commits: [],
  };
  const conflicts = Array.from({ length: 10 }, () => conflict);
  const detail = { candidate: null, queue_item: null, events: [], diffstat: [], follow_up: null };
  const { text } = openAnswer({ ...detail, why, conflicts });
  assert.match(text, /In conflict\n• src\/shop\.ts: contents\n/);
  assert.match(text, /… and 2 more$/);
});
