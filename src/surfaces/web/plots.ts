/** Pure. Figures as a plot wants them, and as the table beside it that everybody can read. */

export type PlotTone = "good" | "bad" | "busy";
export type Series = { name: string; tone: PlotTone; values: readonly number[] };

export type Plotted = {
  kind: "bars" | "steps";
  /** What the positions are. */
  axis: string;
  /** Positions: places for bars, seconds since the epoch for steps. */
  xs: readonly number[];
  /** What each position is called. */
  names: readonly string[];
  series: readonly Series[];
};

type Row = { name: string; values: readonly number[] };

/** A bar for each row, one series for each of its values. `axis` says what the rows are. */
export function barsOf(
  axis: string,
  rows: readonly Row[],
  series: readonly { name: string; tone: PlotTone }[],
): Plotted {
  return {
    kind: "bars",
    axis,
    xs: rows.map((_, at) => at),
    names: rows.map(({ name }) => name),
    series: series.map((one, at) => ({ ...one, values: rows.map(({ values }) => values[at] ?? 0) })),
  };
}

/** A value that holds until the next one. Points that are no times are left out. */
export function stepsOf(points: readonly { at: string; value: number }[], name: string): Plotted {
  const valid = points.filter(({ at }) => !Number.isNaN(Date.parse(at)));
  return {
    kind: "steps",
    axis: "At",
    xs: valid.map(({ at }) => Date.parse(at) / 1000),
    names: valid.map(({ at }) => at),
    series: [{ name, tone: "busy", values: valid.map(({ value }) => value) }],
  };
}

/** The most that any position shows, so that an axis of counts never shows halves. */
export function highest({ series }: Plotted): number {
  return Math.max(1, ...series.flatMap(({ values }) => values));
}

/** At most `most` rows of the table: the newest ones, where there are more. */
export function tableOf({ names, series }: Plotted, most: number): { name: string; values: number[] }[] {
  const rows = names.map((name, at) => ({ name, values: series.map(({ values }) => values[at] ?? 0) }));
  return rows.slice(-most);
}
