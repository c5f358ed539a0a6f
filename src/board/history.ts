/** What the queue's own records say of the past: landings a day, how long they took, why others were blocked. (No I/O.) */
import { isoTime } from "../clock.ts";
import type { QueueItemShape } from "./shapes.ts";
import type { HistoryShape } from "./shapes-of-api.ts";

/** Upper bounds, in seconds, of the buckets in which the way from ready to landed is counted. */
export const durationBounds = [1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 14_400, 86_400] as const;

const dayMs = 86_400_000;
const depthShown = 500;

export type Landing = { atMs: number; seconds: number };

/** The landings among these, the oldest first, each with its way from ready to landed in seconds. */
export function landingsOf(items: readonly QueueItemShape[]): Landing[] {
  return items
    .flatMap((item) => {
      const landed =
        item.status === "integrated" ? item.history.findLast(({ to }) => to === "integrated") : null;
      if (landed === null || landed === undefined) return [];
      const atMs = Date.parse(landed.at);
      return [{ atMs, seconds: Math.max(0, atMs - Date.parse(item.ready_at)) / 1000 }];
    })
    .sort((a, b) => a.atMs - b.atMs);
}

/** The last `days` days up to `nowMs`, today among them. */
export function historyOf(items: readonly QueueItemShape[], nowMs: number, days: number): HistoryShape {
  const today = Math.floor(nowMs / dayMs);
  const fromMs = (today - days + 1) * dayMs;
  const landings = landingsOf(items).filter(({ atMs }) => atMs >= fromMs);
  const blocks = items.flatMap(({ history }) =>
    history.filter(({ to, at }) => to === "blocked" && Date.parse(at) >= fromMs),
  );
  const landedOn = countBy(landings.map(({ atMs }) => Math.floor(atMs / dayMs)));
  const blockedOn = countBy(blocks.map(({ at }) => Math.floor(Date.parse(at) / dayMs)));
  return {
    per_day: Array.from({ length: days }, (_, at) => {
      const day = today - days + 1 + at;
      return {
        day: dayName(day),
        landed: landedOn.get(day) ?? 0,
        blocked: blockedOn.get(day) ?? 0,
      };
    }),
    durations: durationsOf(landings.map(({ seconds }) => seconds)),
    blocked_by_reason: reasonsOf(blocks),
    depth: thinned(depthsOf(items, fromMs)),
  };
}

function durationsOf(seconds: readonly number[]): HistoryShape["durations"] {
  const sorted = [...seconds].sort((a, b) => a - b);
  const buckets = [...durationBounds, null].map((le_s, at, all) => {
    const above = at === 0 ? Number.NEGATIVE_INFINITY : (all[at - 1] ?? 0);
    const count = sorted.filter((each) => each > above && (le_s === null || each <= le_s)).length;
    return { le_s, count };
  });
  return { p50_s: quantile(sorted, 0.5), p95_s: quantile(sorted, 0.95), buckets };
}

/** The smallest value that at least this share does not exceed (nearest rank); null of nothing. */
export function quantile(sorted: readonly number[], share: number): number | null {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? null;
}

/** Why what was blocked in this time was, whatever became of it since. */
function reasonsOf(blocks: readonly QueueItemShape["history"][number][]): HistoryShape["blocked_by_reason"] {
  const counts = countBy(blocks.map(({ code }) => code ?? "unknown"));
  return [...counts]
    .map(([reason, count]) => ({ reason, count }))
    .sort((a, b) => b.count - a.count || (a.reason < b.reason ? -1 : 1));
}

/** How many were queued, after each change. What came and went before is counted in. */
function depthsOf(items: readonly QueueItemShape[], fromMs: number): HistoryShape["depth"] {
  const changes = items
    .flatMap(({ history }) =>
      history.map(({ from, to, at }) => ({
        atMs: Date.parse(at),
        by: (to === "queued" ? 1 : 0) - (from === "queued" ? 1 : 0),
      })),
    )
    .filter(({ by }) => by !== 0)
    .sort((a, b) => a.atMs - b.atMs);
  let queued = 0;
  return changes.flatMap(({ atMs, by }) => {
    queued = Math.max(0, queued + by);
    return atMs < fromMs ? [] : [{ at: isoTime(atMs), queued }];
  });
}

function thinned<Row>(rows: readonly Row[]): Row[] {
  if (rows.length <= depthShown) return [...rows];
  const step = rows.length / (depthShown - 1);
  const picked = Array.from({ length: depthShown - 1 }, (_, at) => rows[Math.floor(at * step)]);
  return [...picked, rows.at(-1)].filter((row) => row !== undefined);
}

function countBy<Key>(keys: readonly Key[]): Map<Key, number> {
  const counts = new Map<Key, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}

function dayName(day: number): string {
  return isoTime(day * dayMs).slice(0, 10);
}
