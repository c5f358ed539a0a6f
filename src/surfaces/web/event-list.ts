/** Pure. The log as it was read, with what was said since. */
import type { EventShape } from "./wire.ts";

type Wanted = { type: string | null; slug: string | null };

/** Every event once, the newest first, of the wanted type and slug. */
export function merged(
  read: readonly EventShape[],
  said: readonly EventShape[],
  { type, slug }: Wanted,
): EventShape[] {
  const fits = (event: EventShape) =>
    (type === null || event.type === type) && (slug === null || event.subject === slug);
  const all = new Map([...read, ...said.filter(fits)].map((event) => [event.id, event]));
  return [...all.values()].sort((a, b) => byStreamId(b.streamid, a.streamid));
}

/** Redis' ids, `<ms>-<count>`, in their order. */
export function byStreamId(a: string, b: string): number {
  const [aMs = 0, aCount = 0] = a.split("-").map(Number);
  const [bMs = 0, bCount = 0] = b.split("-").map(Number);
  return aMs - bMs || aCount - bCount;
}
