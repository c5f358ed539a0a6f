/** What people are told of the deliveries themselves. It reaches them by every other way that works. */
import type { EventDraft } from "../events/atomic-write.ts";
import { draft } from "../events/built-in.ts";
import { deliveryDisabled, deliveryRestored } from "../events/platform.ts";
import { type Health, isOff } from "./rows.ts";

/** What is to be said when a target's record changes; nothing where it goes on as it was. */
export function healthEvents(
  { surface, target }: { surface: string; target: string },
  before: Health | null,
  after: Health,
): EventDraft[] {
  const was = before !== null && isOff(before);
  const is = isOff(after);
  if (is && (!was || before.why !== after.why))
    return [draft(deliveryDisabled, { surface, target, why: (after.why ?? "nobody knows").slice(0, 500) })];
  return was && !is ? [draft(deliveryRestored, { surface, target })] : [];
}
