/**
 * What candidates bring in, counted for all that may share a push in one process; for each alone where together they are
 * more than one may bring. And their commits, for the names of those who made them.
 */
import type { Commit } from "../../git/commit.ts";
import type { NewObjects } from "../../git/history.ts";
import type { LineRepository } from "../../git/line-repository.ts";

export type Brought = {
  /** Of this candidate, or (below every limit) of all that were counted with it. 0 objects: main has it already. */
  counted: NewObjects;
  /** Its own commits, without those of whoever was asked about before; null where they are too many to be looked at. */
  commits: Commit[] | null;
};

/** A way to ask, candidate by candidate in landing order; `base` is what each is merged with. */
export function broughtBy(
  line: LineRepository,
  { main, shas, bytes }: { main: string; shas: readonly string[]; bytes: number },
): (sha: string, base: string) => Promise<Brought> {
  const limit = { objects: objectsMax, bytes };
  const together = line.newObjects(main, shas, limit);
  // Whoever asks hears of it; nobody may.
  together.catch(() => {});
  const told = new Set<string>();

  async function countedFor(sha: string, base: string): Promise<NewObjects> {
    // One that is broken is found when it is asked for alone.
    const all = await together.catch(() => null);
    if (all === null) return line.newObjects(base, [sha], limit);
    if (shas.length === 1 && shas[0] === sha && base === main) return all;
    if (all.exceeded || !shas.includes(sha)) return line.newObjects(base, [sha], limit);
    return all.commits.has(sha) ? all : { ...all, objects: 0, bytes: 0 };
  }

  return async (sha, base) => {
    const counted = await countedFor(sha, base);
    if (counted.commits.size > commitsMax) return { counted, commits: null };
    const open = new Set([...counted.commits].filter((id) => !told.has(id)));
    const commits = await line.commitsAmong(sha, open);
    for (const { id } of commits) told.add(id);
    return { counted, commits };
  };
}

const objectsMax = 1_000_000;
/** Above it, a process of its own reads them faster. */
const commitsMax = 500;
