/** While the line only shadows: what it would do with those that wait, so that no candidate waits without a word. */
import { readCutover } from "../guards/cutover-store.ts";
import type { LineStores } from "../integration/assembly.ts";
import { type BoardGround, cutoverAt, lookOnly } from "./ground.ts";
import { readQueue, readQueueItem } from "./queue-view.ts";
import type { QueueItemShape } from "./shapes.ts";
import { unknownSlug } from "./unknown-slug.ts";

export type ShadowView = {
  /** Why nothing is landed. */
  why: string;
  /** What would become of a candidate, in a sentence; null where it was not decided yet. */
  of(item: Pick<QueueItemShape, "slug" | "branch" | "sha">): string | null;
};

type ShadowGround = Omit<BoardGround, "engine">;

/** Null where the line is live. */
export async function readShadow(ground: ShadowGround): Promise<ShadowView | null> {
  const { mode, why } = await readCutover(cutoverAt(ground));
  if (mode === "live") return null;
  const { openShadowStore } = await import("../integration/stores/shadow-store.ts");
  const store = openShadowStore({ redis: ground.redis, keys: ground.keys, writer: lookOnly });
  const details = new Map((await store.all()).map(({ candidate, detail }) => [nameOf(candidate), detail]));
  return { why, of: (item) => details.get(nameOf(item)) ?? null };
}

/** Every candidate that ever had a place in the queue, in the order `queue` shows them. */
export async function readShownQueue(ground: ShadowGround, stores: LineStores): Promise<QueueItemShape[]> {
  const [rows, shadow] = await Promise.all([readQueue(stores), readShadow(ground)]);
  return inShadow(rows, shadow);
}

/** The slug's candidate that counts; null where it was never READY. Throws `unknown_slug`. */
export async function readShownItem(
  ground: ShadowGround,
  stores: LineStores,
  slug: string,
): Promise<QueueItemShape | null> {
  const row = await readQueueItem(stores, slug);
  if (row !== null) return inShadow([row], await readShadow(ground))[0] ?? row;
  if ((await stores.readiness.state(slug)) === null) throw await unknownSlug(stores, slug);
  return null;
}

/** The rows as they are to be read in shadow. */
export function inShadow(rows: readonly QueueItemShape[], shadow: ShadowView | null): QueueItemShape[] {
  return rows.map((row) => {
    if (shadow === null || row.status !== "queued") return row;
    return { ...row, why: `in shadow: ${shadow.of(row) ?? "not decided yet"}` };
  });
}

function nameOf({ slug, branch, sha }: { slug: string; branch: string; sha: string }): string {
  return `${slug} ${branch} ${sha}`;
}
