/**
 * `wrapper_ms`: what the guards add to a command of a worker's shell: `git rev-parse HEAD` through the wrapper against
 * without it, in turns; the same for a push of a branch that brings nothing new, through wrapper and hook. The larger of
 * the two medians counts.
 */
import { join } from "node:path";
import { monotonicMs } from "../../src/clock.ts";
import { runChild, told } from "../../test/world/child.ts";
import { bin } from "../../test/world/world.ts";
import type { Claim, Effort, Measured } from "../claim.ts";
import { openPlace, type Place } from "../ground/place.ts";
import { median, rounded } from "../numbers.ts";

export const wrapper: Claim = {
  key: "wrapper_ms",
  what: "time the guards add to a command of a worker's shell: the slower of `git rev-parse` and a push of a branch, ms",
  target: { is: "at most", value: 10 },
};

export async function measureWrapper({ quick }: Effort): Promise<Measured> {
  await using place = await openPlace();
  const { clone, guardsBin, env } = await guardedClone(place);
  const turns = quick ? 15 : 60;
  const added = async (args: readonly string[], plainArgs: readonly string[]) => {
    const costs: { plain: number[]; guarded: number[] } = { plain: [], guarded: [] };
    const timed = async (given: readonly string[], PATH: string): Promise<number> => {
      const beganMs = monotonicMs();
      const ran = await runChild("git", given, { cwd: clone, env: { ...env, PATH } });
      if (ran.code !== 0) throw new Error(told(ran));
      return monotonicMs() - beganMs;
    };
    const path = env.PATH ?? "";
    for (let turn = 0; turn < turns; turn++) {
      costs.guarded.push(await timed(args, `${guardsBin}:${path}`));
      costs.plain.push(await timed(plainArgs, path));
    }
    return { plainMs: median(costs.plain), guardedMs: median(costs.guarded) };
  };
  const command = await added(["rev-parse", "HEAD"], ["rev-parse", "HEAD"]);
  const branch = ["push", "--quiet", "origin", "HEAD:refs/heads/topic"];
  const push = await added(branch, ["-c", "core.hooksPath=/dev/null", ...branch]);
  const blockMs = await timeOfBlocks(place, { clone, guardsBin, env, turns });
  return {
    value: rounded(Math.max(command.guardedMs - command.plainMs, push.guardedMs - push.plainMs)),
    detail: {
      command_ms: rounded(command.plainMs),
      command_guarded_ms: rounded(command.guardedMs),
      push_ms: rounded(push.plainMs),
      push_guarded_ms: rounded(push.guardedMs),
      blocked_push_ms: rounded(blockMs),
    },
  };
}

type Guarded = { clone: string; guardsBin: string; env: Record<string, string> };

/** A whole stopped push of main, from the shell's start to its answer. */
async function timeOfBlocks(
  place: Place,
  { clone, guardsBin, env, turns }: Guarded & { turns: number },
): Promise<number> {
  const times: number[] = [];
  for (let turn = 0; turn < turns; turn++) {
    const beganMs = monotonicMs();
    const PATH = `${guardsBin}:${env.PATH}`;
    const ran = await runChild("git", ["push", "origin", "HEAD:main"], { cwd: clone, env: { ...env, PATH } });
    times.push(monotonicMs() - beganMs);
    if (ran.code !== 4) throw new Error(`${place.directory}: ${told(ran)}`);
  }
  return median(times);
}

async function guardedClone(place: Place): Promise<Guarded> {
  const { directory } = place;
  const clone = join(directory, "clone");
  await place.git(directory, ["init", "--quiet", "--bare", "--initial-branch=main", "origin.git"]);
  await place.git(directory, ["init", "--quiet", "--initial-branch=main", "clone"]);
  await place.git(clone, ["remote", "add", "origin", join(directory, "origin.git")]);
  await place.git(clone, ["commit", "--quiet", "--allow-empty", "--message", "Begin"]);
  await place.git(clone, ["push", "--quiet", "origin", "main", "main:topic"]);
  const env = { ...place.env, SIGNALBOX_HOME: join(directory, "home/sb") };
  const ran = await runChild(bin, ["init", "--yes", "--json"], { cwd: clone, env });
  if (ran.code !== 0) throw new Error(told(ran));
  const { guards }: { guards: { wrappers: { folder: string } } } = JSON.parse(ran.stdout);
  return { clone, guardsBin: guards.wrappers.folder, env };
}
