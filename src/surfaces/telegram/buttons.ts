/**
 * What a button carries, and what comes back when one is pressed. Anybody in a chat can send a bot any data as if a button
 * had it, so it is signed: for one chat, one notification, one try and a time. It says what is asked, never who asks: that
 * is judged anew.
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import type { InlineKeyboardButton } from "grammy/types";
import type { Button, ButtonVerb } from "./messages.ts";

/** What a message is about. */
export type ButtonSubject = {
  notificationId: string;
  /** As `tryMark` makes it. */
  mark: string;
  /** When what it shows happened; a button is good for a week from then on. */
  atMs: number;
};

export type Press =
  | { kind: "pressed"; verb: ButtonVerb; notificationId: string; mark: string }
  | { kind: "forged" }
  | { kind: "expired" };

export type Signer = {
  /** The keyboard for a chat. */
  sign(chat: string, buttons: readonly Button[][], subject: ButtonSubject): InlineKeyboardButton[][];
  /** What was pressed in a chat. */
  read(chat: string, data: string, nowMs: number): Press;
};

/** How long a button is good for, ms. */
export const goodForMs = 7 * 24 * 3_600_000;

/** Signs with a key that only this bot of this repository has: what was signed is good across restarts, and not elsewhere. */
export function signer(token: string, repositoryId: string): Signer {
  const key = createHmac("sha256", token).update(`signalbox buttons of ${repositoryId}`).digest();
  const tagOf = (chat: string, said: string) =>
    createHmac("sha256", key).update(`${chat}\n${said}`).digest().subarray(0, 12).toString("base64url");

  return {
    sign: (chat, buttons, { notificationId, mark, atMs }) =>
      buttons.map((row) =>
        row.map(({ verb, label }) => {
          const said = [verb, notificationId, mark, Math.floor(atMs / minuteMs).toString(36)].join(":");
          return { text: label, callback_data: `${said}:${tagOf(chat, said)}` };
        }),
      ),
    read(chat, data, nowMs) {
      const match = pattern.exec(data);
      if (match === null) return { kind: "forged" };
      const [, said = "", verb = "", notificationId = "", mark = "", minutes = "", tag = ""] = match;
      const known = verbs.find((each) => each === verb);
      if (known === undefined || !isSame(tag, tagOf(chat, said))) return { kind: "forged" };
      const ageMs = nowMs - Number.parseInt(minutes, 36) * minuteMs;
      if (ageMs > goodForMs) return { kind: "expired" };
      return { kind: "pressed", verb: known, notificationId, mark };
    },
  };
}

const minuteMs = 60_000;
const verbs: readonly ButtonVerb[] = ["ack", "retry", "open"];
const pattern = /^(([a-z]{1,8}):([0-9a-f]{12}):([0-9a-f]{8}|-):([0-9a-z]{1,8})):([A-Za-z0-9_-]{16})$/;

function isSame(given: string, right: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}
