/** What a slug waits for, read from the stores and judged now. */
import type { LineStores } from "../integration/assembly.ts";
import type { Judge } from "../integration/trigger.ts";
import type { BoardGround } from "./ground.ts";
import { readPaused, readQueueItem } from "./queue-view.ts";
import { readShadow } from "./shadow-view.ts";
import { candidateShape } from "./shape-candidates.ts";
import type { CandidateShape, WhyShape } from "./shapes.ts";
import { unknownSlug } from "./unknown-slug.ts";
import { whyShape } from "./why-sentence.ts";

/** The candidates of some slugs, or of all, judged now; newest of a slug first. */
export async function lookAt(
  judge: Pick<Judge, "look">,
  slugs: ReadonlySet<string> | null,
): Promise<CandidateShape[]> {
  const judged = await judge.look(slugs);
  return judged.map(({ judgement }) => candidateShape(judgement)).reverse();
}

type WhyGround = Pick<BoardGround, "workplace" | "redis" | "keys"> & {
  stores: LineStores;
  /** Judges one slug; asked only where something is known of it. */
  look(slugs: ReadonlySet<string>): Promise<CandidateShape[]>;
};

/** Throws `unknown_slug`. */
export async function readWhy(ground: WhyGround, slug: string): Promise<WhyShape> {
  const { stores, look } = ground;
  const [item, paused, shadow, state] = await Promise.all([
    readQueueItem(stores, slug),
    readPaused(stores),
    readShadow(ground),
    stores.readiness.state(slug),
  ]);
  if (item === null && state === null) throw await unknownSlug(stores, slug);
  const [candidate = null] = await look(new Set([slug]));
  const approved = state?.approval?.revoked === null;
  return whyShape({ slug, item, candidate, approved, paused, shadow });
}
