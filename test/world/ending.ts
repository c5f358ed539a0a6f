/** How a world ends: everything stopped, nothing left, and a story to tell when something went wrong. */
import assert from "node:assert/strict";
import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { processesOf, strayFiles } from "./leftovers.ts";
import { waitUntil } from "./wait-until.ts";
import type { World } from "./world.ts";

/** Brings the world down by its own command and asserts that no process, lock, temporary ref or file is left. */
export async function expectNothingLeft(world: World): Promise<void> {
  await world.down();
  // The command's own parents of our git calls may take a moment to be gone.
  const processes = await waitUntil(
    async () => {
      const living = await processesOf(world.place);
      return living.length === 0 ? [] : null;
    },
    { what: "no process left", withinMs: 15_000 },
  ).catch(() => processesOf(world.place));
  assert.deepEqual(processes, [], "processes are left");
  assert.deepEqual(await strayFiles(world.place), [], "locks or half-written files are left");
  assert.deepEqual(await temporaryRefs(world), [], "private refs of ended deliveries are left");
  assert.deepEqual(await readdir(join(world.place, "tmp")), [], "temporary files are left");
}

/** Refs below refs/signalbox/ in the integrator's own repository that belong to no open delivery. */
async function temporaryRefs(world: World): Promise<string[]> {
  const lines = await Promise.all(
    (await bareRepositories(world)).map((directory) => privateRefs(world, directory)),
  );
  return lines.flat().filter((ref) => /^refs\/signalbox\/(keep|kept|delivery|candidate|check)/.test(ref));
}

async function bareRepositories(world: World): Promise<string[]> {
  const entries = await readdir(world.home, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile() && entry.name === "HEAD" && !entry.parentPath.includes("/logs"))
    .map((entry) => entry.parentPath);
}

async function privateRefs(world: World, directory: string): Promise<string[]> {
  const text = await world.git(
    "--git-dir",
    directory,
    "for-each-ref",
    "--format=%(refname)",
    "refs/signalbox/",
  );
  return text.split("\n").filter((line) => line !== "");
}

/** The last words of every log, the events and the queue. */
export async function storyOf(world: World): Promise<string> {
  const logs = await logTails(world.home);
  const events = world.events.seen().map(({ sequence, type, subject, data }) => {
    const last = type.split(".").slice(-2).join(".");
    return `${Number(sequence)} ${last} ${subject ?? ""} ${String(data.reason ?? data.sha ?? "")}`;
  });
  const ask = async (...args: string[]) => (await world.signalboxIn({ withinMs: 5000 }, ...args)).stdout;
  const status = (await ask("status", "--json")).replaceAll(/\s+/g, " ");
  const queue = (await ask("queue", "--json")).slice(0, 4000);
  return ["— the world's story —", ...logs, "events:", ...events, "status:", status, "queue:", queue].join(
    "\n",
  );
}

async function logTails(home: string): Promise<string[]> {
  const entries = await readdir(home, { recursive: true, withFileTypes: true }).catch(() => []);
  const logs = entries.filter((entry) => entry.isFile() && entry.name.endsWith(".log"));
  const tails = logs.map(async (entry) => {
    const text = await readFile(join(entry.parentPath, entry.name), "utf8");
    return `${entry.name}:\n${text.split("\n").slice(-25).join("\n")}`;
  });
  return Promise.all(tails);
}

/** Ends whatever still lives in `place`, by process id, and takes the folder away. For worlds that failed, too. */
export async function endWorld(place: string): Promise<void> {
  for (const { pid } of await processesOf(place)) kill(pid);
  await waitUntil(
    async () => {
      const living = await processesOf(place);
      for (const { pid } of living) kill(pid);
      return living.length === 0;
    },
    { what: `the processes of ${place} are gone`, withinMs: 10_000 },
  );
  await rm(place, { recursive: true, force: true, maxRetries: 5 });
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // Gone by itself.
  }
}
