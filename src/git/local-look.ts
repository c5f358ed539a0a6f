/** One look at what the clone holds of an item, in one process, so that most landings need no second one. */

import type { Clone } from "./clone.ts";
import { checkSha } from "./names.ts";
import type { Git } from "./run.ts";

export type LocalRef = {
  sha: string;
  /** The worktree that has the branch checked out, `null` where none has. */
  worktree: string | null;
};

/** The refs of these full names that exist, with where they are checked out. */
export async function lookAtRefs(
  git: Git,
  clone: Pick<Clone, "commonDir">,
  names: readonly string[],
): Promise<Map<string, LocalRef>> {
  const format = "%(refname)%00%(objectname)%00%(worktreepath)%00";
  const args = ["for-each-ref", `--format=${format}`, "--", ...names];
  const result = await git.must(args, { cwd: clone.commonDir });
  return parseLocalRefs(result.stdout.toString("utf8"), names);
}

/** The fields of that format (pure). A name also matches what lies below it: only exact ones are taken. */
export function parseLocalRefs(text: string, names: readonly string[]): Map<string, LocalRef> {
  const fields = text.split("\0");
  const found = new Map<string, LocalRef>();
  for (let at = 0; at + 2 < fields.length; at += 3) {
    const name = (fields[at] ?? "").replace(/^\n/, "");
    const sha = fields[at + 1] ?? "";
    const worktree = fields[at + 2] ?? "";
    if (!names.includes(name) || checkSha(sha) !== null) continue;
    found.set(name, { sha, worktree: worktree === "" ? null : worktree });
  }
  return found;
}
