/** Orchestrators in a world: run to their end, or as a process that a test can watch and kill. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { jsonShapes } from "../../src/surfaces/cli/json-fields.ts";
import type { OrchestrateShape } from "../../src/surfaces/cli/render/orchestrate.ts";
import { type Ran, told } from "./child.ts";
import { waitUntil } from "./wait-until.ts";
import { bin, type World } from "./world.ts";

export type Orchestrated = { ran: Ran; rows: OrchestrateShape[] };

/** `orchestrate … --json`, whatever comes of it. */
export async function orchestrate(
  world: World,
  args: readonly string[],
  env: NodeJS.ProcessEnv = world.env,
): Promise<Orchestrated> {
  const ran = await world.signalboxIn({ env, withinMs: 240_000 }, "orchestrate", ...args, "--json");
  const lines = ran.stdout.split("\n").filter((line) => line !== "");
  const rows = lines.map((line): OrchestrateShape => JSON.parse(line));
  for (const row of rows) assert.deepEqual(Object.keys(row), jsonShapes.orchestrate?.fields);
  return { ran, rows };
}

/** The same for one item, expected to be handed over. */
export async function handedOver(world: World, slug: string): Promise<OrchestrateShape> {
  const { ran, rows } = await orchestrate(world, [slug]);
  assert.equal(ran.code, 0, told(ran));
  const [row] = rows;
  assert.ok(row !== undefined && rows.length === 1 && row.slug === slug, told(ran));
  assert.ok(["handed_over", "delivered"].includes(row.outcome), told(ran));
  return row;
}

/** The same, expected to end with 3. */
export async function needsSomebody(world: World, slug: string): Promise<OrchestrateShape> {
  const { ran, rows } = await orchestrate(world, [slug]);
  assert.equal(ran.code, 3, told(ran));
  const [row] = rows;
  assert.ok(row !== undefined && rows.length === 1, told(ran));
  return row;
}

export type Running = {
  child: ChildProcess;
  /** What it has said on stderr so far. */
  said(): string;
  /** Waits until it has said that. */
  says(pattern: RegExp): Promise<void>;
  /** Its exit status, or the signal that ended it. */
  ended: Promise<number | NodeJS.Signals | null>;
};

/** Starts one and leaves it running. */
export function startOrchestrator(world: World, ...args: string[]): Running {
  const child = spawn(bin, ["orchestrate", ...args], {
    cwd: world.clone,
    env: world.env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    text += chunk.toString();
  });
  child.stdout?.resume();
  const ended = once(child, "exit").then(([code, signal]) => code ?? signal);
  return {
    child,
    said: () => text,
    ended,
    says: async (pattern) => {
      await waitUntil(() => pattern.test(text), { what: `it says ${pattern}; it said ${text}` });
    },
  };
}

/** Begins an item that the roadmap does not have, in a new worktree; its folder. */
export async function startItem(world: World, slug: string): Promise<string> {
  const started = await world.json<{ worktree: string }>("todo", "start", slug, "--unplanned");
  return started.worktree;
}
