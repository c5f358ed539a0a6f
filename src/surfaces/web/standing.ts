/** Pure. What the board says, as the line's view shows it. */
import type { Standing } from "./track-layout.ts";
import type { Board, Train } from "./wire.ts";

/** The signal in front of the junction: `dark` where the line only shadows. */
export type SignalAspect = "clear" | "caution" | "stop" | "dark";

/** Whether all of a filter's words occur in what a row shows. */
export function matches(filter: string, ...texts: readonly (string | null)[]): boolean {
  const shown = texts.join("\n").toLowerCase();
  return filter
    .toLowerCase()
    .split(/\s+/)
    .every((word) => shown.includes(word));
}

/** The lists of the board with only those candidates that a filter leaves; what is on the line stays. */
export function filtered(line: Board["line"], filter: string): Board["line"] {
  if (filter.trim() === "") return line;
  const kept = (trains: readonly Train[]) =>
    trains.filter(({ slug, branch, sha, reason }) => matches(filter, slug, branch, sha, reason));
  const { not_ready, queued, on_the_line, landed, siding } = line;
  return {
    not_ready: kept(not_ready),
    queued: kept(queued),
    on_the_line,
    landed: kept(landed),
    siding: kept(siding),
  };
}

/** What needs somebody first, else in the order given. */
export function attentionFirst<One extends { needs_attention: boolean }>(items: readonly One[]): One[] {
  return items.toSorted((a, b) => Number(b.needs_attention) - Number(a.needs_attention));
}

/** What is drawn on the tracks. */
export function standingOf({ not_ready, queued, on_the_line, siding, landed }: Board["line"]): Standing {
  const slugs = (trains: readonly Train[]) => [...new Set(trains.map(({ slug }) => slug))];
  const [first] = on_the_line;
  return {
    notReady: slugs(not_ready),
    queued: slugs(queued),
    onLine: first === undefined ? null : { slug: first.slug, phase: first.phase },
    blocked: slugs(siding),
    landed: landed.map((train) => ({ key: keyOf(train), slug: train.slug })),
  };
}

/** One candidate, once: its slug, commit, branch and attempt. */
export function keyOf({ slug, sha, branch, attempt }: Train): string {
  return `${slug}@${sha}:${branch}#${attempt ?? 0}`;
}

export function aspectOf({ paused, mode }: Pick<Board, "paused" | "mode">): SignalAspect {
  if (mode !== "live") return "dark";
  if (paused === null) return "clear";
  return paused.draining ? "caution" : "stop";
}

/** The first condition that does not hold, with its evidence; and how many more there are. */
export function missingOf({ missing, why }: Train): { name: string | null; detail: string } {
  const [first, ...more] = missing;
  if (first === undefined) return { name: null, detail: why };
  return {
    name: first.name,
    detail: more.length === 0 ? first.detail : `${first.detail} (and ${more.length} more)`,
  };
}

/** The whole board in a few words, for those who do not see the tracks. */
export function sentenceOf({ line: { on_the_line, queued, not_ready, siding, landed } }: Board): string {
  const [first] = on_the_line;
  const moving =
    first === undefined
      ? "Nothing is on the line."
      : `${first.slug} is on the line${first.phase === null ? "" : `, ${first.phase}`}.`;
  return `${moving} ${queued.length} queued, ${not_ready.length} not ready, ${siding.length} blocked, ${landed.length} landed lately.`;
}
