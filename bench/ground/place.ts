/**
 * A temporary folder that a whole measurement lives in, and the hermetic environment of everything that runs there. At
 * its end every process that names the folder is ended by its id, and the folder goes.
 */
import { cp, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Ran, runChild, told } from "../../test/world/child.ts";
import { endWorld } from "../../test/world/ending.ts";
import { hermeticEnvironment } from "../../test/world/environment.ts";

export type Place = {
  directory: string;
  env: Record<string, string>;
  /** Git as anybody would run it, with no configuration of this machine; throws where it fails. */
  git(cwd: string, args: readonly string[], stdin?: string): Promise<string>;
  /** The same, whatever it answers. */
  tryGit(cwd: string, args: readonly string[], stdin?: string): Promise<Ran>;
  /** A copy of a folder of this place. */
  copy(from: string, to: string): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
};

const open = new Set<string>();

/** Ends every open place: for a bench that is interrupted. */
export async function endAllPlaces(): Promise<void> {
  for (const directory of open) await endWorld(directory);
}

/** Opens a place of its own. Use with `await using`. */
export async function openPlace(): Promise<Place> {
  const directory = await mkdtemp(join(tmpdir(), "sb-bench-"));
  open.add(directory);
  const env = await hermeticEnvironment(directory);
  const tryGit: Place["tryGit"] = (cwd, args, stdin) =>
    runChild("git", args, { cwd, env, withinMs: 600_000, ...(stdin === undefined ? {} : { stdin }) });
  return {
    directory,
    env,
    tryGit,
    async git(cwd, args, stdin) {
      const ran = await tryGit(cwd, args, stdin);
      if (ran.code !== 0) throw new Error(told(ran));
      return ran.stdout;
    },
    copy: (from, to) => cp(from, to, { recursive: true }),
    async [Symbol.asyncDispose]() {
      await endWorld(directory);
      open.delete(directory);
    },
  };
}
