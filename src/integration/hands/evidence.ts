/** What a person or agent needs to resolve a conflict, from git objects alone: both sides, and whom it collides with. */

import type { LineRepository } from "../../git/line-repository.ts";
import type { Conflict } from "../../git/merge-report.ts";
import type { ConflictEvidence, Evidence, SideEvidence } from "../delivery.ts";

const conflictsMax = 100;
const excerptBytes = 2_000;
/** Only the first few get excerpts and the commits they collide with: evidence is read, not archived. */
const detailedMax = 10;

export async function conflictEvidence(
  line: LineRepository,
  conflicts: readonly Conflict[],
  sides: { main: string; sha: string },
): Promise<Evidence> {
  const shown: ConflictEvidence[] = [];
  for (const [at, conflict] of conflicts.slice(0, conflictsMax).entries())
    shown.push(await one(line, conflict, sides, at < detailedMax));
  const more = conflicts.length - shown.length;
  return {
    conflicts: shown,
    diagnostics: [
      ...shown.map((conflict) => conflict.message).slice(0, 20),
      ...(more > 0 ? [`${more} more conflicts are not shown`] : []),
    ],
  };
}

async function one(
  line: LineRepository,
  conflict: Conflict,
  { main, sha }: { main: string; sha: string },
  detailed: boolean,
): Promise<ConflictEvidence> {
  const excerpts = detailed ? await line.conflictSides(conflict, excerptBytes) : null;
  const side = (id: Conflict["ours"], text: string | null): SideEvidence | null =>
    id === null ? null : { mode: id.mode, id: id.id, excerpt: text };
  return {
    path: conflict.path,
    kind: conflict.kind,
    message: conflict.message,
    ours: side(conflict.ours, excerpts?.ours?.text ?? null),
    theirs: side(conflict.theirs, excerpts?.theirs?.text ?? null),
    main_commits: detailed
      ? await line.commitsTouching(conflict.path, { from: sha, to: main, limit: 5 })
      : [],
  };
}
