import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import type { StoredEvent } from "../../src/events/envelope.ts";
import { notificationsProjection } from "../../src/notifications/projection.ts";
import {
  act,
  approved,
  catalog,
  completed,
  event,
  failed,
  memoryTables,
  moved,
  sha,
  started,
} from "./story.ts";

async function project(story: readonly StoredEvent[]) {
  const memory = memoryTables();
  const projection = notificationsProjection(catalog);
  for (const stored of story) await projection.apply(stored, memory.tables);
  return memory;
}

const byGroup = (items: Awaited<ReturnType<typeof project>>) =>
  Object.fromEntries(items.items().map((item) => [item.group, item]));

suite("the notifications of a stream", () => {
  test("are one a group, ended across groups where an event says so", async () => {
    const memory = await project([
      approved(1),
      event(2, "integration.stalled", {
        since: "2026-01-01T00:00:00Z",
        waiting_for: "the remote",
        queue_depth: 1,
      }),
      started(3, "a"),
    ]);
    const first = byGroup(memory);
    assert.deepEqual(Object.keys(first).sort(), ["deployment/login", "integration/stalled", "review/login"]);
    assert.equal(first["review/login"]?.agent_status, "resolved");
    assert.equal(first["integration/stalled"]?.needs_attention, true);
    await notificationsProjection(catalog).apply(completed(4, "a"), memory.tables);
    assert.equal(byGroup(memory)["integration/stalled"]?.agent_status, "resolved");
  });

  test("leave events alone that have none, and types nobody knows", async () => {
    const pushed = event(1, "branch.pushed", {
      branch: "b",
      sha: sha("a"),
      remote: "origin",
      pushed_at: "2026-01-01T00:00:00Z",
      pusher: "ann",
    });
    const unknown = { ...pushed, event: { ...pushed.event, type: "acme.unknown" } };
    assert.equal((await project([pushed, unknown])).rows.size, 0);
  });

  test("take acts by id, and ignore acts on what is not there", async () => {
    const memory = await project([failed(1, "a")]);
    const [item] = memory.items();
    const projection = notificationsProjection(catalog);
    await projection.apply(act(2, item?.id ?? "", "claim"), memory.tables);
    await projection.apply(act(3, item?.id ?? "", "claim", { by: "bob" }), memory.tables);
    await projection.apply(act(4, "nobody", "see"), memory.tables);
    assert.deepEqual(
      memory.items().map(({ claimed_by }) => claimed_by),
      ["ada"],
    );
  });

  test("keep the earlier one of a group beside the new one", async () => {
    const memory = await project([started(1, "a"), completed(2, "a"), started(3, "b")]);
    assert.deepEqual(
      memory
        .items()
        .map(({ agent_status }) => agent_status)
        .sort(),
      ["in_progress", "resolved"],
    );
  });

  test("forget the longest resolved of more than a thousand, never an open one", async () => {
    const stalled = (n: number) =>
      event(n, "integration.queue.paused", { by: "ada", reason: `because ${n}` });
    const story = [started(1, "a")];
    for (let n = 1; n <= 1005; n++)
      story.push(stalled(2 * n), event(2 * n + 1, "integration.queue.resumed", { by: "ada" }));
    const memory = await project(story);
    const resolved = memory.items().filter(({ agent_status }) => agent_status === "resolved");
    assert.equal(resolved.length, 1000);
    assert.ok(memory.items().some(({ group }) => group === "deployment/login"));
    assert.ok(!resolved.some(({ created_at }) => created_at <= "2026-01-01T00:00:10.000Z"));
  });

  test("come out the same from a rebuild, ids included", async () => {
    const word = fc.constantFrom("started", "failed", "completed", "approved", "queued", "requeued", "act");
    const digit = fc.constantFrom("a", "b");
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(word, digit, fc.integer({ min: 1, max: 3 })), { maxLength: 20 }),
        async (words) => {
          const live = memoryTables();
          const story: StoredEvent[] = [];
          for (const [index, [kind, of, attempt]] of words.entries()) {
            const stored = say(index + 1, kind, of, attempt, live.items()[0]?.id ?? "none");
            story.push(stored);
            await notificationsProjection(catalog).apply(stored, live.tables);
          }
          assert.deepEqual((await project(story)).rows, live.rows);
          for (const item of live.items()) {
            assert.equal(item.resolved_at !== null, item.agent_status === "resolved");
            assert.ok(!(item.agent_status === "resolved" && item.needs_attention));
            assert.equal(item.claimed_by !== null, item.agent_status === "claimed");
          }
          const open = live.items().filter(({ agent_status }) => agent_status !== "resolved");
          assert.equal(new Set(open.map(({ group }) => group)).size, open.length);
        },
      ),
      { numRuns: 200 },
    );
  });
});

function say(n: number, kind: string, digit: string, attempt: number, id: string): StoredEvent {
  switch (kind) {
    case "started":
      return started(n, digit, attempt);
    case "failed":
      return failed(n, digit, attempt);
    case "completed":
      return completed(n, digit);
    case "approved":
      return approved(n, attempt);
    case "act":
      return act(n, id, ["see", "claim", "release", "resolve"][(n + attempt) % 4] ?? "see", { reason: "r" });
    default:
      return moved(n, kind, digit, attempt);
  }
}
