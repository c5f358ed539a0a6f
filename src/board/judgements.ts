/**
 * What the line's judge said last of every open candidate. A board is read many times a second, and to judge asks the
 * remote: so the daemon's own rounds, which judge all that has news, are listened to.
 */
import type { Judge, Judged } from "../integration/trigger.ts";
import { candidateShape } from "./shape-candidates.ts";
import type { CandidateShape } from "./shapes.ts";

export type Judgements = {
  /** As judged last; newest candidate of a slug first. */
  all(): CandidateShape[];
  /** Raised by every round: another number may mean another board. */
  version(): number;
  /** The same judge, listened to. */
  listening(judge: Judge): Judge;
};

/** Empty until the first round of a judge that is listened to. */
export function openJudgements(): Judgements {
  let bySlug = new Map<string, CandidateShape[]>();
  let version = 0;

  function note(slugs: ReadonlySet<string> | null, judged: readonly Judged[]): void {
    if (slugs === null) bySlug = new Map();
    else for (const slug of slugs) bySlug.delete(slug);
    for (const { judgement } of judged.toReversed()) {
      const shape = candidateShape(judgement);
      bySlug.set(shape.slug, [...(bySlug.get(shape.slug) ?? []), shape]);
    }
    version += 1;
  }

  return {
    all: () => [...bySlug.values()].flat(),
    version: () => version,
    listening: (judge) => ({
      ...judge,
      async settle(slugs) {
        const judged = await judge.settle(slugs);
        note(slugs, judged);
        return judged;
      },
    }),
  };
}
