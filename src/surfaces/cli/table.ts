/** Pure. Rows of spans as an aligned table that fits the terminal. */
import { fit, type Line, type Span, styled, widthOf } from "../text.ts";

export type Column = {
  title: string;
  /** The column that gives way where the terminal is narrow. At most one should have it. */
  flexible?: boolean;
  align?: "left" | "right";
};

/** `rows` under their titles; cells may be one span or a line. `width` is `Infinity` where nothing must fit. */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly (Span | Line)[])[],
  width: number,
): Line[] {
  const head: Line[] = columns.map((column) => [styled("dim", column.title.toUpperCase())]);
  const lines = rows.map((row) => columns.map((_, index) => asLine(row[index] ?? "")));
  const widths = columns.map((_, index) =>
    [head, ...lines].reduce((widest, row) => Math.max(widest, widthOf(row[index] ?? [])), 0),
  );
  return [head, ...lines].map((row) => joinRow(columns, row, shrink(columns, widths, width)));
}

const gap = "  ";

function shrink(columns: readonly Column[], widths: readonly number[], width: number): number[] {
  const total = widths.reduce((sum, each) => sum + each, 0) + gap.length * (widths.length - 1);
  const excess = total - width;
  if (excess <= 0) return [...widths];
  return widths.map((each, index) => (columns[index]?.flexible ? Math.max(each - excess, 8) : each));
}

function joinRow(columns: readonly Column[], row: readonly Line[], widths: readonly number[]): Line {
  const spans: Span[] = [];
  row.forEach((cell, index) => {
    const wanted = widths[index] ?? 0;
    const shown = fit(cell, wanted);
    const padding = " ".repeat(Math.max(wanted - widthOf(shown), 0));
    const last = index === row.length - 1;
    if (columns[index]?.align === "right") spans.push(padding, ...shown);
    else spans.push(...shown, last ? "" : padding);
    if (!last) spans.push(gap);
  });
  return spans;
}

function asLine(cell: Span | Line): Line {
  return typeof cell === "string" || "style" in cell ? [cell] : cell;
}
