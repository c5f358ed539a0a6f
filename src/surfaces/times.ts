/** Pure. Times as people read them at a glance. */

/** `12s`, `4m`, `3h`, `2d`: how long ago `time` (RFC 3339) was at `nowMs`; empty where it is none. */
export function age(time: string | null, nowMs: number): string {
  const ms = time === null ? Number.NaN : Date.parse(time);
  return Number.isNaN(ms) ? "" : span(Math.max(nowMs - ms, 0));
}

/** A duration in its largest whole unit. */
export function span(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 86_400 * 2) return `${Math.floor(seconds / 3600)}h`;
  return `${Math.floor(seconds / 86_400)}d`;
}

/** How long each phase of a delivery took, or has taken: `picked 2s · merged 1m`; null where there is none. */
export function phaseSpans(
  phases: readonly { phase: string; began_at: string }[],
  nowMs: number,
): string | null {
  const spans = phases.map(({ phase, began_at }, index) => {
    const next = phases[index + 1];
    return `${phase} ${age(began_at, next === undefined ? nowMs : Date.parse(next.began_at))}`;
  });
  return spans.length === 0 ? null : spans.join(" · ");
}
