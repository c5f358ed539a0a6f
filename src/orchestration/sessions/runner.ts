/** How a session's keeper is started: the one interface of both runners, and what they share. */
import { execFile, type StdioOptions } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { longLivedNode } from "../../child-node.ts";
import { ownStdio } from "../../own-stdio.ts";
import type { SessionRequest } from "./session-files.ts";

export type RunnerStart = {
  /** The session's folder; its request is written. */
  folder: string;
  request: SessionRequest;
  /** The worker's whole environment. */
  environment: Readonly<Record<string, string>>;
};

/** Starts the keeper of a session, which outlives this process. `impossible`: it was not started, and why. */
export type Runner = (
  start: RunnerStart,
) => Promise<{ kind: "started" } | { kind: "impossible"; why: string }>;

/** The program and arguments of a session's keeper. */
export function keeperCommand(folder: string): [program: string, ...args: string[]] {
  const script = fileURLToPath(
    import.meta.resolve(`./keeper${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`),
  );
  return [process.execPath, ...longLivedNode, "--no-warnings", script, folder];
}

/** The folder with the `signalbox` that this program is. */
export function ownBinDir(): string {
  const isSource = import.meta.url.endsWith(".ts");
  return join(import.meta.dirname, isSource ? "../../../bin" : "../bin");
}

/** Makes the pipes that a worker's output goes through. */
export async function makePipes(folder: string, names: readonly string[]): Promise<void> {
  const paths = names.map((name) => join(folder, name));
  await promisify(execFile)("mkfifo", ["-m", "600", "--", ...paths]);
}

/** Runs `act` with descriptors that hold nothing of ours; what is said on them goes to `keeper.log` in the folder. */
export async function withOwnStdio<T>(folder: string, act: (stdio: StdioOptions) => Promise<T>): Promise<T> {
  const log = openSync(join(folder, "keeper.log"), "a", 0o600);
  const nothing = openSync("/dev/null", "r+");
  try {
    return await act(ownStdio(log, nothing));
  } finally {
    closeSync(log);
    closeSync(nothing);
  }
}
