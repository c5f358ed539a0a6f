/**
 * The only place that starts git, hermetically: an absolute binary, arguments never through a shell, an environment
 * built from an allow-list, no configuration but the repository's own and what is passed here, no hooks, prompts,
 * pager, fsmonitor or replace refs, a deadline for every call that ends its whole process group.
 *
 * Trade-off: a user's own `~/.gitconfig` is not read. What a remote needs of it (credentials, proxies, insteadOf) is read
 * once by `readRemoteAccess` and handed over in the environment, where other users cannot see it, never as arguments.
 */

import { type ChildProcess, spawn } from "node:child_process";
import { isAbsolute } from "node:path";
import { diskFull, Failure } from "../errors.ts";
import { type ConfigEntry, type Environment, gitEnvironment } from "./environment.ts";
import { redactUrl } from "./identity.ts";

export type GitOptions = {
  /** Absolute path of git: see `findGit`. */
  binary: string;
  /** The environment to choose from; what is not on the allow-list is dropped. */
  env: Environment;
  /** The user's own settings for reaching remotes, from `readRemoteAccess`. */
  access?: readonly ConfigEntry[];
  /** `user`: the person's own configuration and hooks count, as when they type the command. Default `hermetic`. */
  mode?: "hermetic" | "user";
  /** Deadline of a call that names none. Default 60,000. */
  deadlineMs?: number;
};

export type CallOptions = {
  /** Aborting ends the process group; the call resolves with end `aborted`. */
  signal?: AbortSignal;
  deadlineMs?: number;
};

export type RunOptions = CallOptions & {
  cwd: string;
  stdin?: string | Buffer;
  /** More configuration for this call. */
  config?: readonly ConfigEntry[];
  /** More environment for this call (ours, not the user's). */
  env?: Environment;
  /** Default 256 MiB. More ends the process with end `overflow`. */
  stdoutLimitBytes?: number;
};

export type GitResult = {
  /** Exit code, `null` where the process was ended by a signal. */
  code: number | null;
  stdout: Buffer;
  /** At most the last 64 KiB, passwords in URLs taken out. */
  stderr: string;
  timedOut: boolean;
  end: "exited" | "killed" | "timed_out" | "aborted" | "overflow";
};

export type Git = {
  readonly binary: string;
  /** Runs git to its end. Resolves whatever git answers; throws a Failure only where git cannot be started. */
  run(args: readonly string[], options: RunOptions): Promise<GitResult>;
  /** As `run`, for calls that must succeed: throws Failure `git_failed` on any answer but exit 0 (or one of `accept`). */
  must(args: readonly string[], options: RunOptions & { accept?: readonly number[] }): Promise<GitResult>;
  /** Starts a long-lived git; its owner ends it with `endGroup`. */
  start(args: readonly string[], options: { cwd: string }): ChildProcess;
};

const graceMs = 2_000;
/** How long what git left running is let hold its pipes open, once git itself has ended. */
const lingerMs = 250;
const stdoutLimitBytes = 256 * 1024 * 1024;
const stderrLimitBytes = 64 * 1024;

/** A runner for one binary and one environment. Throws where the binary is not an absolute path. */
export function createGit(options: GitOptions): Git {
  if (!isAbsolute(options.binary)) throw new TypeError("git's binary must be an absolute path");
  const environmentOf = (more: readonly ConfigEntry[], extra: Environment): Record<string, string> =>
    gitEnvironment({ ...options, config: more, extra });
  const plain = environmentOf([], {});
  const defaultDeadlineMs = options.deadlineMs ?? 60_000;

  const run = async (args: readonly string[], call: RunOptions): Promise<GitResult> => {
    const env = call.config || call.env ? environmentOf(call.config ?? [], call.env ?? {}) : plain;
    const child = spawn(options.binary, args, {
      cwd: call.cwd,
      env,
      detached: true,
      // Nothing to say is nothing to open: a pipe less makes a start noticeably shorter.
      stdio: [call.stdin === undefined ? "ignore" : "pipe", "pipe", "pipe"],
    });
    return collect(child, { ...call, deadlineMs: call.deadlineMs ?? defaultDeadlineMs });
  };
  return {
    binary: options.binary,
    run,
    must: async (args, call) => {
      const result = await run(args, call);
      if (result.end === "exited" && [0, ...(call.accept ?? [])].includes(result.code ?? -1)) return result;
      throw gitFailed(args, result);
    },
    start: (args, { cwd }) =>
      spawn(options.binary, args, { cwd, env: plain, detached: true, stdio: ["pipe", "pipe", "ignore"] }),
  };
}

/** The Failure for an answer that must not be: names the command's verb, how it ended and what it said; or `disk_full`. */
export function gitFailed(args: readonly string[], result: GitResult): Failure {
  const verb = args.find((arg) => !arg.startsWith("-")) ?? "git";
  const how = result.end === "exited" ? `exit ${result.code}` : result.end.replace("_", " ");
  const said = lastLines(result.stderr, 3);
  const full = diskFull(null, said);
  if (full !== null) return full;
  return new Failure({
    code: "git_failed",
    kind: "failed",
    message: `git ${verb} failed (${how})${said === "" ? "" : `: ${said}`}`,
  });
}

/** The last `count` lines that say something, joined by "; ". */
export function lastLines(text: string, count: number): string {
  const lines = text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  return lines.slice(-count).join("; ");
}

/** Ends a process group: TERM first, so that git removes its lock files, KILL after two seconds. */
export function endGroup(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  signalGroup(child.pid, "SIGTERM");
  const pid = child.pid;
  const timer = setTimeout(() => signalGroup(pid, "SIGKILL"), graceMs);
  timer.unref();
  child.once("close", () => clearTimeout(timer));
}

function collect(child: ChildProcess, call: RunOptions & { deadlineMs: number }): Promise<GitResult> {
  return new Promise((resolve, reject) => {
    let end: GitResult["end"] = "exited";
    const stop = (why: GitResult["end"]): void => {
      if (end !== "exited") return;
      end = why;
      endGroup(child);
    };
    const onAbort = (): void => stop("aborted");
    const timer = setTimeout(() => stop("timed_out"), call.deadlineMs);
    if (call.signal?.aborted) onAbort();
    call.signal?.addEventListener("abort", onAbort, { once: true });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    let stdoutBytes = 0;
    child.stdout?.on("data", (chunk: Buffer) => {
      stdoutBytes += chunk.length;
      if (stdoutBytes > (call.stdoutLimitBytes ?? stdoutLimitBytes)) stop("overflow");
      else stdout.push(chunk);
    });
    child.stderr?.on("data", (chunk: Buffer) => keepTail(stderr, chunk));
    const finish = (): void => {
      clearTimeout(timer);
      call.signal?.removeEventListener("abort", onAbort);
    };
    child.once("exit", () => letGoOfPipes(child));
    child.once("error", (cause) => {
      finish();
      reject(
        new Failure({
          code: "git_not_started",
          kind: "unavailable",
          message: "git could not be started",
          cause,
        }),
      );
    });
    child.once("close", (code) => {
      finish();
      if (end === "exited" && code === null) end = "killed";
      const said = redactUrl(Buffer.concat(stderr).subarray(-stderrLimitBytes).toString("utf8"));
      resolve({ code, stdout: Buffer.concat(stdout), stderr: said, timedOut: end === "timed_out", end });
    });
    // A git that ends before it has read everything is judged by its exit code, not by the broken pipe.
    child.stdin?.on("error", () => {});
    child.stdin?.end(call.stdin ?? "");
  });
}

/**
 * What git started may outlive it with its pipes in hand (ssh's shared connection, a hook's job in the background), and no
 * deadline reaches what has left git's hands: nobody waits for that. What git itself said is in the pipes by now.
 */
function letGoOfPipes(child: ChildProcess): void {
  const timer = setTimeout(() => {
    // Whatever is there is read before this runs.
    setImmediate(() => {
      child.stdout?.destroy();
      child.stderr?.destroy();
    });
  }, lingerMs);
  child.once("close", () => clearTimeout(timer));
}

function keepTail(chunks: Buffer[], chunk: Buffer): void {
  chunks.push(chunk);
  const total = chunks.reduce((sum, each) => sum + each.length, 0);
  if (total > 4 * stderrLimitBytes)
    chunks.splice(0, chunks.length, Buffer.concat(chunks).subarray(-stderrLimitBytes));
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // The group is gone: that was wanted.
  }
}
