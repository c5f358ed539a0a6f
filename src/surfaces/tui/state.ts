/** Pure. Everything the terminal board knows and shows: one value, changed by `update.ts` and `keys.ts` alone. */
import type { EventShape, NotificationShape, SessionShape } from "../../board/shapes.ts";
import type { Board, CandidateDetail } from "../../board/shapes-of-api.ts";

export const viewNames = ["line", "inbox", "sessions", "log"] as const;
export type ViewName = (typeof viewNames)[number];

/** Where the list of a view stands: on which row, by its key, so that it stays on it while the list changes. */
export type Cursor = {
  /** Null: on the first row, whichever that is. */
  key: string | null;
  /** Where that row was seen last: who takes its place when it goes is selected. */
  index: number;
};

/** What is looked at closely, over a view. */
export type Opened =
  | { kind: "candidate"; slug: string; detail: CandidateDetail | null }
  | { kind: "notification"; id: string }
  | { kind: "session"; id: string; text: string | null }
  | { kind: "event"; streamid: string };

/** A question at the foot of the screen; keys go there until it is answered. */
export type Prompt =
  | { kind: "filter"; text: string }
  | { kind: "reason"; question: string; text: string; act: ReasonedAct }
  | { kind: "confirm"; question: string; act: Act };

/** What a person may do from here. */
export type Act =
  | { kind: "pause"; reason: string }
  | { kind: "resume"; reason: string }
  | { kind: "retry"; slug: string }
  | { kind: "acknowledge"; slug: string }
  | { kind: "acknowledge_notification"; id: string; title: string };
export type ReasonedAct = "pause" | "resume";

/** The connection to the daemon. */
export type Link =
  | { kind: "connecting" }
  | { kind: "live" }
  /** Tried again by itself; what is shown is as it was. */
  | { kind: "away"; why: string };

export type Message = { text: string; tone: "good" | "bad" | "plain"; untilMs: number };

export type TuiState = {
  columns: number;
  rows: number;
  /** Now, by the clock of the line. */
  nowMs: number;
  link: Link;
  board: Board | null;
  /** What is open, newest change first; null until it is known. */
  notifications: readonly NotificationShape[] | null;
  sessions: readonly SessionShape[];
  /** Newest first. */
  log: readonly EventShape[];
  view: ViewName;
  cursors: Readonly<Record<ViewName, Cursor>>;
  /** The first line of the view's list that is on the screen. */
  tops: Readonly<Record<ViewName, number>>;
  filters: Readonly<Record<ViewName, string>>;
  opened: Opened | null;
  /** Lines of what is opened that are above the screen. */
  scroll: number;
  isHelpShown: boolean;
  prompt: Prompt | null;
  message: Message | null;
};

/** Events that are kept to look at. */
export const logKept = 2000;

/** Before anything is known. */
export function beginning(size: { columns: number; rows: number }, nowMs: number): TuiState {
  return {
    ...size,
    nowMs,
    link: { kind: "connecting" },
    board: null,
    notifications: null,
    sessions: [],
    log: [],
    view: "line",
    cursors: ofViews<Cursor>(() => ({ key: null, index: 0 })),
    tops: ofViews(() => 0),
    filters: ofViews(() => ""),
    opened: null,
    scroll: 0,
    isHelpShown: false,
    prompt: null,
    message: null,
  };
}

function ofViews<T>(make: () => T): Record<ViewName, T> {
  return { line: make(), inbox: make(), sessions: make(), log: make() };
}
