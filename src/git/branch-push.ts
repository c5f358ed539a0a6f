/**
 * Pushes a worker's own branch from their clone, as they would themselves: with their configuration, credentials and
 * hooks (git-lfs uploads in one). Needs a runner made with `mode: "user"`. Main is refused by the caller's `checkBranch`.
 */

import type { Clone } from "./clone.ts";
import { checkRemoteName, checkSha } from "./names.ts";
import { pushArguments } from "./push.ts";
import { judgePush, type PushResult, parsePushReport } from "./push-report.ts";
import { parseLsRemote, type RemoteAway } from "./remote.ts";
import { type CallOptions, type Git, lastLines } from "./run.ts";

export type BranchAtRemote = { kind: "answered"; sha: string | null } | RemoteAway;
export type BranchPush = {
  remote: string;
  branch: string;
  /** `null`: the branch is to be deleted. */
  sha: string | null;
  /** Where the remote's branch must be, `null`: it must not exist. */
  expected: string | null;
};

/** Pushes `sha` to `refs/heads/<branch>`, if the remote's branch is where it is expected. */
export async function pushBranch(
  userGit: Git,
  clone: Pick<Clone, "root">,
  push: BranchPush,
  options: CallOptions = {},
): Promise<PushResult> {
  const ref = `refs/heads/${push.branch}`;
  const args = pushArguments(checkedRemote(push.remote), [{ ref, old: push.expected, new: push.sha }]);
  const result = await userGit.run(args, { cwd: clone.root, deadlineMs: 300_000, ...options });
  return judgePush([ref], parsePushReport(result.stdout.toString("utf8")), result);
}

/** Where a branch is at the remote now. */
export async function remoteBranch(
  userGit: Git,
  clone: Pick<Clone, "root">,
  where: { remote: string; branch: string },
  options: CallOptions = {},
): Promise<BranchAtRemote> {
  const ref = `refs/heads/${where.branch}`;
  const args = ["ls-remote", "--quiet", "--", checkedRemote(where.remote), ref];
  const result = await userGit.run(args, { cwd: clone.root, ...options });
  if (result.code !== 0)
    return { kind: "remote_away", detail: lastLines(result.stderr, 3) || "the remote does not answer" };
  const found = parseLsRemote(result.stdout.toString("utf8")).find(([name]) => name === ref)?.[1];
  return { kind: "answered", sha: found !== undefined && checkSha(found) === null ? found : null };
}

function checkedRemote(remote: string): string {
  const wrong = checkRemoteName(remote);
  if (wrong !== null) throw new TypeError(wrong);
  return remote;
}
