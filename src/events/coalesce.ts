/** Many small askings, few round trips: what is asked in one tick, or while the wire is busy, goes together. */

export type CoalesceLimits = {
  /** Most items of one batch. */
  items: number;
  /** Most batches on the wire. */
  inFlight: number;
};

type Waiting<Item, Answer> = {
  item: Item;
  resolve: (answer: Answer) => void;
  reject: (error: unknown) => void;
};

/**
 * Wraps `send`, which answers a batch item by item, into a function that takes one. Nothing is delayed while the wire is
 * free but to the end of the tick. A batch that fails fails each of its items.
 */
export function coalesce<Item, Answer>(
  send: (items: Item[]) => Promise<Answer[]>,
  limits: CoalesceLimits,
): (item: Item) => Promise<Answer> {
  const waiting: Waiting<Item, Answer>[] = [];
  let inFlight = 0;
  let scheduled = false;

  function flush(): void {
    scheduled = false;
    while (waiting.length > 0 && inFlight < limits.inFlight) void sendBatch(waiting.splice(0, limits.items));
  }

  async function sendBatch(batch: Waiting<Item, Answer>[]): Promise<void> {
    inFlight += 1;
    try {
      const answers = await send(batch.map(({ item }) => item));
      if (answers.length !== batch.length)
        throw new Error("A batch was answered with another number of answers.");
      answers.forEach((answer, index) => void batch[index]?.resolve(answer));
    } catch (error) {
      for (const { reject } of batch) reject(error);
    } finally {
      inFlight -= 1;
      schedule();
    }
  }

  function schedule(): void {
    if (scheduled || waiting.length === 0) return;
    scheduled = true;
    queueMicrotask(flush);
  }

  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      // A full batch need not wait for the tick: the server works on it while the rest is still being made.
      if (waiting.length >= limits.items) flush();
      else schedule();
    });
}
