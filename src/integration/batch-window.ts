/**
 * How many candidates share a push. Pure. One at first, so that whoever is alone does not wait for others; four
 * times as many after each push that took place, as long as there are enough; one again after a push that was refused, so
 * that what is refused is found and nobody else is held responsible for it.
 */

/** At most so many in one push: beyond it the push itself is what takes the time. */
export const batchMax = 16;
const growth = 4;

export type BatchWindow = {
  /** How many may be in the next push. */
  size(): number;
  pushed(): void;
  refused(): void;
};

export function batchWindow(): BatchWindow {
  let size = 1;
  return {
    size: () => size,
    pushed() {
      size = Math.min(batchMax, size * growth);
    },
    refused() {
      size = 1;
    },
  };
}
