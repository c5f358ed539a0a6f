/** Pure. What is opened, as lines to scroll through, with a title that stays. */
import type { EventShape, NotificationShape, SessionShape } from "../../board/shapes.ts";
import { type Line, styled } from "../text.ts";
import { age } from "../times.ts";
import { wrapped } from "./cells.ts";
import { candidateLines, factLine, section } from "./detail-lines.ts";
import type { RowPlace } from "./row-lines.ts";
import type { Opened, TuiState } from "./state.ts";

export type OpenedText = { title: string; lines: Line[] };

/** The text of what is opened, at a width. */
export function openedText(state: TuiState, opened: Opened, width: number): OpenedText {
  const place = { width, nowMs: state.nowMs };
  switch (opened.kind) {
    case "candidate":
      return {
        title: opened.slug,
        lines: opened.detail === null ? waiting : candidateLines(opened.detail, place),
      };
    case "notification": {
      const found = state.notifications?.find(({ id }) => id === opened.id);
      return {
        title: `notification ${opened.id}`,
        lines: found === undefined ? [["It is resolved."]] : notificationLines(found, place),
      };
    }
    case "session": {
      const found = state.sessions.find(({ session_id: id }) => id === opened.id);
      return { title: opened.id, lines: sessionLines(found ?? null, opened.text, place) };
    }
    case "event": {
      const found = state.log.find(({ streamid }) => streamid === opened.streamid);
      return {
        title: "event",
        lines: found === undefined ? [["It is no longer kept here."]] : eventLines(found, place),
      };
    }
    default:
      return opened satisfies never;
  }
}

const waiting: Line[] = [[styled("dim", "…")]];

function notificationLines(notification: NotificationShape, { width, nowMs }: RowPlace): Line[] {
  const { title, body, group, level, human_status, agent_status, claimed_by, created_at, history } =
    notification;
  const state = claimed_by === null ? agent_status : `${agent_status} by ${claimed_by}`;
  return [
    ...wrapped(title, width, { style: "strong" }),
    ...(body === "" ? [] : [[], ...wrapped(body, width)]),
    [],
    factLine("group", group, width),
    factLine("level", level, width),
    factLine("people", human_status, width),
    factLine("agents", state.replace("_", " "), width),
    factLine("since", `${created_at}, ${age(created_at, nowMs)} ago`, width),
    ...section(
      "History",
      history
        .toReversed()
        .flatMap(({ at, line }) =>
          wrapped(`${at.replace("T", " ").slice(0, 19)} ${line}`, width, { indent: "  " }),
        ),
    ),
  ];
}

function sessionLines(session: SessionShape | null, text: string | null, { width, nowMs }: RowPlace): Line[] {
  const facts =
    session === null
      ? []
      : [
          factLine(
            "role",
            session.slug === null ? session.role : `${session.role} of ${session.slug}`,
            width,
          ),
          factLine("state", session.why === null ? session.state : `${session.state}: ${session.why}`, width),
          factLine("began", `${session.created_at}, ${age(session.created_at, nowMs)} ago`, width),
          ...(session.worktree === null ? [] : [factLine("worktree", session.worktree, width)]),
        ];
  const output =
    text === null
      ? waiting
      : text === ""
        ? [[styled("dim", "It has printed nothing.")]]
        : wrapped(text.trimEnd(), width);
  return [...facts, ...section("Output", output)];
}

function eventLines(event: EventShape, { width }: RowPlace): Line[] {
  const { data, type, subject, time, eventlevel, source, correlationid, id, streamid } = event;
  const facts: [string, string | undefined][] = [
    ["about", subject],
    ["time", time],
    ["level", eventlevel],
    ["said by", decoded(source)],
    ["belongs to", correlationid],
    ["id", id],
    ["in the log", streamid],
  ];
  return [
    ...wrapped(type, width, { style: "strong" }),
    [],
    ...facts.flatMap(([name, value]) => (value === undefined ? [] : [factLine(name, value, width)])),
    ...section("Data", wrapped(JSON.stringify(data, null, 2), width, { indent: "  " })),
  ];
}

/** A source is an URI reference; names in it are read more easily as they are. */
function decoded(source: string): string {
  try {
    return decodeURIComponent(source);
  } catch {
    return source;
  }
}
