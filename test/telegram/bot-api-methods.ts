/**
 * What the served methods do. Each takes arguments that grammY's types accept and answers with what grammY's types
 * promise: the compiler holds this server to them.
 */
import type { ApiError, ApiMethods, ApiResponse, Message, Update, UserFromGetMe } from "grammy/types";
import { refusal, refusals, tooManyRequests } from "./bot-api-answers.ts";
import type { Arguments, ServedMethod } from "./bot-api-arguments.ts";
import type { ChatState, Chats, Closed, KeptMessage } from "./bot-api-chats.ts";
import type { FloodGate } from "./bot-api-flood.ts";
import type { UpdateQueue } from "./bot-api-updates.ts";

/** One bot, as the server knows it. */
export type BotState = {
  me: UserFromGetMe;
  chats: Chats;
  updates: UpdateQueue;
  flood: FloodGate | null;
  webhook: { url: string };
  /** Callback queries that wait for their answer; the text they were answered with. */
  queries: Map<string, { answer: string | null }>;
  /** The commands shown, by the scope's chat ("" for all). */
  commands: Map<string, Arguments<"setMyCommands">["commands"]>;
  nowS: () => number;
};

type Given<M extends ServedMethod> = NonNullable<Parameters<ApiMethods[M]>[0]>;
type Answer<M extends ServedMethod> = ApiResponse<ReturnType<ApiMethods[M]>>;
type Served = {
  [M in ServedMethod]: (
    // An argument that our schema accepts and grammY would not send is a mistake of ours.
    given: Arguments<M> extends Given<M> ? Arguments<M> : never,
    bot: BotState,
  ) => Answer<M> | Promise<Answer<M>>;
};

const longest = 4096;

export const methods: Served = {
  getMe: (_, { me }) => done(me),
  deleteWebhook(given, { webhook, updates }) {
    webhook.url = "";
    if (given.drop_pending_updates === true) void updates.getUpdates({ offset: -1, limit: 1 });
    return done(true);
  },
  getUpdates: (given, { updates, webhook }) =>
    webhook.url === "" ? updates.getUpdates(given) : refusals.webhookActive,
  sendMessage(given, bot) {
    const chat = writable(bot, given.chat_id);
    if ("error_code" in chat) return chat;
    const text = given.text.trim();
    const wrong = wrongWords(text, given, refusals.textTooLong);
    if (wrong !== null) return wrong;
    const { reply_parameters: reply } = given;
    const isLost = reply !== undefined && !chat.messages.has(reply.message_id);
    if (isLost && reply.allow_sending_without_reply !== true) return refusals.replyNotFound;
    const flooded = admit(bot, chat);
    if (flooded !== null) return flooded;
    const { message } = bot.chats.write(chat, null, {
      text,
      silent: given.disable_notification ?? false,
      ...(given.entities === undefined ? {} : { entities: given.entities }),
      ...(given.reply_markup === undefined ? {} : { markup: given.reply_markup }),
      ...(reply === undefined || isLost ? {} : { replyTo: reply.message_id }),
    });
    return done(message);
  },
  editMessageText(given, bot) {
    const found = editable(bot, given);
    if ("error_code" in found) return found;
    const text = given.text.trim();
    const wrong = wrongWords(text, given, refusals.editTooLong);
    if (wrong !== null) return wrong;
    return edit(bot, found, (before) => ({
      ...withoutWords(before),
      text,
      ...(given.entities === undefined || given.entities.length === 0 ? {} : { entities: given.entities }),
      ...(given.reply_markup === undefined ? {} : { reply_markup: given.reply_markup }),
    }));
  },
  editMessageReplyMarkup(given, bot) {
    const found = editable(bot, given);
    if ("error_code" in found) return found;
    const wrong = wrongButtons(given);
    if (wrong !== null) return wrong;
    return edit(bot, found, ({ reply_markup: _, ...before }) => ({
      ...before,
      ...(given.reply_markup === undefined ? {} : { reply_markup: given.reply_markup }),
    }));
  },
  answerCallbackQuery(given, { queries }) {
    const query = queries.get(given.callback_query_id);
    if (query === undefined || query.answer !== null) return refusals.queryTooOld;
    query.answer = given.text ?? "";
    return done(true);
  },
  setMyCommands(given, { commands }) {
    commands.set(String(given.scope?.chat_id ?? ""), given.commands);
    return done(true);
  },
};

function done<T>(result: T): ApiResponse<T> {
  return { ok: true, result };
}

const closedWords: Record<Closed, ApiError> = {
  blocked: refusals.blocked,
  deactivated: refusals.deactivated,
  kicked: refusals.kicked,
  never_started: refusals.neverStarted,
};

/** The chat, where the bot may write in it. */
function writable(bot: BotState, id: number | string): ChatState | ApiError {
  const chat = bot.chats.find(id);
  if (chat === null) return refusals.chatNotFound;
  if (chat.closed !== null) return closedWords[chat.closed];
  if (chat.upgradedTo !== null)
    return refusal(400, "Bad Request: group chat was upgraded to a supergroup chat", {
      migrate_to_chat_id: chat.upgradedTo,
    });
  return chat;
}

type Found = { chat: ChatState; kept: KeptMessage };

function editable(
  bot: BotState,
  { chat_id, message_id }: { chat_id: number | string; message_id: number },
): Found | ApiError {
  const chat = writable(bot, chat_id);
  if ("error_code" in chat) return chat;
  const kept = chat.messages.get(message_id);
  if (kept === undefined) return refusals.editNotFound;
  return kept.byBot ? { chat, kept } : refusals.cannotEdit;
}

/** An edit that changes nothing is refused, and does not count as one. */
function edit(
  bot: BotState,
  { chat, kept }: Found,
  change: (before: Message.TextMessage) => Message.TextMessage,
): ApiResponse<Update.Edited & Message.TextMessage> {
  const after = change(kept.message);
  if (shownOf(after) === shownOf(kept.message)) return refusals.notModified;
  const flooded = admit(bot, chat);
  if (flooded !== null) return flooded;
  const message = { ...after, edit_date: bot.nowS() };
  kept.message = message;
  kept.edits += 1;
  return done(message);
}

function withoutWords(message: Message.TextMessage): Message.TextMessage {
  const { entities: _entities, reply_markup: _markup, ...rest } = message;
  return rest;
}

function shownOf({ text, entities = [], reply_markup }: Message.TextMessage): string {
  return JSON.stringify([text, entities, reply_markup?.inline_keyboard ?? []]);
}

type Words = Pick<Arguments<"sendMessage">, "entities" | "reply_markup">;

function wrongWords(text: string, given: Words, tooLong: ApiError): ApiError | null {
  if (text === "") return refusals.textEmpty;
  if (text.length > longest) return tooLong;
  const beyond = (given.entities ?? []).find(({ offset, length }) => offset + length > text.length);
  if (beyond !== undefined) return refusal(400, "Bad Request: entity beyond the end of the text");
  return wrongButtons(given);
}

function wrongButtons({ reply_markup }: Pick<Words, "reply_markup">): ApiError | null {
  const buttons = (reply_markup?.inline_keyboard ?? []).flat();
  const isFine = buttons.every(({ callback_data }) => {
    const bytes = Buffer.byteLength(callback_data);
    return bytes >= 1 && bytes <= 64;
  });
  return isFine ? null : refusals.buttonData;
}

function admit({ flood }: BotState, { chat }: ChatState): ApiError | null {
  const retryAfterS = flood?.admit(chat.id) ?? null;
  return retryAfterS === null ? null : tooManyRequests(retryAfterS);
}
