/** A world with a Telegram of its own: three people, one of them in a group, and a bot that the daemon serves. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { User } from "grammy/types";
import { type BotApi, startBotApi } from "../telegram/bot-api.ts";
import type { KeptMessage } from "../telegram/bot-api-chats.ts";
import { documentedLimits } from "../telegram/bot-api-flood.ts";
import { expectOneStory } from "./invariants.ts";
import { waitUntil } from "./wait-until.ts";
import { openWorld, type World, type WorldOptions, withStory } from "./world.ts";

export const ann: User = { id: 1001, is_bot: false, first_name: "Ann" };
export const vic: User = { id: 1002, is_bot: false, first_name: "Vic" };
/** Knows the bot's name, and nobody here knows them. */
export const mallory: User = { id: 6666, is_bot: false, first_name: "Mallory" };
export const opsGroup = -500;

export type TelegramWorld = { world: World; telegram: BotApi };
export type TelegramJourney = (title: string, body: (both: TelegramWorld) => Promise<void>) => void;

/**
 * One world with its bot for all journeys of a file. The server holds Telegram's limits strictly, so that at the end nobody
 * may have been asked to wait by it; main, events and queue must tell one story, and nothing may be left.
 */
export function shareTelegramWorld(
  options: WorldOptions = {},
  { oneStory = true }: { oneStory?: boolean } = {},
): TelegramJourney {
  let both: TelegramWorld | null = null;
  const opened = () => both ?? assert.fail("the world did not open");
  before(async () => {
    const telegram = await startBotApi({ limits: documentedLimits });
    for (const user of [ann, vic, mallory]) telegram.openPrivate(user);
    telegram.openSupergroup(opsGroup);
    both = { telegram, world: await openWorld(withBot(telegram, options)) };
  });
  after(async () => {
    if (both === null) return;
    await using telegram = both.telegram;
    await using world = both.world;
    await withStory(world, async () => {
      if (oneStory) await expectOneStory(world);
      await world.expectNothingLeft();
      assert.deepEqual(floodRefusals(telegram), [], "the bot was faster than Telegram allows");
    });
  });
  return (title, body) => {
    test(title, async () => {
      await withStory(opened().world, () => body(opened()));
    });
  };
}

/** The newest message of the bot in a chat that says this; waits for it. */
export async function message(
  { telegram }: TelegramWorld,
  chat: number,
  words: RegExp,
): Promise<KeptMessage> {
  const said = () => telegram.written(chat).map((kept) => kept.message.text);
  const look = () => telegram.written(chat).findLast((kept) => words.test(kept.message.text));
  try {
    return await waitUntil(look, { what: `the bot says ${words} in ${chat}`, withinMs: 30_000 });
  } catch (cause) {
    throw new Error(`it said: ${JSON.stringify(said(), null, 1)}`, { cause });
  }
}

/** What a button of a message carries. */
export function dataOf({ message }: KeptMessage, label: string): string {
  const buttons = (message.reply_markup?.inline_keyboard ?? []).flat();
  const found = buttons.find(({ text }) => text === label);
  return found !== undefined && "callback_data" in found
    ? found.callback_data
    : assert.fail(`no button ${label} on: ${message.text}`);
}

/** Somebody writes to the bot in private, and it answers in reply; the answer. */
export async function asks({ telegram }: TelegramWorld, user: User, text: string): Promise<string> {
  const { messageId } = telegram.says(user.id, user, text);
  const answer = await waitUntil(
    () => telegram.written(user.id).find((kept) => kept.message.reply_to_message?.message_id === messageId),
    { what: `an answer to ${text}`, withinMs: 30_000 },
  );
  return answer.message.text;
}

/** Somebody presses a button, and is answered; the answer. */
export function presses(
  { telegram }: TelegramWorld,
  user: User,
  pressed: { chat: number; messageId: number; data: string },
): Promise<string> {
  const query = telegram.presses(pressed.chat, user, pressed.messageId, pressed.data);
  return waitUntil(
    () => {
      const answer = telegram.answerTo(query);
      return answer === null ? null : { answer };
    },
    { what: "the press is answered", withinMs: 30_000 },
  ).then(({ answer }) => answer);
}

/** Everything the bot has heard so far is dealt with. */
export function allHeard({ telegram }: TelegramWorld): Promise<unknown> {
  return waitUntil(() => telegram.unconfirmed().length === 0 && telegram.isPolled(), {
    what: "all updates are confirmed",
    withinMs: 30_000,
  });
}

function withBot(telegram: BotApi, { config, env, ...rest }: WorldOptions): WorldOptions {
  return {
    ...rest,
    config: {
      people: [
        { name: "Ann", role: "admin", telegram: String(ann.id) },
        { name: "Vic", role: "viewer", telegram: String(vic.id) },
        { name: "Ops", role: "viewer", telegram: String(opsGroup), level: "business" },
      ],
      notify: { telegram: { tokenEnv: "SIGNALBOX_TELEGRAM_TOKEN" } },
      ...config,
    },
    env: { SIGNALBOX_TELEGRAM_TOKEN: telegram.token, SIGNALBOX_TELEGRAM_API_ROOT: telegram.root, ...env },
  };
}

/** 429s that the server gave of itself. */
function floodRefusals(telegram: BotApi): unknown[] {
  return telegram
    .calls()
    .filter(({ answer, fault }) => fault === null && answer?.ok === false && answer.error_code === 429);
}
