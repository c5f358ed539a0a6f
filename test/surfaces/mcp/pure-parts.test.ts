/** What the server makes of a command's words, before any of it reaches an agent. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import type { FollowUpShape } from "../../../src/board/shape-follow-up.ts";
import type { QueueItemShape } from "../../../src/board/shapes.ts";
import { followUpAnswer, followUpAnswerSchema } from "../../../src/surfaces/mcp/follow-up-answer.ts";
import { gate } from "../../../src/surfaces/mcp/gate.ts";
import { calledOff, heardFrom, notStarted } from "../../../src/surfaces/mcp/hear.ts";
import { instructions } from "../../../src/surfaces/mcp/instructions.ts";
import { firstOf, queueRows } from "../../../src/surfaces/mcp/queue-rows.ts";

describe("what a command printed", () => {
  const words = ["why", "--json", "--", "x"];
  const printed = (more: object) => heardFrom({ exitCode: 0, stdout: "", stderr: "", words, ...more });

  test("a document is an answer, whatever the exit status says of it", () => {
    for (const exitCode of [0, 1, 3, 75])
      assert.deepEqual(printed({ exitCode, stdout: '{"outcome":"blocked"}\n' }), {
        kind: "answered",
        document: { outcome: "blocked" },
        note: null,
        exitCode,
      });
  });

  test("null is an answer", () => {
    const heard = printed({ stdout: "null\n" });
    assert.equal(heard.kind === "answered" && heard.document, null);
  });

  test("a remark on stderr goes along with an answer", () => {
    const heard = printed({ stdout: "{}", stderr: "Noted: later.\n" });
    assert.equal(heard.kind === "answered" && heard.note, "Noted: later.");
  });

  test("the failure is the last one said, with progress before it", () => {
    const error = { code: "bad_slug", message: "No.", cure: null, problems: [] };
    const stderr = `starting …\n{"not":"one"}\n${JSON.stringify({ error })}\n`;
    const heard = printed({ exitCode: 2, stderr });
    assert.deepEqual(heard, { kind: "failed", failure: error, exitCode: 2 });
  });

  test("silence, half a document and a killed command are failures with a code", () => {
    for (const more of [
      { exitCode: 0 },
      { exitCode: 1, stdout: '{"half":' },
      { exitCode: null, stdout: "{}" },
      { exitCode: 1, stderr: "Segmentation fault" },
    ]) {
      const heard = printed(more);
      assert.equal(heard.kind === "failed" && heard.failure.code, "no_answer", JSON.stringify(more));
    }
  });

  test("whatever is printed, something is heard", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.option(fc.integer()), (stdout, stderr, exitCode) => {
        const { kind } = printed({ stdout, stderr, exitCode });
        assert.ok(kind === "answered" || kind === "failed");
      }),
    );
  });

  test("a command that did not start, and a call that was called off, say what to do", () => {
    const away = notStarted(new Error("spawn ENOENT"), "/gone");
    assert.ok(away.kind === "failed" && away.failure.message.includes("/gone"));
    const off = calledOff();
    assert.equal(off.kind === "failed" && off.failure.code, "called_off");
  });
});

describe("the queue as an agent reads it", () => {
  const item = (slug: string, status: QueueItemShape["status"]): QueueItemShape => ({
    slug,
    branch: slug,
    sha: "a".repeat(40),
    ready_at: "2026-01-01T00:00:00.000Z",
    status,
    position: null,
    attempt: 1,
    phase: null,
    phases: [],
    reason: null,
    why: "",
    next_action: null,
    merge_commit: null,
    main_sha: null,
    follow_up_slug: null,
    status_updated_at: "2026-01-01T00:00:00.000Z",
    history: [],
  });
  const all = [item("a", "in_progress"), item("b", "queued"), item("c", "blocked"), item("d", "integrated")];

  test("what is over is left out unless asked for; history always", () => {
    const open = queueRows(all, { finished: false, limit: 10 });
    assert.deepEqual(
      open.items.map(({ slug }) => slug),
      ["a", "b", "c"],
    );
    assert.ok(open.items.every((row) => !("history" in row)));
    assert.equal(queueRows(all, { finished: true, limit: 10 }).items.length, 4);
  });

  test("what is not shown is counted", () => {
    assert.deepEqual(firstOf([1, 2, 3], 2), { items: [1, 2], more: 1 });
    assert.deepEqual(firstOf([], 2), { items: [], more: 0 });
    assert.equal(queueRows(all, { finished: true, limit: 1 }).more, 3);
  });
});

describe("a follow-up as an agent reads it", () => {
  const side = { mode: "100644", id: "b".repeat(40), excerpt: "<<<<<<<\n".repeat(1000) };
  const conflict = {
    path: "a.txt",
    kind: "content",
    message: "both",
    ours: side,
    theirs: side,
    main_commits: [],
  };
  const followUp: FollowUpShape = {
    candidate: { slug: "fix", branch: "fix", sha: "a".repeat(40) },
    follow_up_slug: "fix-integration-blocked-aaaaaaa",
    status: "open",
    attempt: 1,
    reason: "conflict",
    opened_at: "2026-01-01T00:00:00.000Z",
    blocked_at: "2026-01-01T00:00:00.000Z",
    resolved_at: null,
    evidence: Array.from({ length: 80 }, () => conflict),
    diagnostics: ["git said no"],
    next_action: "Merge main.",
    requirements: `# Unblock\n${"x".repeat(100_000)}`,
    plan: "# Plan\n",
  };

  test("none is an answer", () => assert.deepEqual(followUpAnswer(null), { found: false, follow_up: null }));

  test("texts and evidence are cut, and the cut says where the whole is", () => {
    const answer = followUpAnswer(followUp);
    assert.deepEqual(followUpAnswerSchema.parse(answer), answer);
    assert.ok(JSON.stringify(answer).length < 40_000);
    assert.equal(answer.follow_up?.conflicts.length, 50);
    assert.ok(answer.follow_up?.requirements.endsWith("[cut here; all of it: signalbox follow-up fix]\n"));
    assert.equal(answer.follow_up?.plan, "# Plan\n");
  });

  test("another shape is refused, not passed on", () =>
    assert.throws(() => followUpAnswer({ ...followUp, status: "lost" })));
});

test("a gate lets so many through at once, in order, and a failure frees its place", async () => {
  const turn = gate(2);
  const order: number[] = [];
  let inside = 0;
  let most = 0;
  const act = (index: number) =>
    turn(async () => {
      inside += 1;
      most = Math.max(most, inside);
      order.push(index);
      await new Promise((resolve) => setImmediate(resolve));
      inside -= 1;
      if (index % 3 === 0) throw new Error("as it happens");
      return index;
    });
  const ended = await Promise.allSettled([0, 1, 2, 3, 4, 5, 6].map(act));
  assert.equal(most, 2);
  assert.deepEqual(order, [0, 1, 2, 3, 4, 5, 6]);
  assert.deepEqual(
    ended.map(({ status }) => status === "fulfilled"),
    [false, true, true, false, true, true, false],
  );
  assert.equal(await turn(async () => "again"), "again");
});

test("the instructions say the three things an agent must know, and stay short", () => {
  assert.match(instructions, /never push it/);
  assert.match(instructions, /Never approve your own work/);
  assert.match(instructions, /not instructions/);
  assert.ok(instructions.length < 1200);
});
