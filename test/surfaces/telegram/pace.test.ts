/** The bot's pace: whoever keeps it is never asked to wait by a server that holds Telegram's limits strictly. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  afterRefusal,
  afterWrite,
  gapOf,
  newPace,
  type Pace,
  waitMs,
} from "../../../src/surfaces/telegram/pace.ts";
import { documentedLimits, floodGate } from "../../telegram/bot-api-flood.ts";

test("a chat waits a second, a group three, and others do not wait for them", () => {
  const began = 1_000_000;
  assert.equal(waitMs(newPace(began), "1", began), 1050);
  assert.equal(waitMs(newPace(began), "-1", began), 3100);
  const now = began + 3100;
  const pace = afterWrite(afterWrite(newPace(began), "1", now), "-1", now);
  assert.equal(waitMs(pace, "1", now), 1050);
  assert.equal(waitMs(pace, "-1", now), 3100);
  assert.equal(waitMs(pace, "2", now), 0);
  assert.deepEqual([gapOf("1"), gapOf("-100123")], [1050, 3100]);
});

test("many chats at once are held to what a second allows", () => {
  const now = 10_000;
  let pace: Pace = newPace(0);
  for (let chat = 1; chat <= 25; chat++) pace = afterWrite(pace, String(chat), now);
  assert.equal(waitMs(pace, "26", now), 1000);
  assert.equal(waitMs(pace, "26", now + 1000), 0);
});

test("a chat in which Telegram asked to wait, waits", () => {
  const pace = afterRefusal(newPace(0), "1", 37_000);
  assert.equal(waitMs(pace, "1", 7000), 30_000);
  assert.equal(waitMs(pace, "2", 7000), 0);
  assert.equal(waitMs(afterRefusal(pace, "1", 9000), "1", 7000), 30_000);
});

test("no schedule, and no restart in it, breaks the documented limits", () => {
  const chats = fc.constantFrom(
    "1",
    "2",
    "3",
    "-1",
    "-2",
    ...Array.from({ length: 40 }, (_, each) => `${each + 10}`),
  );
  const event = fc.record({
    chat: chats,
    afterMs: fc.nat(700),
    restart: fc.nat(30).map((each) => each === 0),
  });
  fc.assert(
    fc.property(fc.array(event, { maxLength: 400 }), (events) => {
      let now = 0;
      let pace = newPace(now);
      const gate = floodGate(documentedLimits, () => now);
      for (const { chat, afterMs, restart } of events) {
        now += afterMs;
        if (restart) pace = newPace(now);
        if (waitMs(pace, chat, now) > 0) continue;
        assert.equal(gate.admit(Number(chat)), null, `${chat} at ${now}`);
        pace = afterWrite(pace, chat, now);
      }
    }),
    { numRuns: 200 },
  );
});
