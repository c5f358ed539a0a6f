import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import {
  groupedAtMost,
  nextStep,
  planOf,
  type Row,
  type Step,
  type Tell,
} from "../../src/delivery/next-step.ts";
import { nothingSent, type Sent, type Wanted } from "../../src/delivery/rows.ts";
import { everything, quietHoursOf, type TargetRules } from "../../src/delivery/rules.ts";
import type { Notification } from "../../src/notifications/notification.ts";
import { completed, failed, foldOne, started } from "../notifications/story.ts";

const chat = { edits: true, groups: true, repeatable: false };
const hook = { edits: false, groups: false, repeatable: true };
const nowMs = Date.parse("2026-01-01T23:00:00Z");
const alarm = { event_id: "event-2", at: "2026-01-01T00:00:02.000Z", line: "login is blocked: conflict" };
const going = foldOne(started(1, "a"));
const blocked = foldOne(started(1, "a"), failed(2, "a"));
const landed = foldOne(started(1, "a"), failed(2, "a"), completed(3, "a"));

const wanting = (more: Partial<Wanted> = {}): Wanted => ({
  version: 1,
  news: 1,
  type: "domain.software-development.deployment.started",
  at: "2026-01-01T00:00:01.000Z",
  alarm: null,
  ...more,
});

type Given = {
  wanted?: Partial<Wanted>;
  sent?: Partial<Sent>;
  rules?: Partial<TargetRules>;
  traits?: typeof chat;
};

function step(notification: Notification | null, { wanted, sent, rules, traits = chat }: Given = {}): Step {
  const row: Row = { wanted: wanting(wanted), sent: { ...nothingSent, ...sent }, notification };
  return nextStep(row, { rules: { ...everything, ...rules }, traits, nowMs });
}

function brief(given: Step): string {
  if (given.kind !== "tell") return given.kind;
  return [given.how, given.missed ? "missed" : "", given.mayRepeat ? "again" : ""].filter(Boolean).join(" ");
}

suite("the next step of a row", () => {
  const quiet = quietHoursOf("22:00-07:00", "UTC");
  const ofAlarm = { version: 2, news: 2, alarm };
  const ofLanding = { version: 3, news: 3, alarm };
  const cases: [title: string, step: Step, expected: string][] = [
    ["news that was never told is new", step(going), "new"],
    ["what was told is done", step(going, { sent: { version: 1, ref: "m" } }), "done"],
    [
      "what is news again changes the message that is there",
      step(landed, { wanted: { news: 3 }, sent: { version: 1, ref: "m" } }),
      "change",
    ],
    ["and is new where there is none", step(landed, { wanted: { news: 3 }, sent: { version: 1 } }), "new"],
    [
      "what is no news changes the message that is there",
      step(blocked, { sent: { version: 1, ref: "m" } }),
      "change",
    ],
    [
      "and is nothing to a surface that shows no changes",
      step(blocked, { sent: { version: 1 }, traits: hook }),
      "done",
    ],
    [
      "an alarm rings, message or not",
      step(blocked, { wanted: ofAlarm, sent: { version: 1, ref: "m" } }),
      "ring",
    ],
    [
      "an alarm that may have been told rings again, and says so",
      step(blocked, { wanted: ofAlarm, sent: { is_uncertain: true } }),
      "ring again",
    ],
    [
      "an alarm that was told does not ring again",
      step(blocked, { wanted: ofAlarm, sent: { version: 2, alarm: "event-2", ref: "m" } }),
      "done",
    ],
    [
      "an alarm that is over does not ring, and is not lost",
      step(landed, { wanted: ofLanding }),
      "new missed",
    ],
    [
      "nor where there is a message to change",
      step(landed, { wanted: ofLanding, sent: { version: 1, ref: "m" } }),
      "change missed",
    ],
    ["a notification that is no more is forgotten", step(null), "forget"],
    ["what does not ring waits for the end of the quiet hours", step(going, { rules: { quiet } }), "wait"],
    ["an alarm of the business level does not", step(blocked, { wanted: ofAlarm, rules: { quiet } }), "ring"],
    [
      "an alarm of a lower level does",
      step({ ...blocked, level: "workflow" }, { wanted: ofAlarm, rules: { quiet } }),
      "wait",
    ],
    [
      "but what is there is changed at once",
      step(
        { ...blocked, level: "workflow" },
        { wanted: ofAlarm, sent: { version: 1, ref: "m" }, rules: { quiet } },
      ),
      "change",
    ],
    [
      "what was put off waits",
      step({ ...blocked, snoozed_until: "2026-01-02T00:00:00Z" }, { wanted: ofAlarm }),
      "wait",
    ],
    ["a window that is over is no reason to wait", step(going, { rules: { digestMs: 3_600_000 } }), "new"],
  ];
  for (const [title, given, expected] of cases) test(title, () => assert.equal(brief(given), expected));

  test("tells until when a wait is", () => {
    const waiting = step({ ...blocked, snoozed_until: "2026-01-02T00:00:00Z" }, { wanted: ofAlarm });
    assert.deepEqual(waiting, { kind: "wait", untilMs: Date.parse("2026-01-02T00:00:00Z") });
  });

  test("is nothing more once all of it was told", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(going, blocked, landed),
        fc.boolean(),
        fc.boolean(),
        (now, hasRef, isHook) => {
          const wanted = { version: now.version, news: now.version, alarm: now.version >= 2 ? alarm : null };
          const sent = {
            version: now.version,
            alarm: wanted.alarm?.event_id ?? null,
            ref: hasRef ? "m" : null,
          };
          assert.equal(step(now, { wanted, sent, traits: isHook ? hook : chat }).kind, "done");
        },
      ),
    );
  });
});

suite("the order of what is told", () => {
  const tell = (how: Tell["how"], missed = false): { step: Tell } => ({
    step: {
      kind: "tell",
      how,
      ring: how === "ring" ? alarm : null,
      missed: missed ? alarm : null,
      mayRepeat: false,
    },
  });
  const shown = (items: { step: Tell }[], more: { traits?: typeof chat; digestMs?: number } = {}) =>
    planOf(items, {
      rules: { ...everything, digestMs: more.digestMs ?? null },
      traits: more.traits ?? chat,
    }).map((planned) => (planned.kind === "one" ? planned.item.step.how : planned.items.length));
  const many = (count: number) => Array.from({ length: count }, () => tell("new"));

  test("is: what rings, what changes, what is new", () =>
    assert.deepEqual(shown([tell("new"), tell("change"), tell("ring"), tell("new")]), [
      "ring",
      "change",
      "new",
      "new",
    ]));

  test("puts much that is new together, and nothing that rings", () =>
    assert.deepEqual(shown([...many(97), ...many(1), tell("ring"), tell("ring")]), [
      "ring",
      "ring",
      25,
      25,
      25,
      23,
    ]));

  test("leaves a few for themselves, but not where a window was asked for", () => {
    assert.deepEqual(shown(many(3)), ["new", "new", "new"]);
    assert.deepEqual(shown(many(3), { digestMs: 1000 }), [3]);
    assert.deepEqual(shown(many(1), { digestMs: 1000 }), ["new"]);
  });

  test("puts nothing together for a surface that cannot show it, nor what missed an alarm", () => {
    assert.deepEqual(shown(many(5), { traits: hook }), ["new", "new", "new", "new", "new"]);
    assert.deepEqual(shown([...many(4), tell("new", true)]), ["new", 4]);
  });

  test("leaves nobody out", () => {
    const items = fc.array(fc.constantFrom<Tell["how"]>("ring", "change", "new").map((how) => tell(how)));
    fc.assert(
      fc.property(items, fc.boolean(), (given, isHook) => {
        const plan = planOf(given, { rules: everything, traits: isHook ? hook : chat });
        const all = plan.flatMap((planned) => (planned.kind === "one" ? [planned.item] : planned.items));
        assert.deepEqual(new Set(all), new Set(given));
        assert.equal(all.length, given.length);
        assert.ok(plan.every((planned) => planned.kind === "one" || planned.items.length <= groupedAtMost));
      }),
    );
  });
});
