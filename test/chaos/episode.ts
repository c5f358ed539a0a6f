/**
 * One small story that is told again and again, each time with another crash in it: a branch that lands and one that
 * cannot. How it ended, with the names taken out, is a value: it must be the same with and without the crash.
 */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { queueRows } from "../world/board.ts";
import { approvalOf, candidateOf, type Named, prefix, startOf } from "../world/facts.ts";
import { waitUntil } from "../world/wait-until.ts";
import type { Wire } from "../world/wire.ts";
import type { Worker } from "../world/worker.ts";
import type { World } from "../world/world.ts";

export type Plot = "lands" | "conflicts";

export type Episode = { worker: Worker; candidate: Named; mainBefore: string };

/** What an episode came to. */
export type Ending = {
  /** Paths that main gained, changed or lost, as git names it. */
  changes: string[];
  /** Merges of the candidate on main, and the commits that came with them. */
  landings: number;
  commits: number;
  announced: { completed: number; failed: number; followUps: number };
  status: string;
  reason: string | null;
  branchKept: boolean;
  worktreeKept: boolean;
};

/** Lets a worker do its work and hands it over. `base` is where a conflicting branch begins. */
export async function begin(world: World, wire: Wire, slug: string, plot: Plot): Promise<Episode> {
  const worker = await world.worker(slug, plot === "conflicts" ? { from: world.start } : {});
  const work =
    plot === "lands"
      ? { [`work/${slug}.txt`]: `${slug}\n`, [`todos/${slug}/demo.md`]: `# ${slug}\n` }
      : { "contested.txt": `${slug}\n` };
  await worker.commit(work);
  await worker.push();
  const candidate = await candidateOf(worker);
  const mainBefore = (await world.origin.ref("refs/heads/main")) ?? "";
  const wired = async (type: string, data: Record<string, unknown>) => wire.emit(`${prefix}${type}`, data);
  await wired("review.approved", approvalOf(candidate));
  await wired("deployment.started", startOf(candidate));
  return { worker, candidate, mainBefore };
}

/** Waits until the episode is over: announced, and no longer in progress. */
export async function over(world: World, { candidate }: Episode, plot: Plot): Promise<void> {
  const type = plot === "lands" ? "deployment.completed" : "deployment.failed";
  await world.events.until({ type, slug: candidate.slug }, { withinMs: 30_000 });
}

/** How it ended, without names. */
export async function endingOf(world: World, { worker, candidate, mainBefore }: Episode): Promise<Ending> {
  const { slug, sha } = candidate;
  const name = `${slug}@${sha}`;
  const diff = await world.origin.git("diff", "--name-status", "--no-renames", mainBefore, "refs/heads/main");
  const added = await world.origin.git("rev-list", "--first-parent", `${mainBefore}..refs/heads/main`);
  const history = await world.origin.history();
  const ofSlug = (type: string) => world.events.seen({ type, slug }).length;
  const row = (await queueRows(world)).find((one) => one.slug === slug);
  assert.ok(row, `${slug} is not in the queue`);
  return {
    changes: diff
      .trim()
      .split("\n")
      .map((line) => line.replaceAll(slug, "SLUG"))
      .sort(),
    landings: history.filter(
      ({ trailers }) => trailers["Signalbox-Candidate"] === name && trailers["Signalbox-Checked"],
    ).length,
    commits: added.split("\n").filter((line) => line !== "").length,
    announced: {
      completed: ofSlug("deployment.completed"),
      failed: ofSlug("deployment.failed"),
      followUps: ofSlug("integration.follow_up.opened"),
    },
    status: row.status,
    reason: row.reason,
    branchKept: (await world.origin.ref(`refs/heads/${slug}`)) !== null,
    worktreeKept: existsSync(worker.directory),
  };
}

/** Waits until no integrator session runs. */
export async function quiet(world: World): Promise<void> {
  await waitUntil(
    async () => {
      const board = await world.json<{ lease: unknown }>("status");
      return board.lease === null;
    },
    { what: "no session runs", everyMs: 200, withinMs: 30_000 },
  );
}
