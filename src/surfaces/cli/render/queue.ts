/** `queue` for people. (Pure.) */
import type { QueueItemShape, QueueStatus } from "../../../board/shapes.ts";
import { type Line, type Style, styled } from "../../text.ts";
import { age, phaseSpans } from "../../times.ts";
import { table } from "../table.ts";

const styles: Record<QueueStatus, Style> = {
  queued: "accent",
  in_progress: "strong",
  integrated: "good",
  blocked: "bad",
  superseded: "dim",
};

/** One row a candidate: what waits first, in order; then what is finished. */
export function queueLines(items: readonly QueueItemShape[], width: number, nowMs: number): Line[] {
  if (items.length === 0) return [["The queue is empty."]];
  const rows = items.map((item) => [
    item.position === null ? "" : String(item.position),
    styled(styles[item.status], item.phase === null ? item.status : `${item.status} ${item.phase}`),
    styled("strong", item.slug),
    item.branch === item.slug ? "" : item.branch,
    styled("dim", item.sha.slice(0, 7)),
    age(item.status_updated_at, nowMs),
    item.why,
  ]);
  const columns = [
    { title: "#", align: "right" as const },
    { title: "status" },
    { title: "slug" },
    { title: "branch" },
    { title: "sha" },
    { title: "age", align: "right" as const },
    { title: "why", flexible: true },
  ];
  return table(columns, rows, width);
}

/** One candidate with its history. */
export function queueItemLines(item: QueueItemShape, nowMs: number): Line[] {
  const rows: [string, string | null][] = [
    ["branch", `${item.branch} at ${item.sha}`],
    ["ready", item.ready_at],
    ["position", item.position === null ? null : String(item.position)],
    ["phases", phaseSpans(item.phases, nowMs) ?? item.phase],
    ["attempt", String(item.attempt)],
    ["why", item.why],
    ["reason", item.reason],
    ["next", item.next_action],
    ["merge", item.merge_commit],
    ["main", item.main_sha],
    ["follow-up", item.follow_up_slug],
  ];
  return [
    [styled("strong", item.slug), " ", styled(styles[item.status], item.status)],
    ...rows.flatMap(([title, value]): Line[] =>
      value === null ? [] : [["  ", styled("dim", title.padEnd(10)), value]],
    ),
    ["  ", styled("dim", "history")],
    ...item.history.map(
      (move): Line => [
        "    ",
        styled("dim", move.at),
        ` ${move.from ?? "(new)"} → ${move.to}`,
        styled("dim", ` by ${move.by}: `),
        move.reason,
      ],
    ),
  ];
}
