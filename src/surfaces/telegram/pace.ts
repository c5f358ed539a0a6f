/**
 * Pure: when the bot may write next. Telegram's limits are one message a second in a chat, twenty a minute in a group and
 * thirty a second over all; an edit counts as a message.
 *
 * Bursts are not used: every write is followed by the pause that the limit means on average. That needs no memory of what
 * was written before a restart, only that a new process begins with a pause.
 */

/** What a pace has to know. Times in ms, by one clock. */
export type Pace = {
  /** Not before, by chat. */
  readonly chats: ReadonlyMap<string, number>;
  /** When the last writes were, over all chats; no older than a second. */
  readonly recent: readonly number[];
  /** When the process began: what the one before it wrote just then is not known. */
  readonly begunMs: number;
};

/** Between two writes in one chat, ms: somewhat more than the limit, for clocks that do not run alike. */
export const privateGapMs = 1050;
export const groupGapMs = 3100;
/** Over all chats; the rest is left for answers that are not messages. */
const mostPerSecond = 25;

/** At the start of a process. */
export function newPace(nowMs: number): Pace {
  return { chats: new Map(), recent: [], begunMs: nowMs };
}

/** How long until the bot may write in a chat, ms; 0: now. */
export function waitMs(pace: Pace, chat: string, nowMs: number): number {
  const oldest = withinASecond(pace, nowMs).at(-mostPerSecond);
  const untilMs = Math.max(
    pace.begunMs + gapOf(chat),
    pace.chats.get(chat) ?? 0,
    oldest === undefined ? 0 : oldest + 1000,
  );
  return Math.max(0, untilMs - nowMs);
}

/** After a write, or what may have been one. */
export function afterWrite(pace: Pace, chat: string, nowMs: number): Pace {
  const chats = new Map([...pace.chats].filter(([, until]) => until > nowMs));
  chats.set(chat, nowMs + gapOf(chat));
  return { ...pace, chats, recent: [...withinASecond(pace, nowMs), nowMs] };
}

/** After the answer to a write: Telegram counts from when it took the message, which may be later than when it left. */
export function afterAnswer(pace: Pace, chat: string, nowMs: number): Pace {
  return afterRefusal(pace, chat, nowMs + gapOf(chat));
}

/** After Telegram asked to wait: it means the chat, and nobody can tell whether it means more. */
export function afterRefusal(pace: Pace, chat: string, untilMs: number): Pace {
  const chats = new Map(pace.chats).set(chat, Math.max(untilMs, pace.chats.get(chat) ?? 0));
  return { ...pace, chats };
}

/** The pause after a write in a chat, ms. */
export function gapOf(chat: string): number {
  return isGroup(chat) ? groupGapMs : privateGapMs;
}

/** Chat ids below zero are groups, supergroups and channels. */
export function isGroup(chat: string): boolean {
  return chat.startsWith("-");
}

function withinASecond({ recent }: Pace, nowMs: number): number[] {
  return recent.filter((at) => nowMs - at < 1000);
}
