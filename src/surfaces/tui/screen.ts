/**
 * Pure. The whole screen as lines of exactly its size. Nothing here writes: `paint.ts` does, and it escapes what every span
 * says, so that a branch's name or a message can never move the cursor or forge a line.
 */
import type { Board } from "../../board/shapes-of-api.ts";
import { fit, type Line, type Style, styled, widthOf } from "../text.ts";
import { age, span } from "../times.ts";
import { apart, cell, ending, wrapped } from "./cells.ts";
import { trainLines } from "./detail-lines.ts";
import { helpLines } from "./help-lines.ts";
import { itemsOf, selected } from "./items.ts";
import { layoutOf, openedRows, smallest, windowOf } from "./layout.ts";
import { openedText } from "./opened-lines.ts";
import { itemLine } from "./row-lines.ts";
import { type Prompt, type TuiState, type ViewName, viewNames } from "./state.ts";

/** One line of the screen; a selected one is drawn reversed. */
export type ScreenLine = { line: Line; isSelected: boolean };

/** `state.rows` lines of `state.columns` columns. */
export function screenOf(state: TuiState): ScreenLine[] {
  const { columns, rows } = state;
  if (columns < smallest.columns || rows < smallest.rows) return tooSmall(state);
  const foot = footLines(state);
  const body = bodyOf(state);
  const lines: ScreenLine[] = [
    plain(headLine(state)),
    plain(countsLine(state)),
    plain(viewsLine(state)),
    plain(ruleLine(state)),
    // A long message lies over the end of the body: what to do stands at the end of a message.
    ...body.slice(0, body.length + 1 - foot.length),
    ...foot.map(plain),
    plain(keysLine(state)),
  ];
  return lines.slice(0, rows).map(({ line, isSelected }) => ({ line: cell(line, columns), isSelected }));
}

function plain(line: Line): ScreenLine {
  return { line, isSelected: false };
}

function headLine({ board, link, columns, nowMs }: TuiState): Line {
  const state: Line =
    link.kind === "live"
      ? [styled("good", "● live ")]
      : link.kind === "away"
        ? [styled("bad", "○ away, trying again ")]
        : [styled("warn", "○ connecting ")];
  if (board === null) return apart([" ", styled("strong", "signalbox")], state, columns);
  const { repository, main, main_sha: sha, mode, paused } = board;
  const halted: Line = [
    ...(mode === "shadow" ? [styled("warn", "shadow  ")] : []),
    ...(paused === null ? [] : [styled("warn", paused.draining ? "DRAINING  " : "PAUSED  ")]),
    ...leaseOf(board, nowMs, columns),
  ];
  const left: Line = [
    " ",
    styled("strong", repository),
    "  ",
    main,
    " ",
    styled("dim", (sha ?? "").slice(0, 7)),
  ];
  return apart(left, [...halted, ...state], columns);
}

function countsLine({ board, columns, nowMs }: TuiState): Line {
  if (board === null) return [];
  const { counts, line, paused, processor } = board;
  if (paused !== null) {
    const what = `${paused.draining ? "Draining" : "Paused"} by ${paused.by}: ${paused.reason}`;
    return apart([" ", styled("warn", what)], [styled("dim", `${age(paused.at, nowMs)} `)], columns);
  }
  const parts: Line[] = [
    // As the sections below count: several travel in one push, and only one of them is in hand.
    [`${line.on_the_line.length} on the line`],
    [`${line.queued.length} queued`],
    [line.siding.length === 0 ? "0 blocked" : styled("bad", `${line.siding.length} blocked`)],
    [`${line.not_ready.length} not ready`],
    [styled("dim", `${counts.integrated} landed`)],
  ];
  const left = parts.flatMap(
    (part, at): Line => (at === 0 ? [" ", ...part] : [styled("dim", " · "), ...part]),
  );
  const late: Line = [
    ...(processor.quarantined === 0 ? [] : [styled("bad", `${processor.quarantined} in quarantine  `)]),
    ...(processor.lag === 0 ? [] : [styled("warn", `lag ${processor.lag}  `)]),
  ];
  return apart(left, late, columns);
}

function leaseOf({ lease }: Board, nowMs: number, columns: number): Line {
  if (lease === null) return [styled("dim", "no integrator  ")];
  const left = Date.parse(lease.expires_at) - nowMs;
  const rest = left > 0 ? span(left) : "over";
  // Holders have long names, and main is to be seen beside them.
  const holder = fit([styled("dim", lease.owner_session_id)], columns < 120 ? 20 : 60);
  return [...holder, styled("dim", ` · lease ${lease.lease_token} · ${rest}  `)];
}

const titles: Record<ViewName, string> = { line: "Line", inbox: "Inbox", sessions: "Sessions", log: "Log" };

function viewsLine(state: TuiState): Line {
  const { board, view, columns } = state;
  const tabs = viewNames.flatMap((name, at): Line => {
    const label = name === view ? styled("accent", titles[name]) : titles[name];
    const [open, close] = name === view ? ["[", "]"] : [" ", " "];
    return [styled("dim", ` ${at + 1}`), open, label, ...countOf(board, name), close];
  });
  const filter = state.filters[view];
  const filtered: Line = filter === "" ? [] : [styled("warn", `/${filter} `)];
  return apart(tabs, filtered, columns);
}

/** Tells how much of the list is beyond the screen. */
function ruleLine(state: TuiState): Line {
  const { columns, view, cursors, tops, isHelpShown } = state;
  const { body, list } = layoutOf(state);
  const { above, below } = windowOf(itemsOf(state, view), { top: tops[view], cursor: cursors[view], body });
  const beyond = [...(above > 0 ? [`↑ ${above}`] : []), ...(below > 0 ? [`↓ ${below}`] : [])].join("  ");
  if (beyond === "" || list === 0 || isHelpShown) return [styled("dim", "─".repeat(columns))];
  const end: Line = [styled("dim", ` ${beyond} ──`)];
  return [styled("dim", "─".repeat(Math.max(0, columns - widthOf(end)))), ...end];
}

function countOf(board: Board | null, view: ViewName): Line {
  if (board === null || view === "line" || view === "log") return [];
  const { inbox, sessions } = board;
  if (view === "sessions") return [styled("dim", ` ${sessions.length}`)];
  return inbox.needs_attention > 0
    ? [styled("bad", ` ${inbox.needs_attention}!`)]
    : [styled("dim", ` ${inbox.open}`)];
}

function bodyOf(state: TuiState): ScreenLine[] {
  const { columns, isHelpShown, opened } = state;
  const { body, list, aside } = layoutOf(state);
  if (isHelpShown)
    return filled(
      helpLines(columns - 2).map((line) => plain([" ", ...line])),
      body,
    );
  if (list === 0) return asideOf(state).map((line) => plain([" ", ...line]));
  const left = listOf(state, list, body);
  if (aside === 0) return left;
  const right = opened === null ? previewOf(state) : asideOf(state);
  return left.map(({ line, isSelected }, at) => ({
    // Beside a text the selected row is marked, not reversed: the reverse would run through the text.
    line: [
      ...(isSelected ? marked(cell(line, list)) : cell(line, list)),
      styled("dim", " │ "),
      ...(right[at] ?? []),
    ],
    isSelected: false,
  }));
}

function marked(line: Line): Line {
  const [, ...rest] = line;
  return line[0] === " " ? [styled("accent", "❯"), ...rest] : line;
}

function listOf(state: TuiState, width: number, body: number): ScreenLine[] {
  const { view, nowMs } = state;
  const items = itemsOf(state, view);
  if (items.length === 0) return filled([plain([]), plain([" ", styled("dim", emptyWords(state))])], body);
  const { shown, selectedKey } = windowOf(items, {
    top: state.tops[view],
    cursor: state.cursors[view],
    body,
  });
  const lines = shown.map((item): ScreenLine => {
    const line: Line = [" ", ...itemLine(item, { width: width - 1, nowMs })];
    return { line, isSelected: item.kind !== "title" && item.key === selectedKey };
  });
  return filled(lines, body);
}

function emptyWords({ view, filters, link, board }: TuiState): string {
  if (filters[view] !== "") return `Nothing matches ${filters[view]}.`;
  if (board === null) return link.kind === "away" ? link.why : "…";
  switch (view) {
    case "line":
      return "The line is empty: nothing was handed over yet.";
    case "inbox":
      return "Nothing needs you.";
    case "sessions":
      return "No session was started yet.";
    case "log":
      return "Nothing was said yet.";
    default:
      return view satisfies never;
  }
}

function previewOf(state: TuiState): Line[] {
  const row = selected(state);
  if (row?.kind !== "train") return [];
  return trainLines(row.train, { width: layoutOf(state).text, nowMs: state.nowMs });
}

function asideOf(state: TuiState): Line[] {
  const { opened, scroll } = state;
  if (opened === null) return [];
  const { text } = layoutOf(state);
  const rows = openedRows(state);
  const { title, lines } = openedText(state, opened, text);
  const shown = lines.slice(scroll, scroll + rows);
  const left = lines.length - scroll - shown.length;
  const where = lines.length <= rows ? "" : left > 0 ? `${left} more below` : "end";
  const head = apart([styled("strong", title)], [styled("dim", where)], text);
  return [head, [], ...shown, ...blanks(rows - shown.length)];
}

function blanks(count: number): Line[] {
  return Array.from({ length: Math.max(0, count) }, (): Line => []);
}

function filled(lines: readonly ScreenLine[], body: number): ScreenLine[] {
  return [...lines.slice(0, body), ...blanks(body - lines.length).map(plain)];
}

/** One line, or as many as a message needs. */
function footLines(state: TuiState): Line[] {
  const { prompt, message, nowMs, link, columns } = state;
  const messageMax = 4;
  const words = (text: string, style?: Style) =>
    wrapped(text, columns - 1, { indent: " ", ...(style === undefined ? {} : { style }) }).slice(
      0,
      messageMax,
    );
  if (prompt !== null) return [promptLine(prompt, columns)];
  if (state.isHelpShown) return [[]];
  if (message !== null && message.untilMs > nowMs)
    return words(message.text, message.tone === "plain" ? undefined : message.tone);
  return link.kind === "away" ? words(link.why, "bad") : [[]];
}

function promptLine(prompt: Prompt, columns: number): Line {
  const question = prompt.kind === "filter" ? "/" : `${prompt.question} `;
  if (prompt.kind === "confirm") return [" ", styled("warn", question), styled("dim", "y/n")];
  const room = columns - widthOf([question]) - 3;
  return [" ", styled("warn", question), ending(prompt.text, room), styled("accent", "▏")];
}

function keysLine({ prompt, opened, isHelpShown, view, board, columns }: TuiState): Line {
  if (prompt !== null)
    return keys(prompt.kind === "confirm" ? ["y yes", "n no"] : ["enter done", "esc never mind"]);
  if (isHelpShown) return keys(["any key back"]);
  const pause = board?.paused == null ? "p pause" : "p resume";
  const moves = opened === null ? ["j k move", "enter open", "/ filter"] : ["j k scroll", "esc back"];
  const acts = view === "log" || view === "sessions" ? [] : ["r retry", "a ack"];
  const all = keys([...moves, ...acts, pause, "tab view", "? help", "q quit"]);
  return widthOf(all) <= columns ? all : keys([...moves, ...acts, pause, "? help", "q quit"]);
}

function keys(words: readonly string[]): Line {
  return words.flatMap((word, at): Line => {
    const blank = word.lastIndexOf(" ");
    const gap = at === 0 ? " " : "  ";
    return [gap, styled("strong", word.slice(0, blank)), styled("dim", word.slice(blank))];
  });
}

function tooSmall({ columns, rows }: TuiState): ScreenLine[] {
  const words = cell([`Too small: ${columns}×${rows}, needs ${smallest.columns}×${smallest.rows}.`], columns);
  return Array.from({ length: rows }, (_, at) => plain(at === 0 ? words : cell([], columns)));
}
