/**
 * Makes a worktree ready to work in, by the configured command: once, and again when what it depends on has changed (the
 * command, a lockfile, a script of the repository that it runs). One at a time per item.
 *
 * What it was prepared for is kept in the worktree's own git folder, and so goes with it. Written after the command has
 * succeeded: a crash in between prepares once more. A command that another, dead process left running is ended first.
 */
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { monotonicMs, pause } from "../clock.ts";
import { argumentsOf, type CommandValues, parseCommand } from "../config/command-template.ts";
import { badInput, Failure } from "../errors.ts";
import type { Lock } from "../events/lock.ts";
import type { Git } from "../git/run.ts";
import type { ProcessIdentity } from "../process-identity.ts";
import { lockfiles, type PrepareInput, prepareKey, scriptCandidates } from "./prepare-inputs.ts";
import { endGroup, runWatched } from "./run-watched.ts";
import { type Variables, withoutCredentials } from "./sessions/worker-environment.ts";

export type PrepareRequest = {
  git: Git;
  /** The item's lock for preparing (`prepare:<slug>`). */
  lock: Lock;
  /** As configured; null: nothing is to be prepared. */
  command: string | null;
  values: CommandValues;
  /** How long it may say nothing, ms. */
  silenceLimitMs: number;
  variables: Variables;
  secretNames: readonly string[];
  /** Where its output goes; made where it is missing. */
  logsDir: string;
  signal?: AbortSignal;
};

export type Prepared =
  | { kind: "nothing_to_do" }
  | { kind: "unchanged" }
  | { kind: "prepared"; tookMs: number; log: string }
  | { kind: "failed"; why: string; exitCode: number | null; log: string; lastLines: string[] };

/** Prepares the worktree, or finds it prepared. Throws `bad_command` (bad input), `prepare_locked` (temporary). */
export async function prepareWorktree(request: PrepareRequest): Promise<Prepared> {
  const { command, values, git, lock } = request;
  if (command === null) return { kind: "nothing_to_do" };
  const parsed = parseCommand(command);
  if (parsed.kind === "invalid")
    throw badInput("bad_command", `The command that prepares a worktree cannot be used: ${parsed.why}.`, {
      cure: "Correct workers.prepare in signalbox.yaml.",
    });
  const argv = argumentsOf(parsed.words, values);
  const gitDir = await gitDirOf(git, values.worktree);
  const token = await taken(request);
  const renewal = setInterval(() => void lock.extend(token, lockTtlMs).catch(() => {}), lockTtlMs / 4);
  try {
    await endLeftover(gitDir);
    const key = prepareKey(argv, await inputsOf(git, values.worktree, argv));
    if ((await readFile(join(gitDir, doneFile), "utf8").catch(() => "")).trim() === key)
      return { kind: "unchanged" };
    const ran = await run(request, argv, gitDir);
    if (ran.kind === "prepared") {
      // The command may write lockfiles itself: what counts is what it found.
      await writeWhole(join(gitDir, doneFile), `${key}\n`);
    }
    return ran;
  } finally {
    clearInterval(renewal);
    await lock.release(token).catch(() => {});
  }
}

const lockTtlMs = 60_000;
const lockLookMs = 200;
const doneFile = "signalbox-prepared";
const workerFile = "signalbox-preparing";

/** Waits for whoever prepares it now: then, most likely, nothing is left to be done. */
async function taken({ lock, values, silenceLimitMs, signal }: PrepareRequest): Promise<number> {
  const deadline = monotonicMs() + silenceLimitMs;
  for (;;) {
    const taking = await lock.take(lockTtlMs);
    if (taking.kind === "taken") return taking.token;
    if (monotonicMs() > deadline)
      throw new Failure({
        code: "prepare_locked",
        kind: "temporary",
        message: `${values.slug} is being prepared by ${taking.hold.holder}.`,
        cure: "Wait for it, or end it.",
      });
    await pause(lockLookMs, signal);
  }
}

async function gitDirOf(git: Git, worktree: string): Promise<string> {
  const args = ["rev-parse", "--path-format=absolute", "--git-dir"];
  return (await git.must(args, { cwd: worktree })).stdout.toString("utf8").trimEnd();
}

async function inputsOf(git: Git, worktree: string, argv: readonly string[]): Promise<PrepareInput[]> {
  const globs = lockfiles.map((name) => `:(glob)**/${name}`);
  const args = [
    "ls-files",
    "-z",
    "--cached",
    "--others",
    "--exclude-standard",
    "--deduplicate",
    "--",
    ...globs,
  ];
  const listed = (await git.must(args, { cwd: worktree })).stdout.toString("utf8").split("\0");
  const paths = new Set([...listed.filter((path) => path !== ""), ...scriptCandidates(argv)]);
  const inputs: PrepareInput[] = [];
  for (const path of paths) {
    const content = await readFile(join(worktree, path)).catch(() => null);
    if (content !== null) inputs.push({ path, content });
  }
  return inputs;
}

/** A command that outlived who started it would work in the same folder. */
async function endLeftover(gitDir: string): Promise<void> {
  const file = join(gitDir, workerFile);
  const left = identityIn(await readFile(file, "utf8").catch(() => ""));
  if (left !== null) await endGroup(left);
  await rm(file, { force: true });
}

const identityShape = z.object({ pid: z.number(), startTime: z.string() });

function identityIn(text: string): ProcessIdentity | null {
  try {
    return identityShape.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

async function run(
  request: PrepareRequest,
  argv: readonly string[],
  gitDir: string,
): Promise<Extract<Prepared, { kind: "prepared" | "failed" }>> {
  const { values, logsDir, silenceLimitMs, variables, secretNames, signal } = request;
  const mark = join(gitDir, workerFile);
  const began = monotonicMs();
  const ran = await runWatched({
    argv,
    cwd: values.worktree,
    env: { ...withoutCredentials(variables, secretNames), SIGNALBOX_SLUG: values.slug },
    silenceLimitMs,
    began: (identity) => writeFile(mark, JSON.stringify(identity)),
    ...(signal === undefined ? {} : { signal }),
  });
  await rm(mark, { force: true });
  await mkdir(logsDir, { recursive: true, mode: 0o700 });
  const log = join(logsDir, `prepare-${values.slug}.log`);
  await writeWhole(log, ran.output);
  if (ran.why === null) return { kind: "prepared", tookMs: Math.round(monotonicMs() - began), log };
  return { kind: "failed", why: ran.why, exitCode: ran.exitCode, log, lastLines: ran.lastLines };
}

async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  const draft = `${path}.${process.pid}.tmp`;
  await writeFile(draft, content, { mode: 0o600 });
  await rename(draft, path);
}
