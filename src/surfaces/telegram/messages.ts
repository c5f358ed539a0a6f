/** Pure: what a notification says in Telegram, and the other messages of the ledger. */
import { createHash } from "node:crypto";
import type { Alarm } from "../../delivery/surface.ts";
import { checkSlug } from "../../git/names.ts";
import { isResolved, type Notification } from "../../notifications/notification.ts";
import { bold, letter, name, passage, phrase, type Span, title, type Written, written } from "./text.ts";

export type ButtonVerb = "ack" | "retry" | "open";

/** A button, before it is signed for a chat. */
export type Button = { verb: ButtonVerb; label: string };

export type Words = Written & { buttons: readonly Button[][] };

export type NoticeView = {
  notification: Notification;
  /** Named in every message: one person may hear of several. */
  repository: string;
};

/** The one message that follows a notification, without a sound. */
export function cardOf({ notification, repository }: NoticeView, missed: Alarm | null): Words {
  const head: Span[][] = [[`${signOf(notification)} `, title(notification.title)]];
  const rang: Span[][] =
    missed === null ? [] : [["It rang while you could not be told: ", phrase(missed.line)]];
  const foot = [...rang, ...standing(notification), [name(repository)]];
  return { ...letter({ head, body: passage(notification.body), foot }), buttons: [] };
}

/** The message that rings, and what becomes of it. Buttons only for whoever may press them, while there is something to do. */
export function alarmOf(
  { notification, repository }: NoticeView,
  options: { mayAct: boolean; again: boolean },
): Words {
  const stands = isStanding(notification);
  const head: Span[][] = [
    [stands ? bold("❗ This needs you") : bold(isResolved(notification) ? "✅ Over" : "↩️ No longer")],
    [title(notification.title)],
  ];
  // Said where it rings a second time, so that nobody looks for a second trouble.
  const again: Span[][] = options.again ? [["Sent again: nobody knows whether the first one arrived."]] : [];
  const slug = slugOf(notification);
  const more: Span[][] = stands && options.mayAct && slug !== null ? [[`More: /why ${slug}`]] : [];
  const foot = [...standing(notification), ...again, ...more, [name(repository)]];
  const words = letter({ head, body: passage(notification.body), foot });
  return { ...words, buttons: stands && options.mayAct ? buttonsOf(notification) : [] };
}

/** Several notifications at once, one line each; none of them rings. */
export function digestOf(notifications: readonly Notification[], repository: string): Words {
  const shown = notifications.slice(0, digestLines);
  const lines = shown.map((notification): Span[] => [
    `${signOf(notification)} `,
    shortTitle(notification.title),
  ]);
  const rest = notifications.length - shown.length;
  const more: Span[][] = rest === 0 ? [] : [[`… and ${rest} more`]];
  const head = [bold(`${notifications.length} pieces of news`)];
  return { ...written([head, ...lines, ...more, [name(repository)]]), buttons: [] };
}

/** The message of `notify test`. */
export function testMessage(by: string, repository: string): Words {
  const lines: Span[][] = [["🔔 This is a test, asked for by ", phrase(by), "."], [name(repository)]];
  return { ...written(lines), buttons: [] };
}

/** The slug a notification is about, where it is about one. */
export function slugOf({ group }: Pick<Notification, "group">): string | null {
  const [, kind, rest = ""] = /^(deployment|review|work)\/(.*)$/s.exec(group) ?? [];
  return kind !== undefined && checkSlug(rest) === null ? rest : null;
}

/** Names the try that a message is about: a button of an earlier one is out of date. */
export function tryMark(about: { sha: string; attempt: number | null } | null): string {
  if (about === null) return "-";
  return createHash("sha256")
    .update(`${about.sha} ${about.attempt ?? 1}`)
    .digest("hex")
    .slice(0, 8);
}

/** It still wants somebody. */
export function isStanding(notification: Notification): boolean {
  return notification.needs_attention && !isResolved(notification);
}

/** A message has at most a hundred marked ranges. */
const digestLines = 60;
const digestTitle = 100;

function shortTitle(text: string): Span {
  return title(text.length > digestTitle ? `${text.slice(0, digestTitle - 1)}…` : text);
}

function buttonsOf(notification: Notification): Button[][] {
  const isFree = notification.claimed_by === null;
  const slug = slugOf(notification);
  const first: Button[] = [
    ...(isFree ? [{ verb: "ack", label: "Ack" } as const] : []),
    ...(slug !== null && notification.actions.includes("retry")
      ? [{ verb: "retry", label: "Retry" } as const]
      : []),
  ];
  const second: Button[] = slug === null ? [] : [{ verb: "open", label: "Open" }];
  return [first, second].filter((row) => row.length > 0);
}

/** What people have made of it. */
function standing(notification: Notification): Span[][] {
  const { claimed_by: holder, snoozed_until: until } = notification;
  const lines: Span[][] = [];
  if (holder !== null) lines.push(["🙋 Claimed by ", phrase(holder)]);
  if (until !== null && !isResolved(notification)) lines.push([`💤 Put off until ${until}`]);
  if (notification.ended_by === "person") {
    const last = notification.history.at(-1);
    if (last !== undefined) lines.push(["☑️ ", phrase(last.line)]);
  }
  return lines;
}

function signOf(notification: Notification): string {
  if (isResolved(notification)) return "✅";
  if (notification.needs_attention) return "❗";
  switch (notification.agent_status) {
    case "blocked":
      return "⛔";
    case "in_progress":
    case "claimed":
      return "🔵";
    default:
      return "▫️";
  }
}
