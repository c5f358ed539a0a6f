/** Pure. When something that is put off comes back, in the reader's own time zone. */

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

export type SnoozeTime = { name: string; until: string };

/**
 * The times one may choose, from `nowMs` on. `offsetMinutes` is the zone as browsers give it: what is added to local time to
 * get UTC. A change of the clocks in between moves the result by that hour: nobody is rung in the night by it.
 */
export function snoozeTimes(nowMs: number, offsetMinutes: number): SnoozeTime[] {
  const offsetMs = offsetMinutes * 60_000;
  const localMs = nowMs - offsetMs;
  const midnight = Math.floor(localMs / dayMs) * dayMs;
  // 1970-01-01 was a Thursday: day 4 of a week that begins on Sunday.
  const weekday = (Math.floor(localMs / dayMs) + 4) % 7;
  const toMonday = (8 - weekday) % 7 || 7;
  const at = (ms: number) => new Date(ms + offsetMs).toISOString();
  return [
    { name: "for an hour", until: new Date(nowMs + hourMs).toISOString() },
    { name: "for four hours", until: new Date(nowMs + 4 * hourMs).toISOString() },
    { name: "until tomorrow", until: at(midnight + dayMs + 9 * hourMs) },
    { name: "until Monday", until: at(midnight + toMonday * dayMs + 9 * hourMs) },
  ];
}
