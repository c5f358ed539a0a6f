/** Telegram as the ledger meets it: what each sending comes to, on a server that behaves as the real one. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { User } from "grammy/types";
import { pause } from "../../../src/clock.ts";
import { everything } from "../../../src/delivery/rules.ts";
import type { Alarm, DeliverySurface, Outcome, Sending } from "../../../src/delivery/surface.ts";
import type { Notification } from "../../../src/notifications/notification.ts";
import { openBot } from "../../../src/surfaces/telegram/bot.ts";
import { signer } from "../../../src/surfaces/telegram/buttons.ts";
import { lineOfCalls } from "../../../src/surfaces/telegram/line-of-calls.ts";
import { openMemory } from "../../../src/surfaces/telegram/memory.ts";
import { type Person, telegramSurface } from "../../../src/surfaces/telegram/surface.ts";
import { completed, failed, foldOne, started } from "../../notifications/story.ts";
import { type BotApi, startBotApi } from "../../telegram/bot-api.ts";
import { documentedLimits } from "../../telegram/bot-api-flood.ts";
import { startTestRedis, type TestRedis } from "../../world/redis.ts";

const ann: User = { id: 1001, is_bot: false, first_name: "Ann" };
const vic: User = { id: 1002, is_bot: false, first_name: "Vic" };
const opsGroup = -500;
const people: Person[] = [
  { name: "Ann", role: "admin", chat: "1001", rules: everything },
  { name: "Vic", role: "viewer", chat: "1002", rules: everything },
  { name: "Ops", role: "admin", chat: "-500", rules: everything },
];

const begun = foldOne(started(1, "a"));
const blocked = foldOne(started(1, "a"), failed(2, "a"));
const landed = foldOne(started(1, "a"), failed(2, "a"), completed(3, "a"));
const alarm: Alarm = { event_id: "event-2", at: "2026-01-01T00:00:02Z", line: "login is blocked: conflict" };

type Ground = { telegram: BotApi; server: TestRedis; surface: DeliverySurface; restarted(): DeliverySurface };

/** A surface over a server that holds Telegram's limits strictly: at the end it was never asked to wait by it. */
function onGround(body: (ground: Ground) => Promise<void>) {
  return async () => {
    await using telegram = await startBotApi({ limits: documentedLimits });
    await using server = await startTestRedis();
    for (const user of [ann, vic]) telegram.openPrivate(user);
    telegram.openGroup(opsGroup);
    const restarted = () => open(telegram, server);
    await body({ telegram, server, surface: restarted(), restarted });
  };
}

function open({ root, token }: BotApi, { redis, keys }: TestRedis): DeliverySurface {
  const bot = openBot({ token, apiRoot: root });
  return telegramSurface({
    bot,
    calls: lineOfCalls({ memory: openMemory({ redis, keys, botId: "4242" }), probe: () => bot.me() }),
    signer: signer(token, "acme/shop"),
    people,
    repository: "acme/shop",
    unusable: null,
    botId: "4242",
  });
}

// Each waits at Telegram's pace most of the time: they wait together.
describe("the surface telegram", { concurrency: 5 }, () => {
  test(
    "a card without a sound, an alarm that rings in reply, both edited when it is over; and never too fast",
    onGround(async ({ telegram, surface }) => {
      const first = await told(surface, notice(begun, null));
      const second = await told(surface, notice(blocked, refOf(first), alarm));
      const third = await told(surface, notice(landed, refOf(second)));
      const [card, rang, ...more] = telegram.written(ann.id);
      assert.deepEqual(more, []);
      assert.deepEqual([card?.silent, rang?.silent], [true, false]);
      assert.equal(rang?.message.reply_to_message?.message_id, card?.message.message_id);
      assert.match(card?.message.text ?? "", /^✅ login is on main/);
      assert.match(rang?.message.text ?? "", /^✅ Over\nlogin is on main/);
      assert.equal(rang?.message.reply_markup, undefined);
      assert.doesNotMatch(refOf(third) ?? "", /1001/);
      assert.ok(
        telegram.calls().every(({ answer }) => answer?.ok),
        "the server had to refuse",
      );
    }),
  );

  test(
    "buttons are for who may act: signed for an admin's chat, none for a viewer",
    onGround(async ({ telegram, surface }) => {
      for (const target of ["Ann", "Vic", "Ops"])
        await told(surface, { ...notice(blocked, null, alarm), target });
      const dataIn = (chat: number) =>
        (telegram.written(chat)[0]?.message.reply_markup?.inline_keyboard ?? [])
          .flat()
          .map((button) => ("callback_data" in button ? button.callback_data : ""));
      assert.equal(dataIn(ann.id).length, 3);
      assert.equal(dataIn(opsGroup).length, 3);
      assert.deepEqual(dataIn(vic.id), []);
      const [ack = ""] = dataIn(ann.id);
      const read = signer(telegram.token, "acme/shop").read("1001", ack, Date.parse(blocked.updated_at));
      assert.equal(read.kind, "pressed");
    }),
  );

  test(
    "after a 429 it waits as long as it was told, also in the next process",
    onGround(async ({ telegram, surface, restarted }) => {
      telegram.fail("sendMessage", { kind: "too_many", retryAfterS: 37 });
      const sending = notice(begun, null);
      const refused = await untilAsked(surface, sending, telegram);
      assert.deepEqual(refused, { kind: "later", afterMs: 37_000, scope: "target" });
      for (const each of [surface, restarted()]) {
        const again = await send(each, sending);
        assert.ok(again.kind === "later" && again.afterMs > 30_000 && again.afterMs <= 37_000);
      }
      assert.equal(telegram.calls("sendMessage").length, 1);
      assert.equal((await told(surface, { ...sending, target: "Vic" })).kind, "sent");
    }),
  );

  test(
    "a lost reply to a new message is not known; said again, it says so",
    onGround(async ({ telegram, surface }) => {
      telegram.fail("sendMessage", { kind: "lost_reply" }, { kind: "page", status: 502 });
      for (let lost = 0; lost < 2; lost++) {
        const outcome = await untilAsked(surface, notice(blocked, null, alarm), telegram);
        assert.deepEqual(outcome, { kind: "unknown", why: "Telegram's answer was lost." });
      }
      assert.equal(telegram.written(ann.id).length, 1);
      await told(surface, { ...notice(blocked, null, alarm), mayRepeat: true });
      assert.match(telegram.written(ann.id)[1]?.message.text ?? "", /Sent again: nobody knows/);
    }),
  );

  test(
    "a lost reply to an edit is tried again, and finds the message as it should be",
    onGround(async ({ telegram, surface }) => {
      const ref = refOf(await told(surface, notice(begun, null)));
      telegram.fail("editMessageText", { kind: "lost_reply" });
      const lost = await untilAsked(surface, notice(landed, ref), telegram);
      assert.equal(lost.kind, "failed");
      assert.equal((await told(surface, notice(landed, ref))).kind, "sent");
      assert.equal(telegram.written(ann.id)[0]?.edits, 1);
      // On a busy machine the one that was given up may be heard after the one that was said again.
      assert.match(
        JSON.stringify(telegram.calls("editMessageText").map(({ answer }) => answer)),
        /not modified/,
      );
    }),
  );

  test(
    "into an outage nothing is said: it costs at most the answer to what was on its way",
    onGround(async ({ telegram, surface }) => {
      telegram.fail("sendMessage", { kind: "reset" });
      assert.equal((await untilAsked(surface, notice(begun, null), telegram)).kind, "unknown");
      telegram.leave();
      const dark = await untilAsked(surface, notice(begun, null), telegram);
      assert.deepEqual(dark, { kind: "failed", why: "Telegram does not answer." });
      telegram.comeBack();
      assert.equal((await told(surface, notice(begun, null))).kind, "sent");
      assert.equal(telegram.calls("sendMessage").length, 2);
    }),
  );

  test(
    "a server that cannot be reached was asked nothing",
    onGround(async ({ telegram, surface }) => {
      await telegram[Symbol.asyncDispose]();
      const outcome = await untilAsked(surface, notice(begun, null), telegram);
      assert.deepEqual(outcome, { kind: "failed", why: "Telegram does not answer." });
    }),
  );

  test(
    "a blocked bot and an unknown chat are gone for good, in words for people",
    onGround(async ({ telegram, surface }) => {
      telegram.close(ann.id, "blocked");
      const outcome = await untilAsked(surface, notice(begun, null), telegram);
      assert.deepEqual(outcome, { kind: "gone", why: "The person has blocked the bot." });
      const { targets } = surface;
      assert.equal(new Set(targets.map(({ fingerprint }) => fingerprint)).size, 3);
      assert.doesNotMatch(JSON.stringify([outcome, targets]), /1001|AAH/);
    }),
  );

  test(
    "a deleted card is written anew",
    onGround(async ({ telegram, surface }) => {
      const ref = refOf(await told(surface, notice(begun, null)));
      telegram.delete(ann.id, telegram.written(ann.id)[0]?.message.message_id ?? 0);
      const after = await told(surface, notice(landed, ref));
      const [card, ...more] = telegram.written(ann.id);
      assert.match(card?.message.text ?? "", /^✅ login is on main/);
      assert.deepEqual(more, []);
      assert.notEqual(refOf(after), ref);
    }),
  );

  test(
    "a group that became another chat is followed there, also by the next process",
    onGround(async ({ telegram, surface, restarted }) => {
      const target = "Ops";
      const ref = refOf(await told(surface, { ...notice(begun, null), target }));
      telegram.upgrade(opsGroup, -100_500);
      const after = await told(surface, { ...notice(landed, ref), target });
      assert.match(telegram.written(-100_500)[0]?.message.text ?? "", /^✅ login is on main/);
      await told(restarted(), { ...notice(begun, refOf(after)), target });
      assert.match(telegram.written(-100_500)[0]?.message.text ?? "", /^🔵/);
      assert.equal(telegram.written(-100_500).length, 1);
    }),
  );

  test(
    "a token that Telegram does not know fails, and is not repeated in any word",
    onGround(async ({ telegram, server }) => {
      const surface = open({ ...telegram, token: "4242:AAAAAAAAAAAAAAAAAAAAAAA" }, server);
      const outcome = await untilAsked(surface, notice(begun, null), telegram);
      assert.deepEqual(outcome, {
        kind: "failed",
        why: "Telegram does not know the bot's token.",
        afterMs: 60_000,
      });
    }),
  );

  test(
    "several at once are one silent message; a test rings",
    onGround(async ({ telegram, surface }) => {
      await told(surface, { kind: "digest", id: "d", target: "Ann", notifications: [begun, landed] });
      await told(surface, { kind: "test", id: "t", target: "Ann", by: "Ada" });
      const [digest, rung] = telegram.written(ann.id);
      assert.match(digest?.message.text ?? "", /^2 pieces of news/);
      assert.deepEqual([digest?.silent, rung?.silent], [true, false]);
    }),
  );

  test(
    "with Redis away nothing is asked, and nothing is uncertain",
    onGround(async ({ telegram, server, surface }) => {
      await server.kill();
      const outcome = await send(surface, notice(begun, null));
      assert.deepEqual(outcome, { kind: "failed", why: "Redis does not answer." });
      assert.equal(telegram.calls().length, 0);
    }),
  );
});

type Notice = Extract<Sending, { kind: "notice" }>;

function notice(notification: Notification, previous: string | null, ring: Alarm | null = null): Notice {
  return {
    kind: "notice",
    id: `${notification.id}_${notification.version}`,
    target: "Ann",
    notification,
    type: "domain.software-development.deployment.started",
    previous,
    ring,
    missed: null,
    mayRepeat: false,
  };
}

function send(surface: DeliverySurface, sending: Sending): Promise<Outcome> {
  return surface.send(sending, new AbortController().signal);
}

/** As the ledger does it: comes again when it is told to, with the note it was given; the last outcome. */
async function told(surface: DeliverySurface, sending: Sending): Promise<Outcome> {
  let previous = sending.kind === "notice" ? sending.previous : null;
  for (let tries = 0; tries < 12; tries++) {
    const outcome = await send(surface, sending.kind === "notice" ? { ...sending, previous } : sending);
    if (outcome.kind !== "later") return outcome;
    if (outcome.ref !== undefined) previous = outcome.ref;
    await pause(outcome.afterMs);
  }
  return assert.fail("it never came to an end");
}

/** The outcome of the first try that reaches the server. */
async function untilAsked(surface: DeliverySurface, sending: Sending, { calls }: BotApi): Promise<Outcome> {
  const written = () => calls().filter(({ method }) => method !== "getMe").length;
  const before = written();
  for (;;) {
    const outcome = await send(surface, sending);
    if (written() > before || outcome.kind !== "later") return outcome;
    await pause(outcome.afterMs);
  }
}

function refOf(outcome: Outcome): string | null {
  assert.equal(outcome.kind, "sent", JSON.stringify(outcome));
  return ("ref" in outcome ? outcome.ref : null) ?? null;
}
