/** Pure. How well main is kept, as it may be said: `enforced` only where the remote has just been seen to refuse. */

export type FenceProof = {
  /** RFC 3339. */
  at: string;
  atMs: number;
  /** The remote refused the canary in our hook's own words. */
  refused: boolean;
  /** What it said. */
  detail: string;
};

export type ProtectionLevel = "advisory" | "detecting" | "enforced";

/** How long a proof counts, ms: it is made anew every day. */
export const proofCountsMs = 36 * 3_600_000;

/** `isWatched`: somebody compares every move of main with the recorded landings. */
export function protectionLevel(given: {
  proof: FenceProof | null;
  nowMs: number;
  isWatched: boolean;
}): ProtectionLevel {
  if (isProven(given)) return "enforced";
  return given.isWatched ? "detecting" : "advisory";
}

/** Does the proof still count? */
export function isProven({ proof, nowMs }: { proof: FenceProof | null; nowMs: number }): boolean {
  return proof?.refused === true && Math.abs(nowMs - proof.atMs) <= proofCountsMs;
}
