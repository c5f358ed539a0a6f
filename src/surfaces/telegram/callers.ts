/**
 * Pure: who speaks, and whether they may. Only configured admins may, each known by the number of their own account; that a
 * message comes from a known chat proves nothing about who wrote it. What was forwarded, or written in the name of a chat
 * or a bot, was not said by whoever sent it.
 */
import { z } from "zod";

/** What counts of an update; everything else in it is left unread. */
const account = z.object({ id: z.int().positive(), is_bot: z.literal(false) });
const place = z.object({ id: z.int(), type: z.string() });

const absent = z.undefined().optional();

const messageSchema = z.object({
  message_id: z.int(),
  date: z.int(),
  from: account,
  chat: place,
  text: z.string().max(4096),
  // Who really wrote it is somebody else, or cannot be known.
  forward_origin: absent,
  sender_chat: absent,
  via_bot: absent,
  is_automatic_forward: absent,
  sender_business_bot: absent,
  business_connection_id: absent,
  guest_query_id: absent,
});

const pressSchema = z.object({
  id: z.string().max(64),
  from: account,
  message: z.object({ message_id: z.int(), chat: place }),
  data: z.string().max(64),
});

const updateSchema = z.union([
  z.object({ update_id: z.int(), message: messageSchema, callback_query: absent }),
  z.object({ update_id: z.int(), callback_query: pressSchema, message: absent }),
]);

export type KnownPerson = { name: string; role: "admin" | "viewer"; chat: string };

export type Heard =
  | { kind: "said"; by: string; chat: string; messageId: number; text: string; atMs: number }
  | { kind: "pressed"; by: string; chat: string; messageId: number; queryId: string; data: string }
  /** A button was pressed by somebody who may not: they are told so. */
  | { kind: "not_theirs"; queryId: string }
  /** Said by nobody we know, or no words: not answered. `chat` is what an admin would configure, where there is one. */
  | { kind: "ignored"; chat: string | null };

/** What an update is to us. Anything may come in; nothing is believed before it was looked at. */
export function heardOf(update: unknown, people: readonly KnownPerson[]): Heard {
  const parsed = updateSchema.safeParse(update);
  if (!parsed.success) return { kind: "ignored", chat: null };
  const { message, callback_query: press } = parsed.data;
  if (message !== undefined) {
    const by = adminOf(message, people);
    const chat = String(message.chat.id);
    if (by === null) return { kind: "ignored", chat };
    const { message_id: messageId, text, date } = message;
    return { kind: "said", by, chat, messageId, text, atMs: date * 1000 };
  }
  if (press === undefined) return { kind: "ignored", chat: null };
  const by = adminOf({ from: press.from, chat: press.message.chat }, people);
  if (by === null) return { kind: "not_theirs", queryId: press.id };
  const { id: queryId, data } = press;
  return {
    kind: "pressed",
    by,
    chat: String(press.message.chat.id),
    messageId: press.message.message_id,
    queryId,
    data,
  };
}

/** The admin's name; null where the account is none's. In groups, too, it is the account that counts. */
function adminOf(
  { from, chat }: { from: { id: number }; chat: { id: number; type: string } },
  people: readonly KnownPerson[],
): string | null {
  if (chat.type === "channel" || (chat.type === "private" && chat.id !== from.id)) return null;
  const isKnown = chat.type === "private" || people.some((person) => person.chat === String(chat.id));
  if (!isKnown) return null;
  return people.find(({ role, chat: own }) => role === "admin" && own === String(from.id))?.name ?? null;
}
