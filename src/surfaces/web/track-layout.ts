/**
 * Pure. The track diagram as numbers: where each train stands, for a width. Left to right: the yard (not ready, on three
 * tracks that join), the approach (queued), the junction with one stop for each phase, main; below the junction the siding.
 * A train keeps its key wherever it stands, so that it is seen moving.
 */

export const stops: readonly string[] = ["picked", "merged", "checked", "pushing", "pushed", "tidied"];

export const panel = { height: 214, trainHeight: 26 } as const;

const mainY = 92;
const yardYs = [mainY, mainY - 40, mainY + 40] as const;
const sidingY = 178;
const edge = 16;
const gap = 8;
const train = { least: 96, most: 168 };
/** What "+12 more" takes. */
const moreWidth = 72;
/** Below this, the names of the stops would stand on each other: only the current one is written. */
const namedFrom = 58;

export type Kind = "yard" | "queued" | "on_line" | "blocked";
export type Mark = { key: string; slug: string; kind: Kind; x: number; y: number; width: number };
export type Landing = { key: string; slug: string; x: number; y: number };
export type More = { kind: Kind; x: number; y: number; count: number };

type Reached = "before" | "here" | "after";

export type Layout = {
  width: number;
  /** Paths of the rails, as SVG writes them. */
  rails: { main: string; yard: string[]; siding: string; buffer: string };
  signal: { x: number; y: number };
  stops: { name: string; x: number; y: number; reached: Reached; isNamed: boolean }[];
  trains: Mark[];
  landings: Landing[];
  more: More[];
  /** Where each part is named. */
  titles: { yard: number; approach: number; junction: number; main: number; siding: number };
};

export type Standing = {
  notReady: readonly string[];
  /** In landing order. */
  queued: readonly string[];
  onLine: { slug: string; phase: string | null } | null;
  blocked: readonly string[];
  /** Newest first. */
  landed: readonly { key: string; slug: string }[];
};

/** Everything the diagram shows, `width` px wide. Deterministic, so that the same board never looks different. */
export function layoutOf(width: number, standing: Standing): Layout {
  const zones = zonesOf(width);
  const rows = [
    yard(zones, standing.notReady),
    approach(zones, standing.queued),
    siding(zones, standing.blocked),
  ];
  const onLine = junction(zones, standing.onLine);
  return {
    width,
    rails: railsOf(zones, width),
    signal: { x: zones.junction.from - 10, y: mainY },
    stops: stopsOf(zones, standing.onLine?.phase ?? null),
    trains: [...rows.flatMap(({ trains }) => trains), ...onLine],
    landings: landings(zones, standing.landed),
    more: rows.flatMap(({ more }) => (more === null ? [] : [more])),
    titles: {
      yard: zones.yard.from,
      approach: zones.approach.from,
      junction: zones.junction.from,
      main: zones.main.from,
      siding: zones.siding.from,
    },
  };
}

type Zone = { from: number; to: number };
type Zones = Record<"yard" | "approach" | "junction" | "main" | "siding", Zone>;

function zonesOf(width: number): Zones {
  const at = (share: number) => Math.round(edge + (width - 2 * edge) * share);
  return {
    yard: { from: at(0), to: at(0.19) },
    approach: { from: at(0.225), to: at(0.49) },
    junction: { from: at(0.52), to: at(0.8) },
    main: { from: at(0.83), to: at(1) },
    siding: { from: at(0.57), to: at(0.98) },
  };
}

function railsOf({ yard: yardZone, junction: cross, siding: side }: Zones, width: number): Layout["rails"] {
  const join = yardZone.to + 28;
  const fan = (y: number) => `M${edge} ${y}H${yardZone.to - 4}L${join} ${mainY}`;
  return {
    main: `M${edge} ${mainY}H${width - edge}`,
    yard: yardYs.slice(1).map(fan),
    buffer: `M${side.to} ${sidingY - 10}v20`,
    siding: `M${cross.from + 4} ${mainY}L${side.from - 12} ${sidingY}H${side.to}`,
  };
}

function stopsOf({ junction: { from, to } }: Zones, phase: string | null): Layout["stops"] {
  const here = placeOf(phase);
  const step = (to - from - 36) / (stops.length - 1);
  return stops.map((name, at) => {
    const reached: Reached = here === -1 || at > here ? "after" : at < here ? "before" : "here";
    const isNamed = step >= namedFrom || reached === "here";
    return { name, x: Math.round(from + 26 + at * step), y: mainY, reached, isNamed };
  });
}

/** Trains of one zone from its right end to the left, so that the first one stands in front. */
function fill(slugs: readonly string[], kind: Kind, { from, to }: Zone, ys: readonly number[]) {
  const columnsIn = (room: number) => Math.max(1, Math.floor((room + gap) / (train.least + gap)));
  const isWhole = slugs.length <= columnsIn(to - from) * ys.length;
  // Where not all fit, how many more there are is written behind the last of them.
  const start = isWhole ? from : from + moreWidth;
  const columns = Math.min(columnsIn(to - start), Math.max(1, Math.ceil(slugs.length / ys.length)));
  const width = Math.min(train.most, Math.floor((to - start - gap * (columns - 1)) / columns));
  const xOf = (column: number) => to - (column + 1) * width - column * gap;
  const shown = slugs.slice(0, columns * ys.length);
  const trains = shown.map((slug, at): Mark => {
    const y = ys[at % ys.length] ?? mainY;
    return { key: slug, slug, kind, width, x: xOf(Math.floor(at / ys.length)), y };
  });
  const rest = slugs.length - shown.length;
  const more: More = { kind, count: rest, x: xOf(columns - 1) - moreWidth, y: ys[0] ?? mainY };
  return { trains, more: rest === 0 ? null : more };
}

function yard(zones: Zones, slugs: readonly string[]) {
  const zone = { from: zones.yard.from, to: zones.yard.to - 14 };
  return fill(slugs, "yard", zone, yardYs);
}

function approach(zones: Zones, slugs: readonly string[]) {
  return fill(slugs, "queued", { from: zones.approach.from, to: zones.approach.to }, [mainY]);
}

function siding(zones: Zones, slugs: readonly string[]) {
  const { trains, more } = fill(slugs, "blocked", zones.siding, [sidingY]);
  return { trains, more };
}

function junction(zones: Zones, onLine: Standing["onLine"]): Mark[] {
  if (onLine === null) return [];
  const stop = stopsOf(zones, onLine.phase).find(({ reached }) => reached === "here");
  const step = (zones.junction.to - zones.junction.from - 36) / (stops.length - 1);
  // No longer than one and a half steps: the stops beside it stay in sight.
  const width = Math.min(train.most, Math.max(train.least, Math.round(step * 1.5)));
  const middle = stop?.x ?? zones.junction.from + width / 2;
  const x = Math.round(Math.max(zones.junction.from, middle - width / 2));
  return [{ key: onLine.slug, slug: onLine.slug, kind: "on_line", width, x, y: mainY }];
}

const landingGap = 26;

function landings({ main: { from, to } }: Zones, landed: Standing["landed"]): Landing[] {
  const room = Math.max(1, Math.floor((to - from - 10) / landingGap));
  return landed.slice(0, room).map((one, at) => ({ ...one, x: from + 12 + at * landingGap, y: mainY }));
}

/** As much of a slug as fits into a train, in the diagram's own letters. */
export function fitted(slug: string, width: number): string {
  const letters = Math.max(3, Math.floor((width - 24) / 6.7));
  return slug.length <= letters ? slug : `${slug.slice(0, letters - 1)}…`;
}

/** The place of a phase among the stops; -1 where it is none. */
export function placeOf(phase: string | null): number {
  return phase === null ? -1 : stops.indexOf(phase);
}
