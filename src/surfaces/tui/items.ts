/**
 * Pure. What a view lists: titles and rows, in the order in which they are read. An item is described before it is drawn, so
 * that of a thousand rows only those on the screen cost anything.
 */
import type { EventShape, NotificationShape, SessionShape } from "../../board/shapes.ts";
import type { Board, Train } from "../../board/shapes-of-api.ts";
import type { TuiState, ViewName } from "./state.ts";

export type Item =
  | { kind: "title"; text: string; count: number }
  | { kind: "train"; key: string; train: Train }
  | { kind: "notification"; key: string; notification: NotificationShape }
  | { kind: "session"; key: string; session: SessionShape }
  | { kind: "event"; key: string; event: EventShape };
export type RowItem = Exclude<Item, { kind: "title" }>;

/** The list of a view, filtered; titles that have no row left are gone. */
export function itemsOf(state: TuiState, view: ViewName): Item[] {
  const filter = state.filters[view].toLowerCase();
  switch (view) {
    case "line":
      return state.board === null ? [] : trains(state.board, filter);
    case "inbox":
      return (state.notifications ?? [])
        .map((notification): RowItem => ({ kind: "notification", key: notification.id, notification }))
        .filter((item) => matches(item, filter));
    case "sessions":
      return state.sessions
        .map((session): RowItem => ({ kind: "session", key: session.session_id, session }))
        .filter((item) => matches(item, filter));
    case "log":
      return state.log
        .map((event): RowItem => ({ kind: "event", key: event.streamid, event }))
        .filter((item) => matches(item, filter));
    default:
      return view satisfies never;
  }
}

/** Those that can be selected. */
export function rowsOf(items: readonly Item[]): RowItem[] {
  return items.filter((item) => item.kind !== "title");
}

/** The selected row of the view; null where the list is empty. */
export function selected(state: TuiState, view: ViewName = state.view): RowItem | null {
  const rows = rowsOf(itemsOf(state, view));
  return rows[selectedIndex(rows, state.cursors[view])] ?? null;
}

/** Where the cursor's row is now; where it is gone, whoever took its place; -1 where there is none. */
export function selectedIndex(
  rows: readonly RowItem[],
  { key, index }: { key: string | null; index: number },
): number {
  if (key === null) return rows.length === 0 ? -1 : 0;
  const found = rows.findIndex((row) => row.key === key);
  return found >= 0 ? found : Math.min(index, rows.length - 1);
}

/** The work item that a row is about; null where it is about none. */
export function slugOf(item: RowItem): string | null {
  switch (item.kind) {
    case "train":
      return item.train.slug;
    case "session":
      return item.session.slug;
    case "notification":
      return /^(?:deployment|review|work)\/(.+)$/.exec(item.notification.group)?.[1] ?? null;
    case "event":
      return item.event.subject ?? null;
    default:
      return item satisfies never;
  }
}

const sections: readonly (readonly [place: keyof Board["line"], title: string])[] = [
  ["on_the_line", "On the line"],
  // Before what waits by itself: these wait for somebody.
  ["siding", "Blocked"],
  ["queued", "Queued"],
  ["not_ready", "Not ready"],
  ["landed", "Landed"],
];

function trains({ line }: Board, filter: string): Item[] {
  return sections.flatMap(([place, text]): Item[] => {
    const rows = line[place]
      .map((train): RowItem => ({ kind: "train", key: `${train.slug} ${train.branch} ${train.sha}`, train }))
      .filter((item) => matches(item, filter));
    return rows.length === 0 ? [] : [{ kind: "title", text, count: rows.length }, ...rows];
  });
}

function matches(item: RowItem, filter: string): boolean {
  return filter === "" || wordsOf(item).some((word) => word?.toLowerCase().includes(filter) === true);
}

function wordsOf(item: RowItem): (string | null | undefined)[] {
  switch (item.kind) {
    case "train": {
      const { slug, branch, sha, place, reason, why } = item.train;
      return [slug, branch, sha, place.replaceAll("_", " "), reason, why];
    }
    case "notification": {
      const { id, title, body, group, level, claimed_by } = item.notification;
      return [id, title, body, group, level, claimed_by];
    }
    case "session": {
      const { session_id, role, slug, state, last_line } = item.session;
      return [session_id, role, slug, state, last_line];
    }
    case "event":
      return [item.event.type, item.event.subject, item.event.eventlevel, JSON.stringify(item.event.data)];
    default:
      return item satisfies never;
  }
}
