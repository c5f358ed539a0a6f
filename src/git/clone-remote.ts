/**
 * What the user's clone asks of its remote, with the person's own configuration and credentials: where branches are, and
 * the commits behind them. Bringing commits moves no ref of the clone, not even a remote-tracking one; following a branch
 * moves that one alone. Needs a runner made with `mode: "user"`.
 */
import type { Clone } from "./clone.ts";
import { checkRemoteName, checkSha } from "./names.ts";
import { allAtOnce, parseLsRemote, quietFetch, type RemoteAway } from "./remote.ts";
import { type Git, lastLines } from "./run.ts";

/** Short branch names → commits. */
export type Heads = { kind: "answered"; heads: Map<string, string> } | RemoteAway;

const head = "refs/heads/";
const fetchMs = 300_000;

/** The branches of the remote that match any of these patterns (`main`, `signalbox/plan-*`). */
export async function headsAtRemote(
  userGit: Git,
  clone: Pick<Clone, "root">,
  remote: string,
  patterns: readonly string[],
): Promise<Heads> {
  const refs = patterns.map((pattern) => `${head}${pattern}`);
  const args = ["ls-remote", "--quiet", "--", checkedRemote(remote), ...refs];
  const result = await userGit.run(args, { cwd: clone.root });
  if (result.code !== 0) return away(result.stderr);
  const heads = new Map<string, string>();
  for (const [ref, sha] of parseLsRemote(result.stdout.toString("utf8")))
    if (ref.startsWith(head) && checkSha(sha) === null) heads.set(ref.slice(head.length), sha);
  return { kind: "answered", heads };
}

/** Brings the commits of these branches of the remote into the clone. */
export async function bringHeads(
  userGit: Git,
  clone: Pick<Clone, "root">,
  remote: string,
  branches: readonly string[],
): Promise<{ kind: "brought" } | RemoteAway> {
  if (branches.length === 0) return { kind: "brought" };
  const refs = branches.map((branch) => `${head}${branch}`);
  const args = ["fetch", ...quietFetch, "--refmap=", "--", checkedRemote(remote), ...refs];
  const result = await userGit.run(args, { cwd: clone.root, deadlineMs: fetchMs, config: allAtOnce });
  return result.code === 0 ? { kind: "brought" } : away(result.stderr);
}

/**
 * Brings the remote-tracking ref of a branch to where the remote has it, as the clone's own configuration says: then what
 * people compare with is what was begun at. False: it is as it was (the remote is away, or another fetch was at it).
 */
export async function followHead(
  userGit: Git,
  clone: Pick<Clone, "root">,
  remote: string,
  branch: string,
): Promise<boolean> {
  const args = ["fetch", ...quietFetch, "--", checkedRemote(remote), `${head}${branch}`];
  return (await userGit.run(args, { cwd: clone.root, deadlineMs: fetchMs, config: allAtOnce })).code === 0;
}

function away(stderr: string): RemoteAway {
  return { kind: "remote_away", detail: lastLines(stderr, 3) || "the remote does not answer" };
}

function checkedRemote(remote: string): string {
  const wrong = checkRemoteName(remote);
  if (wrong !== null) throw new TypeError(wrong);
  return remote;
}
