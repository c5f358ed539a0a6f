/** Pure. What a key does: to the state, and beyond it. */
import { itemsOf, type RowItem, rowsOf, selected, selectedIndex, slugOf } from "./items.ts";
import { layoutOf, openedRows } from "./layout.ts";
import { answered, asking } from "./prompts.ts";
import { type Opened, type TuiState, type ViewName, viewNames } from "./state.ts";
import type { Effect, Step } from "./update.ts";

export const namedKeys = [
  "up",
  "down",
  "left",
  "right",
  "pageup",
  "pagedown",
  "home",
  "end",
  "enter",
  "escape",
  "tab",
  "backtab",
  "backspace",
] as const;

/** A key by its name, or the character it types; with control held, `ctrl` and the letter. */
export type Key = (typeof namedKeys)[number] | { type: string } | { ctrl: string };

/** The state after a key, and what is to be done. */
export function pressed(state: TuiState, key: Key): Step {
  if (isCtrl(key, "c")) return { state, effects: [{ kind: "leave" }] };
  if (isCtrl(key, "z")) return { state, effects: [{ kind: "suspend" }] };
  if (state.prompt !== null) return answered(state, state.prompt, key);
  if (state.isHelpShown) return stay({ ...state, isHelpShown: false });
  const command = commandOf(key);
  return command === null ? stay(state) : run(state, command);
}

type Command =
  | { kind: "move"; by: number }
  | { kind: "page"; by: number }
  | { kind: "edge"; to: "first" | "last" }
  | { kind: "view"; view: ViewName }
  | { kind: "turn"; by: 1 | -1 }
  | { kind: "open" | "back" | "filter" | "help" | "retry" | "acknowledge" | "pause" | "leave" };

const typed: Readonly<Record<string, Command>> = {
  j: { kind: "move", by: 1 },
  k: { kind: "move", by: -1 },
  g: { kind: "edge", to: "first" },
  G: { kind: "edge", to: "last" },
  h: { kind: "turn", by: -1 },
  l: { kind: "turn", by: 1 },
  " ": { kind: "page", by: 1 },
  o: { kind: "open" },
  "/": { kind: "filter" },
  "?": { kind: "help" },
  r: { kind: "retry" },
  a: { kind: "acknowledge" },
  p: { kind: "pause" },
  q: { kind: "leave" },
};

const named: Partial<Readonly<Record<(typeof namedKeys)[number], Command>>> = {
  up: { kind: "move", by: -1 },
  down: { kind: "move", by: 1 },
  left: { kind: "turn", by: -1 },
  right: { kind: "turn", by: 1 },
  pageup: { kind: "page", by: -1 },
  pagedown: { kind: "page", by: 1 },
  home: { kind: "edge", to: "first" },
  end: { kind: "edge", to: "last" },
  enter: { kind: "open" },
  escape: { kind: "back" },
  backspace: { kind: "back" },
  tab: { kind: "turn", by: 1 },
  backtab: { kind: "turn", by: -1 },
};

const controlled: Readonly<Record<string, Command>> = {
  d: { kind: "page", by: 0.5 },
  u: { kind: "page", by: -0.5 },
  f: { kind: "page", by: 1 },
  b: { kind: "page", by: -1 },
  n: { kind: "move", by: 1 },
  p: { kind: "move", by: -1 },
};

function commandOf(key: Key): Command | null {
  if (typeof key === "string") return named[key] ?? null;
  if ("ctrl" in key) return controlled[key.ctrl] ?? null;
  const view = viewNames[Number.parseInt(key.type, 10) - 1];
  return view === undefined ? (typed[key.type] ?? null) : { kind: "view", view };
}

function run(state: TuiState, command: Command): Step {
  switch (command.kind) {
    case "move":
      return stay(moved(state, command.by));
    case "page": {
      const page = state.opened === null ? layoutOf(state).body : openedRows(state);
      return stay(moved(state, Math.round(page * command.by)));
    }
    case "edge":
      return stay(moved(state, command.to === "first" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY));
    case "view":
      return stay({ ...state, view: command.view, opened: null, scroll: 0 });
    case "turn":
      return stay(turned(state, command.by));
    case "open":
      return opening(state);
    case "back":
      return stay(back(state));
    case "filter":
      return stay({ ...state, opened: null, prompt: { kind: "filter", text: state.filters[state.view] } });
    case "help":
      return stay({ ...state, isHelpShown: true });
    case "retry":
    case "acknowledge":
    case "pause":
      return asking(state, command.kind, subjectOf(state));
    case "leave":
      // What is opened is closed first: somebody who only wanted out of it should not lose the board.
      return state.opened === null ? { state, effects: [{ kind: "leave" }] } : stay(back(state));
    default:
      return command satisfies never;
  }
}

function stay(state: TuiState): Step {
  return { state, effects: [] };
}

function isCtrl(key: Key, letter: string): boolean {
  return typeof key === "object" && "ctrl" in key && key.ctrl === letter;
}

/** The text where something is opened; else the selection. */
function moved(state: TuiState, by: number): TuiState {
  if (state.opened !== null)
    return { ...state, scroll: Math.max(0, Math.min(state.scroll + by, Number.MAX_SAFE_INTEGER)) };
  const { view } = state;
  const rows = rowsOf(itemsOf(state, view));
  const at = selectedIndex(rows, state.cursors[view]);
  const index = Math.max(0, Math.min(at + by, rows.length - 1));
  const row = rows[index];
  if (row === undefined) return state;
  // At the head of the log one stays there, whatever comes.
  const key = view === "log" && index === 0 ? null : row.key;
  return { ...state, cursors: { ...state.cursors, [view]: { key, index } } };
}

function turned(state: TuiState, by: 1 | -1): TuiState {
  const at = viewNames.indexOf(state.view) + by + viewNames.length;
  const view = viewNames[at % viewNames.length] ?? "line";
  return { ...state, view, opened: null, scroll: 0 };
}

function back(state: TuiState): TuiState {
  if (state.opened !== null) return { ...state, opened: null, scroll: 0 };
  return { ...state, filters: { ...state.filters, [state.view]: "" }, message: null };
}

function opening(state: TuiState): Step {
  if (state.opened !== null) return opensFromOpened(state);
  const row = selected(state);
  return row === null ? stay(state) : opens(state, row);
}

/** From a notification, a session or an event about a work item the way leads on to the item. */
function opensFromOpened(state: TuiState): Step {
  const row = selected(state);
  const slug = row === null ? null : slugOf(row);
  if (state.opened?.kind === "candidate" || slug === null) return stay(state);
  return withOpened(state, { kind: "candidate", slug, detail: null }, [{ kind: "load_candidate", slug }]);
}

function opens(state: TuiState, row: RowItem): Step {
  switch (row.kind) {
    case "train": {
      const { slug } = row.train;
      return withOpened(state, { kind: "candidate", slug, detail: null }, [{ kind: "load_candidate", slug }]);
    }
    case "notification":
      return withOpened(state, { kind: "notification", id: row.key }, []);
    case "session":
      return withOpened(state, { kind: "session", id: row.key, text: null }, [
        { kind: "load_session", id: row.key },
      ]);
    case "event":
      return withOpened(state, { kind: "event", streamid: row.key }, []);
    default:
      return row satisfies never;
  }
}

function withOpened(state: TuiState, opened: Opened, effects: readonly Effect[]): Step {
  return { state: { ...state, opened, scroll: 0 }, effects };
}

/** What an act is about: what is opened, else what is selected. */
function subjectOf(state: TuiState): RowItem | { kind: "slug"; slug: string } | null {
  if (state.opened?.kind === "candidate") return { kind: "slug", slug: state.opened.slug };
  return selected(state);
}
