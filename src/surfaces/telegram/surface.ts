/**
 * Telegram as a surface of the ledger. Each sending is one call at most: where more is to be done (a card to edit after the
 * alarm rang), it says so (`later`) with a note of what was reached, and is asked again.
 */
import { createHash } from "node:crypto";
import type { TargetRules } from "../../delivery/rules.ts";
import type { DeliverySurface, Outcome, Sending, Target } from "../../delivery/surface.ts";
import type { Bot } from "./bot.ts";
import type { Signer } from "./buttons.ts";
import type { Busy, LineOfCalls } from "./line-of-calls.ts";
import { alarmOf, cardOf, digestOf, isStanding, testMessage, tryMark } from "./messages.ts";
import { gapOf } from "./pace.ts";
import type { Refusal } from "./refusals.ts";
import { nextStep, notedAfter, type Reached, readNoted, type Step, type Wanted } from "./steps.ts";

/** A person with a chat. */
export type Person = { name: string; role: "admin" | "viewer"; chat: string; rules: TargetRules };

export type TelegramParts = {
  bot: Bot;
  calls: LineOfCalls;
  signer: Signer;
  people: readonly Person[];
  repository: string;
  /** Why the bot cannot be used as it is configured: a sentence. Null where it can. */
  unusable: string | null;
  /** Names the bot in the targets' fingerprints. */
  botId: string;
};

/** How long a test may wait for its turn, ms. */
const patienceMs = 4000;

type Notice = Extract<Sending, { kind: "notice" }>;

/** The surface over a bot. */
export function telegramSurface(parts: TelegramParts): DeliverySurface {
  const { bot, calls, people, unusable, botId } = parts;
  const byName = new Map(people.map((person) => [person.name, person]));
  return {
    name: "telegram",
    edits: true,
    groups: true,
    repeatable: false,
    targets: people.map(
      ({ name, chat, rules }): Target => ({ name, rules, fingerprint: fingerprintOf(botId, chat), unusable }),
    ),
    async send(sending, signal) {
      const person = byName.get(sending.target);
      if (person === undefined) return { kind: "refused", why: `Nobody is called ${sending.target} here.` };
      if (sending.kind === "notice") return sendNotice(parts, person, sending, signal);
      const words =
        sending.kind === "digest"
          ? digestOf(sending.notifications, parts.repository)
          : testMessage(sending.by, parts.repository);
      const isTest = sending.kind === "test";
      const send = (chat: string) =>
        bot.send(chat, { words, keyboard: [] }, { rings: isTest, replyTo: null }, signal);
      // Whoever asked for a test looks on.
      const answer = isTest
        ? await calls.soon(person.chat, send, { patienceMs, signal })
        : await calls.now(person.chat, send);
      return answer.kind === "written"
        ? { kind: "sent", restMs: gapOf(person.chat) }
        : outcomeOf(answer, true);
    },
  };
}

async function sendNotice(
  { calls, ...parts }: TelegramParts,
  person: Person,
  sending: Notice,
  signal: AbortSignal,
): Promise<Outcome> {
  const wanted = wantedOf(parts, person, sending);
  let isNew = false;
  let ref = sending.previous;
  const answer = await calls.now(person.chat, async (chat): Promise<Went | Refusal> => {
    const noted = readNoted(sending.previous, chat);
    const step = nextStep(noted, wanted);
    if (step.kind === "done") return { kind: "all_there" };
    isNew = step.kind === "send";
    const reached = await take(parts, chat, step, { sending, signal });
    if (reached.kind !== "written" && reached.kind !== "changed" && reached.kind !== "gone") return reached;
    const after = notedAfter(noted, { step, reached, ring: wanted.ring });
    ref = JSON.stringify(after);
    return { kind: nextStep(after, wanted).kind === "done" ? "all_there" : "more_to_do" };
  });
  const restMs = gapOf(person.chat);
  if (answer.kind === "all_there") return { kind: "sent", ref, restMs };
  if (answer.kind === "more_to_do") return { kind: "later", afterMs: restMs, scope: "target", ref };
  return outcomeOf(answer, isNew);
}

type Went = { kind: "all_there" } | { kind: "more_to_do" };

/** One call; a message that has these words already, or is no more, is a step reached too. */
async function take(
  { bot, signer }: Pick<TelegramParts, "bot" | "signer">,
  chat: string,
  step: Exclude<Step, { kind: "done" }>,
  { sending: { notification }, signal }: { sending: Notice; signal: AbortSignal },
): Promise<Reached | Refusal> {
  if (step.kind === "strip") return asReached(await bot.strip(chat, step.messageId, signal));
  const keyboard = signer.sign(chat, step.words.buttons, {
    notificationId: notification.id,
    mark: tryMark(notification.about),
    atMs: Date.parse(notification.updated_at),
  });
  const letter = { words: step.words, keyboard };
  if (step.kind === "send") return bot.send(chat, letter, step, signal);
  return asReached(await bot.edit(chat, step.messageId, letter, signal));
}

function asReached(answer: { kind: "changed" } | Refusal): Reached | Refusal {
  if (answer.kind === "unchanged") return { kind: "changed" };
  return answer.kind === "message_gone" ? { kind: "gone" } : answer;
}

function wantedOf(
  { repository }: Pick<TelegramParts, "repository">,
  { role }: Person,
  sending: Notice,
): Wanted {
  const { notification, ring, missed, mayRepeat } = sending;
  const view = { notification, repository };
  return {
    card: cardOf(view, missed),
    alarm: alarmOf(view, { mayAct: role === "admin", again: mayRepeat && ring !== null }),
    ring: ring?.event_id ?? null,
    stands: isStanding(notification),
  };
}

/**
 * What a refusal means for the ledger. Only of a new message it matters whether it was written: an edit says again what is
 * there.
 */
function outcomeOf(answer: Refusal | Busy, isNew: boolean): Outcome {
  switch (answer.kind) {
    case "busy":
    case "too_many":
      return { kind: "later", afterMs: answer.afterMs, scope: "target" };
    case "moved":
      return { kind: "later", afterMs: 0, scope: "target" };
    case "chat_gone":
      return { kind: "gone", why: answer.why };
    case "invalid":
      return { kind: "refused", why: answer.why };
    case "unauthorized":
      return { kind: "failed", why: "Telegram does not know the bot's token.", afterMs: 60_000 };
    case "unreachable":
    case "conflict":
      return { kind: "failed", why: answer.why };
    case "unknown":
      return { kind: isNew ? "unknown" : "failed", why: answer.why };
    case "unchanged":
    case "message_gone":
      return { kind: "failed", why: "Telegram answered what no new message is answered with." };
    default:
      return answer satisfies never;
  }
}

/** The same bot and chat, and nothing that says which. */
function fingerprintOf(botId: string, chat: string): string {
  return createHash("sha256").update(`${botId} ${chat}`).digest("hex").slice(0, 16);
}
