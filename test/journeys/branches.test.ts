/** Branches that move, vanish or are on main already while they wait, and remotes that are not there. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { queueRow } from "../world/board.ts";
import { blocked, handOver, integrated, type Named } from "../world/facts.ts";
import { shareWorld } from "../world/shared.ts";
import type { Worker } from "../world/worker.ts";
import type { World } from "../world/world.ts";

// A push of main by hand is a fault that some of these stories begin with: two of them.
const journey = shareWorld({ files: { "squashed.txt": "base\n" } }, { foreignCommits: 2 });

journey("a branch deleted while it is queued is blocked as gone, and the next one lands", async (world) => {
  const { worker, candidate } = await queued(world, "deleted");
  await worker.git("push", "--quiet", "origin", ":refs/heads/deleted");
  const next = await handOver(world, await working(world, "after-deleted"));
  await resume(world);
  await integrated(world, next);
  await blocked(world, candidate, "branch_gone");
  assert.equal(existsSync(worker.directory), true);
});

journey("a branch that moved on lands the sha that was approved, and is kept", async (world) => {
  const { worker, candidate } = await queued(world, "moved-on");
  const newer = await worker.commit({ "moved-on.txt": "more\n" });
  await worker.push();
  await resume(world);
  await integrated(world, candidate);
  const [merge] = (await world.origin.history()).filter(({ trailers }) =>
    trailers["Signalbox-Candidate"]?.startsWith("moved-on@"),
  );
  assert.equal(merge?.parents[1], candidate.sha);
  assert.equal(await world.origin.ref("refs/heads/moved-on"), newer);
  assert.equal(existsSync(worker.directory), true, "a worktree with newer work is kept");
});

journey("a branch that was force-pushed away from its sha is blocked, not landed", async (world) => {
  const { worker, candidate } = await queued(world, "rewritten");
  await worker.git("reset", "--quiet", "--hard", "HEAD~1");
  await worker.commit({ "rewritten.txt": "otherwise\n" });
  await worker.push("--force");
  await resume(world);
  await blocked(world, candidate, "not_reachable");
  const landed = (await world.origin.history()).map(({ trailers }) => trailers["Signalbox-Candidate"]);
  assert.equal(landed.includes(`rewritten@${candidate.sha}`), false);
});

journey(
  "a candidate that somebody put on main by hand is integrated without a commit, and said so",
  async (world) => {
    const { worker, candidate } = await queued(world, "by-hand");
    await worker.git("fetch", "--quiet", "origin");
    await worker.git("checkout", "--quiet", "--detach", "origin/main");
    await worker.git("merge", "--quiet", "--no-edit", "--no-ff", candidate.sha);
    await worker.git("push", "--quiet", "--no-verify", "origin", "HEAD:refs/heads/main");
    const main = await worker.head();
    await resume(world);
    const completed = await integrated(world, candidate);
    assert.equal(await world.origin.ref("refs/heads/main"), main);
    assert.equal(completed.data.merge_commit, main);
    assert.equal((await queueRow(world, candidate)).status, "integrated");
  },
);

journey(
  "a candidate whose content somebody squashed onto main is integrated without an empty commit",
  async (world) => {
    const { worker, candidate } = await queued(world, "squashed", { "squashed.txt": "squashed\n" });
    await worker.git("fetch", "--quiet", "origin");
    await worker.git("checkout", "--quiet", "--detach", "origin/main");
    await worker.git("merge", "--quiet", "--squash", candidate.sha);
    await worker.git("commit", "--quiet", "--message", "Squash it by hand");
    await worker.git("push", "--quiet", "--no-verify", "origin", "HEAD:refs/heads/main");
    const main = await worker.head();
    await resume(world);
    await integrated(world, candidate);
    assert.equal(await world.origin.ref("refs/heads/main"), main);
  },
);

journey("a branch without content of its own is integrated without a commit", async (world) => {
  const worker = await world.worker("empty-handed");
  await worker.git("commit", "--quiet", "--allow-empty", "--message", "Nothing");
  const before = await world.origin.ref("refs/heads/main");
  await integrated(world, await handOver(world, worker));
  assert.equal(await world.origin.ref("refs/heads/main"), before);
});

journey("a worktree with unfinished work in it is kept after its landing", async (world) => {
  const worker = await working(world, "still-busy");
  await writeFile(`${worker.directory}/unfinished.txt`, "not yet\n");
  await integrated(world, await handOver(world, worker));
  assert.equal(existsSync(`${worker.directory}/unfinished.txt`), true);
});

/** A candidate in a paused queue. */
async function queued(
  world: World,
  slug: string,
  files?: Record<string, string>,
): Promise<{ worker: Worker; candidate: Named }> {
  assert.equal((await world.signalbox("queue", "pause", "--reason", "a story needs it")).code, 0);
  const worker = await working(world, slug, files);
  const candidate = await handOver(world, worker);
  await world.events.until({ type: "integration.candidate.queued", slug });
  return { worker, candidate };
}

async function working(world: World, slug: string, files?: Record<string, string>): Promise<Worker> {
  const worker = await world.worker(slug);
  await worker.commit(files ?? { [`${slug}.txt`]: `${slug}\n` });
  return worker;
}

async function resume(world: World): Promise<void> {
  assert.equal((await world.signalbox("queue", "resume", "--reason", "told")).code, 0);
}
