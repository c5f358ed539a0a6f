/**
 * One long-lived `git cat-file --batch-command` per repository: an object costs a pipe's round trip instead of a
 * process. It is started at the first question, restarted when it dies (the questions it owed are asked once more), and
 * does not keep this process alive while nothing is asked.
 */

import type { ChildProcess } from "node:child_process";
import { Failure } from "../errors.ts";
import { createFramer, type Frame } from "./batch-frames.ts";
import { endLongLived, hold } from "./long-lived.ts";
import { endGroup, type Git } from "./run.ts";

export type ObjectKind = "commit" | "tree" | "blob" | "tag";
export type ObjectHeader = { id: string; kind: ObjectKind; bytes: number };
export type ObjectRead = ObjectHeader & { content: Buffer };

export type BatchReader = {
  /** Header of an object or full ref, `null` where there is none. */
  header(name: string): Promise<ObjectHeader | null>;
  /** Header and content, `null` where there is none. */
  read(name: string): Promise<ObjectRead | null>;
  /** Ends the process; a later question starts another. */
  close(): Promise<void>;
};

type Question = {
  line: string;
  tries: number;
  answer: (frame: Frame) => void;
  fail: (error: unknown) => void;
};
type Running = { child: ChildProcess; owed: Question[] };

/** A reader for the repository at `directory`. A question unanswered for `deadlineMs` ends the process and fails. */
export function openBatchReader(options: { git: Git; directory: string; deadlineMs?: number }): BatchReader {
  const deadlineMs = options.deadlineMs ?? 60_000;
  let running: Running | null = null;

  const begin = (): Running => {
    const child = options.git.start(["cat-file", "--batch-command"], { cwd: options.directory });
    const now: Running = { child, owed: [] };
    const takeFrames = createFramer();
    child.stdout?.on("data", (chunk: Buffer) => {
      for (const frame of takeFrames(chunk, () => now.owed[0]?.line.startsWith("contents ") === true)) {
        now.owed.shift()?.answer(frame);
      }
      hold(now);
    });
    child.stdin?.on("error", () => {});
    const gone = (error: unknown): void => {
      if (running === now) running = null;
      for (const question of now.owed.splice(0)) retry(question, error);
    };
    child.once("error", gone);
    child.once("close", () => gone(readerFailure("the object reader ended")));
    hold(now);
    return now;
  };
  const ask = (question: Question): void => {
    running ??= begin();
    running.owed.push(question);
    hold(running);
    running.child.stdin?.write(question.line);
  };
  const retry = (question: Question, error: unknown): void => {
    question.tries += 1;
    if (question.tries > 1) question.fail(error);
    else ask(question);
  };
  const request = (line: string): Promise<Frame> =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        question.tries += 1;
        if (running !== null) endGroup(running.child);
      }, deadlineMs);
      const settle =
        <T>(then: (value: T) => void) =>
        (value: T): void => {
          clearTimeout(timer);
          then(value);
        };
      const question: Question = { line, tries: 0, answer: settle(resolve), fail: settle(reject) };
      ask(question);
    });

  return {
    header: async (name) => {
      const frame = await request(`info ${checked(name)}\n`);
      return frame.kind === "missing" ? null : headerOf(frame);
    },
    read: async (name) => {
      const frame = await request(`contents ${checked(name)}\n`);
      if (frame.kind === "missing") return null;
      return { ...headerOf(frame), content: frame.content };
    },
    close: async () => {
      const ending = running;
      running = null;
      if (ending !== null) await endLongLived(ending.child);
    },
  };
}

function headerOf(frame: Exclude<Frame, { kind: "missing" }>): ObjectHeader {
  return { id: frame.id, kind: frame.kind, bytes: frame.bytes };
}

function checked(name: string): string {
  // A line end would be a second question, and shift every later answer.
  if (name === "" || /[\s\0]/.test(name)) throw new TypeError("an object name has no spaces or line ends");
  return name;
}

function readerFailure(message: string): Failure {
  return new Failure({ code: "git_failed", kind: "failed", message });
}
