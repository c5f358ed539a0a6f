/** Durations (`120s`, `15m`, `30d`) and sizes (`100MB`) as people write them. Pure. */

const durationUnitsMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;
const sizeUnits = { B: 1, kB: 1e3, MB: 1e6, GB: 1e9, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 } as const;

/** What a duration looks like; used in the JSON Schema for editors too. */
export const durationPattern = /^([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|d|w)$/;
/** What a size looks like. */
export const sizePattern = /^([0-9]+(?:\.[0-9]+)?)(B|kB|MB|GB|KiB|MiB|GiB)$/;

/** The longest duration that makes sense anywhere, and that no later sum overflows: ten years. */
const longestMs = 3650 * durationUnitsMs.d;

/** Milliseconds of `15m`, or `null` where it is no duration (no unit, negative, below `leastMs`, over ten years). */
export function parseDurationMs(text: string, leastMs = 1): number | null {
  const match = durationPattern.exec(text);
  const unit = match?.[2];
  if (!match?.[1] || !isKey(durationUnitsMs, unit)) return null;
  const ms = Math.round(Number(match[1]) * durationUnitsMs[unit]);
  return ms >= leastMs && ms <= longestMs ? ms : null;
}

/** Bytes of `100MB` (decimal) or `100MiB` (binary), or `null` where it is no size. */
export function parseSizeBytes(text: string): number | null {
  const match = sizePattern.exec(text);
  const unit = match?.[2];
  if (!match?.[1] || !isKey(sizeUnits, unit)) return null;
  const bytes = Math.round(Number(match[1]) * sizeUnits[unit]);
  return bytes >= 1 && Number.isSafeInteger(bytes) ? bytes : null;
}

function isKey<T extends object>(table: T, key: PropertyKey | undefined): key is keyof T {
  return key !== undefined && Object.hasOwn(table, key);
}
