/** Pure. How the screen is divided, and which lines of a list are on it. */
import { type Item, itemsOf, rowsOf, selectedIndex } from "./items.ts";
import type { TuiState, ViewName } from "./state.ts";

/** Below this nothing sensible can be shown. */
export const smallest = { columns: 40, rows: 10 };
/** From this width on, what is selected or opened stands beside the list. */
const wideColumns = 120;
/** Header, counts, views and a rule above; message and keys below. */
const chromeRows = 6;

export type Layout = {
  /** Rows of the body. */
  body: number;
  /** Columns of the list; 0 where something is opened over it. */
  list: number;
  /** Columns of what is beside it, or over it; 0 where there is none. */
  aside: number;
  /** Of these, columns of its text. */
  text: number;
};

/** The layout of the state's size. */
export function layoutOf({
  columns,
  rows,
  opened,
  view,
}: Pick<TuiState, "columns" | "rows" | "opened" | "view">): Layout {
  const body = Math.max(1, rows - chromeRows);
  const isWide = columns >= wideColumns;
  if (opened === null && !(isWide && view === "line")) return { body, list: columns, aside: 0, text: 0 };
  if (!isWide) return { body, list: 0, aside: columns, text: columns - 2 };
  const list = Math.floor(columns * 0.52);
  const aside = columns - list - 3;
  return { body, list, aside, text: aside - 1 };
}

/** Lines of what is opened that are seen at once: its title and the line below stay. */
export function openedRows(state: TuiState): number {
  return Math.max(1, layoutOf(state).body - 2);
}

/** The items of a view that are on the screen, and which of them is selected. */
export function windowOf(
  items: readonly Item[],
  { top, cursor, body }: { top: number; cursor: TuiState["cursors"][ViewName]; body: number },
): { shown: readonly Item[]; selectedKey: string | null; above: number; below: number } {
  const rows = rowsOf(items);
  const key = rows[selectedIndex(rows, cursor)]?.key ?? null;
  const shown = items.slice(top, top + body);
  return { shown, selectedKey: key, above: top, below: Math.max(0, items.length - top - body) };
}

/** The state with its list scrolled so that the selected row is on the screen, and its cursor on a row that is there. */
export function settled(state: TuiState): TuiState {
  const { view } = state;
  const { body } = layoutOf(state);
  const items = itemsOf(state, view);
  const rows = rowsOf(items);
  const at = selectedIndex(rows, state.cursors[view]);
  const row = rows[at];
  if (row === undefined) return { ...state, tops: { ...state.tops, [view]: 0 } };
  const { key } = state.cursors[view];
  const cursor = { key: key === null ? null : row.key, index: at };
  const line = items.indexOf(row);
  // The title over the first row of a section comes into sight with it.
  const first = items[line - 1]?.kind === "title" ? line - 1 : line;
  const last = Math.max(0, items.length - body);
  const top = Math.min(last, Math.max(Math.min(state.tops[view], first), line - body + 1));
  return { ...state, cursors: { ...state.cursors, [view]: cursor }, tops: { ...state.tops, [view]: top } };
}
