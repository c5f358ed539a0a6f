/**
 * A rival in a process of its own, as small as Node gets: starting a child costs a process the more the larger it is, and
 * a rival must not pay for the bench's size.
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Candidate } from "../ground/generated-repository.ts";
import type { Place } from "../ground/place.ts";
import type { Site, Way } from "./way.ts";

export type Kind = "floor-script" | "lean-worktree";

export type Order = { kind: Kind; site: Site } | { land: Candidate };
export type Answer = { mergeTree: string } | { failed: string };

export type OwnProcess = Way & { pid: number; close(): Promise<void> };

export async function ownProcess(place: Place, kind: Kind, site: Site): Promise<OwnProcess> {
  const child = fork(join(import.meta.dirname, "way-process.ts"), {
    cwd: place.directory,
    env: place.env,
    execArgv: [],
  });
  const ask = async (order: Order): Promise<string> => {
    const answered = once(child, "message");
    child.send(order);
    const [answer]: Answer[] = await answered;
    if (answer === undefined || "failed" in answer) throw new Error(answer?.failed ?? `${kind} ended`);
    return answer.mergeTree;
  };
  await ask({ kind, site });
  return {
    pid: child.pid ?? 0,
    land: async (candidate) => ({ mergeTree: await ask({ land: candidate }) }),
    async close() {
      const exit = once(child, "exit");
      child.disconnect();
      await exit;
    },
  };
}
