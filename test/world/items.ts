/** Work items in a world, by the commands that people and agents use. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { type Ran, told } from "./child.ts";
import type { Worker } from "./worker.ts";
import type { World } from "./world.ts";

/** What `todo finalize --json` answers. */
export type Finalized = {
  slug: string;
  branch: string;
  sha: string;
  attempt: number;
  status: "ready" | "handed_over";
  updated: boolean;
  position: number | null;
  merge_commit: string | null;
};

/** Marks a phase from the worktree, expected to succeed. */
export async function markPhase(world: World, worker: Worker, ...step: string[]): Promise<Ran> {
  const ran = await world.signalboxIn({ cwd: worker.directory }, "todo", "mark-phase", worker.slug, ...step);
  assert.equal(ran.code, 0, told(ran));
  return ran;
}

/** A worker whose work is committed, built and approved. */
export async function approvedItem(
  world: World,
  slug: string,
  files: Record<string, string> = { [`${slug}.txt`]: `${slug}\n` },
): Promise<Worker> {
  const worker = await world.worker(slug);
  await worker.commit(files);
  await approveItem(world, worker);
  return worker;
}

/** Built, reviewed, approved as it is now. */
export async function approveItem(world: World, worker: Worker): Promise<void> {
  await markPhase(world, worker, "build", "complete");
  await markPhase(world, worker, "review", "started");
  await markPhase(world, worker, "review", "approved");
}

/** `todo finalize` in the worktree, whatever comes of it. */
export function tryFinalize(world: World, worker: Worker, ...args: string[]): Promise<Ran> {
  return world.signalboxIn({ cwd: worker.directory }, "todo", "finalize", worker.slug, ...args);
}

/** `todo finalize --json`, expected to succeed. */
export async function finalizeItem(world: World, worker: Worker, ...args: string[]): Promise<Finalized> {
  const ran = await tryFinalize(world, worker, "--json", ...args);
  assert.equal(ran.code, 0, told(ran));
  return JSON.parse(ran.stdout);
}

/** The item's `todo show --json`. */
export function showItem(world: World, slug: string): Promise<ItemRow> {
  return world.json<ItemRow>("todo", "show", slug);
}

export type ItemRow = {
  slug: string;
  phase: string;
  status: string;
  finalize: null | { branch: string; sha: string; attempt: number; status: string };
};

/** The environment in which a command dies on one side of a step: `before hand_over.emit`. */
export function dyingAt(world: World, order: string): NodeJS.ProcessEnv {
  const loaded = join(import.meta.dirname, "die-at-step.ts");
  return { ...world.env, NODE_OPTIONS: `--import=${loaded}`, DIE_AT: order };
}
