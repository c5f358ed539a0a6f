/** Pure: what the bot answers to what it was asked, from the same board that everybody sees. */

import type { WhyShape } from "../../board/shapes.ts";
import type { Board, CandidateDetail, Train } from "../../board/shapes-of-api.ts";
import { menu } from "./commands.ts";
import type { Words } from "./messages.ts";
import { bold, cut, name, passage, phrase, type Span, written } from "./text.ts";

/** Most rows of one list: a message has at most a hundred marked ranges, and a screen fewer lines. */
const rowsShown = 12;
const conflictsShown = 8;

/** `/status`. */
export function statusAnswer(board: Board): Words {
  const { counts, inbox, processor, line } = board;
  const lag = processor.lag === 0 ? [] : [[`Events not looked at yet: ${processor.lag}`]];
  const quarantined = processor.quarantined === 0 ? [] : [[`❗ In quarantine: ${processor.quarantined}`]];
  return words([
    [name(board.repository), " ", ...modeOf(board)],
    ["main is at ", name((board.main_sha ?? "unknown").slice(0, 7))],
    [
      `${counts.queued} queued, ${counts.in_progress} on the line, ${counts.blocked} blocked, ` +
        `${counts.integrated} landed, ${counts.not_ready} not ready`,
    ],
    ...line.on_the_line.slice(0, rowsShown).map(rowOf),
    ...line.siding.slice(0, rowsShown).map(rowOf),
    ...lag,
    ...quarantined,
    [`Inbox: ${inbox.open} open, ${inbox.unseen} unseen, ${inbox.needs_attention} that need somebody`],
  ]);
}

/** `/queue`. */
export function queueAnswer({ line }: Board): Words {
  const lists: [string, readonly Train[]][] = [
    ["On the line", line.on_the_line],
    ["Queued", line.queued],
    ["Blocked", line.siding],
    ["Not ready", line.not_ready],
  ];
  const lines = lists
    .filter(([, trains]) => trains.length > 0)
    .flatMap(([title, trains]): Span[][] => [
      [bold(`${title} (${trains.length})`)],
      ...trains.slice(0, rowsShown).map(rowOf),
      ...(trains.length > rowsShown ? [[`… and ${trains.length - rowsShown} more`]] : []),
    ]);
  return words(lines.length === 0 ? [["The queue is empty."]] : lines);
}

/** `/why SLUG`. */
export function whyAnswer(why: WhyShape): Words {
  return words(whyLines(why));
}

/** The button *Open*: the answer to why, and what stands in the way with both sides named. */
export function openAnswer({ why, conflicts, follow_up }: CandidateDetail): Words {
  const shown = conflicts.slice(0, conflictsShown);
  const rest = conflicts.length - shown.length;
  return words([
    ...whyLines(why),
    ...(shown.length === 0 ? [] : [[bold("In conflict")]]),
    ...shown.map(({ path, kind }): Span[] => ["• ", name(path), ": ", phrase(kind)]),
    ...(rest === 0 ? [] : [[`… and ${rest} more`]]),
    ...(follow_up === null ? [] : [["Follow-up: ", name(follow_up.follow_up_slug)]]),
  ]);
}

/** One sentence of our own, with names in it. */
export function sentence(...spans: Span[]): Words {
  return words([spans]);
}

/** A refusal: what was wrong, and what to do. */
export function refusedAnswer({ message, cure }: { message: string; cure: string | null }): Words {
  return words([
    ["❌ ", passage(cut(message, 1500))],
    ...(cure === null ? [] : [["→ ", passage(cut(cure, 1000))]]),
  ]);
}

/** `/help`. */
export function helpAnswer(): Words {
  return words([
    [bold("What I understand")],
    ...menu.map(({ command, description }): Span[] => [`/${command} ${description}`]),
  ]);
}

function whyLines(why: WhyShape): Span[][] {
  const failing = why.conditions.filter(({ holds }) => !holds);
  return [
    [passage(why.sentence)],
    ...(why.next_action === null ? [] : [["→ ", name(why.next_action)]]),
    ...failing
      .slice(0, rowsShown)
      .map(({ name: condition, detail }): Span[] => ["✗ ", name(condition), ": ", phrase(detail)]),
  ];
}

function modeOf({ mode, paused }: Board): Span[] {
  if (paused !== null)
    return [
      paused.draining ? "is draining, by " : "is paused by ",
      phrase(paused.by),
      ": ",
      phrase(paused.reason),
    ];
  return [mode === "live" ? "is live" : "only shadows: main is left to others"];
}

function rowOf(train: Train): Span[] {
  const { place, position, phase, slug, why } = train;
  const shownWhy = phrase(cut(why, 140));
  switch (place) {
    case "on_the_line":
      return ["🚆 ", name(slug), phase === null ? "" : ` ${phase}`];
    case "queued":
      return [`${position ?? "–"}. `, name(slug)];
    case "siding":
      return ["⛔ ", name(slug), ": ", shownWhy];
    case "not_ready":
      return ["▫️ ", name(slug), ": ", shownWhy];
    case "landed":
      return ["✅ ", name(slug)];
    default:
      return place satisfies never;
  }
}

function words(lines: readonly (readonly Span[])[]): Words {
  return { ...written(lines), buttons: [] };
}
