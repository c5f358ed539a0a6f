/** Runs a program to its end, with what it said; never hangs, never leaves it behind. */
import { spawn } from "node:child_process";

export type Ran = {
  command: string;
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
};

export type RunOptions = {
  cwd: string;
  env: NodeJS.ProcessEnv;
  stdin?: string;
  /** Killed after this long: the answer then has `signal: "SIGKILL"`. Default 60 s. */
  withinMs?: number;
};

/** Runs `program`; a failing exit code is an answer, not an error. */
export function runChild(program: string, args: readonly string[], options: RunOptions): Promise<Ran> {
  const { promise, resolve, reject } = Promise.withResolvers<Ran>();
  const child = spawn(program, args, { cwd: options.cwd, env: options.env, stdio: ["pipe", "pipe", "pipe"] });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  const late = setTimeout(() => child.kill("SIGKILL"), options.withinMs ?? 60_000);
  child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => err.push(chunk));
  child.stdin.on("error", () => {});
  child.stdin.end(options.stdin ?? "");
  child.once("error", reject);
  // `close`, not `exit`: a daemon that keeps our pipe open would show here as a command that does not end.
  child.once("close", (code, signal) => {
    clearTimeout(late);
    const command = [program.split("/").at(-1) ?? program, ...args].join(" ");
    resolve({
      command,
      code,
      signal,
      stdout: Buffer.concat(out).toString(),
      stderr: Buffer.concat(err).toString(),
    });
  });
  return promise;
}

/** One line for an assertion's message. */
export function told(ran: Ran): string {
  const status = ran.signal ?? `exit ${ran.code}`;
  return `${ran.command}: ${status}\n${ran.stdout.slice(-3000)}${ran.stderr.slice(-3000)}`;
}
