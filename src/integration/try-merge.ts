/** Would it merge? Asked without queueing anything: against main as it is, or as it will be when the queue has landed. */

import type { LineRepository } from "../git/line-repository.ts";
import type { Conflict } from "../git/merge-report.ts";
import { attributesOf } from "../git/root-attributes.ts";

export type TryResult = {
  sha: string;
  clean: boolean;
  conflicts: Conflict[];
  /** The tree it would give; null where it does not merge. */
  tree: string | null;
  /** Shas of queued candidates that do not merge themselves, and so were left out. */
  skipped: string[];
};

/**
 * Merges `sha` with `main`, or with main and then `ahead` (queued candidates, in order) where they merge. Writes loose
 * objects into the line's own repository and nothing else.
 */
export async function tryMerge(
  line: LineRepository,
  sha: string,
  onto: { main: string; ahead: readonly string[] },
): Promise<TryResult> {
  await line.setAttributes(await attributesOf(line, onto.main));
  const skipped: string[] = [];
  let base = onto.main;
  for (const next of onto.ahead) {
    if (next === sha) break;
    const merged = (await line.objects.has(next)) ? await line.mergeTrees(base, next) : null;
    if (merged?.kind !== "clean") skipped.push(next);
    else base = await joined(line, base, next, merged.tree);
  }
  const merged = await line.mergeTrees(base, sha);
  switch (merged.kind) {
    case "clean":
      return { sha, clean: true, conflicts: [], tree: merged.tree, skipped };
    case "conflicted":
      return { sha, clean: false, conflicts: merged.conflicts, tree: null, skipped };
    case "unrelated":
      return { sha, clean: false, conflicts: [], tree: null, skipped };
    default:
      return merged satisfies never;
  }
}

/** A commit that nobody will ever see: git merges commits, not trees. */
function joined(line: LineRepository, main: string, sha: string, tree: string): Promise<string> {
  const author = { name: "Signalbox", email: "integrator@signalbox.invalid", seconds: 0, zone: "+0000" };
  return line.objects.writeCommit({
    tree,
    parents: [main, sha],
    author,
    committer: author,
    message: "try\n",
  });
}
