/** The Bot API server of the tests, asked by grammY's own client: it behaves as the documentation of the real one says. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Api, GrammyError, HttpError } from "grammy";
import type { User } from "grammy/types";
import { waitUntil } from "../world/wait-until.ts";
import { type BotApi, type BotApiOptions, startBotApi } from "./bot-api.ts";
import { documentedLimits, floodGate } from "./bot-api-flood.ts";

const ann: User = { id: 1001, is_bot: false, first_name: "Ann" };
const opsGroup = -500;

function withBotApi(options: BotApiOptions, body: (telegram: BotApi, api: Api) => Promise<void>) {
  return async () => {
    await using telegram = await startBotApi(options);
    telegram.openPrivate(ann);
    telegram.openGroup(opsGroup);
    await body(telegram, new Api(telegram.token, { apiRoot: telegram.root, timeoutSeconds: 5 }));
  };
}

test(
  "getMe names the bot; another token is 401, an unknown method 404",
  withBotApi({}, async ({ root, me }, api) => {
    assert.deepEqual(await api.getMe(), me);
    const stranger = new Api("1:wrong", { apiRoot: root });
    await refusedWith(stranger.getMe(), 401, "Unauthorized");
    await refusedWith(api.sendDice(ann.id, "🎲"), 404, "method not found");
  }),
);

test(
  "a message is numbered, keeps its words, and quotes what it replies to",
  withBotApi({}, async (telegram, api) => {
    const first = await api.sendMessage(ann.id, "  one  ", { disable_notification: true });
    const second = await api.sendMessage(ann.id, "two", {
      reply_parameters: { message_id: first.message_id },
      entities: [{ type: "bold", offset: 0, length: 3 }],
    });
    assert.equal(first.text, "one");
    assert.equal(second.message_id, first.message_id + 1);
    assert.equal(second.reply_to_message?.message_id, first.message_id);
    assert.deepEqual(second.entities, [{ type: "bold", offset: 0, length: 3 }]);
    assert.deepEqual(
      telegram.written(ann.id).map(({ silent }) => silent),
      [true, false],
    );
  }),
);

test(
  "an edit changes words and buttons; one that changes nothing is 400 not modified",
  withBotApi({}, async (telegram, api) => {
    const keyboard = { inline_keyboard: [[{ text: "Go", callback_data: "go" }]] };
    const { message_id } = await api.sendMessage(ann.id, "one", { reply_markup: keyboard });
    await refusedWith(
      api.editMessageText(ann.id, message_id, "one", { reply_markup: keyboard }),
      400,
      "message is not modified",
    );
    const edited = await api.editMessageText(ann.id, message_id, "two", { reply_markup: keyboard });
    assert.ok(edited !== true && edited.edit_date > 0);
    await api.editMessageReplyMarkup(ann.id, message_id);
    const [kept] = telegram.written(ann.id);
    assert.deepEqual([kept?.message.text, kept?.message.reply_markup, kept?.edits], ["two", undefined, 2]);
    await refusedWith(api.editMessageReplyMarkup(ann.id, message_id), 400, "message is not modified");
  }),
);

test(
  "what is gone or somebody else's cannot be edited or replied to",
  withBotApi({}, async (telegram, api) => {
    const { message_id } = await api.sendMessage(ann.id, "one");
    telegram.delete(ann.id, message_id);
    await refusedWith(api.editMessageText(ann.id, message_id, "two"), 400, "message to edit not found");
    const reply_parameters = { message_id };
    await refusedWith(
      api.sendMessage(ann.id, "re", { reply_parameters }),
      400,
      "message to be replied not found",
    );
    const sent = await api.sendMessage(ann.id, "re", {
      reply_parameters: { message_id, allow_sending_without_reply: true },
    });
    assert.equal(sent.reply_to_message, undefined);
    const hers = telegram.says(ann.id, ann, "hers");
    await refusedWith(api.editMessageText(ann.id, hers.messageId, "mine"), 400, "message can't be edited");
  }),
);

test(
  "empty and too long texts, entities beyond the end and button data of more than 64 bytes are 400",
  withBotApi({}, async (_, api) => {
    await refusedWith(api.sendMessage(ann.id, " \n "), 400, "message text is empty");
    await refusedWith(api.sendMessage(ann.id, "x".repeat(4097)), 400, "message is too long");
    const { message_id } = await api.sendMessage(ann.id, "x".repeat(4096));
    await refusedWith(api.editMessageText(ann.id, message_id, "y".repeat(4097)), 400, "MESSAGE_TOO_LONG");
    await refusedWith(
      api.sendMessage(ann.id, "x", { entities: [{ type: "bold", offset: 0, length: 2 }] }),
      400,
      "entity",
    );
    for (const callback_data of ["", "ü".repeat(33)]) {
      const reply_markup = { inline_keyboard: [[{ text: "Go", callback_data }]] };
      await refusedWith(api.sendMessage(ann.id, "x", { reply_markup }), 400, "BUTTON_DATA_INVALID");
    }
  }),
);

test(
  "chats that are unknown, blocked, never started, kicked or deactivated refuse by their own words",
  withBotApi({}, async (telegram, api) => {
    await refusedWith(api.sendMessage(77, "x"), 400, "chat not found");
    const words = {
      blocked: "bot was blocked by the user",
      never_started: "can't initiate conversation",
      kicked: "bot was kicked",
      deactivated: "user is deactivated",
    } as const;
    for (const [why, said] of Object.entries(words)) {
      // as: Object.entries gives up what it knows of the keys.
      telegram.close(ann.id, why as keyof typeof words);
      await refusedWith(api.sendMessage(ann.id, "x"), 403, said);
    }
    telegram.close(ann.id, null);
    await api.sendMessage(ann.id, "x");
  }),
);

test(
  "a group that became a supergroup says where it is now",
  withBotApi({}, async (telegram, api) => {
    telegram.upgrade(opsGroup, -100_500);
    const error = await refusedWith(api.sendMessage(opsGroup, "x"), 400, "upgraded to a supergroup");
    assert.equal(error.parameters.migrate_to_chat_id, -100_500);
    assert.equal((await api.sendMessage(-100_500, "x")).message_id, 1);
  }),
);

test(
  "a call that is asked to wait is not done, and told for how long",
  withBotApi({}, async (telegram, api) => {
    telegram.fail("sendMessage", { kind: "too_many", retryAfterS: 7 });
    const error = await refusedWith(api.sendMessage(ann.id, "x"), 429, "retry after 7");
    assert.equal(error.parameters.retry_after, 7);
    assert.equal(telegram.written(ann.id).length, 0);
  }),
);

test("the documented limits are held: 1 a second in a chat, 20 a minute in a group, 30 a second over all", () => {
  let now = 0;
  const chat = floodGate(documentedLimits, () => now);
  assert.equal(chat.admit(1), null);
  now = 999;
  assert.equal(chat.admit(1), 1);
  now = 1000;
  assert.equal(chat.admit(1), null);
  const group = floodGate(documentedLimits, () => now);
  for (let sent = 0; sent < 20; sent++, now += 1000) assert.equal(group.admit(-1), null);
  assert.equal(group.admit(-1), 40);
  const all = floodGate(documentedLimits, () => now);
  for (let chatId = 1; chatId <= 30; chatId++) assert.equal(all.admit(chatId), null);
  assert.equal(all.admit(31), 1);
});

test(
  "a lost reply leaves the message there; a reset connection and a page in between leave none",
  withBotApi({}, async (telegram, api) => {
    telegram.fail("sendMessage", { kind: "lost_reply" }, { kind: "reset" }, { kind: "page", status: 502 });
    for (const text of ["lost", "reset", "page"])
      await assert.rejects(api.sendMessage(ann.id, text), HttpError);
    assert.deepEqual(
      telegram.written(ann.id).map(({ message }) => message.text),
      ["lost"],
    );
    telegram.leave();
    await assert.rejects(api.getMe(), HttpError);
    telegram.comeBack();
    await api.getMe();
  }),
);

test(
  "a held call is answered when it is released",
  withBotApi({}, async (telegram, api) => {
    const hold = telegram.hold("sendMessage");
    const sending = api.sendMessage(ann.id, "slow");
    await hold.reached;
    assert.equal(telegram.written(ann.id).length, 0);
    hold.release();
    assert.equal((await sending).text, "slow");
  }),
);

test(
  "a long poll waits for an update, and gives it again until a poll asks for the next one",
  withBotApi({}, async (telegram, api) => {
    const polling = api.getUpdates({ timeout: 20, allowed_updates: ["message", "callback_query"] });
    await waitUntil(telegram.isPolled, { what: "the poll waits" });
    const { updateId: id } = telegram.says(ann.id, ann, "/status");
    const [update] = await polling;
    assert.equal(update?.update_id, id);
    assert.equal(update?.message?.text, "/status");
    assert.equal((await api.getUpdates({ timeout: 0 })).length, 1);
    assert.deepEqual(await api.getUpdates({ offset: id + 1, timeout: 0 }), []);
    assert.deepEqual(telegram.unconfirmed(), []);
  }),
);

test(
  "of two polls the older one is ended with 409; while a webhook is set every poll is",
  withBotApi({}, async (telegram, api) => {
    const older = refusedWith(api.getUpdates({ timeout: 20 }), 409, "terminated by other getUpdates");
    await waitUntil(telegram.isPolled, { what: "the poll waits" });
    const newer = api.getUpdates({ timeout: 20 });
    await older;
    telegram.says(ann.id, ann, "hello");
    assert.equal((await newer).length, 1);
    telegram.setWebhook("https://example.org/hook");
    await refusedWith(api.getUpdates(), 409, "webhook is active");
    await api.deleteWebhook();
    await api.getUpdates();
  }),
);

test(
  "updates of a kind that is not wanted do not come",
  withBotApi({}, async (telegram, api) => {
    await api.getUpdates({ allowed_updates: ["callback_query"] });
    assert.throws(() => telegram.says(ann.id, ann, "hello"), /does not want message/);
    const { message_id } = await api.sendMessage(ann.id, "x");
    telegram.presses(ann.id, ann, message_id, "go");
    assert.equal((await api.getUpdates())[0]?.callback_query?.data, "go");
  }),
);

test(
  "a pressed button is answered once",
  withBotApi({}, async (telegram, api) => {
    const { message_id } = await api.sendMessage(ann.id, "x");
    const query = telegram.presses(ann.id, ann, message_id, "go");
    assert.equal(telegram.answerTo(query), null);
    await api.answerCallbackQuery(query, { text: "Done." });
    assert.equal(telegram.answerTo(query), "Done.");
    await refusedWith(api.answerCallbackQuery(query), 400, "query is too old");
    await refusedWith(api.answerCallbackQuery("1"), 400, "query ID is invalid");
  }),
);

test(
  "commands are kept by the chat they are shown in",
  withBotApi({}, async (telegram, api) => {
    const commands = [{ command: "status", description: "The board in short" }];
    await api.setMyCommands(commands, { scope: { type: "chat", chat_id: ann.id } });
    assert.deepEqual(telegram.commands(ann.id), commands);
    assert.equal(telegram.commands(), null);
    await refusedWith(api.setMyCommands([{ command: "Not OK", description: "x" }]), 400, "Bad Request");
  }),
);

async function refusedWith(call: Promise<unknown>, code: number, words: string): Promise<GrammyError> {
  const error: unknown = await call.then(
    () => assert.fail("it was not refused"),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof GrammyError, String(error));
  assert.equal(error.error_code, code);
  assert.ok(error.description.includes(words), error.description);
  return error;
}
