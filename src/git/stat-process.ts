/**
 * One long-lived `git diff-tree --stdin`: the numbers of a landing cost a pipe's round trip instead of a process. Such a
 * process repeats a line that is no object id, and repeats it after all that came before: so an answer ends with a word
 * that no path can hold by chance. Whatever goes wrong with it, the question is asked in a process of its own.
 */
import type { ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { endLongLived, hold } from "./long-lived.ts";
import { endGroup, type Git } from "./run.ts";

export type StatProcess = {
  /** What `diff-tree` says of two trees; null where it did not answer: ask in another way. */
  compare(treeA: string, treeB: string): Promise<string | null>;
  /** Ends the process; a later question starts another. Git keeps attributes as it first read them. */
  close(): Promise<void>;
};

type Question = { answer: (text: string | null) => void };
type Running = { child: ChildProcess; owed: Question[]; held: Buffer };

/** For the bare repository at `directory`. `flags` choose the format; an answer takes at most `deadlineMs`. */
export function openStatProcess(options: {
  git: Git;
  directory: string;
  flags: readonly string[];
  deadlineMs?: number;
}): StatProcess {
  const { git, directory, flags, deadlineMs = 30_000 } = options;
  const end = Buffer.from(`end-${randomBytes(16).toString("hex")}\n`);
  let running: Running | null = null;

  function begin(): Running {
    const child = git.start(["diff-tree", "--stdin", ...flags], { cwd: directory });
    const now: Running = { child, owed: [], held: Buffer.alloc(0) };
    child.stdout?.on("data", (chunk: Buffer) => {
      now.held = now.held.length === 0 ? chunk : Buffer.concat([now.held, chunk]);
      for (let at = now.held.indexOf(end); at >= 0; at = now.held.indexOf(end)) {
        const text = now.held.toString("utf8", 0, at);
        now.held = now.held.subarray(at + end.length);
        now.owed.shift()?.answer(text);
      }
      hold(now);
    });
    child.stdin?.on("error", () => {});
    const gone = () => {
      if (running === now) running = null;
      for (const { answer } of now.owed.splice(0)) answer(null);
    };
    child.once("error", gone);
    child.once("close", gone);
    hold(now);
    return now;
  }

  return {
    compare: (treeA, treeB) =>
      new Promise((resolve) => {
        running ??= begin();
        const asked = running;
        const timer = setTimeout(() => endGroup(asked.child), deadlineMs);
        asked.owed.push({
          answer(text) {
            clearTimeout(timer);
            // The first line repeats the two trees.
            resolve(text === null ? null : text.slice(text.indexOf("\n") + 1));
          },
        });
        hold(asked);
        asked.child.stdin?.write(`${treeA} ${treeB}\n${end.toString("latin1")}`);
      }),
    async close() {
      const ending = running;
      running = null;
      if (ending !== null) await endLongLived(ending.child);
    },
  };
}
