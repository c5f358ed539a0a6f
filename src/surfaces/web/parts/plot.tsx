/** A plot, in the page's own colours, and the same figures as a table for those who do not see it. */
import { useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { highest, type Plotted, type Series, tableOf } from "../plots.ts";
import { useStore } from "../state/store.ts";
import { theme } from "../state/theme.ts";

const height = 220;

export function Plot({ plotted }: { plotted: Plotted }) {
  const frame = useRef<HTMLDivElement>(null);
  const chosen = useStore(theme);
  useEffect(() => {
    const element = frame.current;
    if (element === null) return;
    // A theme has colours of its own: the plot is drawn anew for it.
    void chosen;
    const plot = new uPlot(optionsOf(plotted, element), columnsOf(plotted), element);
    const fit = () => plot.setSize({ width: Math.max(200, element.clientWidth), height });
    const observer = new ResizeObserver(fit);
    observer.observe(element);
    const scheme = matchMedia("(prefers-color-scheme: dark)");
    const redraw = () => plot.redraw();
    scheme.addEventListener("change", redraw);
    return () => {
      observer.disconnect();
      scheme.removeEventListener("change", redraw);
      plot.destroy();
    };
  }, [plotted, chosen]);
  return (
    <div className="plot">
      <div ref={frame} className="plot-frame" aria-hidden="true" />
      <Table plotted={plotted} />
    </div>
  );
}

function columnsOf({ xs, series }: Plotted): uPlot.AlignedData {
  return [[...xs], ...series.map(({ values }) => [...values])];
}

function optionsOf(plotted: Plotted, element: HTMLElement): uPlot.Options {
  const { kind, names, series } = plotted;
  const colour = (name: string) => () => colourOf(element, name);
  const axis = {
    stroke: colour("--dim"),
    grid: { stroke: colour("--grid"), width: 1 },
    ticks: { show: false },
    font: "11px system-ui",
  };
  const isBars = kind === "bars";
  return {
    width: Math.max(200, element.clientWidth),
    height,
    cursor: { drag: { x: false, y: false } },
    legend: { show: true, live: true },
    scales: {
      x: isBars ? { time: false, range: (_, from, to) => [from - 0.6, to + 0.6] } : {},
      y: { range: () => [0, highest(plotted) * 1.08] },
    },
    axes: [
      isBars
        ? {
            ...axis,
            grid: { show: false },
            space: 56,
            incrs: wholes,
            values: (_, at) => at.map((place) => shortName(names[place])),
          }
        : { ...axis, space: 80, values: (_, at) => at.map((second) => timeName(second, plotted.xs)) },
      { ...axis, size: 40, incrs: wholes },
    ],
    series: [
      {
        label: plotted.axis,
        value: (_, x) =>
          x === null
            ? "–"
            : isBars
              ? (names[x] ?? "")
              : new Date(x * 1000).toLocaleString("en", { dateStyle: "medium", timeStyle: "short" }),
      },
      ...series.map((one, at) => seriesOf(one, { kind, colour, at, of: series.length })),
    ],
  };
}

/** A colour of the page, as a canvas takes it: the property itself may be an expression, such as light-dark(). */
function colourOf(element: HTMLElement, name: string): string {
  element.style.color = `var(${name})`;
  const { color } = getComputedStyle(element);
  element.style.color = "";
  return color;
}

const wholes = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000];

type Drawing = { kind: Plotted["kind"]; colour(name: string): () => string; at: number; of: number };

function seriesOf({ name, tone }: Series, { kind, colour, at, of }: Drawing): uPlot.Series {
  const stroke = colour(`--${tone}`);
  if (kind === "steps") {
    const paths = uPlot.paths.stepped?.({ align: 1 });
    return {
      label: name,
      stroke,
      width: 1.5,
      fill: colour(`--${tone}-veil`),
      points: { show: false },
      ...(paths && { paths }),
    };
  }
  // Two series stand side by side in the place of one bar.
  const align = of === 1 ? 0 : at === 0 ? -1 : 1;
  const paths = uPlot.paths.bars?.({ size: [of === 1 ? 0.7 : 0.38, 48], align, radius: 0.12 });
  return { label: name, stroke, fill: stroke, width: 0, points: { show: false }, ...(paths && { paths }) };
}

/** A moment as the axis needs it: a day over days, a time within them. */
function timeName(second: number, xs: readonly number[]): string {
  const span = (xs.at(-1) ?? 0) - (xs[0] ?? 0);
  const moment = new Date(second * 1000);
  if (span > 3 * 86_400) return moment.toLocaleDateString("en", { month: "short", day: "numeric" });
  const time = { hour: "2-digit", minute: "2-digit", hour12: false } as const;
  return moment.toLocaleTimeString("en", span > 600 ? time : { ...time, second: "2-digit" });
}

/** A day without its year: the axis has no room for what one knows. */
function shortName(name = ""): string {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(name)) return name;
  return new Date(name).toLocaleDateString("en", { month: "short", day: "numeric", timeZone: "UTC" });
}

function Table({ plotted }: { plotted: Plotted }) {
  return (
    <details className="plot-table">
      <summary>As a table</summary>
      <table>
        <thead>
          <tr>
            <th scope="col">{plotted.kind === "bars" ? "" : "at"}</th>
            {plotted.series.map(({ name }) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {tableOf(plotted, 100).map(({ name, values }) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              {plotted.series.map((series, at) => (
                <td key={series.name}>{values[at]}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}
