/** The roadmap for people and as JSON. (Pure.) */
import type { PlannedItem } from "../../../orchestration/planned-items.ts";
import { type Line, styled } from "../../text.ts";
import { table } from "../table.ts";

export type RoadmapRow = {
  slug: string;
  title: string | null;
  description: string | null;
  group: string | null;
  after: string[];
  waiting_for: string[];
  planned_in: string | null;
};

/** The rows of `roadmap list --json`. */
export function roadmapRows(items: readonly PlannedItem[]): RoadmapRow[] {
  return items.map(({ waitingFor, plannedIn, ...item }) => ({
    ...item,
    waiting_for: waitingFor,
    planned_in: plannedIn,
  }));
}

/** The roadmap as a table. */
export function roadmapLines(rows: readonly RoadmapRow[], width: number): Line[] {
  if (rows.length === 0) return [["Nothing is planned. signalbox roadmap add SLUG"]];
  const columns = [
    { title: "slug" },
    { title: "title", flexible: true },
    { title: "waits for" },
    { title: "" },
  ];
  const cells = rows.map((row) => [
    styled("strong", row.slug),
    row.title ?? "",
    row.waiting_for.join(", "),
    row.planned_in === null ? "" : styled("dim", `on its way: ${row.planned_in}`),
  ]);
  return table(columns, cells, width);
}
