/**
 * The bot's calls, each answered by a named value. Nothing that the client throws leaves this file: its errors hold the
 * URL that was asked, and the URL holds the token.
 */
import { Api, GrammyError, HttpError } from "grammy";
import type { BotCommand, InlineKeyboardButton } from "grammy/types";
import { z } from "zod";
import type { Words } from "./messages.ts";
import { notUnderstood, type Refusal, refusalOf, silenceOf } from "./refusals.ts";
import { cut } from "./text.ts";

type Keyboard = InlineKeyboardButton[][];
export type Letter = { words: Words; keyboard: Keyboard };

/** What is counted of an update; the rest is believed by nobody before it was looked at. */
export type Update = z.infer<typeof updateSchema>;

export type Bot = {
  /** Who it is; also a question that changes nothing, which is not waited for long. */
  me(signal?: AbortSignal): Promise<{ kind: "me"; username: string } | Refusal>;
  send(
    chat: string,
    letter: Letter,
    how: { rings: boolean; replyTo: number | null },
    signal?: AbortSignal,
  ): Promise<{ kind: "written"; messageId: number } | Refusal>;
  edit(
    chat: string,
    messageId: number,
    letter: Letter,
    signal?: AbortSignal,
  ): Promise<{ kind: "changed" } | Refusal>;
  /** Takes a message's buttons away. */
  strip(chat: string, messageId: number, signal?: AbortSignal): Promise<{ kind: "changed" } | Refusal>;
  /** Ends the wait of whoever pressed a button, with a short word on top of the screen. */
  answer(queryId: string, text: string, signal?: AbortSignal): Promise<{ kind: "changed" } | Refusal>;
  /** What people wrote and pressed from `offset` on; waits for it. */
  hear(offset: number, signal: AbortSignal): Promise<{ kind: "heard"; updates: Update[] } | Refusal>;
  /** What a chat's menu offers. */
  offer(
    chat: string,
    commands: readonly BotCommand[],
    signal?: AbortSignal,
  ): Promise<{ kind: "changed" } | Refusal>;
};

export type BotOptions = {
  token: string;
  /** Another server than Telegram's own; without a slash at its end. */
  apiRoot: string | null;
};

const meSchema = z.object({ username: z.string() });
const messageSchema = z.object({ message_id: z.int() });
/** Numbers of updates have 31 bits. */
const updateSchema = z.looseObject({
  update_id: z
    .int()
    .min(0)
    .max(2 ** 31 - 1),
});
const updatesSchema = z.array(updateSchema.nullable().catch(null));

/** How long a call may take, s: with the question before it, less than the ledger gives a sending. */
const callTimeoutS = 20;
const questionTimeoutS = 5;
/** How long Telegram keeps a poll open, s, and how much longer we wait for its answer. */
const pollS = 25;
const pollGraceS = 10;

/** The bot of a token. Asks nothing yet. */
export function openBot({ token, apiRoot }: BotOptions): Bot {
  const client = (timeoutSeconds: number) =>
    new Api(token, { timeoutSeconds, ...(apiRoot === null ? {} : { apiRoot }) });
  const calls = client(callTimeoutS);
  const questions = client(questionTimeoutS);
  const polls = client(pollS + pollGraceS);
  return {
    me: (signal) =>
      asked(async () => {
        const me = meSchema.safeParse(await questions.getMe(cancel(signal)));
        return me.success ? ({ kind: "me", username: me.data.username } as const) : notUnderstood;
      }),
    send: (chat, letter, { rings, replyTo }, signal) =>
      asked(async () => {
        const reply =
          replyTo === null
            ? {}
            : { reply_parameters: { message_id: replyTo, allow_sending_without_reply: true } };
        const how = { ...marks(letter), ...reply, disable_notification: !rings };
        const answer = await calls.sendMessage(chat, letter.words.text, how, cancel(signal));
        const sent = messageSchema.safeParse(answer);
        return sent.success ? ({ kind: "written", messageId: sent.data.message_id } as const) : notUnderstood;
      }),
    edit: (chat, messageId, letter, signal) =>
      asked(async () => {
        await calls.editMessageText(chat, messageId, letter.words.text, marks(letter), cancel(signal));
        return changed;
      }),
    strip: (chat, messageId, signal) =>
      asked(async () => {
        await calls.editMessageReplyMarkup(chat, messageId, {}, cancel(signal));
        return changed;
      }),
    answer: (queryId, text, signal) =>
      asked(async () => {
        await calls.answerCallbackQuery(queryId, { text: cut(text, longestAnswer) }, cancel(signal));
        return changed;
      }),
    hear: (offset, signal) =>
      asked(async () => {
        const request = { offset, timeout: pollS, allowed_updates: ["message", "callback_query"] } as const;
        const answer = updatesSchema.safeParse(await polls.getUpdates(request, cancel(signal)));
        if (!answer.success) return notUnderstood;
        return { kind: "heard", updates: answer.data.flatMap((update) => update ?? []) } as const;
      }),
    offer: (chat, commands, signal) =>
      asked(async () => {
        await calls.setMyCommands(commands, { scope: { type: "chat", chat_id: chat } }, cancel(signal));
        return changed;
      }),
  };
}

const changed = { kind: "changed" } as const;
const longestAnswer = 200;

function marks({ words, keyboard }: Letter) {
  return {
    entities: words.entities,
    // A name that looks like an address would be fetched by Telegram, and shown as a picture of it.
    link_preview_options: { is_disabled: true },
    ...(keyboard.length === 0 ? {} : { reply_markup: { inline_keyboard: keyboard } }),
  };
}

async function asked<Done>(call: () => Promise<Done>): Promise<Done | Refusal> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof GrammyError) {
      const { error_code: code, description, parameters } = error;
      const { retry_after: retryAfterS, migrate_to_chat_id: migrateTo } = parameters;
      return refusalOf({ code, description: String(description), retryAfterS, migrateTo });
    }
    if (error instanceof HttpError) return silenceOf(systemCode(error.error));
    // Not of the network: a bug. Its message may still hold what was asked.
    throw new Error(`the Bot API client failed: ${error instanceof Error ? error.name : "unknown"}`);
  }
}

type Cancel = NonNullable<Parameters<Api["getMe"]>[0]>;

/** A signal as the client wants it: without one, a call ends by its timeout. */
function cancel(signal: AbortSignal | undefined): Cancel {
  // as: its type is of a package that imitates this very class, with older listeners; it only adds one for "abort".
  return (signal ?? new AbortController().signal) as unknown as Cancel;
}

function systemCode(error: unknown): string | null {
  if (typeof error !== "object" || error === null || !("code" in error)) return null;
  return typeof error.code === "string" ? error.code : null;
}
