/** The chats of a bot, with what was written in them. Message numbers are those of the real server: per bot, but per chat in supergroups. */
import type { Chat, InlineKeyboardMarkup, Message, MessageEntity, User } from "grammy/types";

/** Why the bot may not write in a chat. */
export type Closed = "blocked" | "deactivated" | "kicked" | "never_started";

export type KeptMessage = {
  message: Message.TextMessage;
  byBot: boolean;
  /** Whether it came without a sound. */
  silent: boolean;
  edits: number;
};

export type ChatState = {
  chat: Chat.PrivateChat | Chat.GroupChat | Chat.SupergroupChat;
  closed: Closed | null;
  /** The supergroup that a group has become. */
  upgradedTo: number | null;
  /** By number; a deleted message is not there. */
  messages: Map<number, KeptMessage>;
};

export type Written = {
  text: string;
  entities?: MessageEntity[];
  markup?: InlineKeyboardMarkup;
  replyTo?: number;
  silent?: boolean;
};

export type Chats = ReturnType<typeof chats>;

/** No chats yet. `nowS` is the time messages are dated by, seconds since the epoch. */
export function chats(bot: User, nowS: () => number) {
  const byId = new Map<number, ChatState>();
  let lastNumber = 0;
  const ownNumbers = new Map<number, number>();

  const numberIn = ({ chat }: ChatState): number => {
    if (chat.type !== "supergroup") return ++lastNumber;
    const next = (ownNumbers.get(chat.id) ?? 0) + 1;
    ownNumbers.set(chat.id, next);
    return next;
  };

  return {
    open(chat: ChatState["chat"]): void {
      byId.set(chat.id, { chat, closed: null, upgradedTo: null, messages: new Map() });
    },
    find: (id: number | string): ChatState | null => byId.get(Number(id)) ?? null,
    /** Writes a message, of the bot where `from` is null. */
    write(state: ChatState, from: User | null, written: Written): KeptMessage {
      const { text, entities, markup, replyTo, silent = false } = written;
      const original = replyTo === undefined ? undefined : state.messages.get(replyTo);
      const message: Message.TextMessage = {
        message_id: numberIn(state),
        from: from ?? bot,
        date: nowS(),
        chat: state.chat,
        text,
        ...(entities === undefined || entities.length === 0 ? {} : { entities }),
        ...(markup === undefined ? {} : { reply_markup: markup }),
        ...(original === undefined ? {} : { reply_to_message: withoutReply(original.message) }),
      };
      const kept = { message, byBot: from === null, silent, edits: 0 };
      state.messages.set(message.message_id, kept);
      return kept;
    },
  };
}

/** A quoted message does not quote again. */
function withoutReply(message: Message.TextMessage): NonNullable<Message["reply_to_message"]> {
  const { reply_to_message: _, ...rest } = message;
  // as: grammY's type demands the field with the value undefined, which JSON cannot carry.
  return rest as NonNullable<Message["reply_to_message"]>;
}
