import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import type { Wanted } from "../../src/delivery/rows.ts";
import { everything, type TargetRules } from "../../src/delivery/rules.ts";
import { type Cause, wantedAfter } from "../../src/delivery/wanting.ts";
import type { StoredEvent } from "../../src/events/envelope.ts";
import { knows } from "../../src/notifications/notification.ts";
import { notificationsProjection } from "../../src/notifications/projection.ts";
import {
  act,
  approved,
  catalog,
  completed,
  failed,
  memoryTables,
  moved,
  started,
} from "../notifications/story.ts";

type Options = { rules?: Partial<TargetRules>; follows?: boolean };

/** What is wanted of the notification about `login` (or `group`) after commits of some events each. */
async function wantedOf(
  commits: readonly StoredEvent[][],
  options: Options = {},
  group = "deployment/login",
) {
  const memory = memoryTables();
  const projection = notificationsProjection(catalog);
  const rules = { ...everything, ...options.rules };
  let wanted: Wanted | null = null;
  for (const commit of commits) {
    for (const stored of commit) await projection.apply(stored, memory.tables);
    const notification = memory.items().find((item) => item.group === group);
    if (notification === undefined) continue;
    const causes = commit
      .map(({ event }): Cause => ({ event, lifecycle: catalog.find(event.type)?.notification ?? null }))
      .filter(({ event }) => knows(notification, event.id));
    if (causes.length > 0)
      wanted = wantedAfter(wanted, { notification, causes }, { rules, follows: options.follows ?? true });
  }
  return wanted;
}

/** The id of the notification about `login`, for acts. */
async function idAfter(...story: StoredEvent[]): Promise<string> {
  const memory = memoryTables();
  for (const stored of story) await notificationsProjection(catalog).apply(stored, memory.tables);
  return memory.items().find(({ group }) => group === "deployment/login")?.id ?? "";
}

suite("what a target wants to be told", () => {
  test("is what happens, at its version, by its type", async () => {
    const wanted = await wantedOf([[started(1, "a")]]);
    assert.deepEqual(wanted, {
      version: 1,
      news: 1,
      type: "domain.software-development.deployment.started",
      at: "2026-01-01T00:00:01.000Z",
      alarm: null,
    });
  });

  test("is an alarm where it is blocked, with what was said", async () => {
    const wanted = await wantedOf([[started(1, "a")], [failed(2, "a")]]);
    assert.deepEqual(wanted?.alarm, {
      event_id: "event-2",
      at: "2026-01-01T00:00:02.000Z",
      line: "login is blocked: conflict",
    });
    assert.equal(wanted?.news, 2);
  });

  test("keeps an alarm that was over within the same commit", async () => {
    const wanted = await wantedOf([[started(1, "a"), failed(2, "a"), started(3, "a", 2)]]);
    assert.equal(wanted?.alarm?.event_id, "event-2");
  });

  test("is nothing of what is quiet", async () => {
    assert.equal(await wantedOf([[approved(1)]], {}, "review/login"), null);
  });

  test("is nothing below its level, but an alarm it was told of is also ended", async () => {
    const rules = { levelMin: "business" } as const;
    assert.equal(await wantedOf([[started(1, "a")]], { rules }), null);
    const told = await wantedOf([[started(1, "a")], [failed(2, "a")], [completed(3, "a")]], { rules });
    assert.equal(told?.news, 3);
  });

  test("is nothing of other types, alarms included", async () => {
    const rules = { types: ["deployment.completed"] };
    assert.equal(await wantedOf([[started(1, "a")], [failed(2, "a")]], { rules }), null);
    const landed = await wantedOf(
      [[started(1, "a")], [failed(2, "a")], [started(3, "a", 2)], [completed(4, "a")]],
      {
        rules,
        follows: false,
      },
    );
    assert.equal(landed?.alarm, null);
    assert.equal(landed?.type, "domain.software-development.deployment.completed");
  });

  test("of what people do is the sight of it, and news only where they end it", async () => {
    const story = [started(1, "a"), failed(2, "a")];
    const id = await idAfter(...story);
    const seen = await wantedOf([story, [act(3, id, "see")]]);
    assert.deepEqual([seen?.version, seen?.news], [3, 2]);
    const resolved = await wantedOf([story, [act(3, id, "resolve", { reason: "done by hand" })]]);
    assert.equal(resolved?.news, 3);
  });

  test("of what people do is nothing to a surface that shows no changes", async () => {
    const story = [started(1, "a"), failed(2, "a")];
    const id = await idAfter(...story);
    const before = await wantedOf([story], { follows: false });
    const after = await wantedOf([story, [act(3, id, "claim")]], { follows: false });
    assert.deepEqual(after, before);
  });

  test("rings again when what was put off comes back", async () => {
    const story = [started(1, "a"), failed(2, "a")];
    const id = await idAfter(...story);
    const until = "2026-01-02T00:00:00.000Z";
    const wanted = await wantedOf([story, [act(3, id, "snooze", { until })]], { follows: false });
    assert.equal(wanted?.alarm?.event_id, "event-3");
    assert.equal(wanted?.alarm?.at, until);
  });

  test("never goes back, and its news is never newer than itself", async () => {
    const kinds = [started, failed, completed];
    const story = fc.array(fc.tuple(fc.nat(2), fc.constantFrom("a", "b"), fc.boolean()), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(story, fc.boolean(), async (parts, follows) => {
        const commits: StoredEvent[][] = [];
        parts.forEach(([kind, digit, ends], index) => {
          const stored = (kinds[kind] ?? started)(index + 1, digit);
          const last = commits.at(-1);
          if (ends || last === undefined) commits.push([stored]);
          else last.push(stored);
        });
        let before: Wanted | null = null;
        for (let count = 1; count <= commits.length; count++) {
          const wanted = await wantedOf(commits.slice(0, count), { follows });
          if (wanted !== null) assert.ok(wanted.news <= wanted.version && wanted.news > 0);
          if (before !== null) assert.notEqual(wanted, null);
          before = wanted;
        }
      }),
      { numRuns: 60 },
    );
  });

  test("of what moves in silence is the sight of it, and no news", async () => {
    const wanted = await wantedOf([[started(1, "a")], [moved(2, "queued", "a")]]);
    assert.deepEqual([wanted?.version, wanted?.news], [2, 1]);
  });
});
