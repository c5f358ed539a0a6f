/** Pure: what can be asked of the bot in words, and what somebody's words ask for. */
import type { BotCommand } from "grammy/types";
import { checkSlug } from "../../git/names.ts";

export type Command =
  | { verb: "status" | "queue" | "help" }
  | { verb: "why" | "retry"; slug: string }
  | { verb: "pause" | "resume"; reason: string };

export type Parsed =
  | { kind: "command"; command: Command }
  /** Meant for us, and not understood: what to write instead. */
  | { kind: "wrong_use"; hint: string }
  /** Talk among people, or for another bot. */
  | { kind: "not_ours" };

/** What the menu of an admin's chat offers. */
export const menu: readonly BotCommand[] = [
  { command: "status", description: "The board in short" },
  { command: "queue", description: "What is on the line, what waits, what is blocked" },
  { command: "why", description: "SLUG: what it waits for, and who can act" },
  { command: "pause", description: "REASON: take no more candidates" },
  { command: "resume", description: "Go on" },
  { command: "retry", description: "SLUG: judge a blocked candidate again" },
  { command: "help", description: "What this bot understands" },
];

const longestReason = 300;

/** Reads a message. `botName` is the bot's own, without `@`; commands to another one are not ours. */
export function parseMessage(text: string, botName: string): Parsed {
  const match = /^\/([A-Za-z0-9_]{1,32})(?:@([A-Za-z0-9_]{1,64}))?(?:\s+([\s\S]*))?$/.exec(text.trim());
  if (match === null) return { kind: "not_ours" };
  const [, word = "", addressee, rest = ""] = match;
  if (addressee !== undefined && addressee.toLowerCase() !== botName.toLowerCase())
    return { kind: "not_ours" };
  const verb = word.toLowerCase();
  const words = rest.trim();
  switch (verb) {
    case "status":
    case "queue":
    case "help":
      return { kind: "command", command: { verb } };
    case "start":
      return { kind: "command", command: { verb: "help" } };
    case "why":
    case "retry":
      return withSlug(verb, words);
    case "pause":
    case "resume":
      return withReason(verb, words);
    default:
      return { kind: "wrong_use", hint: "I do not know this command. /help lists those I know." };
  }
}

function withSlug(verb: "why" | "retry", slug: string): Parsed {
  if (slug === "") return { kind: "wrong_use", hint: `Which one? Write /${verb} SLUG; /queue lists them.` };
  return checkSlug(slug) === null
    ? { kind: "command", command: { verb, slug } }
    : { kind: "wrong_use", hint: "A slug has only a-z, 0-9 and inner -, at most 64; /queue lists them." };
}

function withReason(verb: "pause" | "resume", words: string): Parsed {
  const reason = words.replace(/\s+/g, " ");
  if (reason.length > longestReason)
    return { kind: "wrong_use", hint: `A reason has at most ${longestReason} characters.` };
  if (reason !== "") return { kind: "command", command: { verb, reason } };
  return verb === "resume"
    ? { kind: "command", command: { verb, reason: "resumed from Telegram" } }
    : { kind: "wrong_use", hint: "Everybody will ask why: write /pause REASON." };
}
