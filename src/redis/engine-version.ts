/** Redis and Valkey, their versions, and which may open whose data. Pure. */

export type EngineFamily = "redis" | "valkey";

export type EngineVersion = { family: EngineFamily; version: string };

/** The oldest whose commands we use (Lua flags, XAUTOCLAIM's third reply). */
export const oldestVersion = "7.0.0";

/** Reads what `redis-server --version` or `valkey-server --version` prints. */
export function parseVersionLine(line: string): EngineVersion | null {
  const version = /\bv=(\d+\.\d+\.\d+)/.exec(line)?.[1];
  if (version === undefined) return null;
  return { family: /valkey/i.test(line) ? "valkey" : "redis", version };
}

/** Positive where `a` is newer than `b`; compares numbers, not texts. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((text) => text.split(".").map(Number));
  for (const index of [0, 1, 2]) {
    const difference = (left?.[index] || 0) - (right?.[index] || 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/**
 * Whether `engine` may open what `maker` wrote: the same family, not an older one. (Redis 7.0's files would load in both,
 * no other pair does in both directions, so the exception is left out.)
 */
export function mayOpen(engine: EngineVersion, maker: EngineVersion): boolean {
  return engine.family === maker.family && compareVersions(minor(engine.version), minor(maker.version)) >= 0;
}

/** Whether it is new enough to be used at all. */
export function isRecent(engine: EngineVersion): boolean {
  return engine.family === "valkey" || compareVersions(engine.version, oldestVersion) >= 0;
}

/** Files are compatible within a minor version. */
function minor(version: string): string {
  return version.split(".").slice(0, 2).join(".");
}
