/**
 * Everything the bot writes goes through here, at Telegram's pace. What the ledger sends does not wait: it is told when to
 * come again. What somebody asked for waits a moment. A pause that Telegram asked for is kept by both, and by the next
 * process.
 */
import { monotonicMs, pause } from "../../clock.ts";
import type { Memory } from "./memory.ts";
import { afterRefusal, afterWrite, newPace, waitMs } from "./pace.ts";
import type { Refusal } from "./refusals.ts";

/** Not now: nothing was asked of Telegram. */
export type Busy = { kind: "busy"; afterMs: number };

export type LineOfCalls = {
  /** Calls now, or says when to come again. */
  now<Done extends { kind: string }>(
    chat: string,
    call: (chat: string) => Promise<Done | Refusal>,
  ): Promise<Done | Refusal | Busy>;
  /** Calls as soon as it may; `busy` where that is not within the patience, or the signal aborts. */
  soon<Done extends { kind: string }>(
    chat: string,
    call: (chat: string) => Promise<Done | Refusal>,
    signal: AbortSignal,
  ): Promise<Done | Refusal | Busy>;
};

/** How long an answer to somebody may wait for its turn, ms. */
const patienceMs = 15_000;

/** A line at Telegram's pace. `call` is given the chat as it is now: a group may have become another one. */
export function lineOfCalls(memory: Memory): LineOfCalls {
  let pace = newPace(monotonicMs());

  const now: LineOfCalls["now"] = async (configured, call) => {
    const remembered = await recall(memory, configured);
    if (remembered === null) return { kind: "unreachable", why: "Redis does not answer." };
    const { chat, silentMs } = remembered;
    // From here to the note of the write nothing waits: two calls at once cannot both find the chat free.
    const nowMs = monotonicMs();
    const afterMs = Math.max(silentMs, waitMs(pace, chat, nowMs));
    if (afterMs > 0) return { kind: "busy", afterMs };
    pace = afterWrite(pace, chat, nowMs);
    const answer = await call(chat);
    // as: the kinds of a refusal are no kinds of what is done.
    const refusal = answer as Refusal;
    if (refusal.kind === "too_many") {
      pace = afterRefusal(pace, chat, monotonicMs() + refusal.afterMs);
      await noted(memory.noteSilence(chat, refusal.afterMs));
    }
    if (refusal.kind === "moved") await noted(memory.noteMoved(configured, refusal.to));
    return answer;
  };

  return {
    now,
    async soon(chat, call, signal) {
      const deadline = monotonicMs() + patienceMs;
      for (;;) {
        const answer = await now(chat, call);
        if (answer.kind !== "busy" || signal.aborted) return answer;
        // as: `busy` is no kind of what a call answers.
        const { afterMs } = answer as Busy;
        if (monotonicMs() + afterMs > deadline) return answer;
        await pause(afterMs, signal);
      }
    },
  };
}

/** Before the call a Redis that is away is a reason not to make it: nothing was asked, and that is certain. */
async function recall(
  memory: Memory,
  configured: string,
): Promise<{ chat: string; silentMs: number } | null> {
  try {
    const chat = await memory.chatNow(configured);
    return { chat, silentMs: await memory.silentFor(chat) };
  } catch {
    return null;
  }
}

/** After the call it is none to forget the answer: what is not noted now, Telegram says again. */
async function noted(writing: Promise<void>): Promise<void> {
  await writing.catch(() => {});
}
