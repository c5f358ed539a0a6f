/**
 * Pure: the next call that brings what a person has in Telegram up to what is wanted. One call at a time, with a note of
 * what was reached after each, so that a crash, a limit or a lost answer in between repeats nothing that was done.
 *
 * A notification has up to two messages: the card, which follows it without a sound, and the alarm, which rang. An edit
 * does not ring, so every new alarm is a new message, in reply to the card; the buttons of the one before it are taken away.
 */
import { createHash } from "node:crypto";
import { z } from "zod";
import type { Words } from "./messages.ts";

const message = z.object({
  /** Null: it was told, and is no more. */
  id: z.int().nullable(),
  /** Digest of the words it has; null where that is not known. */
  said: z.string().nullable(),
});

const notedSchema = z.object({
  /** Digest of the chat the messages are in: a group that became another chat has none of them. */
  chat: z.string(),
  card: message.nullable(),
  /** The event that it rang for. */
  alarm: message.extend({ event: z.string() }).nullable(),
  /** Alarms that were followed by another one, and still have buttons. */
  stale: z.array(z.int()),
});

/** What the chat has of a notification. */
export type Noted = z.output<typeof notedSchema>;

export type Wanted = {
  card: Words;
  alarm: Words;
  /** The event to ring for, where it must ring. */
  ring: string | null;
  /** An alarm that somebody deleted is written again, without a sound. */
  stands: boolean;
};

export type Step =
  | { kind: "send"; slot: "card" | "alarm"; words: Words; rings: boolean; replyTo: number | null }
  | { kind: "edit"; slot: "card" | "alarm"; words: Words; messageId: number }
  /** Takes the buttons away. */
  | { kind: "strip"; messageId: number }
  | { kind: "done" };

/** What a step came to. */
export type Reached =
  | { kind: "written"; messageId: number }
  /** Edited, or it had these words already. */
  | { kind: "changed" }
  /** The message is no more. */
  | { kind: "gone" };

/** The note as it was given, where it is one and is about this chat; else nothing is there. */
export function readNoted(text: string | null, chat: string): Noted {
  const nothing: Noted = { chat: chatMark(chat), card: null, alarm: null, stale: [] };
  if (text === null) return nothing;
  const parsed = notedSchema.safeParse(jsonOf(text));
  if (!parsed.success) return nothing;
  if (parsed.data.chat === nothing.chat) return parsed.data;
  // What rang in the chat of before rang: only the messages are not here.
  const { alarm } = parsed.data;
  return { ...nothing, alarm: alarm === null ? null : { ...alarm, id: null, said: null } };
}

/** What rings comes first; then the card; then what rang before. */
export function nextStep(noted: Noted, wanted: Wanted): Step {
  const { card, alarm } = noted;
  if (wanted.ring !== null && alarm?.event !== wanted.ring)
    return { kind: "send", slot: "alarm", words: wanted.alarm, rings: true, replyTo: card?.id ?? null };
  if (card?.id === null || (card === null && alarm === null))
    return { kind: "send", slot: "card", words: wanted.card, rings: false, replyTo: null };
  if (alarm !== null && alarm.id === null && wanted.stands)
    return { kind: "send", slot: "alarm", words: wanted.alarm, rings: false, replyTo: card?.id ?? null };
  for (const slot of ["card", "alarm"] as const) {
    const id = noted[slot]?.id ?? null;
    if (id !== null && noted[slot]?.said !== digestOf(wanted[slot]))
      return { kind: "edit", slot, words: wanted[slot], messageId: id };
  }
  const [stale] = noted.stale;
  return stale === undefined ? { kind: "done" } : { kind: "strip", messageId: stale };
}

/** The note after a step. */
export function notedAfter(
  noted: Noted,
  { step, reached, ring }: { step: Exclude<Step, { kind: "done" }>; reached: Reached; ring: string | null },
): Noted {
  switch (step.kind) {
    case "strip":
      return { ...noted, stale: noted.stale.filter((id) => id !== step.messageId) };
    case "edit": {
      const said = digestOf(step.words);
      const after = reached.kind === "gone" ? { id: null, said: null } : { id: step.messageId, said };
      return step.slot === "card"
        ? { ...noted, card: after }
        : { ...noted, alarm: noted.alarm === null ? null : { ...noted.alarm, ...after } };
    }
    case "send": {
      const after = {
        id: reached.kind === "written" ? reached.messageId : null,
        said: digestOf(step.words),
      };
      if (step.slot === "card") return { ...noted, card: after };
      const before = noted.alarm?.id ?? null;
      const stale = before === null ? noted.stale : [...noted.stale, before].slice(-staleKept);
      return { ...noted, stale, alarm: { ...after, event: ring ?? noted.alarm?.event ?? "" } };
    }
    default:
      return step satisfies never;
  }
}

/** Short, and it says nothing of the chat. */
export function chatMark(chat: string): string {
  return createHash("sha256").update(chat).digest("hex").slice(0, 12);
}

/** Alarms are far apart, and each is stripped with the next: this is for the unlucky. */
const staleKept = 5;

function digestOf({ text, entities, buttons }: Words): string {
  return createHash("sha256")
    .update(JSON.stringify([text, entities, buttons]))
    .digest("hex")
    .slice(0, 12);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
