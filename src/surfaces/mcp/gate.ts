/** Lets so many through at once; the others wait in order. */

/** A gate for `width` at once. What runs inside is never cut short by the gate; a failure frees its place. */
export function gate(width: number): <T>(act: () => Promise<T>) => Promise<T> {
  let inside = 0;
  const waiting: (() => void)[] = [];
  return async (act) => {
    if (inside >= width) await new Promise<void>((resolve) => waiting.push(resolve));
    else inside += 1;
    try {
      return await act();
    } finally {
      const next = waiting.shift();
      // Whoever is next takes this place over, so nobody can slip in between.
      if (next === undefined) inside -= 1;
      else next();
    }
  };
}
