/** Notifications and events for people. (Pure.) */
import type { NotificationShape } from "../../../board/shapes.ts";
import { type Line, type Span, styled } from "../../text.ts";
import { age } from "../../times.ts";

/** Each notification: its title, its state, its text. */
export function notificationLines(list: readonly NotificationShape[], nowMs: number): Line[] {
  if (list.length === 0) return [["Nothing needs you."]];
  return list.flatMap((each): Line[] => [
    [
      each.needs_attention
        ? styled("bad", "!")
        : each.human_status === "unseen"
          ? styled("accent", "•")
          : " ",
      " ",
      styled("dim", each.id.slice(0, 8)),
      " ",
      styled("strong", each.title),
      state(each),
      styled("dim", `  ${age(each.updated_at, nowMs)} ago`),
    ],
    ...each.body
      .split("\n")
      .filter((line) => line !== "")
      .map((line): Line => ["           ", line]),
  ]);
}

function state({ agent_status: status, claimed_by: claimedBy }: NotificationShape): Span {
  if (status === "none") return "";
  const who = claimedBy === null ? "" : ` by ${claimedBy}`;
  const style = status === "resolved" ? "good" : status === "blocked" ? "bad" : "dim";
  return styled(style, `  ${status}${who}`);
}

/** A CloudEvent as `events` shows it; whatever it holds. */
export type EventOnLine = { id: string; type: string; time: string; subject: string | null; detail: string };

/** One line an event: when, what, about whom. */
export function eventLine(event: EventOnLine): Line {
  return [
    styled("dim", event.time),
    " ",
    styled("accent", event.type.replace(/^domain\.software-development\./, "")),
    event.subject === null ? "" : " ",
    styled("strong", event.subject ?? ""),
    event.detail === "" ? "" : styled("dim", `  ${event.detail}`),
  ];
}
