/** Pure: as much of a long list as an agent wants to read, and how much is left. */
import type { z } from "zod";
import { type QueueItemShape, queueItemSchema } from "../../board/shapes.ts";

/** A row of the queue without its history: an agent pays for every word. */
export const queueRowSchema = queueItemSchema.omit({ history: true });
export type QueueRow = z.infer<typeof queueRowSchema>;

export type Page<Row> = { items: Row[]; more: number };

/** The first of the queue, as it is ordered: the line, then what waits, then blocked ones; finished ones where asked for. */
export function queueRows(
  items: readonly QueueItemShape[],
  { finished, limit }: { finished: boolean; limit: number },
): Page<QueueRow> {
  const isOver = ({ status }: QueueItemShape) => status === "integrated" || status === "superseded";
  const wanted = items.filter((item) => finished || !isOver(item));
  const { items: first, more } = firstOf(wanted, limit);
  return { items: first.map(({ history, ...row }) => row), more };
}

/** The first `limit`, and how many there are beyond. */
export function firstOf<Row>(all: readonly Row[], limit: number): Page<Row> {
  return { items: all.slice(0, limit), more: Math.max(0, all.length - limit) };
}
