/** Whether what changes may be checked out anywhere: paths, submodules and symlinks (pure). */

import type { ChangedPath } from "./changes.ts";
import { escapeForDisplay } from "./names.ts";
import { unsafeMode, unsafePath } from "./path-safety.ts";
import { submoduleMode, symlinkMode } from "./tree.ts";

/** Whether a candidate may add or change submodules and symlinks. */
export type PathLimits = { submodules: boolean; symlinks: boolean };

/** `code` is a reason code; `message` one sentence with names escaped. */
export type PathProblem = { code: "unsafe_path"; message: string; paths: string[] };

const shownPaths = 20;

/** The problems of changed paths (pure). What a candidate removes is never one, nor a strange name that main has already. */
export function pathProblems(changed: readonly ChangedPath[], limits: PathLimits): PathProblem[] {
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
