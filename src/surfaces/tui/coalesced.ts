/** Work that is asked for again while it is done is done once more afterwards, and not more often. */

type Turn = { again: (() => Promise<void>) | null };

/** Runs work by name. What it throws is given to `failed`; nothing is thrown here. */
export function coalesced(
  failed: (error: unknown) => void,
): (name: string, work: () => Promise<void>) => void {
  const running = new Map<string, Turn>();
  const run = async (name: string, work: () => Promise<void>): Promise<void> => {
    const turn: Turn = { again: null };
    running.set(name, turn);
    try {
      await work();
    } catch (error) {
      failed(error);
    }
    running.delete(name);
    if (turn.again !== null) await run(name, turn.again);
  };
  return (name, work) => {
    const current = running.get(name);
    if (current !== undefined) current.again = work;
    else void run(name, work);
  };
}
