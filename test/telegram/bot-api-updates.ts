/**
 * The queue of updates that a bot has not confirmed, with the long poll that waits on it: one at a time, a newer one ends
 * the older with 409, and an update is gone only when a poll asks for what comes after it.
 */
import type { ApiResponse, Update } from "grammy/types";
import { refusals } from "./bot-api-answers.ts";
import type { Arguments } from "./bot-api-arguments.ts";

export type UpdateKind = "message" | "edited_message" | "callback_query";
/** An update that has no number yet. */
export type NewUpdate = Omit<Update, "update_id">;

type Poll = { answer: (answer: ApiResponse<Update[]>) => void; limit: number; late: NodeJS.Timeout };

export type UpdateQueue = ReturnType<typeof updateQueue>;

/** An empty queue. Numbers begin at an arbitrary one, as Telegram's do. */
export function updateQueue() {
  let nextId = 700_000_001;
  let unconfirmed: Update[] = [];
  let wanted: ReadonlySet<string> | null = null;
  let poll: Poll | null = null;

  const endPoll = (answer: ApiResponse<Update[]>): void => {
    if (poll === null) return;
    const ending = poll;
    poll = null;
    clearTimeout(ending.late);
    ending.answer(answer);
  };
  const hand = (): void => {
    if (poll !== null && unconfirmed.length > 0)
      endPoll({ ok: true, result: unconfirmed.slice(0, poll.limit) });
  };

  return {
    /** Adds an update, unless the bot said it wants none of its kind; its number, or null. */
    add(kind: UpdateKind, update: NewUpdate): number | null {
      if (wanted !== null && !wanted.has(kind)) return null;
      const id = nextId++;
      unconfirmed.push({ update_id: id, ...update });
      hand();
      return id;
    },
    /** The same updates once more, whatever was confirmed: as after a server that lost its memory. */
    repeat(updates: readonly Update[]): void {
      unconfirmed = [...updates, ...unconfirmed];
      hand();
    },
    getUpdates(given: Arguments<"getUpdates">): Promise<ApiResponse<Update[]>> {
      const { limit = 100, timeout = 0, allowed_updates } = given;
      // An offset far beyond the end is taken for none, and confirms nothing.
      const offset = (given.offset ?? 0) > nextId + 10 ? 0 : (given.offset ?? 0);
      if (allowed_updates !== undefined)
        wanted = allowed_updates.length === 0 ? null : new Set(allowed_updates);
      if (offset > 0) unconfirmed = unconfirmed.filter(({ update_id }) => update_id >= offset);
      if (offset < 0) unconfirmed = unconfirmed.slice(offset);
      endPoll(refusals.conflict);
      const { promise, resolve } = Promise.withResolvers<ApiResponse<Update[]>>();
      const late = setTimeout(() => endPoll({ ok: true, result: [] }), timeout * 1000);
      poll = { answer: resolve, limit: Math.min(Math.max(limit, 1), 100), late };
      hand();
      return promise;
    },
    /** Somebody else polls with this token: the poll that waits is ended. */
    conflict(): void {
      endPoll(refusals.conflict);
    },
    isPolled: (): boolean => poll !== null,
    unconfirmed: (): readonly Update[] => unconfirmed,
    /** Ends the waiting poll without a word more to say. */
    close(): void {
      endPoll({ ok: true, result: [] });
    },
  };
}
