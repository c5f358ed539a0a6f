/** While the line only shadows: what it would do with those that wait, so that no candidate waits without a word. */
import { readCutover } from "../guards/cutover-store.ts";
import { type BoardGround, cutoverAt, lookOnly } from "./ground.ts";
import type { QueueItemShape } from "./shapes.ts";

export type ShadowView = {
  /** Why nothing is landed. */
  why: string;
  /** What would become of a candidate, in a sentence; null where it was not decided yet. */
  of(item: Pick<QueueItemShape, "slug" | "branch" | "sha">): string | null;
};

/** Null where the line is live. */
export async function readShadow(ground: Omit<BoardGround, "engine">): Promise<ShadowView | null> {
  const { mode, why } = await readCutover(cutoverAt(ground));
  if (mode === "live") return null;
  const { openShadowStore } = await import("../integration/stores/shadow-store.ts");
  const store = openShadowStore({ redis: ground.redis, keys: ground.keys, writer: lookOnly });
  const details = new Map((await store.all()).map(({ candidate, detail }) => [nameOf(candidate), detail]));
  return { why, of: (item) => details.get(nameOf(item)) ?? null };
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
