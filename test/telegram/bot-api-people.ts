/** The people on the other side of a bot: what they do, and what they see. What a test plays with. */
import type { CallbackQuery, Message, Update, User } from "grammy/types";
import type { ChatState, Closed, KeptMessage, Written } from "./bot-api-chats.ts";
import type { BotState } from "./bot-api-methods.ts";
import type { NewUpdate, UpdateKind } from "./bot-api-updates.ts";

/** The acts of people in the chats of a bot. */
export function peopleOf(bot: BotState) {
  let queries = 0;
  const stateOf = (chatId: number): ChatState => {
    const state = bot.chats.find(chatId);
    if (state === null) throw new Error(`the test opened no chat ${chatId}`);
    return state;
  };
  const push = (kind: UpdateKind, update: NewUpdate): number => {
    const id = bot.updates.add(kind, update);
    if (id === null) throw new Error(`the bot does not want ${kind}`);
    return id;
  };

  return {
    /** A person's private chat, with the bot started. */
    openPrivate({ id, first_name }: User): void {
      bot.chats.open({ id, type: "private", first_name });
    },
    openGroup: (id: number, title = "Ops"): void => bot.chats.open({ id, type: "group", title }),
    openSupergroup: (id: number, title = "Ops"): void => bot.chats.open({ id, type: "supergroup", title }),
    /** From now on the bot may not write there; null: it may again. */
    close(chatId: number, why: Closed | null): void {
      stateOf(chatId).closed = why;
    },
    /** The group is a supergroup now: another chat. */
    upgrade(chatId: number, newId: number): void {
      bot.chats.open({ id: newId, type: "supergroup", title: "Ops" });
      stateOf(chatId).upgradedTo = newId;
    },

    /** What the bot wrote in a chat, oldest first, without what was deleted. */
    written: (chatId: number): KeptMessage[] =>
      [...stateOf(chatId).messages.values()].filter(({ byBot }) => byBot),
    delete(chatId: number, messageId: number): void {
      stateOf(chatId).messages.delete(messageId);
    },

    /** A person writes; `more` is what a forged or forwarded message has besides. The numbers of message and update. */
    says(chatId: number, user: User, written: string | Written, more: Partial<Message> = {}) {
      const words = typeof written === "string" ? { text: written } : written;
      const { message } = bot.chats.write(stateOf(chatId), user, words);
      // as: a message of a chat that is no channel, which its type does not say.
      const whole = { ...message, ...more } as NonNullable<Update["message"]>;
      return { messageId: message.message_id, updateId: push("message", { message: whole }) };
    },
    /** A person presses a button, or a forged client says so; the query's id. */
    presses(chatId: number, user: User, messageId: number, data: string): string {
      const kept = stateOf(chatId).messages.get(messageId);
      const id = String(9_000_000_000 + ++queries);
      bot.queries.set(id, { answer: null });
      const query: CallbackQuery = { id, from: user, chat_instance: "1", data };
      push("callback_query", {
        callback_query: kept === undefined ? query : { ...query, message: kept.message },
      });
      return id;
    },
    /** What a query was answered with; null while it waits. */
    answerTo: (queryId: string): string | null => bot.queries.get(queryId)?.answer ?? null,
    /** The commands shown to a chat; without one, to all. */
    commands: (chatId?: number) => bot.commands.get(String(chatId ?? "")) ?? null,

    /** An update as it is, whatever it is. */
    push,
    /** Updates that were confirmed already, once more. */
    repeat: (updates: readonly Update[]): void => bot.updates.repeat(updates),
    unconfirmed: () => bot.updates.unconfirmed(),
    isPolled: () => bot.updates.isPolled(),
    /** Somebody else polls with this token. */
    conflict: (): void => bot.updates.conflict(),
    setWebhook(url: string): void {
      bot.webhook.url = url;
    },
  };
}
