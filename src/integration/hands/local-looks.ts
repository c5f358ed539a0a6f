/**
 * What the clone holds of the candidates of a push, looked at in one process while the push is being read back. Only
 * looked at: what is changed afterwards is compared again when it is changed.
 */
import type { Clone } from "../../git/clone.ts";
import { type LocalRef, lookAtRefs } from "../../git/local-look.ts";
import type { Git } from "../../git/run.ts";
import type { Candidate } from "../candidate.ts";
import { headOf } from "../facts.ts";

export type LocalNames = { branch: string; main: string; record: string };

export type LocalLooks = {
  /** Begins to look, for all of them. */
  begin(candidates: readonly Candidate[]): void;
  /** What there is of one. Throws what git threw. */
  of(candidate: Candidate): Promise<{ names: LocalNames; here: Map<string, LocalRef> }>;
};

export function localLooks(options: { git: Git; clone: Pick<Clone, "commonDir">; main: string }): LocalLooks {
  const { git, clone, main } = options;
  let begun: { names: Set<string>; look: Promise<Map<string, LocalRef>> } | null = null;

  function namesOf({ branch, slug }: Candidate): LocalNames {
    return { branch: headOf(branch), main: headOf(main), record: `refs/signalbox/items/${slug}` };
  }

  return {
    begin(candidates) {
      const names = new Set(candidates.flatMap((one) => Object.values(namesOf(one))));
      const look = lookAtRefs(git, clone, [...names]);
      // Whoever asks hears of it; nobody may.
      look.catch(() => {});
      begun = { names, look };
    },
    async of(candidate) {
      const names = namesOf(candidate);
      const wanted = Object.values(names);
      const here =
        begun !== null && wanted.every((name) => begun?.names.has(name))
          ? await begun.look
          : await lookAtRefs(git, clone, wanted);
      return { names, here };
    },
  };
}
