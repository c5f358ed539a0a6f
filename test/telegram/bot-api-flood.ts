/** The limits that Telegram names for bots, held strictly: a client that keeps them never sees a 429 here. */

export type FloodLimits = {
  /** Between two messages or edits in one chat, ms. */
  perChatMs: number;
  /** Messages and edits in one group within a minute. */
  perGroupMinute: number;
  /** Messages and edits within a second, over all chats. */
  perSecond: number;
};

/** What Telegram's documentation names. */
export const documentedLimits: FloodLimits = { perChatMs: 1000, perGroupMinute: 20, perSecond: 30 };

export type FloodGate = { admit(chatId: number): number | null };

/** Counts what is written, by the given clock. `admit` answers null, or after how many seconds to come again. */
export function floodGate(limits: FloodLimits, nowMs: () => number): FloodGate {
  let written: { chatId: number; atMs: number }[] = [];
  return {
    admit(chatId) {
      const now = nowMs();
      written = written.filter(({ atMs }) => now - atMs < 60_000);
      const here = written.filter((each) => each.chatId === chatId);
      const waits = [
        waitFor(here, 1, limits.perChatMs, now),
        chatId < 0 ? waitFor(here, limits.perGroupMinute, 60_000, now) : 0,
        waitFor(written, limits.perSecond, 1000, now),
      ];
      const waitMs = Math.max(...waits);
      if (waitMs > 0) return Math.ceil(waitMs / 1000);
      written.push({ chatId, atMs: now });
      return null;
    },
  };
}

/** How long until fewer than `most` of `written` lie within the last `withinMs`. */
function waitFor(written: readonly { atMs: number }[], most: number, withinMs: number, now: number): number {
  const recent = written.filter(({ atMs }) => now - atMs < withinMs);
  const first = recent.at(-most);
  return first === undefined ? 0 : first.atMs + withinMs - now;
}
