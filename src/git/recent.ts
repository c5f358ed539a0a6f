/**
 * The last few values by id, for things that never change. Pure but for what it holds. Bounded by what the values weigh,
 * in whatever unit the owner counts; what alone weighs more than a quarter is not kept.
 */
export type Recent<Value> = {
  get(id: string): Value | undefined;
  put(id: string, value: Value, weight: number): void;
};

/** Keeps values of `limit` together, the longest unused given up first. */
export function openRecent<Value>(limit: number): Recent<Value> {
  const kept = new Map<string, { value: Value; weight: number }>();
  let total = 0;
  return {
    get(id) {
      const found = kept.get(id);
      if (found === undefined) return undefined;
      kept.delete(id);
      kept.set(id, found);
      return found.value;
    },
    put(id, value, weight) {
      if (weight > limit / 4 || kept.has(id)) return;
      kept.set(id, { value, weight });
      total += weight;
      for (const [oldest, { weight: freed }] of kept) {
        if (total <= limit) break;
        kept.delete(oldest);
        total -= freed;
      }
    },
  };
}
