/** Starts `up` as a process of its own and returns when it is ready. */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { readDaemon } from "../../board/process-file.ts";
import { longLivedNode } from "../../child-node.ts";
import { monotonicMs, pause } from "../../clock.ts";
import type { Variables } from "../../config/environment.ts";
import { Failure } from "../../errors.ts";
import { ownStdio } from "../../own-stdio.ts";
import type { Workplace } from "../../workplace.ts";
import { styled } from "../text.ts";
import type { Invocation } from "./invocation.ts";

/** Fetching an engine on a slow line takes minutes; a daemon that hangs is said to hang. */
const readyWithinMs = 300_000;
const noticeAfterMs = 3_000;

/** Resolves with 0 when every workplace is served; throws a Failure with the daemon's own last words where it is not. */
export async function startDetached(call: Invocation, workplaces: readonly Workplace[]): Promise<number> {
  const [first] = workplaces;
  if (first === undefined) return 0;
  const logFile = join(first.privateDir, "logs", "up.log");
  await mkdir(join(first.privateDir, "logs"), { recursive: true, mode: 0o700 });
  const child = launch(call, workplaces, logFile);
  const since = monotonicMs();
  let said = false;
  while (!(await allReady(workplaces))) {
    if (hasEnded(child)) await sayWhy(child, workplaces, logFile);
    const waitedMs = monotonicMs() - since;
    if (waitedMs > readyWithinMs) throw notReady(logFile);
    if (!said && waitedMs > noticeAfterMs) {
      said = true;
      call.output.note(styled("dim", "The daemon is starting (a first start may fetch a Redis) …"));
    }
    await pause(20);
  }
  child.unref();
  for (const workplace of workplaces) {
    const running = await readDaemon(workplace.privateDir);
    const where = running?.url ?? null;
    call.output.line(
      "The daemon for ",
      styled("strong", workplace.repositoryId),
      ` is running (pid ${running?.process.pid ?? "?"}).`,
      where === null ? "" : ` ${where}`,
    );
  }
  return 0;
}

function launch(call: Invocation, workplaces: readonly Workplace[], logFile: string): ChildProcess {
  const port = call.options.count("port");
  const repos = workplaces.flatMap((workplace) => ["--repo", workplace.root]);
  const args = [
    ...process.execArgv,
    call.entry,
    "up",
    ...(port === null ? [] : ["--port", String(port)]),
    ...(call.options.flag("allow-memory") ? ["--allow-memory"] : []),
    ...repos,
  ];
  const log = openSync(logFile, "w", 0o600);
  const nothing = openSync("/dev/null", "r+");
  try {
    return spawn(process.execPath, [...longLivedNode, ...args], {
      cwd: workplaces[0]?.root,
      detached: true,
      env: withoutSession(call.environment.variables),
      stdio: ownStdio(log, nothing),
    });
  } finally {
    closeSync(log);
    closeSync(nothing);
  }
}

/** A daemon that a worker starts is not the worker's: it must not end with its session, nor speak in its name. */
function withoutSession(variables: Variables): NodeJS.ProcessEnv {
  const { SIGNALBOX_SESSION_ID, SIGNALBOX_ROLE, SIGNALBOX_SLUG, ...kept } = variables;
  return kept;
}

async function allReady(workplaces: readonly Workplace[]): Promise<boolean> {
  for (const workplace of workplaces)
    if ((await readDaemon(workplace.privateDir))?.ready !== true) return false;
  return true;
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

/** It ended before it was ready: because another one serves already, or with a failure of its own. */
async function sayWhy(child: ChildProcess, workplaces: readonly Workplace[], logFile: string): Promise<void> {
  const others = await Promise.all(workplaces.map((workplace) => readDaemon(workplace.privateDir)));
  if (child.exitCode === 0 && others.every((other) => other !== null)) return;
  const words = (await readFile(logFile, "utf8").catch(() => "")).trim().split("\n").slice(-12);
  throw new Failure({
    code: "daemon_not_started",
    kind: kindOf(child.exitCode),
    message: `The daemon ended before it was ready (${child.signalCode ?? `exit ${child.exitCode}`}).`,
    cure: `Its words are in ${logFile}.`,
    problems: words.filter((line) => line !== "").map((message) => ({ path: "", message })),
  });
}

function kindOf(exitCode: number | null): "bad_input" | "unavailable" | "temporary" | "failed" {
  if (exitCode === 2) return "bad_input";
  if (exitCode === 69) return "unavailable";
  return exitCode === 75 ? "temporary" : "failed";
}

function notReady(logFile: string): Failure {
  return new Failure({
    code: "daemon_not_ready",
    kind: "temporary",
    message: `The daemon runs, but was not ready within ${readyWithinMs / 1000} s.`,
    cure: `Look into ${logFile}, or stop it with signalbox down.`,
  });
}
