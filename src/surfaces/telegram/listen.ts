/**
 * Hears what people write and press, by long polling: no public address is needed. One update after the other; what was
 * dealt with is remembered, so that neither a restart nor a server that repeats itself does a thing twice.
 */
import { monotonicMs, pause, wallMs } from "../../clock.ts";
import type { Ear } from "../../delivery/ear.ts";
import { describeError } from "../../errors.ts";
import { obey, press, type TelegramDesk } from "./acts.ts";
import { sentence } from "./answers.ts";
import type { Bot } from "./bot.ts";
import type { Signer } from "./buttons.ts";
import { type Heard, heardOf, type KnownPerson } from "./callers.ts";
import { menu, parseMessage } from "./commands.ts";
import type { LineOfCalls } from "./line-of-calls.ts";
import type { Memory } from "./memory.ts";
import type { Words } from "./messages.ts";
import type { Refusal } from "./refusals.ts";

/** Where things worth knowing are written down. */
export type Log = Record<"info" | "warn", (detail: object, words: string) => void>;

export type ListenParts = {
  bot: Bot;
  calls: LineOfCalls;
  memory: Memory;
  /** Where it is noted whether anything is heard. */
  ear: Ear;
  signer: Signer;
  people: readonly KnownPerson[];
  desk: TelegramDesk;
  log: Log;
  stop: AbortSignal;
};

/**
 * A command that lay waiting for longer than this is not carried out: the world has gone on since, ms. Only what waited while
 * nobody listened can have: what comes to an open ear is new, however wrong the clock of this machine is.
 */
const staleMs = 15 * 60_000;
/** Telegram answers with at most so many updates: then more are waiting. */
const fullAnswer = 100;
/** How long an answer to somebody may wait for its turn, ms. */
const patienceMs = 15_000;
/**
 * How long a number tells that an update was heard before, ms. Telegram keeps updates for a day, and after a week without any
 * it may number the next ones from anywhere: then a lower number is news.
 */
const numbersHoldMs = 2 * 86_400_000;
/** Strangers that are named in the log; then enough is known. */
const strangersNamed = 20;

/**
 * Listens until the signal, also where nobody may act yet: whoever sets the bot up learns the number of their chat so. Never
 * throws: what goes wrong is logged, and tried again.
 */
export async function listen(parts: ListenParts): Promise<void> {
  const { bot, calls, memory, people, ear, log, stop } = parts;
  const admins = people.filter(({ role }) => role === "admin");
  const trouble = troubles({ ear, log, stop });
  const strangers = new Set<string>();
  let botName: string | null = null;
  let isFull = false;
  let last: { updateId: number; atMs: number } | null | undefined;
  const newest = () => (last != null && monotonicMs() - last.atMs < numbersHoldMs ? last.updateId : -1);
  while (!stop.aborted) {
    try {
      if (botName === null) {
        const me = await bot.me(stop);
        if (me.kind !== "me") {
          await trouble.met(whyOf(me), pauseOf(me), me.kind === "conflict");
          continue;
        }
        botName = me.username;
        for (const { chat } of admins) await bot.offer(chat, menu, stop);
      }
      if (last === undefined) last = begun(await memory.heard());
      const answer = await bot.hear(newest() + 1, stop);
      calls.heardFrom(answer);
      if (answer.kind !== "heard") {
        await trouble.met(whyOf(answer), pauseOf(answer), answer.kind === "conflict");
        continue;
      }
      const fresh = answer.updates.filter(({ update_id }) => update_id > newest());
      if (answer.updates.length > 0 && fresh.length === 0) {
        await trouble.met("Telegram says again what was heard.", 0);
        continue;
      }
      const lay = trouble.over() || isFull;
      isFull = answer.updates.length >= fullAnswer;
      await ear.hears();
      for (const update of fresh) {
        if (update.update_id <= newest()) continue;
        last = { updateId: update.update_id, atMs: monotonicMs() };
        const heard = heardOf(update, people);
        if (heard.kind === "ignored") nameStranger(heard.chat, strangers, log);
        else await deal(parts, heard, { botName, lay });
        await memory.noteHeard(update.update_id);
      }
    } catch (error) {
      await trouble.met(describeError(error), 0);
    }
  }
}

/** As remembered by the process before. */
function begun(heard: Awaited<ReturnType<Memory["heard"]>>): { updateId: number; atMs: number } | null {
  return heard === null ? null : { updateId: heard.updateId, atMs: monotonicMs() - heard.agoMs };
}

type Meant = Exclude<Heard, { kind: "ignored" }>;

/** Deals with one thing that was said or pressed. What breaks is told to whoever asked, and to the log. */
async function deal(parts: ListenParts, heard: Meant, how: { botName: string; lay: boolean }): Promise<void> {
  const { bot, log, stop } = parts;
  try {
    if (heard.kind === "not_theirs")
      await bot.answer(heard.queryId, "Only the admins of this Signalbox may.", stop);
    else if (heard.kind === "pressed") await dealWithPress(parts, heard);
    else await dealWithWords(parts, heard, how);
  } catch (error) {
    log.warn({ error: describeError(error) }, "telegram: what an admin asked for failed");
    if (heard.kind === "pressed") await bot.answer(heard.queryId, brokenWords, stop);
    if (heard.kind === "said") await reply(parts, heard, sentence(brokenWords));
  }
}

const brokenWords = "That failed, for a reason of my own. The daemon's log has it.";

async function dealWithWords(
  parts: ListenParts,
  heard: Extract<Heard, { kind: "said" }>,
  { botName, lay }: { botName: string; lay: boolean },
): Promise<void> {
  const parsed = parseMessage(heard.text, botName);
  if (parsed.kind === "not_ours") return;
  if (parsed.kind === "wrong_use") return reply(parts, heard, sentence(parsed.hint));
  if (lay && wallMs() - heard.atMs > staleMs)
    return reply(parts, heard, sentence("This lay here while I was away. Send it again if it still holds."));
  await reply(parts, heard, await obey(parts.desk, heard.by, parsed.command));
}

async function dealWithPress(parts: ListenParts, heard: Extract<Heard, { kind: "pressed" }>): Promise<void> {
  const { bot, signer, desk, stop } = parts;
  const pressed = signer.read(heard.chat, heard.data, wallMs());
  const { toast, words } = await press(desk, heard.by, pressed);
  await bot.answer(heard.queryId, toast, stop);
  if (words !== null) await reply(parts, heard, words);
}

/** In answer to a message, without a sound: whoever asked is looking. */
async function reply(
  { bot, calls, log, stop }: ListenParts,
  { chat, messageId }: { chat: string; messageId: number },
  words: Words,
): Promise<void> {
  const how = { rings: false, replyTo: messageId };
  const send = (now: string) => bot.send(now, { words, keyboard: [] }, how, stop);
  const answer = await calls.soon(chat, send, { patienceMs, signal: stop });
  if (answer.kind !== "written" && !stop.aborted)
    log.warn({ kind: answer.kind }, "telegram: an answer could not be sent");
}

/** Who sets a bot up looks here for the number to configure. */
function nameStranger(chat: string | null, named: Set<string>, log: Log): void {
  if (chat === null || named.has(chat) || named.size >= strangersNamed) return;
  named.add(chat);
  log.info({ chat }, "telegram: a message from a chat or account that may not act was ignored");
}

/** Logs the first of a row of troubles, notes all of them, and waits longer and longer. */
function troubles({ ear, log, stop }: Pick<ListenParts, "ear" | "log" | "stop">) {
  let inARow = 0;
  let told = "";
  let wasDeaf = true;
  return {
    async met(why: string, atLeastMs: number, conflict = false): Promise<void> {
      if (stop.aborted) return;
      if (why !== told) {
        log.warn({ why }, "telegram: the bot hears nobody");
        await ear.deaf(why, conflict).catch((error: unknown) => {
          // The trouble may be Redis itself: whoever examines the house sees that, and takes an old note for old.
          log.warn({ error: describeError(error) }, "telegram: the trouble could not be noted");
        });
      }
      told = why;
      wasDeaf = true;
      const ms = Math.max(atLeastMs, Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(inARow, 10)));
      inARow += 1;
      await pause(ms, stop);
    },
    /** Whether nobody was heard until now: at the start, and after each trouble. */
    over(): boolean {
      if (inARow > 0) log.info({}, "telegram: the bot hears again");
      inARow = 0;
      told = "";
      const was = wasDeaf;
      wasDeaf = false;
      return was;
    },
  };
}

const firstPauseMs = 500;
const longestPauseMs = 30_000;

function pauseOf(refusal: Refusal): number {
  if (refusal.kind === "too_many") return refusal.afterMs;
  return refusal.kind === "unauthorized" ? longestPauseMs : 0;
}

function whyOf(refusal: Refusal): string {
  if ("why" in refusal) return refusal.why;
  return refusal.kind === "unauthorized" ? "Telegram does not know the bot's token." : refusal.kind;
}
