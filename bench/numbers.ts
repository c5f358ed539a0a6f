/** Pure: what is made of measured values. Ratios of medians over interleaved rounds; never a mean of absolute times. */

/** The middle value; of an even number, the mean of the two in the middle. Throws on none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [low, high] = [sorted[sorted.length % 2 === 0 ? middle - 1 : middle], sorted[middle]];
  if (low === undefined || high === undefined) throw new RangeError("there is no median of nothing");
  return (low + high) / 2;
}

/** The value below which the share `p` (0 to 1) of the values lies, by nearest rank. Throws on none. */
export function percentile(values: readonly number[], p: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const found = sorted[Math.max(0, Math.ceil(p * sorted.length) - 1)];
  if (found === undefined) throw new RangeError("there is no percentile of nothing");
  return found;
}

/** Two ways, measured one after the other in each round. */
export type Round = { ours: number; theirs: number };

export type Ratio = {
  /** The median of the rounds' ratios: each round compares neighbours in time, so slow minutes cancel out. */
  value: number;
  /** Smallest and largest round: how far to trust it. */
  low: number;
  high: number;
  rounds: number;
};

/** `ours ÷ theirs`, or the reverse, over all rounds. Throws on none. */
export function ratioOf(rounds: readonly Round[], direction: "ours/theirs" | "theirs/ours"): Ratio {
  const ratios = rounds.map(({ ours, theirs }) =>
    direction === "ours/theirs" ? ours / theirs : theirs / ours,
  );
  return {
    value: rounded(median(ratios)),
    low: rounded(Math.min(...ratios)),
    high: rounded(Math.max(...ratios)),
    rounds: rounds.length,
  };
}

/** Three significant digits: more would pretend to know. */
export function rounded(value: number): number {
  return Number(value.toPrecision(3));
}
