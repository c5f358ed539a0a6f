/**
 * One atomic push, every ref with its expected old value. What the remote did is only claimed where it was clearly
 * said: anything else is `unknown`, and the caller looks. Never a `+`, which would override the expectations.
 */

import { reachingRemotes } from "./environment.ts";
import type { LineCore } from "./line-core.ts";
import { checkFullRef, checkSha, escapeForDisplay } from "./names.ts";
import { judgePush, type PushResult, parsePushReport } from "./push-report.ts";
import { remoteName } from "./remote.ts";
import type { CallOptions } from "./run.ts";

/** `old`: what the remote must have (`null`: nothing); `new`: what it shall have (`null`: nothing). */
export type RefUpdate = { ref: string; old: string | null; new: string | null };
export type PushRequest = CallOptions & {
  updates: readonly RefUpdate[];
  /** Sent as `--push-option`. */
  options?: readonly string[];
};

/** Arguments of the push of `updates` to `remote` (pure). Throws a TypeError for a name or id that is not one. */
export function pushArguments(
  remote: string,
  updates: readonly RefUpdate[],
  options: readonly string[] = [],
): string[] {
  if (updates.length === 0) throw new TypeError("a push needs at least one update");
  for (const update of updates) checkUpdate(update);
  for (const option of options) if (/[\n\0]/.test(option)) throw new TypeError("a push option is one line");
  return [
    "push",
    "--atomic",
    "--porcelain",
    "--no-follow-tags",
    "--no-signed",
    "--recurse-submodules=no",
    ...updates.map(({ ref, old }) => `--force-with-lease=${ref}:${old ?? ""}`),
    ...options.map((option) => `--push-option=${option}`),
    "--",
    remote,
    ...updates.map((update) => `${update.new ?? ""}:${update.ref}`),
  ];
}

/** Pushes from the line's repository to its remote. */
export async function pushRefs(line: LineCore, request: PushRequest): Promise<PushResult> {
  const args = pushArguments(remoteName, request.updates, request.options ?? []);
  args.splice(1, 0, "--no-verify");
  const call: CallOptions = {};
  if (request.signal) call.signal = request.signal;
  if (request.deadlineMs !== undefined) call.deadlineMs = request.deadlineMs;
  const result = await line.git.run(args, { cwd: line.directory, env: reachingRemotes, ...call });
  return judgePush(
    request.updates.map(({ ref }) => ref),
    parsePushReport(result.stdout.toString("utf8")),
    result,
  );
}

function checkUpdate(update: RefUpdate): void {
  const wrong = [
    checkFullRef(update.ref),
    update.old === null ? null : checkSha(update.old),
    update.new === null ? null : checkSha(update.new),
    update.old === null && update.new === null ? `nothing to do for ${escapeForDisplay(update.ref)}` : null,
  ].find((each) => each !== null);
  if (wrong) throw new TypeError(wrong);
}
