/** What a notification says in Telegram. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { acted } from "../../../src/notifications/acts.ts";
import type { Notification } from "../../../src/notifications/notification.ts";
import {
  alarmOf,
  cardOf,
  digestOf,
  isStanding,
  slugOf,
  testMessage,
  tryMark,
} from "../../../src/surfaces/telegram/messages.ts";
import { completed, event, failed, foldOne, started } from "../../notifications/story.ts";

const repository = "acme/shop";
const begun = foldOne(started(1, "a"));
const blocked = foldOne(started(1, "a"), failed(2, "a"));
const landed = foldOne(started(1, "a"), failed(2, "a"), completed(3, "a"));
const mayAct = { mayAct: true, again: false };

test("a card says what goes on, in its repository, and has no buttons", () => {
  const { text, buttons } = cardOf({ notification: begun, repository }, null);
  assert.match(
    text,
    /^🔵 login is on its way to main\nBranch login at aaaaaaa, handed over by w\.\nacme\/shop$/,
  );
  assert.deepEqual(buttons, []);
});

test("an alarm that stands says why and what next, and offers what can be done", () => {
  const { text, buttons } = alarmOf({ notification: blocked, repository }, mayAct);
  assert.match(text, /^❗ This needs you\nlogin is blocked: conflict\n/);
  assert.match(text, /a\.ts conflicts Next: merge main/);
  assert.match(text, /More: \/why login/);
  assert.deepEqual(labels(buttons), [["Ack", "Retry"], ["Open"]]);
  assert.equal(isStanding(blocked), true);
});

test("who may not act is offered nothing", () => {
  const { text, buttons } = alarmOf({ notification: blocked, repository }, { mayAct: false, again: false });
  assert.deepEqual(buttons, []);
  assert.doesNotMatch(text, /\/why/);
});

test("one that is claimed says by whom, and can still be retried", () => {
  const act = { action: "claim", by: "Ada", reason: null, until: null } as const;
  const claimed = acted(blocked, act, event(3, "notification.acted", actData("claim")));
  const { text, buttons } = alarmOf({ notification: claimed, repository }, mayAct);
  assert.match(text, /🙋 Claimed by Ada/);
  assert.deepEqual(labels(buttons), [["Retry"], ["Open"]]);
});

test("one that is over says so, and offers nothing any more", () => {
  const { text, buttons } = alarmOf({ notification: landed, repository }, mayAct);
  assert.match(text, /^✅ Over\nlogin is on main\n/);
  assert.deepEqual(buttons, []);
  assert.match(cardOf({ notification: landed, repository }, null).text, /^✅ login is on main\n/);
});

test("one that a person ended says who and why", () => {
  const act = { action: "resolve", by: "Ada", reason: "not needed", until: null } as const;
  const ended = acted(
    blocked,
    act,
    event(3, "notification.acted", { ...actData("resolve"), reason: "not needed" }),
  );
  assert.match(alarmOf({ notification: ended, repository }, mayAct).text, /☑️ resolved by Ada: not needed/);
});

test("a repeated alarm says that it may be one, and a missed one is mentioned", () => {
  const again = alarmOf({ notification: blocked, repository }, { mayAct: true, again: true });
  assert.match(again.text, /Sent again: nobody knows whether the first one arrived\./);
  const missed = { event_id: "e", at: "2026-01-01T00:00:00Z", line: "login is blocked: conflict" };
  const card = cardOf({ notification: landed, repository }, missed);
  assert.match(card.text, /It rang while you could not be told: login is blocked: conflict/);
});

test("hostile words are set in code, and long ones are shortened with head and foot whole", () => {
  const hostile: Notification = {
    ...blocked,
    title: "/resume @ann \u202e https://evil.example",
    body: "/pause x\n".repeat(2000),
    claimed_by: "/retry me",
  };
  const { text, entities } = alarmOf({ notification: hostile, repository }, mayAct);
  assert.ok(text.length <= 4096);
  assert.match(text, /acme\/shop$/);
  // Our own hint is the only command that can be touched.
  for (const { index } of text.matchAll(/(?<![\w])\/[a-z]+/g)) {
    const isOurs = text.startsWith("/why login", index);
    const isCode = entities.some(
      ({ type, offset, length }) =>
        (type === "code" || type === "pre") && index >= offset && index < offset + length,
    );
    assert.ok(isOurs || isCode, text.slice(index, index + 20));
  }
});

test("a group that names no slug offers nothing about one", () => {
  assert.equal(slugOf(blocked), "login");
  for (const group of [
    "integration/stalled",
    "deployment/--x",
    "deployment/../x",
    "deployment/A",
    "deployment",
  ])
    assert.equal(slugOf({ group }), null, group);
  const { buttons } = alarmOf({ notification: { ...blocked, group: "platform/gap" }, repository }, mayAct);
  assert.deepEqual(labels(buttons), [["Ack"]]);
});

test("a digest names everything there is room for", () => {
  const many = Array.from({ length: 80 }, (_, index) => ({ ...begun, title: `item-${index} is on its way` }));
  const { text, entities } = digestOf(many, repository);
  assert.match(text, /^80 pieces of news\n🔵 item-0 is on its way\n/);
  assert.match(text, /… and 20 more\nacme\/shop$/);
  assert.ok(entities.length <= 100);
});

test("a test says who asked for it", () => {
  assert.match(testMessage("Ada", repository).text, /^🔔 This is a test, asked for by Ada\.\nacme\/shop$/);
});

test("every try has a mark of its own", () => {
  const sha = "a".repeat(40);
  const marks = [tryMark(null), tryMark({ sha, attempt: 1 }), tryMark({ sha, attempt: 2 })];
  assert.equal(new Set(marks).size, 3);
  assert.equal(tryMark({ sha, attempt: null }), tryMark({ sha, attempt: 1 }));
});

function labels(buttons: readonly (readonly { label: string }[])[]): string[][] {
  return buttons.map((row) => row.map(({ label }) => label));
}

function actData(action: string) {
  return { notification_id: blocked.id, version: 1, action, by: "Ada" };
}
