/**
 * Runs one command to its end, as the leader of a process group of its own: what it prints is kept (beginning and end),
 * and one that says nothing for too long, or is called off, is ended with everything it started.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { monotonicMs, pause } from "../clock.ts";
import { identify, isRunning, type ProcessIdentity } from "../process-identity.ts";

export type WatchedCommand = {
  argv: readonly string[];
  cwd: string;
  env: Record<string, string>;
  /** How long it may print nothing, ms. */
  silenceLimitMs: number;
  /** Told once it runs: the time to write down who it is. Where that fails, the command is ended and the error thrown. */
  began: (identity: ProcessIdentity) => Promise<void>;
  signal?: AbortSignal;
};

export type WatchedEnd = {
  /** Why it did not do what it should, a clause; null: it ended well. */
  why: string | null;
  exitCode: number | null;
  output: Buffer;
  lastLines: string[];
};

/** Resolves when the command has ended; nothing of its process group is left then. */
export async function runWatched(command: WatchedCommand): Promise<WatchedEnd> {
  const { argv, cwd, env, silenceLimitMs, signal } = command;
  const [program = "", ...args] = argv;
  const child = spawn(program, args, { cwd, env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  const output = keptOutput();
  let lastSignMs = monotonicMs();
  const hear = (chunk: Buffer) => {
    lastSignMs = monotonicMs();
    output.take(chunk);
  };
  child.stdout.on("data", hear);
  child.stderr.on("data", hear);
  const ending = endOf(child);
  const own = child.pid === undefined ? null : await identify(child.pid);
  const stopped: { why: string | null } = { why: null };
  const stop = (why: string) => {
    stopped.why ??= why;
    // Until its end was heard the number is its own: KILL at once, where it cannot be looked at.
    if (own !== null) endGroup(own).catch(() => signalGroup(own.pid, "SIGKILL"));
  };
  const unknown = own === null ? null : await failureOf(command.began(own));
  // Nobody could find it again.
  if (unknown !== null) stop("it could not be written down");
  const watch = setInterval(
    () => {
      if (monotonicMs() - lastSignMs > silenceLimitMs) stop("it gave no sign of life for as long as it may");
    },
    Math.min(lookEveryMs, silenceLimitMs),
  );
  const onAbort = () => stop("it was called off");
  signal?.addEventListener("abort", onAbort, { once: true });
  if (signal?.aborted) onAbort();
  const end = await ending;
  clearInterval(watch);
  signal?.removeEventListener("abort", onAbort);
  if (child.pid !== undefined) signalGroup(child.pid, "SIGKILL");
  if (unknown !== null) throw unknown.error;
  return { ...end, why: stopped.why ?? end.why, output: output.bytes(), lastLines: output.lastLines(10) };
}

function failureOf(act: Promise<void>): Promise<{ error: unknown } | null> {
  return act.then(
    () => null,
    (error: unknown) => ({ error }),
  );
}

const lookEveryMs = 1000;
/** How long the last of its output is waited for: something it left running may hold it open. */
const drainMs = 500;
const graceMs = 3000;

/** TERM, a little time, KILL: exactly the group that this process leads. Done at once where it has ended. */
export async function endGroup(leader: ProcessIdentity): Promise<void> {
  if (!(await isRunning(leader))) return;
  signalGroup(leader.pid, "SIGTERM");
  const deadline = monotonicMs() + graceMs;
  while (monotonicMs() < deadline && (await isRunning(leader))) await pause(20);
  if (await isRunning(leader)) signalGroup(leader.pid, "SIGKILL");
}

async function endOf(child: ChildProcess): Promise<{ why: string | null; exitCode: number | null }> {
  const closed = new Promise<void>((resolve) => {
    child.once("close", () => resolve());
  });
  const end = await new Promise<{ why: string | null; exitCode: number | null }>((resolve) => {
    child.once("error", (error) => {
      const what = "code" in error ? String(error.code) : error.message;
      resolve({ why: `it could not be started (${what})`, exitCode: null });
    });
    child.once("exit", (exitCode, name) => {
      if (exitCode === 0) resolve({ why: null, exitCode });
      else if (exitCode === null) resolve({ why: `it was ended by ${name}`, exitCode });
      else resolve({ why: `it ended with exit code ${exitCode}`, exitCode });
    });
  });
  await Promise.race([closed, pause(drainMs)]);
  child.stdout?.destroy();
  child.stderr?.destroy();
  return end;
}

function signalGroup(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(-pid, name);
  } catch {
    // The group is gone: that was wanted.
  }
}

const keptMax = 256 * 1024;

/** The beginning and the end of what was printed. */
function keptOutput() {
  let head = Buffer.alloc(0);
  let tail = Buffer.alloc(0);
  let cut = 0;
  return {
    take(chunk: Buffer) {
      const room = keptMax - head.length;
      if (room > 0) head = Buffer.concat([head, chunk.subarray(0, room)]);
      if (chunk.length <= room) return;
      const rest = Buffer.concat([tail, chunk.subarray(Math.max(room, 0))]);
      cut += Math.max(rest.length - keptMax, 0);
      tail = rest.subarray(-keptMax);
    },
    bytes: () => Buffer.concat([head, Buffer.from(cut > 0 ? `\n… ${cut} bytes were cut …\n` : ""), tail]),
    lastLines: (count: number) =>
      Buffer.concat([head, tail])
        .toString("utf8")
        .split(/\r?\n/)
        .filter((line) => line.trim() !== "")
        .slice(-count),
  };
}
