/**
 * The command line as this server uses it: a process of ours per call, asked with `--json`, heard as one answer. An agent's
 * client keeps the server for days: so nothing is held between two calls, no connection, no configuration, no lease, and
 * what a call meets (a daemon that was restarted, a `signalbox.yaml` that was changed) is what anybody would meet now.
 */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import type { Variables } from "../../config/environment.ts";
import { gate } from "./gate.ts";
import { calledOff, type Heard, heardFrom, notStarted } from "./hear.ts";

export type CommandLineOptions = {
  /** The file that starts us. */
  entry: string;
  /** Where commands are called. */
  directory: string;
  /** Where they are called when that folder is gone, as a landed item's worktree is; null: nowhere else. */
  elsewhere: string | null;
  variables: Variables;
};

export type CommandLine = {
  /**
   * Calls `signalbox WORDS --json -- NAMES`, so that a name that looks like an option is none. An abort ends the command
   * as Ctrl-C would. Never throws: what went wrong is heard.
   */
  ask(words: readonly string[], names: readonly string[], signal: AbortSignal): Promise<Heard>;
  /** Ends the commands that run, and resolves when they have ended. */
  close(): Promise<void>;
};

/** Commands at once; more wait. An agent that asks about thirty slugs must not start thirty processes. */
const atOnce = 4;
/** A command that takes longer hangs. The longest wait that a tool offers is ten minutes. */
const longestMs = 15 * 60_000;
/** Between the polite word and the other one. */
const graceMs = 5_000;
/** No answer is this large; what is, is not read into memory. */
const answerBytesMax = 32 * 1024 * 1024;

/** A command line for calls from `directory`. */
export function openCommandLine(options: CommandLineOptions): CommandLine {
  const ending = new AbortController();
  const turns = gate(atOnce);
  const running = new Set<Promise<Heard>>();
  return {
    async ask(words, names, signal) {
      const stop = AbortSignal.any([signal, ending.signal]);
      const call = turns(() => callOnce(options, [...words, "--json", "--", ...names], stop));
      running.add(call);
      try {
        return await call;
      } finally {
        running.delete(call);
      }
    },
    async close() {
      ending.abort();
      await Promise.all(running);
    },
  };
}

function callOnce(
  { entry, directory, elsewhere, variables }: CommandLineOptions,
  argv: readonly string[],
  stop: AbortSignal,
): Promise<Heard> {
  if (stop.aborted) return Promise.resolve(calledOff());
  const { promise, resolve } = Promise.withResolvers<Heard>();
  const cwd = existsSync(directory) ? directory : (elsewhere ?? directory);
  const child = spawn(process.execPath, [entry, ...argv], {
    cwd,
    env: { ...variables },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const end = () => {
    child.kill("SIGTERM");
    const killing = setTimeout(() => child.kill("SIGKILL"), graceMs);
    child.once("close", () => clearTimeout(killing));
  };
  const late = setTimeout(end, longestMs);
  stop.addEventListener("abort", end, { once: true });
  const stdout = collect(child.stdout, end);
  const stderr = collect(child.stderr, end);
  const settle = (heard: Heard) => {
    clearTimeout(late);
    stop.removeEventListener("abort", end);
    resolve(heard);
  };
  child.once("error", (error) => settle(notStarted(error, cwd)));
  child.once("close", (exitCode) => {
    const printed = { exitCode, stdout: stdout.text(), stderr: stderr.text(), words: argv };
    settle(stop.aborted ? calledOff() : heardFrom(printed));
  });
  return promise;
}

/** What a stream said, up to the limit; beyond it the command is ended. */
function collect(stream: NodeJS.ReadableStream, end: () => void): { text(): string } {
  const chunks: Buffer[] = [];
  let bytes = 0;
  stream.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > answerBytesMax) end();
    else chunks.push(chunk);
  });
  return { text: () => (bytes > answerBytesMax ? "" : Buffer.concat(chunks).toString("utf8")) };
}
