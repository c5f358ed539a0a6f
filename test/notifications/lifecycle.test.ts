import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import { endedBy, evolve } from "../../src/notifications/lifecycle.ts";
import { changed, isResolved, knows, notificationId } from "../../src/notifications/notification.ts";
import { approved, catalog, completed, event, failed, fold, foldOne, moved, started } from "./story.ts";

function statusOf(notification: ReturnType<typeof foldOne>) {
  const { human_status, agent_status, needs_attention } = notification;
  return { human_status, agent_status, needs_attention };
}

const seen = (notification: ReturnType<typeof foldOne>) =>
  ({ ...notification, human_status: "seen" }) as const;
const lifecycleOf = (type: string) =>
  catalog.find(`domain.software-development.${type}`)?.notification ?? assert.fail(type);

suite("a deployment's notification", () => {
  test("[V6] is created in progress by deployment.started and resolved by deployment.completed", () => {
    const open = foldOne(started(1, "a"));
    assert.deepEqual(statusOf(open), {
      human_status: "unseen",
      agent_status: "in_progress",
      needs_attention: false,
    });
    assert.deepEqual([open.group, open.level, open.version], ["deployment/login", "workflow", 1]);
    assert.equal(open.id, notificationId("deployment/login", "event-1"));
    const done = foldOne(started(1, "a"), completed(2, "a"));
    assert.equal(done.id, open.id);
    assert.equal(done.agent_status, "resolved");
    assert.deepEqual([done.resolved_at, done.actions], ["2026-01-01T00:00:02.000Z", []]);
  });

  test("[V2] is reset to unseen by deployment.failed, and needs attention", () => {
    const open = seen(foldOne(started(1, "a")));
    const blocked = evolve(open, failed(2, "a"), lifecycleOf("deployment.failed")) ?? assert.fail();
    assert.deepEqual(statusOf(blocked), {
      human_status: "unseen",
      agent_status: "blocked",
      needs_attention: true,
    });
    assert.deepEqual([blocked.id, blocked.level, blocked.version], [open.id, "business", 2]);
    assert.match(blocked.title, /login is blocked: conflict/);
    assert.ok(blocked.actions.includes("retry"));
  });

  test("is the same when its opening is said twice", () => {
    const once = foldOne(started(1, "a"));
    assert.equal(evolve(once, started(1, "a"), lifecycleOf("deployment.started")), once);
    assert.equal(evolve(once, started(9, "a"), lifecycleOf("deployment.started")), once);
  });

  test("goes on with a newer candidate while it is open", () => {
    const first = foldOne(started(1, "a"), failed(2, "a"));
    const next = evolve(seen(first), started(3, "b"), lifecycleOf("deployment.started")) ?? assert.fail();
    assert.equal(next.id, first.id);
    assert.deepEqual(statusOf(next), {
      human_status: "unseen",
      agent_status: "in_progress",
      needs_attention: false,
    });
    assert.equal(next.about?.sha, "b".repeat(40));
  });

  test("is a new one when a candidate starts after the last was resolved", () => {
    const done = foldOne(started(1, "a"), completed(2, "a"));
    const next = evolve(done, started(3, "b"), lifecycleOf("deployment.started")) ?? assert.fail();
    assert.notEqual(next.id, done.id);
    assert.deepEqual([next.version, next.agent_status], [1, "in_progress"]);
  });

  test("is not changed by a late event of an earlier candidate", () => {
    const now = foldOne(started(1, "a"), failed(2, "a"), started(3, "b"));
    for (const late of [failed(4, "a", 2), completed(5, "a"), started(6, "a"), moved(7, "superseded", "a")]) {
      const lifecycle = catalog.find(late.event.type)?.notification ?? assert.fail();
      assert.equal(evolve(now, late, lifecycle), now, late.event.type);
    }
    const after = foldOne(started(1, "a"), completed(2, "a"), started(3, "b"));
    assert.equal(evolve(after, failed(4, "a", 2), lifecycleOf("deployment.failed")), after);
  });

  test("is not changed by a late event of an earlier attempt", () => {
    const now = foldOne(started(1, "a"), failed(2, "a"), started(3, "a", 2));
    assert.equal(now.agent_status, "in_progress");
    assert.equal(evolve(now, failed(4, "a", 1), lifecycleOf("deployment.failed")), now);
    assert.equal(
      foldOne(started(1, "a"), failed(2, "a"), started(3, "a", 2), failed(4, "a", 2)).agent_status,
      "blocked",
    );
  });

  test("follows an older candidate that was finalized again", () => {
    const back = foldOne(started(1, "a"), started(2, "b"), started(3, "a", 2));
    assert.equal(back.about?.sha, "a".repeat(40));
  });

  test("stays resolved for its candidate, whatever comes late", () => {
    const done = foldOne(started(1, "a"), completed(2, "a"));
    for (const late of [failed(3, "a", 5), started(4, "a", 5), moved(5, "requeued", "a", 5)]) {
      const lifecycle = catalog.find(late.event.type)?.notification ?? assert.fail();
      assert.equal(evolve(done, late, lifecycle), done);
    }
  });

  test("is opened by a failure nobody had heard the start of: an alarm is never lost", () => {
    assert.deepEqual(statusOf(foldOne(failed(1, "a"))), {
      human_status: "unseen",
      agent_status: "blocked",
      needs_attention: true,
    });
    const other = foldOne(started(1, "a"), completed(2, "a"), failed(3, "b"));
    assert.deepEqual([other.agent_status, other.about?.sha], ["blocked", "b".repeat(40)]);
    assert.equal(foldOne(started(1, "a"), failed(2, "b")).needs_attention, true);
  });

  test("shows a landing nobody had heard the start of, and hides nothing that is open for it", () => {
    assert.equal(foldOne(completed(1, "a")).agent_status, "resolved");
    assert.equal(foldOne(started(1, "b"), completed(2, "a")).agent_status, "in_progress");
  });

  test("takes the queue's moves silently: the words change, unseen does not", () => {
    const open = seen(foldOne(started(1, "a")));
    const queued =
      evolve(open, moved(2, "queued", "a"), lifecycleOf("integration.candidate.queued")) ?? assert.fail();
    assert.deepEqual(
      [queued.title, queued.human_status, queued.level],
      ["login is queued", "seen", "workflow"],
    );
    assert.equal(fold(moved(1, "queued", "a")), null);
  });

  test("is no alarm any more once it is queued again, or was withdrawn", () => {
    const again = foldOne(started(1, "a"), failed(2, "a"), moved(3, "requeued", "a", 2));
    assert.deepEqual([again.agent_status, again.needs_attention], ["in_progress", false]);
    const taken = foldOne(started(1, "a"), moved(2, "withdrawn", "a"));
    assert.deepEqual([taken.agent_status, taken.needs_attention], ["blocked", false]);
    assert.equal(
      foldOne(started(1, "a"), failed(2, "a"), moved(3, "requeued", "a", 2), failed(4, "a", 2))
        .needs_attention,
      true,
    );
  });

  test("is unseen again only when a field that matters changed", () => {
    const lifecycle = lifecycleOf("integration.queue.paused");
    const paused = (n: number, reason: string, by: string) =>
      event(n, "integration.queue.paused", { by, reason });
    const open = seen(foldOne(paused(1, "lunch", "ada")));
    assert.equal(evolve(open, paused(2, "lunch", "bob"), lifecycle)?.human_status, "seen");
    assert.equal(evolve(open, paused(3, "fire", "ada"), lifecycle)?.human_status, "unseen");
  });

  test("loses claim and snooze when it fails", () => {
    const claimed = { ...foldOne(started(1, "a")), claimed_by: "ada", agent_status: "claimed" } as const;
    const snoozed = { ...claimed, snoozed_until: "2030-01-01T00:00:00.000Z" };
    const blocked = evolve(snoozed, failed(2, "a"), lifecycleOf("deployment.failed")) ?? assert.fail();
    assert.deepEqual(
      [blocked.claimed_by, blocked.snoozed_until, blocked.agent_status],
      [null, null, "blocked"],
    );
  });

  test("that a person closed is opened anew when it fails after all", () => {
    const open = foldOne(started(1, "a"));
    const closed = { ...open, agent_status: "resolved", ended_by: "person" } as const;
    const again = evolve(closed, failed(2, "a"), lifecycleOf("deployment.failed")) ?? assert.fail();
    assert.notEqual(again.id, open.id);
    assert.equal(again.needs_attention, true);
  });

  test("that a person closed is closed for good by the landing", () => {
    const open = foldOne(started(1, "a"));
    const closed = { ...open, agent_status: "resolved", ended_by: "person", resolved_at: "t" } as const;
    const done = evolve(closed, completed(2, "a"), lifecycleOf("deployment.completed")) ?? assert.fail();
    assert.deepEqual([done.id, done.ended_by, done.resolved_at], [open.id, "event", "t"]);
  });

  test("keeps its first line of history and the newest fifty at most", () => {
    let now = foldOne(started(1, "a"));
    for (let n = 2; n < 200; n++) now = changed(now, moved(n, "queued", "a"), { line: `line ${n}` });
    assert.equal(now.history.length, 50);
    assert.deepEqual([now.history[0]?.event_id, now.history.at(-1)?.event_id], ["event-1", "event-199"]);
    assert.ok(knows(now, "event-199") && !knows(now, "event-2"));
  });
});

suite("a review's notification", () => {
  test("is quiet, and ended by another group's event", () => {
    const open = foldOne(approved(1));
    assert.deepEqual([open.group, open.quiet, open.agent_status], ["review/login", true, "none"]);
    const ended = endedBy(open, started(2, "a"), "handed over");
    assert.ok(isResolved(ended));
    assert.equal(endedBy(ended, completed(3, "a"), "again"), ended);
  });

  test("is a new one in the next round after it was ended", () => {
    const ended = endedBy(foldOne(approved(1)), started(2, "a"), "handed over");
    const next = evolve(ended, approved(3, 2), lifecycleOf("review.approved")) ?? assert.fail();
    assert.notEqual(next.id, ended.id);
  });
});

suite("the end of what never began", () => {
  test("makes no notification where it is about no candidate", () => {
    assert.equal(fold(event(1, "integration.queue.resumed", { by: "ada" })), null);
  });
});

suite("any story of one candidate", () => {
  const word = fc.oneof(
    fc.record({ kind: fc.constantFrom("started", "failed"), attempt: fc.integer({ min: 1, max: 4 }) }),
    fc.constant({ kind: "completed", attempt: 1 }),
  );
  const say = (n: number, { kind, attempt }: { kind: string; attempt: number }) =>
    kind === "started"
      ? started(n, "a", attempt)
      : kind === "failed"
        ? failed(n, "a", attempt)
        : completed(n, "a");

  test("gives one status, in whatever order and however often it is told", () => {
    fc.assert(
      fc.property(
        fc.array(word, { minLength: 1, maxLength: 8 }),
        fc.infiniteStream(fc.nat()),
        (words, random) => {
          const story = words.map((one, index) => say(index + 1, one));
          const told = [...story, ...story]
            .map((stored) => ({ stored, rank: random.next().value ?? 0 }))
            .sort((a, b) => a.rank - b.rank)
            .map(({ stored }) => stored);
          assert.deepEqual(statusOf(foldOne(...told)), statusOf(foldOne(...story)));
        },
      ),
      { numRuns: 500 },
    );
  });

  test("completed means resolved; else the newest attempt says: failed is unseen and needs attention", () => {
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 8 }), (words) => {
        const end = statusOf(foldOne(...words.map((one, index) => say(index + 1, one))));
        const newest = Math.max(...words.map(({ attempt }) => attempt));
        const hasFailed = words.some(({ kind, attempt }) => kind === "failed" && attempt === newest);
        if (words.some(({ kind }) => kind === "completed")) {
          assert.deepEqual([end.agent_status, end.needs_attention], ["resolved", false]);
        } else if (hasFailed) {
          assert.deepEqual(end, { human_status: "unseen", agent_status: "blocked", needs_attention: true });
        } else assert.deepEqual([end.agent_status, end.needs_attention], ["in_progress", false]);
      }),
      { numRuns: 500 },
    );
  });

  test("of several candidates in order: the last started one says the status", () => {
    const digits = fc.array(fc.constantFrom("a", "b", "c"), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.constantFrom("a", "b", "c", "d"), { minLength: 1 }),
        digits,
        (order, late) => {
          const begun = order.map((digit, index) => started(index + 1, digit));
          const last = order.at(-1) ?? "a";
          const echoes = late.filter((digit) => digit !== last && order.includes(digit));
          const now = foldOne(...begun, ...echoes.map((digit, index) => failed(100 + index, digit)));
          assert.deepEqual([now.about?.sha, now.agent_status], [last.repeat(40), "in_progress"]);
        },
      ),
    );
  });
});
