/** The demo from its beginning to its end: five workers at once, one conflict, all on main. */
import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { monotonicMs } from "../../../clock.ts";
import { Failure } from "../../../errors.ts";
import { type Line, styled } from "../../text.ts";
import type { Output } from "../output.ts";
import { finished, type Sandbox } from "./sandbox.ts";
import { disputedFile, fixScript, type Worker, workerScript, workers } from "./story.ts";
import { beginning, follow, type Progress, parseTold, tell } from "./telling.ts";

/** Far more than it takes: a demo that hangs must end. */
const longestMs = 180_000;

/** Plays it in a sandbox that has been built. Throws a Failure where the story does not end as it should. */
export async function play(sandbox: Sandbox, output: Output, stopped: AbortSignal): Promise<Progress> {
  const startedMs = monotonicMs();
  const say = (line: Line) =>
    output.line(styled("dim", `${((monotonicMs() - startedMs) / 1000).toFixed(1).padStart(5)}s  `), ...line);
  say(["A bare origin, a clone and five worktrees are in ", sandbox.folder]);
  await sandbox.signalbox("init", "--yes");
  await sandbox.signalbox("up", "--detach", "--allow-memory");
  say([styled("good", "signalbox is up"), "; five workers start, each in its own worktree"]);
  const audience = listen(sandbox, say);
  try {
    await Promise.all(workers.map((worker) => work(sandbox, worker, workerScript(worker))));
    const first = await audience.until(
      (progress) => progress.integrated.length + progress.blocked.length >= 5,
      stopped,
    );
    const blocked = workers.find(({ slug }) => first.blocked.includes(slug));
    if (blocked === undefined) throw wrongEnding("no branch was blocked");
    say([`The worker of ${blocked.slug} merges main, resolves ${disputedFile}, and hands over again`]);
    await work(sandbox, blocked, fixScript(blocked));
    return await audience.until((progress) => progress.integrated.length >= 5 && progress.idle, stopped);
  } finally {
    audience.close();
  }
}

function work(sandbox: Sandbox, worker: Worker, script: string): Promise<string> {
  const child = sandbox.start("sh", ["-c", script], sandbox.worktree(worker));
  return finished(child, `the worker of ${worker.slug}`);
}

type Audience = {
  /** Resolves when the story has come so far. */
  until(enough: (progress: Progress) => boolean, stopped: AbortSignal): Promise<Progress>;
  close(): void;
};

/** Follows the events as anybody could, and tells them. */
function listen(sandbox: Sandbox, say: (line: Line) => void): Audience {
  const child: ChildProcess = sandbox.start("signalbox", ["events", "--follow", "--json"], sandbox.clone);
  let progress = beginning;
  let words = "";
  const wakes = new Set<() => void>();
  const wake = () => {
    for (const each of wakes) each();
  };
  child.stderr?.on("data", (chunk: Buffer) => {
    words = (words + chunk.toString()).slice(-2000);
  });
  child.once("close", wake);
  if (child.stdout !== null)
    createInterface({ input: child.stdout }).on("line", (text) => {
      const told = parseTold(text);
      if (told === null) return;
      const line = tell(told);
      if (line !== null) say(line);
      progress = follow(progress, told);
      wake();
    });
  return {
    until: (enough, stopped) =>
      new Promise((resolve, reject) => {
        const late = setTimeout(
          () => settle(wrongEnding(`it takes longer than ${longestMs / 1000} s`)),
          longestMs,
        );
        const settle = (failure: Failure | null) => {
          clearTimeout(late);
          wakes.delete(look);
          stopped.removeEventListener("abort", look);
          if (failure === null) resolve(progress);
          else reject(failure);
        };
        const look = () => {
          if (enough(progress)) settle(null);
          else if (stopped.aborted) settle(wrongEnding("it was interrupted"));
          else if (child.exitCode !== null) settle(wrongEnding(`the events stopped: ${words}`));
        };
        wakes.add(look);
        stopped.addEventListener("abort", look);
        look();
      }),
    close: () => child.kill("SIGTERM"),
  };
}

function wrongEnding(why: string): Failure {
  return new Failure({
    code: "demo_failed",
    kind: "failed",
    message: `The demo did not come to its end: ${why}.`,
    cure: "Run signalbox demo --keep, and look into its folder.",
  });
}
