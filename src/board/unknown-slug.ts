/** A slug nobody has said anything about: most likely a slip of the finger. */
import { badInput, type Failure } from "../errors.ts";
import type { LineStores } from "../integration/assembly.ts";
import { nearestNames } from "../nearest.ts";

/** The `unknown_slug` Failure, with the nearest slugs that events or the queue know. */
export async function unknownSlug(stores: LineStores, slug: string): Promise<Failure> {
  const [items, states] = await Promise.all([stores.queue.items(), stores.readiness.states()]);
  const known = new Set([...items.map((item) => item.slug), ...states.map((state) => state.slug)]);
  const near = nearestNames(slug, known, 3);
  const hint =
    near.length === 0
      ? "See signalbox queue and signalbox candidates."
      : `Did you mean ${near.join(", or ")}?`;
  return badInput("unknown_slug", `Nothing is known of ${slug}: no event names it.`, { cure: hint });
}
