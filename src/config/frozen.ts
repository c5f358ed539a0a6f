/** Pure: a value that nobody can change any more, through and through. */

/** Freezes `value` and everything in it, and answers it. For trees: what JSON and YAML can say. */
export function frozen<T extends object>(value: T): T {
  for (const inner of Object.values(value)) if (typeof inner === "object" && inner !== null) frozen(inner);
  return Object.freeze(value);
}
