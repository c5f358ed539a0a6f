/**
 * What the Bot API accepts for the methods that are served here, as schemas. Strict: the real server ignores an argument
 * it does not know, so a misspelt one would be found by nobody.
 */
import { z } from "zod";

const chatId = z.union([z.int(), z.string().regex(/^-?\d+$/)]);

const entity = z.strictObject({
  type: z.enum(["bold", "italic", "code", "blockquote", "expandable_blockquote"]),
  offset: z.int().min(0),
  length: z.int().min(1),
});

const preEntity = z.strictObject({
  type: z.literal("pre"),
  offset: z.int().min(0),
  length: z.int().min(1),
  language: z.exactOptional(z.string()),
});

const button = z.strictObject({ text: z.string().min(1), callback_data: z.string() });

const inlineKeyboard = z.strictObject({ inline_keyboard: z.array(z.array(button)) });

const linkPreview = z.strictObject({ is_disabled: z.exactOptional(z.boolean()) });

const words = {
  text: z.string(),
  entities: z.exactOptional(z.array(z.union([entity, preEntity]))),
  link_preview_options: z.exactOptional(linkPreview),
  reply_markup: z.exactOptional(inlineKeyboard),
};

/** By method; `methods.ts` holds them against grammY's own types. */
export const argumentsOf = {
  getMe: z.strictObject({}),
  deleteWebhook: z.strictObject({ drop_pending_updates: z.exactOptional(z.boolean()) }),
  getUpdates: z.strictObject({
    offset: z.exactOptional(z.int()),
    limit: z.exactOptional(z.int()),
    timeout: z.exactOptional(z.int()),
    allowed_updates: z.exactOptional(z.array(z.enum(["message", "edited_message", "callback_query"]))),
  }),
  sendMessage: z.strictObject({
    ...words,
    chat_id: chatId,
    disable_notification: z.exactOptional(z.boolean()),
    reply_parameters: z.exactOptional(
      z.strictObject({
        message_id: z.int(),
        allow_sending_without_reply: z.exactOptional(z.boolean()),
      }),
    ),
  }),
  editMessageText: z.strictObject({ ...words, chat_id: chatId, message_id: z.int() }),
  editMessageReplyMarkup: z.strictObject({
    chat_id: chatId,
    message_id: z.int(),
    reply_markup: z.exactOptional(inlineKeyboard),
  }),
  answerCallbackQuery: z.strictObject({
    callback_query_id: z.string(),
    text: z.exactOptional(z.string().max(200)),
    show_alert: z.exactOptional(z.boolean()),
  }),
  setMyCommands: z.strictObject({
    commands: z
      .array(
        z.strictObject({
          command: z.string().regex(/^[a-z0-9_]{1,32}$/),
          description: z.string().min(1).max(256),
        }),
      )
      .max(100),
    scope: z.exactOptional(z.strictObject({ type: z.literal("chat"), chat_id: chatId })),
  }),
};

export type ServedMethod = keyof typeof argumentsOf;

/** The arguments of a method, once they were checked. */
export type Arguments<M extends ServedMethod> = z.infer<(typeof argumentsOf)[M]>;
