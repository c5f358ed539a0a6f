/** A person at a terminal: a real one, through tmux, with keys to press and a screen to look at. */
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { constants } from "node:os";
import { join } from "node:path";
import { type Ran, runChild, told } from "./child.ts";
import { processesOf } from "./leftovers.ts";
import { waitUntil } from "./wait-until.ts";
import { bin, type World } from "./world.ts";

export type Terminal = {
  /** What is on the screen now, a line a row, without colours. */
  screen(): Promise<string[]>;
  /** The same with the escape sequences of its colours. */
  colours(): Promise<string>;
  /** Presses keys, by tmux's names (`Down`, `Enter`, `C-d`), one after the other. */
  press(...keys: string[]): Promise<void>;
  /** Types a text, as it is. */
  type(text: string): Promise<void>;
  resize(columns: number, rows: number): Promise<void>;
  /** Waits until the screen has a line that matches; that line. */
  shows(pattern: RegExp, withinMs?: number): Promise<string>;
  /** Waits until no line matches. */
  hides(pattern: RegExp): Promise<void>;
  /** Every byte that was written to the terminal so far. */
  written(): Promise<string>;
  /** Sends the program a signal, as a system that shuts down does. */
  signal(name: NodeJS.Signals): Promise<void>;
  /** Waits until the program has ended; its exit status. */
  ended(): Promise<number>;
  /** Takes the terminal away, as a window that is closed; what the program said on stderr until its end. */
  close(): Promise<string>;
  [Symbol.asyncDispose](): Promise<void>;
};

export type TerminalOptions = {
  /** The command line, without `signalbox`. */
  args: readonly string[];
  columns?: number;
  rows?: number;
  env?: Record<string, string>;
  /** Started as a job of the shell, which can be stopped; enter brings it back to the front. */
  asJob?: boolean;
};

/** What a shell says of a job that was stopped. */
const stoppedCode = 128 + constants.signals.SIGTSTP;

/** Opens a terminal with `signalbox ARGS` in the world's clone. Use with `await using`. */
export async function openTerminal(world: World, options: TerminalOptions): Promise<Terminal> {
  const { args, columns = 80, rows = 24, env = {}, asJob = false } = options;
  const folder = await mkdtemp(join(world.place, "terminal-"));
  const place = (file: string) => join(folder, file);
  const own = { ...world.env, TMUX_TMPDIR: folder, TERM: "xterm-256color", ...env };
  const tmux = async (...words: string[]): Promise<Ran> =>
    runChild("tmux", ["-f", "/dev/null", ...words], { cwd: world.clone, env: own });
  const must = async (...words: string[]): Promise<string> => {
    const ran = await tmux(...words);
    assert.equal(ran.code, 0, told(ran));
    return ran.stdout;
  };
  // The program begins when its output is already written down: not a byte of it is missed.
  const script = [
    "tmux wait-for go",
    // What tmux says of itself stands otherwise.
    ...(env.TERM === undefined ? [] : [`export TERM=${env.TERM}`]),
    ...(asJob ? ["set -m"] : []),
    `${bin} ${args.join(" ")} 2>${place("stderr")}`,
    "code=$?",
    ...(asJob
      ? [`while [ "$code" -eq ${stoppedCode} ]; do`, "echo stopped", "read _", "fg", "code=$?", "done"]
      : []),
    `echo $code > ${place("exit")}`,
    "exec tmux wait-for never",
  ].join("\n");
  await writeFile(place("run"), script);
  const size = ["-x", String(columns), "-y", String(rows)];
  await must("new-session", "-d", ...size, "sh", place("run"), ";", "set", "-g", "status", "off");
  await must("pipe-pane", "-o", `cat >> ${place("written")}`);
  await must("wait-for", "-S", "go");
  const screen = async () => (await must("capture-pane", "-p")).split("\n").slice(0, -1);
  const readExit = () => readFile(place("exit"), "utf8").catch(() => null);
  const kill = async () => {
    await tmux("kill-server");
    await waitUntil(async () => (await processesOf(folder)).length === 0, { what: "the terminal is closed" });
  };
  const story = async () =>
    `${(await screen()).join("\n")}\n${await readFile(place("stderr"), "utf8").catch(() => "")}`;
  return {
    screen,
    colours: () => must("capture-pane", "-p", "-e"),
    async press(...keys) {
      for (const key of keys) await must("send-keys", key);
    },
    async type(text) {
      await must("send-keys", "-l", "--", text);
    },
    async resize(width, height) {
      await must("resize-window", "-x", String(width), "-y", String(height));
    },
    async shows(pattern, withinMs = 20_000) {
      const options = { what: `the terminal shows ${pattern}`, everyMs: 50, withinMs };
      return waitUntil(async () => (await screen()).find((line) => pattern.test(line)), options).catch(
        async (error: unknown) => {
          throw new Error(await story(), { cause: error });
        },
      );
    },
    async hides(pattern) {
      await waitUntil(async () => (await screen()).every((line) => !pattern.test(line)), {
        what: `the terminal does not show ${pattern}`,
        everyMs: 50,
      });
    },
    written: () => readFile(place("written"), "utf8").catch(() => ""),
    async signal(name) {
      const running = (await processesOf(folder)).filter(({ command }) => command.endsWith(args.join(" ")));
      for (const { pid } of running.filter(({ command }) => /^\S*node/.test(command)))
        process.kill(pid, name);
    },
    async ended() {
      const code = await waitUntil(readExit, { what: "the program has ended" });
      return Number(code);
    },
    async close() {
      await kill();
      return readFile(place("stderr"), "utf8");
    },
    async [Symbol.asyncDispose]() {
      await kill();
      await rm(folder, { recursive: true });
    },
  };
}
