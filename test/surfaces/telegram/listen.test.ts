/** What the bot hears of a server that says things twice, numbers them anew, or talks nonsense. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { User } from "grammy/types";
import { type EarRecord, openEar, readEar } from "../../../src/delivery/ear.ts";
import type { TelegramDesk } from "../../../src/surfaces/telegram/acts.ts";
import { openBot } from "../../../src/surfaces/telegram/bot.ts";
import { signer } from "../../../src/surfaces/telegram/buttons.ts";
import { lineOfCalls } from "../../../src/surfaces/telegram/line-of-calls.ts";
import { listen } from "../../../src/surfaces/telegram/listen.ts";
import { openMemory } from "../../../src/surfaces/telegram/memory.ts";
import { type BotApi, startBotApi } from "../../telegram/bot-api.ts";
import { startTestRedis } from "../../world/redis.ts";
import { waitUntil } from "../../world/wait-until.ts";

const ann: User = { id: 1001, is_bot: false, first_name: "Ann" };
const botId = "4242";
const dayMs = 86_400_000;

type Ear = {
  telegram: BotApi;
  logged: string[];
  noted(): Promise<string | null>;
  ear(): Promise<EarRecord | null>;
};

/** Listens to Ann until the body is through. `heard`: the note of the process before, and how old it is. */
async function whileListening(
  body: (ear: Ear) => Promise<void>,
  heard: { updateId: number; agoMs: number } | null = null,
  before: (telegram: BotApi) => void = () => {},
): Promise<void> {
  await using telegram = await startBotApi();
  await using server = await startTestRedis();
  const { redis, keys } = server;
  telegram.openPrivate(ann);
  before(telegram);
  const noted = async () => {
    const note = await redis.command(["HGET", keys.telegram, `${botId}:heard`]);
    return typeof note === "string" ? note : null;
  };
  if (heard !== null) {
    const note = `${heard.updateId} ${Date.now() - heard.agoMs}`;
    await redis.command(["HSET", keys.telegram, `${botId}:heard`, note]);
  }
  const bot = openBot({ token: telegram.token, apiRoot: telegram.root });
  const memory = openMemory({ redis, keys, botId });
  const stopping = new AbortController();
  const logged: string[] = [];
  const note = (detail: object, words: string) => void logged.push(`${words} ${JSON.stringify(detail)}`);
  const listening = listen({
    bot,
    calls: lineOfCalls({ memory, probe: () => bot.me() }),
    memory,
    ear: openEar({ redis, keys }),
    signer: signer(telegram.token, "acme/shop"),
    people: [{ name: "Ann", role: "admin", chat: String(ann.id) }],
    desk: nobody,
    log: { info: note, warn: note },
    stop: stopping.signal,
  });
  try {
    await body({ telegram, logged, noted, ear: () => readEar({ redis, keys }) });
  } finally {
    stopping.abort();
    await listening;
  }
}

// Each waits at Telegram's pace most of the time: they wait together.
describe("the ear for admins", { concurrency: 5 }, () => {
  test("takes lower numbers for news when it has heard nothing for days: Telegram numbers anew after a week", () =>
    whileListening(
      async ({ telegram, noted }) => {
        await answered(telegram, telegram.says(ann.id, ann, "/help").messageId);
        assert.match((await noted()) ?? "", /^70000000\d \d+$/);
      },
      { updateId: 2_000_000_000, agoMs: 8 * dayMs },
    ));

  test("takes them for what it has heard where that is not long ago, and does not ask again and again", () =>
    whileListening(
      async ({ telegram, logged }) => {
        telegram.says(ann.id, ann, "/help");
        await waitUntil(() => logged.some((words) => words.includes("says again what was heard")), {
          what: "it is told",
        });
        await waitUntil(() => telegram.calls("getUpdates").length >= 3, { what: "it goes on asking" });
        assert.ok(telegram.calls("getUpdates").length <= 4);
        assert.equal(telegram.written(ann.id).length, 0);
      },
      { updateId: 2_000_000_000, agoMs: dayMs },
    ));

  test("answers also where Telegram asks to wait with the answer", () =>
    whileListening(
      ({ telegram }) => answered(telegram, telegram.says(ann.id, ann, "/help").messageId),
      null,
      (telegram) => telegram.fail("sendMessage", { kind: "too_many", retryAfterS: 1 }),
    ));

  const old = { date: Math.floor(Date.now() / 1000) - 3600 };
  const answerTo = (telegram: BotApi, messageId: number) =>
    telegram.written(ann.id).find(({ message }) => message.reply_to_message?.message_id === messageId)
      ?.message.text;

  test("carries nothing out that lay there for long while nobody listened", () => {
    let messageId = 0;
    return whileListening(
      async ({ telegram }) => {
        await answered(telegram, messageId);
        assert.match(answerTo(telegram, messageId) ?? "", /^This lay here while I was away/);
      },
      null,
      (telegram) => {
        ({ messageId } = telegram.says(ann.id, ann, "/help", old));
      },
    );
  });

  test("takes what comes to an open ear for new, however wrong the clock of this machine is", () =>
    whileListening(async ({ telegram }) => {
      await answered(telegram, telegram.says(ann.id, ann, "/help").messageId);
      await waitUntil(() => telegram.isPolled(), { what: "it listens" });
      const { messageId } = telegram.says(ann.id, ann, "/help", old);
      await answered(telegram, messageId);
      assert.match(answerTo(telegram, messageId) ?? "", /^What I understand/);
    }));

  const nonsense = [
    '{"ok":true}',
    '{"ok":true,"result":{}}',
    '{"ok":true,"result":[{"update_id":9007199254740991},{"update_id":-1},{"update_id":"x"},7,null]}',
    '{"ok":true,"result":[{"update_id":5,"message":{"text":7}},{"update_id":6,"callback_query":[]}]}',
    '{"ok":false}',
    "not JSON",
    "null",
  ];
  for (const body of nonsense)
    test(`goes on after ${body}`, () =>
      whileListening(
        ({ telegram }) => answered(telegram, telegram.says(ann.id, ann, "/help").messageId),
        null,
        (telegram) => telegram.fail("getUpdates", { kind: "nonsense", body }),
      ));

  test("goes on when it was asked to wait for longer than anybody lives", () =>
    whileListening(
      async ({ telegram, logged }) => {
        await waitUntil(() => logged.some((words) => words.includes("too_many")), { what: "it is told" });
        assert.equal(telegram.calls("getMe").length, 1);
      },
      null,
      (telegram) => telegram.fail("getMe", { kind: "too_many", retryAfterS: 9e15 }),
    ));

  test("notes that it hears, who is in its way, and since when", () =>
    whileListening(async ({ telegram, ear }) => {
      await answered(telegram, telegram.says(ann.id, ann, "/help").messageId);
      await waitUntil(async () => (await ear())?.hears === true, { what: "it is noted that it hears" });
      assert.equal((await ear())?.trouble, null);
      // Between two polls there is none that somebody else could end.
      await waitUntil(() => telegram.isPolled(), { what: "it polls" });
      telegram.conflict();
      await waitUntil(async () => (await ear())?.trouble != null, { what: "the conflict is noted" });
      const { trouble, answered_at: answeredAt } = (await ear()) ?? {};
      assert.match(trouble?.why ?? "", /^Another process hears this bot's messages/);
      assert.equal(trouble?.conflict, true);
      assert.ok(answeredAt != null && answeredAt <= (trouble?.at ?? ""));
      telegram.says(ann.id, ann, "/help");
      await waitUntil(async () => (await ear())?.hears === true, { what: "it hears again" });
      assert.deepEqual((await ear())?.trouble, trouble, "and what was, is told still");
    }));
});

async function answered(telegram: BotApi, messageId: number): Promise<void> {
  await waitUntil(
    () => telegram.written(ann.id).some(({ message }) => message.reply_to_message?.message_id === messageId),
    { what: "it is answered" },
  );
}

const unasked = () => Promise.reject(new Error("the desk was asked"));
/** Help asks nobody. */
const nobody: TelegramDesk = {
  board: unasked,
  why: unasked,
  candidate: unasked,
  queueItem: unasked,
  pause: unasked,
  resume: unasked,
  retry: unasked,
  notification: unasked,
  act: unasked,
};
