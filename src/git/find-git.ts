/** Finds git, asks its version, and reads the person's own settings for reaching remotes. */

import { access, constants, realpath } from "node:fs/promises";
import { delimiter, isAbsolute, join } from "node:path";
import { Failure } from "../errors.ts";
import type { ConfigEntry, Environment } from "./environment.ts";
import { createGit } from "./run.ts";

export type GitVersion = { text: string; major: number; minor: number; patch: number };

/** What of a global configuration concerns the way to a remote. Never aliases, filters, hooks, drivers. */
const accessKeys =
  /^(?:credential\.|http\.|https\.|url\..*\.(?:pushinsteadof|insteadof)$|core\.sshcommand$|ssh\.variant$)/i;
const oldest = { major: 2, minor: 38 };

/** The absolute path of git on `env.PATH`. Throws Failure `git_not_found` where there is none. */
export async function findGit(env: Environment): Promise<string> {
  for (const folder of (env.PATH ?? "").split(delimiter)) {
    if (!isAbsolute(folder) || isWrapperFolder(folder)) continue;
    const path = join(folder, process.platform === "win32" ? "git.exe" : "git");
    const runnable = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (runnable) return realpath(path);
  }
  throw new Failure({
    code: "git_not_found",
    kind: "unavailable",
    message: "git is not on PATH",
    cure: "install git 2.39 or newer",
  });
}

/**
 * The guards' own git stands before this one for whoever works in a session. It is for what people and agents type: what
 * we start ourselves has been judged before, and the integrator started from such a shell must not be stopped by it.
 */
function isWrapperFolder(folder: string): boolean {
  return /\/guards\/bin\/?$/.test(folder);
}

/** git's version. Throws Failure `git_too_old` below 2.38, which cannot merge without a checkout. */
export async function gitVersion(binary: string, env: Environment): Promise<GitVersion> {
  const git = createGit({ binary, env });
  const text = (await git.must(["version"], { cwd: "/" })).stdout.toString("utf8").trim();
  const match = /(\d+)\.(\d+)(?:\.(\d+))?/.exec(text);
  const version = {
    text,
    major: Number(match?.[1] ?? 0),
    minor: Number(match?.[2] ?? 0),
    patch: Number(match?.[3] ?? 0),
  };
  if (version.major > oldest.major || (version.major === oldest.major && version.minor >= oldest.minor))
    return version;
  throw new Failure({
    code: "git_too_old",
    kind: "unavailable",
    message: `${text} cannot merge without a checkout`,
    cure: "install git 2.39 or newer",
  });
}

/**
 * The person's global and system settings for reaching remotes (credential helpers, ssh command, proxies, insteadOf),
 * read outside any repository, so that nothing a worker can write is taken up.
 */
export async function readRemoteAccess(binary: string, env: Environment): Promise<ConfigEntry[]> {
  const git = createGit({ binary, env, mode: "user" });
  const outside = { cwd: "/", env: { GIT_DIR: "/dev/null" }, deadlineMs: 10_000 };
  const result = await git.run(["config", "--list", "--includes", "-z"], outside);
  if (result.code !== 0) return [];
  return parseConfigList(result.stdout.toString("utf8")).filter(([key]) => accessKeys.test(key));
}

/** The entries of `git config --list -z` (pure). A key without a value means true. */
export function parseConfigList(text: string): ConfigEntry[] {
  const records = text.split("\0").filter((record) => record !== "");
  return records.map((record) => {
    const end = record.indexOf("\n");
    return end < 0 ? ([record, "true"] as const) : ([record.slice(0, end), record.slice(end + 1)] as const);
  });
}
