/**
 * Everything the bot writes goes through here, at Telegram's pace. What the ledger sends does not wait: it is told when to
 * come again. What somebody asked for waits a moment. A pause that Telegram asked for is kept by both, and by the next
 * process.
 *
 * A message whose answer is lost cannot simply be sent again, so none is sent into the dark: where Telegram has not answered
 * for a while, or did not answer last, a question that changes nothing goes ahead. An outage so makes at most the messages
 * uncertain that were on their way when it began.
 */
import { monotonicMs, pause } from "../../clock.ts";
import type { Memory } from "./memory.ts";
import { afterAnswer, afterRefusal, afterWrite, newPace, waitMs } from "./pace.ts";
import type { Refusal } from "./refusals.ts";

/** Not now: nothing was asked of Telegram. */
export type Busy = { kind: "busy"; afterMs: number };

export type LineOfCalls = {
  /** What any other call was answered with: it tells, too, whether Telegram is there. */
  heardFrom(answer: { kind: string }): void;
  /** Calls now, or says when to come again. */
  now<Done extends { kind: string }>(
    chat: string,
    call: (chat: string) => Promise<Done | Refusal>,
  ): Promise<Done | Refusal | Busy>;
  /** Calls as soon as it may; `busy` where that is not within the patience, or the signal aborts. */
  soon<Done extends { kind: string }>(
    chat: string,
    call: (chat: string) => Promise<Done | Refusal>,
    waiting: { patienceMs: number; signal: AbortSignal },
  ): Promise<Done | Refusal | Busy>;
};

/** How long an answer vouches for the next one, ms: longer than a poll is kept open. */
const vouchesMs = 40_000;

export type LineParts = {
  memory: Memory;
  /** Asks what changes nothing, and waits for the answer only shortly. */
  probe(): Promise<{ kind: string }>;
};

/** A line at Telegram's pace. `call` is given the chat as it is now: a group may have become another one. */
export function lineOfCalls({ memory, probe }: LineParts): LineOfCalls {
  let pace = newPace(monotonicMs());
  let answeredMs = Number.NEGATIVE_INFINITY;

  const heardFrom: LineOfCalls["heardFrom"] = ({ kind }) => {
    const isSilence = kind === "unreachable" || kind === "unknown";
    answeredMs = isSilence ? Number.NEGATIVE_INFINITY : monotonicMs();
  };
  const isThere = async (): Promise<boolean> => {
    if (monotonicMs() - answeredMs > vouchesMs) heardFrom(await probe());
    return answeredMs > Number.NEGATIVE_INFINITY;
  };

  const now: LineOfCalls["now"] = async (configured, call) => {
    const remembered = await recall(memory, configured);
    if (remembered === null) return { kind: "unreachable", why: "Redis does not answer." };
    const { chat, silentMs } = remembered;
    const restMs = Math.max(silentMs, waitMs(pace, chat, monotonicMs()));
    if (restMs > 0) return { kind: "busy", afterMs: restMs };
    if (!(await isThere())) return { kind: "unreachable", why: "Telegram does not answer." };
    // From here to the note of the write nothing waits: two calls at once cannot both find the chat free.
    const nowMs = monotonicMs();
    const afterMs = waitMs(pace, chat, nowMs);
    if (afterMs > 0) return { kind: "busy", afterMs };
    pace = afterWrite(pace, chat, nowMs);
    const answer = await call(chat);
    pace = afterAnswer(pace, chat, monotonicMs());
    heardFrom(answer);
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
    heardFrom,
    now,
    async soon(chat, call, { patienceMs, signal }) {
      const deadline = monotonicMs() + patienceMs;
      for (;;) {
        const answer = await now(chat, call);
        // Asked to wait, it was not taken: it goes again after that.
        if ((answer.kind !== "busy" && answer.kind !== "too_many") || signal.aborted) return answer;
        // as: `busy` and `too_many` are no kinds of what is done.
        const { afterMs } = answer as Busy | Extract<Refusal, { kind: "too_many" }>;
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
