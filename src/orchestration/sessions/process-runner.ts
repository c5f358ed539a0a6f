/** The usual runner: the keeper is a detached process, and nobody can type to its worker. */
import { spawn } from "node:child_process";
import { describeError } from "../../errors.ts";
import { pipeNames } from "./keeper-output.ts";
import { keeperCommand, makePipes, type Runner, withOwnStdio } from "./runner.ts";

/** Starts the keeper as a leader of its own group and terminal session. */
export const processRunner: Runner = async ({ folder, environment }) => {
  await makePipes(folder, Object.values(pipeNames));
  const [program, ...args] = keeperCommand(folder);
  return withOwnStdio(folder, async (stdio) => {
    const child = spawn(program, args, { cwd: folder, env: environment, detached: true, stdio });
    const why = await new Promise<string | null>((resolve) => {
      child.once("spawn", () => resolve(null)).once("error", (error) => resolve(describeError(error)));
    });
    child.unref();
    return why === null ? { kind: "started" } : { kind: "impossible", why };
  });
};
