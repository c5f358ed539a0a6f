/**
 * Pure: what became of a call to the Bot API, from what its client threw. The codes alone do not tell the cases apart; the
 * words do, and are part of the protocol. No word of ours repeats what was thrown: a URL of the Bot API has the token in it.
 */

export type Refusal =
  /** 429. */
  | { kind: "too_many"; afterMs: number }
  /** The message has these words already: as good as done. */
  | { kind: "unchanged" }
  /** The message to edit is no more, or cannot be edited any more. */
  | { kind: "message_gone" }
  /** Nothing can be written in this chat, now or later. */
  | { kind: "chat_gone"; why: string }
  /** The group has become another chat. */
  | { kind: "moved"; to: string }
  /** The token is not, or no longer, one that Telegram knows. */
  | { kind: "unauthorized" }
  /** Somebody else hears the bot's updates. */
  | { kind: "conflict"; why: string }
  /** This request is wrong, and stays wrong. */
  | { kind: "invalid"; why: string }
  /** Certainly not done. */
  | { kind: "unreachable"; why: string }
  /** Nobody knows whether it was done. */
  | { kind: "unknown"; why: string };

/** What the Bot API answered, where it refused. */
export type ApiRefusal = {
  code: number;
  description: string;
  retryAfterS?: number | undefined;
  migrateTo?: number | undefined;
};

/** What a refusal of the Bot API means. */
export function refusalOf({ code, description, retryAfterS, migrateTo }: ApiRefusal): Refusal {
  const says = (words: RegExp) => words.test(description);
  if (code === 429) return { kind: "too_many", afterMs: pauseS(retryAfterS) * 1000 };
  if (migrateTo !== undefined) return { kind: "moved", to: String(migrateTo) };
  // 404 is what a token of no bot gets from the outermost server.
  if (code === 401 || code === 404) return { kind: "unauthorized" };
  if (code === 409) return { kind: "conflict", why: conflictWords(description) };
  if (code === 403 || says(/chat not found|user not found|PEER_ID_INVALID|not enough rights to send/i))
    return { kind: "chat_gone", why: goneWords(description) };
  if (says(/message is not modified/i)) return { kind: "unchanged" };
  if (says(/message to edit not found|message can't be edited|MESSAGE_ID_INVALID/i))
    return { kind: "message_gone" };
  // These two say that nobody behind the door took it; a timeout behind the door (504) does not, nor does a plain 500.
  if (code === 502 || code === 503)
    return { kind: "unreachable", why: `Telegram is not available (${code}).` };
  if (code >= 500) return { kind: "unknown", why: `Telegram answered with an error (${code}).` };
  if (code >= 400) return { kind: "invalid", why: `Telegram refuses the message: ${plain(description)}` };
  return notUnderstood;
}

/** No answer that the Bot API has: whatever stands in between gave it. */
export const notUnderstood = {
  kind: "unknown",
  why: "Telegram answered what nobody understands.",
} as const satisfies Refusal;

/** At least a second. After a day it is asked again: a number that is none must not silence a chat for good. */
function pauseS(asked: unknown): number {
  return typeof asked === "number" && asked > 1 ? Math.min(asked, 86_400) : 1;
}

/** What a call means that got no answer; `code` is the system's, where there is one. */
export function silenceOf(code: string | null): Refusal {
  if (code !== null && neverLeft.has(code))
    return { kind: "unreachable", why: `Telegram cannot be reached (${code}).` };
  return { kind: "unknown", why: "Telegram's answer was lost." };
}

/** Where the connection itself could not be made, nothing was asked. */
const neverLeft = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENETDOWN",
  "CERT_HAS_EXPIRED",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "ERR_TLS_CERT_ALTNAME_INVALID",
]);

function goneWords(description: string): string {
  if (/blocked by the user/i.test(description)) return "The person has blocked the bot.";
  if (/deactivated/i.test(description)) return "The person's account is no more.";
  if (/kicked|not a member|group chat was deleted/i.test(description))
    return "The bot is not in the group any more.";
  if (/initiate conversation|chat not found|user not found|PEER_ID_INVALID/i.test(description))
    return "Telegram knows no such chat for this bot: is the id right, and was the bot started there?";
  return "The bot may not write in this chat.";
}

function conflictWords(description: string): string {
  return /webhook/i.test(description)
    ? "A webhook is set for this bot, so its messages go elsewhere: delete it, or use another bot."
    : "Another process hears this bot's messages: give each repository a bot of its own.";
}

/** Telegram's words without its prefix, on one short line. */
function plain(description: string): string {
  const words = description.replace(/^Bad Request: /, "").replace(/[^\p{L}\p{N} ,.:;'()_-]/gu, "?");
  return `${words.slice(0, 200)}.`;
}
