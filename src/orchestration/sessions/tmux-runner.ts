/**
 * The runner with a terminal: each session has a tmux server of its own, so that its environment is exactly the worker's,
 * no configuration of the user's changes it, and its end disturbs nobody. `signalbox sessions attach` enters it.
 */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { describeError } from "../../errors.ts";
import { makeSocketFolder } from "../../socket-path.ts";
import { pipeNames } from "./keeper-output.ts";
import { keeperCommand, makePipes, type Runner, withOwnStdio } from "./runner.ts";
import { sessionVariables } from "./worker-environment.ts";

/** The name of the one session of a server. */
const name = "signalbox";

/** Starts a server whose one pane is the keeper; its output goes into the keeper's pipe as well. */
export const tmuxRunner: Runner = async ({ folder, request, environment }) => {
  if (request.socket === null) return { kind: "impossible", why: "it has no socket" };
  await makeSocketFolder(request.socket);
  await makePipes(folder, [pipeNames.stdout]);
  // The server is not a process of the session: its end is the end of its last pane.
  const own = sessionVariables.flatMap((each) => {
    const value = environment[each];
    return value === undefined ? [] : ["-e", `${each}=${value}`];
  });
  const env = Object.fromEntries(
    Object.entries(environment).filter(([each]) => !sessionVariables.includes(each)),
  );
  const pipe = `exec cat > ${quotedForTmux(join(folder, pipeNames.stdout))}`;
  const args = [
    ...["-S", request.socket, "-f", "/dev/null", "start-server", ";"],
    ...["set-option", "-g", "history-limit", "20000", ";"],
    ...["set-option", "-g", "default-terminal", "screen-256color", ";"],
    ...[
      "set-option",
      "-g",
      "status-left",
      `[${request.id}] `,
      ";",
      "set-option",
      "-g",
      "status-left-length",
      "60",
      ";",
    ],
    ...[
      "new-session",
      "-d",
      "-s",
      name,
      "-x",
      "200",
      "-y",
      "50",
      ...own,
      "--",
      ...keeperCommand(folder),
      ";",
    ],
    ...["pipe-pane", "-t", `${name}:`, pipe],
  ];
  return withOwnStdio(folder, async (stdio) => {
    const why = await runTmux(args, { cwd: folder, env, stdio });
    return why === null ? { kind: "started" } : { kind: "impossible", why };
  });
};

/** The program and arguments with which a person's terminal enters the session behind `socket`. */
export function attachCommand(socket: string, readOnly: boolean): [program: string, ...args: string[]] {
  return ["tmux", "-S", socket, "attach-session", ...(readOnly ? ["-r"] : []), "-t", `${name}:`];
}

type Spawned = { cwd: string; env: Record<string, string>; stdio: import("node:child_process").StdioOptions };

/** Null where it did what it was asked; else why not. */
async function runTmux(args: readonly string[], { stdio, ...options }: Spawned): Promise<string | null> {
  const [input, output, , ...others] = Array.isArray(stdio) ? stdio : [];
  const child = spawn("tmux", args, {
    ...options,
    detached: true,
    stdio: [input, output, "pipe", ...others],
  });
  const words = child.stderr === null ? Promise.resolve("") : text(child.stderr);
  const fate = await new Promise<string | null>((resolve) => {
    child.once("error", (error) => {
      const missing = "code" in error && error.code === "ENOENT";
      resolve(missing ? "tmux is not installed" : describeError(error));
    });
    child.once("exit", (code, signal) => resolve(code === 0 ? null : `tmux ended with ${signal ?? code}`));
  });
  if (fate === null) return null;
  const said = (await words).trim();
  return said === "" ? fate : `${fate}: ${said}`;
}

/** For the shell that tmux runs, and for tmux, which expands `#…` and `%…` in it first. */
function quotedForTmux(path: string): string {
  const forShell = `'${path.replaceAll("'", "'\\''")}'`;
  return forShell.replaceAll("#", "##").replaceAll("%", "%%");
}
