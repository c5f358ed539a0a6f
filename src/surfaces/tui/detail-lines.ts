/** Pure. One work item in full, as lines: what it waits for, its conditions, its conflicts with both sides, its story. */
import type { ConditionShape, EventShape } from "../../board/shapes.ts";
import type { CandidateDetail, FileStatShape, Train } from "../../board/shapes-of-api.ts";
import { type Line, type Style, styled, widthOf } from "../text.ts";
import { phaseSpans } from "../times.ts";
import { apart, cell, wrapped } from "./cells.ts";
import { type RowPlace, shortType } from "./row-lines.ts";

/** The whole story of an item, newest news first. */
export function candidateLines(detail: CandidateDetail, place: RowPlace): Line[] {
  const { why, queue_item: item, candidate, conflicts, diffstat, follow_up: followUp, events } = detail;
  const facts: [string, string | null][] = [
    ["branch", why.branch],
    ["commit", why.sha],
    ["position", item?.position === null || item === null ? null : String(item.position)],
    ["attempt", item === null ? null : String(item.attempt)],
    ["merge", item?.merge_commit ?? null],
    ["follow-up", why.follow_up_slug],
  ];
  return [
    ...wrapped(why.sentence, place.width),
    ...nextLines(why.next_action, place.width),
    [],
    ...facts.flatMap(([name, value]) => (value === null ? [] : [factLine(name, value, place.width)])),
    ...section("Conditions", conditionLines(candidate?.conditions ?? why.conditions, place.width)),
    ...section(
      "Conflicts",
      conflicts.flatMap((conflict) => conflictLines(conflict, place.width)),
    ),
    ...section(
      "What was seen",
      (followUp?.diagnostics ?? []).flatMap((line) => wrapped(line, place.width, { indent: "  " })),
    ),
    ...section(
      "Plan",
      followUp === null || followUp.status === "resolved" ? [] : markdownLines(followUp.plan, place.width),
    ),
    ...section("Changes", diffLines(diffstat, place.width)),
    ...section(
      "Events",
      events.toReversed().map((event) => storyLine(event, place)),
    ),
  ];
}

/** What the board alone knows of it: shown beside the list, before anything is asked for. */
export function trainLines(train: Train, { width, nowMs }: RowPlace): Line[] {
  const { branch, sha, attempt, ready_at, missing, merge_commit, follow_up_slug, phase, phases } = train;
  const facts: [string, string | null][] = [
    ["branch", branch],
    ["commit", sha],
    ["phases", phaseSpans(phases, nowMs) ?? phase],
    ["ready", ready_at],
    ["attempt", attempt === null ? null : String(attempt)],
    ["can act", train.who],
    ["merge", merge_commit],
    ["follow-up", follow_up_slug],
  ];
  return [
    [styled("strong", train.slug)],
    [],
    ...wrapped(train.why, width),
    ...nextLines(train.next_action, width),
    [],
    ...facts.flatMap(([name, value]) => (value === null ? [] : [factLine(name, value, width)])),
    ...section(
      "Missing",
      missing.flatMap(({ name, detail }) => conditionLines([{ name, detail, holds: false }], width)),
    ),
    [],
    [styled("dim", "enter: everything about it")],
  ];
}

/** A title over lines; nothing where there are none. */
export function section(title: string, lines: readonly Line[]): Line[] {
  return lines.length === 0 ? [] : [[], [styled("accent", title)], ...lines];
}

/** `name  value` in one line. */
export function factLine(name: string, value: string, width: number): Line {
  return [...cell([styled("dim", name)], 11), ...cell([value], Math.max(0, width - 11))];
}

/** What to do next, behind an arrow. */
export function nextLines(next: string | null, width: number): Line[] {
  if (next === null) return [];
  const [first = [], ...more] = wrapped(next, width - 2);
  return [[styled("warn", "→ "), ...first], ...more.map((line): Line => ["  ", ...line])];
}

function conditionLines(conditions: readonly ConditionShape[], width: number): Line[] {
  const widest = Math.max(0, ...conditions.map(({ name }) => widthOf([name])));
  return conditions.flatMap(({ name, holds, detail }): Line[] => {
    const [first = [], ...more] = wrapped(detail, width - widest - 6, holds ? { style: "dim" } : {});
    const mark = holds ? styled("good", "✓") : styled("bad", "✗");
    return [
      ["  ", mark, " ", ...cell([name], widest), "  ", ...first],
      ...more.map((line): Line => [" ".repeat(widest + 6), ...line]),
    ];
  });
}

type Conflict = CandidateDetail["conflicts"][number];

/** Lines of one side that are shown; the follow-up has all. */
const excerptShown = 40;

function conflictLines(
  { path, kind, message, ours, theirs, main_commits: commits }: Conflict,
  width: number,
): Line[] {
  const by =
    commits.length === 0
      ? []
      : [
          styled(
            "dim",
            `  main: ${commits
              .slice(0, 5)
              .map((sha) => sha.slice(0, 7))
              .join(" ")}`,
          ),
        ];
  return [
    cell(["  ", styled("strong", path), styled("bad", `  ${kind}`), ...by], width),
    ...wrapped(message, width, { indent: "    ", style: "dim" }),
    ...sideLines("main", ours, width),
    ...sideLines("branch", theirs, width),
  ];
}

function sideLines(whose: string, side: Conflict["ours"], width: number): Line[] {
  if (side === null) return [["    ", styled("dim", `${whose}: not there`)]];
  if (side.excerpt === null) return [["    ", styled("dim", `${whose}: binary, or too large to show`)]];
  const all = side.excerpt.replace(/\r?\n$/, "").split("\n");
  const shown = all.slice(0, excerptShown).join("\n");
  return [
    ["    ", styled("dim", `${whose}:`)],
    ...wrapped(shown, width, { indent: "    │ " }).map((line) => paintMarker(line)),
    ...(all.length > excerptShown
      ? [["    ", styled("dim", `… ${all.length - excerptShown} more lines`)]]
      : []),
  ];
}

/** Git's own conflict markers stand out. */
function paintMarker(line: Line): Line {
  const [indent = "", text = ""] = line;
  const words = typeof text === "string" ? text : text.text;
  return /^(<{7}|={7}|>{7}|\|{7})/.test(words) ? [indent, styled("warn", words)] : line;
}

/** Markdown as it is written, with its headings strong. */
export function markdownLines(text: string, width: number): Line[] {
  return text
    .trimEnd()
    .split("\n")
    .flatMap((line) => wrapped(line, width, { indent: "  ", ...headingStyle(line) }));
}

function diffLines(files: readonly FileStatShape[], width: number): Line[] {
  return files.slice(0, 200).map(({ path, insertions, deletions }): Line => {
    const counts: Line =
      insertions === null || deletions === null
        ? [styled("dim", "binary")]
        : [styled("good", `+${insertions}`), " ", styled("bad", `-${deletions}`)];
    return apart(["  ", path], counts, Math.min(width, 100));
  });
}

function storyLine({ time, type, data }: EventShape, { width }: RowPlace): Line {
  const reason = typeof data.reason === "string" ? `  ${data.reason}` : "";
  return cell(
    ["  ", styled("dim", time.replace("T", " ").slice(0, 19)), " ", shortType(type), styled("dim", reason)],
    width,
  );
}

function headingStyle(line: string): { style?: Style } {
  return /^#+ /.test(line) ? { style: "strong" } : {};
}
