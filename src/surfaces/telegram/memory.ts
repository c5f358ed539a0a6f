/**
 * What the bot has to remember across restarts, in Redis: which updates were heard, where groups went, and until when
 * Telegram asked it to be silent. Chats are named by a digest.
 */
import type { Redis } from "../../redis/connection.ts";
import type { Keys } from "../../redis/keys.ts";
import { serverTimeMs } from "../../redis/server-time.ts";
import { chatMark } from "./steps.ts";

export type Memory = {
  /** The newest update that was dealt with, and how long ago that was, ms; null before the first. */
  heard(): Promise<{ updateId: number; agoMs: number } | null>;
  noteHeard(updateId: number): Promise<void>;
  /** The chat that a configured one has become, or the same. */
  chatNow(chat: string): Promise<string>;
  noteMoved(chat: string, to: string): Promise<void>;
  /** How long the bot must still be silent in a chat, ms; 0: it need not. */
  silentFor(chat: string): Promise<number>;
  noteSilence(chat: string, forMs: number): Promise<void>;
};

export type MemoryPlace = {
  redis: Redis;
  keys: Pick<Keys, "telegram">;
  /** Of this bot at this server: another one has heard nothing, and was asked nothing. */
  botId: string;
};

/** The memory of one bot. Reads and writes throw what Redis throws. */
export function openMemory({ redis, keys, botId }: MemoryPlace): Memory {
  const field = (kind: string, chat?: string) =>
    `${botId}:${kind}${chat === undefined ? "" : `:${chatMark(chat)}`}`;
  const read = async (name: string): Promise<string | null> => {
    const value = await redis.command(["HGET", keys.telegram, name]);
    return typeof value === "string" ? value : null;
  };
  const write = async (name: string, value: string): Promise<void> => {
    await redis.command(["HSET", keys.telegram, name, value]);
  };
  return {
    async heard() {
      const [updateId = "", at = ""] = (await read(field("heard")))?.split(" ") ?? [];
      if (numberOf(updateId) === 0) return null;
      const agoMs = Math.max(0, (await serverTimeMs(redis)) - numberOf(at));
      return { updateId: numberOf(updateId), agoMs };
    },
    async noteHeard(updateId) {
      await write(field("heard"), `${updateId} ${await serverTimeMs(redis)}`);
    },
    chatNow: async (chat) => (await read(field("moved", chat))) ?? chat,
    noteMoved: (chat, to) => write(field("moved", chat), to),
    async silentFor(chat) {
      const until = numberOf(await read(field("silent", chat)));
      return until === 0 ? 0 : Math.max(0, until - (await serverTimeMs(redis)));
    },
    async noteSilence(chat, forMs) {
      await write(field("silent", chat), String((await serverTimeMs(redis)) + forMs));
    },
  };
}

function numberOf(text: string | null): number {
  const number = Number(text ?? 0);
  return Number.isSafeInteger(number) && number > 0 ? number : 0;
}
