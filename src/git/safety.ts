/** Whether a candidate may be landed at all: size, paths, submodules and symlinks, related history. */

import { type ChangedPath, changedPaths } from "./changes.ts";
import { mergeBases, newObjects } from "./history.ts";
import type { LineCore } from "./line-core.ts";
import { escapeForDisplay } from "./names.ts";
import { unsafeMode, unsafePath } from "./path-safety.ts";
import { submoduleMode, symlinkMode } from "./tree.ts";

export type SafetyLimits = {
  /** Files changed, at most. */
  files: number;
  /** Bytes of new objects, at most. */
  bytes: number;
  /** Whether a candidate may add or change submodules and symlinks. */
  submodules: boolean;
  symlinks: boolean;
};
/** `code` is a reason code; `message` one sentence with names escaped. */
export type SafetyProblem = {
  code: "unrelated_history" | "too_large" | "unsafe_path";
  message: string;
  paths: string[];
};

const shownPaths = 20;
const objectsLimit = 1_000_000;

/** What keeps `sha` from being landed on `main`; empty where nothing does. */
export async function safetyProblems(
  line: LineCore,
  main: string,
  sha: string,
  limits: SafetyLimits,
): Promise<SafetyProblem[]> {
  const [base] = await mergeBases(line, main, sha);
  if (base === undefined) {
    return [
      { code: "unrelated_history", message: "the branch has no commit in common with main", paths: [] },
    ];
  }
  const [changed, fresh] = await Promise.all([
    changedPaths(line, base, sha, limits.files + 1),
    newObjects(line, main, sha, { objects: objectsLimit, bytes: limits.bytes }),
  ]);
  const problems = pathProblems(changed, limits);
  if (changed.length > limits.files)
    problems.push(tooLarge(`the branch changes more than ${limits.files} files`));
  if (fresh.exceeded)
    problems.push(tooLarge(`the branch brings in more than ${limits.bytes} bytes of new objects`));
  return problems;
}

/** The problems of changed paths (pure). What a candidate removes is never one, nor a strange name that main has already. */
export function pathProblems(
  changed: readonly ChangedPath[],
  limits: Pick<SafetyLimits, "submodules" | "symlinks">,
): SafetyProblem[] {
  const byReason = new Map<string, string[]>();
  for (const { path, before, after } of changed) {
    if (after === null) continue;
    const reasons = [
      before === null ? unsafePath(path) : null,
      unsafeMode(path, after.mode),
      after.mode === submoduleMode && !limits.submodules
        ? "is a submodule, which the configuration forbids"
        : null,
      after.mode === symlinkMode && !limits.symlinks ? "is a symlink, which the configuration forbids" : null,
    ];
    for (const reason of reasons) {
      if (reason !== null) byReason.set(reason, [...(byReason.get(reason) ?? []), path]);
    }
  }
  return [...byReason].map(([reason, paths]) => {
    const more = paths.length > 1 ? ` (and ${paths.length - 1} more)` : "";
    const message = `the path "${escapeForDisplay(paths[0] ?? "")}"${more} ${reason}`;
    return { code: "unsafe_path", message, paths: paths.slice(0, shownPaths).map(escapeForDisplay) };
  });
}

function tooLarge(message: string): SafetyProblem {
  return { code: "too_large", message, paths: [] };
}
