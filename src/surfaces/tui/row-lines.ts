/** Pure. A row of a list as one line of exactly the width it is given. */
import type { EventShape, NotificationShape, SessionShape } from "../../board/shapes.ts";
import type { Train } from "../../board/shapes-of-api.ts";
import { type Line, type Span, type Style, styled } from "../text.ts";
import { age } from "../times.ts";
import { cell } from "./cells.ts";
import type { Item } from "./items.ts";

export type RowPlace = { width: number; nowMs: number };

/** The line of an item, without the mark of the selection. */
export function itemLine(item: Item, place: RowPlace): Line {
  switch (item.kind) {
    case "title":
      return cell([styled("dim", `${item.text} · ${item.count}`)], place.width);
    case "train":
      return trainLine(item.train, place);
    case "notification":
      return notificationLine(item.notification, place);
    case "session":
      return sessionLine(item.session, place);
    case "event":
      return eventLine(item.event, place);
    default:
      return item satisfies never;
  }
}

const marks: Record<Train["place"], Span> = {
  on_the_line: styled("accent", "▶"),
  queued: "·",
  siding: styled("bad", "✗"),
  not_ready: styled("dim", "○"),
  landed: styled("good", "✓"),
};

function trainLine(train: Train, { width, nowMs }: RowPlace): Line {
  const { slug, place, position, since } = train;
  const mark = position === null || place !== "queued" ? marks[place] : String(position);
  const nameWidth = Math.min(34, Math.max(14, Math.floor(width * 0.3)));
  const stateWidth = width >= 100 ? 18 : 13;
  const rest = width - 5 - nameWidth - 1 - stateWidth - 1 - 5 - 2;
  return [
    ...cell([mark], 4, "right"),
    " ",
    ...cell([styled(place === "landed" ? "dim" : "strong", slug)], nameWidth),
    " ",
    ...cell([stateOf(train)], stateWidth),
    " ",
    ...cell([styled("dim", age(train.phase_since ?? since, nowMs))], 5, "right"),
    "  ",
    ...cell([place === "siding" || place === "on_the_line" ? train.why : styled("dim", train.why)], rest),
  ];
}

/** What is the matter with it, in a word. */
function stateOf({ place, phase, reason, missing, merge_commit: merge, sha }: Train): Span {
  switch (place) {
    case "on_the_line":
      return styled("accent", phase ?? "on the line");
    case "siding":
      return styled("bad", reason ?? "blocked");
    case "not_ready":
      return styled("warn", missing[0] === undefined ? "not ready" : `not ${missing[0].name}`);
    case "landed":
      return styled("good", (merge ?? sha).slice(0, 7));
    case "queued":
      return styled("dim", "queued");
    default:
      return place satisfies never;
  }
}

function notificationLine(notification: NotificationShape, { width, nowMs }: RowPlace): Line {
  const { title, human_status, needs_attention, agent_status, claimed_by, updated_at } = notification;
  const isNew = human_status === "unseen";
  const mark = needs_attention ? styled("bad", "!") : isNew ? styled("accent", "•") : "";
  const state =
    claimed_by === null ? (agent_status === "none" ? "" : agent_status.replace("_", " ")) : `◂ ${claimed_by}`;
  const stateWidth = Math.min(24, Math.floor(width * 0.25));
  const rest = width - 4 - stateWidth - 1 - 5 - 1;
  return [
    ...cell([mark], 3, "right"),
    " ",
    ...cell([isNew ? styled("strong", title) : title], rest),
    " ",
    ...cell([styled(agentStyles[agent_status], state)], stateWidth),
    " ",
    ...cell([styled("dim", age(updated_at, nowMs))], 5, "right"),
  ];
}

const agentStyles: Record<NotificationShape["agent_status"], Style> = {
  none: "dim",
  claimed: "accent",
  in_progress: "accent",
  blocked: "bad",
  resolved: "good",
};

function sessionLine(session: SessionShape, { width, nowMs }: RowPlace): Line {
  const { session_id, role, slug, state, started_at, created_at, ended_at, last_line, why } = session;
  const isRunning = ended_at === null;
  const nameWidth = Math.min(30, Math.max(16, Math.floor(width * 0.25)));
  const rest = width - 4 - nameWidth - 1 - 11 - 1 - 10 - 1 - 5 - 2;
  return [
    ...cell([isRunning ? styled("accent", "▶") : styled("dim", "·")], 3, "right"),
    " ",
    ...cell([styled(isRunning ? "strong" : "dim", session_id)], nameWidth),
    " ",
    ...cell([role], 11),
    " ",
    ...cell([styled(isRunning ? "accent" : "dim", state)], 10),
    " ",
    ...cell([styled("dim", age(ended_at ?? started_at ?? created_at, nowMs))], 5, "right"),
    "  ",
    ...cell([slug === null ? "" : `${slug}  `, styled("dim", why ?? last_line ?? "")], rest),
  ];
}

const levels: Record<EventShape["eventlevel"], Style> = {
  infrastructure: "dim",
  operational: "dim",
  workflow: "accent",
  business: "warn",
};

function eventLine(event: EventShape, { width }: RowPlace): Line {
  const { type, time, subject, eventlevel, data } = event;
  const nameWidth = Math.min(40, Math.max(24, Math.floor(width * 0.42)));
  const aboutWidth = Math.min(26, Math.max(12, Math.floor(width * 0.22)));
  const rest = width - 9 - nameWidth - 1 - aboutWidth - 1;
  return [
    styled("dim", time.slice(11, 19)),
    " ",
    ...cell([styled(levels[eventlevel], shortType(type))], nameWidth),
    " ",
    ...cell([subject ?? ""], aboutWidth),
    " ",
    ...cell([styled("dim", gist(data))], rest),
  ];
}

/** Without the domain that nearly all of them share. */
export function shortType(type: string): string {
  return type.replace(/^domain\.software-development\./, "");
}

/** The fields that tell most, in a few words. */
function gist(data: EventShape["data"]): string {
  const told = ["reason", "outcome", "status", "phase", "action", "by", "title", "detail"].flatMap((name) => {
    const value = data[name];
    return typeof value === "string" && value !== "" ? [value] : [];
  });
  return told.join(" · ");
}
