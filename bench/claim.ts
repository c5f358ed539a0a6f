/** What a claim of docs/performance.md is: a key, a target, and how it is measured. */
import type { Ratio } from "./numbers.ts";

export type Effort = {
  quick: boolean;
  /** Told what is going on, one line at a time. */
  progress: (line: string) => void;
};

export type Measured = Pick<Ratio, "value"> &
  Partial<Ratio> & {
    /** What the ratio was made of: medians, CPU times, counts. Read the ratio, not these. */
    detail?: Record<string, number | string | null>;
  };

export type Target = { is: "at most" | "at least"; value: number };

export type Claim = {
  key: string;
  /** One line: what is compared with what. */
  what: string;
  target: Target;
  /** Not in a quick run. */
  long?: true;
};

/** What came of a claim: measured, or null with the reason. */
export type Finding = Claim & ({ measured: Measured } | { measured: null; reason: string });

/** Pure: whether a value keeps its target. */
export function keeps(target: Target, value: number): boolean {
  return target.is === "at most" ? value <= target.value : value >= target.value;
}
