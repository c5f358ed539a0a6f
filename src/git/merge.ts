/** Merges two commits without a checkout. git's exit status decides; its output only describes. */

import { idOf, mergeBases } from "./history.ts";
import type { LineCore } from "./line-core.ts";
import { type Conflict, parseMergeReport } from "./merge-report.ts";
import { checkSha } from "./names.ts";
import { type CallOptions, gitFailed } from "./run.ts";
import { submoduleMode } from "./tree.ts";

export type MergeResult =
  | { kind: "clean"; tree: string }
  /** `tree` holds conflict markers: evidence, never to be committed. */
  | { kind: "conflicted"; conflicts: Conflict[]; tree: string }
  | { kind: "unrelated" };

export type Excerpt = {
  /** At most the limit, whole characters; `null` for binary content, submodules and very large files. */
  text: string | null;
  bytes: number;
  truncated: boolean;
};
export type ConflictSides = { base: Excerpt | null; ours: Excerpt | null; theirs: Excerpt | null };

/** What `git merge` would make of two commits. Throws Failure `git_failed` where one is missing or git gives no verdict. */
export async function mergeTrees(
  line: LineCore,
  ours: string,
  theirs: string,
  options: CallOptions = {},
): Promise<MergeResult> {
  const args = ["merge-tree", "--write-tree", "-z", "--messages", idOf(ours), idOf(theirs)];
  const result = await line.git.run(args, { cwd: line.directory, ...options });
  const report = parseMergeReport(result.stdout);
  // A missing commit is exit 1 too, but names no tree.
  if (checkSha(report.tree) === null && result.code === 0) return { kind: "clean", tree: report.tree };
  if (checkSha(report.tree) === null && result.code === 1) {
    return { kind: "conflicted", conflicts: report.conflicts, tree: report.tree };
  }
  const unrelated = result.code === 128 && (await mergeBases(line, ours, theirs)).length === 0;
  if (unrelated) return { kind: "unrelated" };
  throw gitFailed(args, result);
}

/** A larger file is not read into memory for the sake of its beginning. */
const openedBytesAtMost = 8 * 1024 * 1024;

/** Both sides of a conflict and their base, each at most `limitBytes`. A side that is absent is `null`. */
export async function conflictSides(
  line: LineCore,
  conflict: Conflict,
  limitBytes: number,
): Promise<ConflictSides> {
  const [base, ours, theirs] = await Promise.all(
    [conflict.base, conflict.ours, conflict.theirs].map(async (side) => {
      if (side === null) return null;
      if (side.mode === submoduleMode) return { text: null, bytes: 0, truncated: false };
      const bytes = await line.objects.size(side.id);
      if (bytes !== null && bytes > openedBytesAtMost) return { text: null, bytes, truncated: true };
      return excerpt(await line.objects.readBlob(side.id), limitBytes);
    }),
  );
  return { base: base ?? null, ours: ours ?? null, theirs: theirs ?? null };
}

/** The beginning of `content` (pure). Content with a NUL in its first 8,000 bytes is binary, as git has it. */
export function excerpt(content: Buffer, limitBytes: number): Excerpt {
  const truncated = content.length > limitBytes;
  if (content.subarray(0, 8_000).includes(0)) return { text: null, bytes: content.length, truncated };
  // A character cut in the middle is left out, not replaced.
  const text = new TextDecoder().decode(content.subarray(0, limitBytes), { stream: truncated });
  return { text, bytes: content.length, truncated };
}
