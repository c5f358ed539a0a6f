/**
 * Pure. What news make of the state, and what is to be done about them. The hands are in `perform.ts`; what they bring back
 * is news again.
 */
import type { EventShape, NotificationShape, SessionShape } from "../../board/shapes.ts";
import type { Board, CandidateDetail } from "../../board/shapes-of-api.ts";
import { type Key, pressed } from "./keys.ts";
import { layoutOf, openedRows, settled } from "./layout.ts";
import { openedText } from "./opened-lines.ts";
import { newlyNeedy } from "./ring.ts";
import { type Act, type Link, logKept, type Message, type TuiState } from "./state.ts";

export type News =
  | { kind: "key"; key: Key }
  | { kind: "resized"; columns: number; rows: number }
  /** By the clock of the line. */
  | { kind: "tick"; nowMs: number }
  | { kind: "link"; link: Link }
  | { kind: "board"; board: Board }
  | { kind: "notifications"; items: readonly NotificationShape[] }
  | { kind: "sessions"; items: readonly SessionShape[] }
  /** Newest first. */
  | { kind: "logged"; events: readonly EventShape[] }
  | { kind: "candidate"; detail: CandidateDetail }
  | { kind: "session_text"; id: string; text: string }
  | { kind: "said"; text: string; tone: Message["tone"] };

export type Effect =
  | { kind: "load_candidate"; slug: string }
  | { kind: "load_session"; id: string }
  | { kind: "load_notifications" }
  | { kind: "load_sessions" }
  | { kind: "act"; act: Act }
  /** The terminal's bell, and its notification with this text. */
  | { kind: "ring"; text: string }
  /** Stopped as a job of the shell, until that continues it. */
  | { kind: "suspend" }
  | { kind: "leave" };

export type Step = { state: TuiState; effects: readonly Effect[] };

const messageMs = 8_000;

/** The state after a piece of news, and what is to be done. */
export function updated(before: TuiState, news: News): Step {
  const { state, effects } = news.kind === "key" ? pressed(before, news.key) : taken(before, news);
  return { state: scrolledIn(settled(state)), effects };
}

function taken(state: TuiState, news: Exclude<News, { kind: "key" }>): Step {
  switch (news.kind) {
    case "resized":
      return quiet({ ...state, columns: news.columns, rows: news.rows });
    case "tick":
      return { state: { ...state, nowMs: news.nowMs }, effects: openSession(state) };
    case "link":
      return quiet({ ...state, link: news.link });
    case "board":
      return { state: { ...state, board: news.board, link: { kind: "live" } }, effects: afterBoard(state) };
    case "notifications":
      return {
        state: { ...state, notifications: news.items },
        effects: newlyNeedy(state.notifications, news.items).map(
          ({ title }): Effect => ({ kind: "ring", text: title }),
        ),
      };
    case "sessions":
      return {
        state: { ...state, sessions: runningFirst(news.items) },
        effects: lookAgain(state, news.items),
      };
    case "logged":
      return quiet({ ...state, log: joined(news.events, state.log) });
    case "candidate": {
      const { opened } = state;
      // Of another item that was open before: too late.
      if (opened?.kind !== "candidate" || opened.slug !== news.detail.why.slug) return quiet(state);
      return quiet({ ...state, opened: { ...opened, detail: news.detail } });
    }
    case "session_text": {
      const { opened } = state;
      if (opened?.kind !== "session" || opened.id !== news.id) return quiet(state);
      return quiet(followed({ ...state, opened: { ...opened, text: news.text } }, state));
    }
    case "said": {
      const { text, tone } = news;
      return quiet({ ...state, message: { text, tone, untilMs: state.nowMs + messageMs } });
    }
    default:
      return news satisfies never;
  }
}

function quiet(state: TuiState): Step {
  return { state, effects: [] };
}

/** What the board only counts is asked for when it has changed; so is what is looked at. */
function afterBoard({ opened }: TuiState): Effect[] {
  const lists: Effect[] = [{ kind: "load_notifications" }, { kind: "load_sessions" }];
  return opened?.kind === "candidate" ? [...lists, { kind: "load_candidate", slug: opened.slug }] : lists;
}

/** A session's output has no news of its own: it is looked at again every second while it runs, and when it has ended. */
function openSession(state: TuiState): Effect[] {
  return lookAgain(
    state,
    state.sessions.filter(({ ended_at }) => ended_at === null),
  );
}

function lookAgain({ opened }: TuiState, sessions: readonly SessionShape[]): Effect[] {
  if (opened?.kind !== "session") return [];
  const isThere = sessions.some(({ session_id }) => session_id === opened.id);
  return isThere ? [{ kind: "load_session", id: opened.id }] : [];
}

/** Those that run before those that have ended; the newest first. They come oldest first. */
function runningFirst(sessions: readonly SessionShape[]): SessionShape[] {
  const newest = sessions.toReversed();
  const runs = ({ ended_at }: SessionShape) => ended_at === null;
  return [...newest.filter(runs), ...newest.filter((each) => !runs(each))];
}

/** Newest first, each once, at most as many as are kept. */
function joined(news: readonly EventShape[], known: readonly EventShape[]): EventShape[] {
  const all = [...new Map([...news, ...known].map((event) => [event.streamid, event])).values()];
  // What was asked for at the start may come after what was told meanwhile.
  all.sort((a, b) => compareIds(b.streamid, a.streamid));
  return all.slice(0, logKept);
}

function compareIds(a: string, b: string): number {
  const [aMs = 0, aSerial = 0] = a.split("-").map(Number);
  const [bMs = 0, bSerial = 0] = b.split("-").map(Number);
  return aMs - bMs || aSerial - bSerial;
}

/** Who stands at the end of an output goes along with it. */
function followed(next: TuiState, before: TuiState): TuiState {
  const isFirst = before.opened?.kind === "session" && before.opened.text === null;
  return isFirst || before.scroll >= lastScroll(before) ? { ...next, scroll: lastScroll(next) } : next;
}

/** The scroll at which the last line is on the screen. */
export function lastScroll(state: TuiState): number {
  const { opened } = state;
  if (opened === null) return 0;
  const { lines } = openedText(state, opened, layoutOf(state).text);
  return Math.max(0, lines.length - openedRows(state));
}

function scrolledIn(state: TuiState): TuiState {
  if (state.opened === null) return state.scroll === 0 ? state : { ...state, scroll: 0 };
  const scroll = Math.min(state.scroll, lastScroll(state));
  return scroll === state.scroll ? state : { ...state, scroll };
}
