/** When a candidate is ready, and what it says while it is not. */
import assert from "node:assert/strict";
import { type CandidateRow, candidateRow, candidateRows, queueRow } from "../world/board.ts";
import {
  approvalOf,
  approve,
  candidateOf,
  emit,
  finalize,
  handOver,
  integrated,
  type Named,
  prefix,
  pushOf,
  startOf,
} from "../world/facts.ts";
import { shareWorld } from "../world/shared.ts";
import { waitUntil } from "../world/wait-until.ts";
import { openWire } from "../world/wire.ts";
import type { World } from "../world/world.ts";

const journey = shareWorld();

const facts = ["review.approved", "deployment.started", "branch.pushed"] as const;
const orders = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
].map((order) => order.map((index) => facts[index] ?? facts[0]));

journey(
  "all six orders of the three facts, each said a hundred times: one enqueue, one landing, one announcement",
  async (world) => {
    await using wire = await openWire(world);
    const candidates: Named[] = [];
    // One after the other: git locks a clone's list of worktrees while it adds to it.
    for (const index of orders.keys()) candidates.push(await pushedBranch(world, `order-${index}`));
    await Promise.all(
      orders.map(async (order, index) => {
        const candidate = candidates[index];
        assert.ok(candidate);
        const payloads = {
          "review.approved": approvalOf(candidate),
          "deployment.started": startOf(candidate),
          "branch.pushed": pushOf(candidate),
        };
        for (const fact of order) {
          const said = await Promise.all(
            Array.from({ length: 100 }, () => wire.emit(`${prefix}${fact}`, payloads[fact])),
          );
          const firsts = said.filter(({ duplicate }) => !duplicate);
          assert.equal(firsts.length, 1, `${fact} was appended ${firsts.length} times`);
        }
      }),
    );
    for (const candidate of candidates) {
      await integrated(world, candidate);
      const { slug } = candidate;
      assert.equal(world.events.seen({ type: "integration.candidate.queued", slug }).length, 1, slug);
      assert.equal(world.events.seen({ type: "deployment.completed", slug }).length, 1, slug);
    }
  },
);

journey("a candidate names each fact that is missing, as it comes in", async (world) => {
  const candidate = await pushedBranch(world, "stepwise");
  await finalize(world, candidate);
  const unreviewed = await settled(world, candidate, ["reviewed"]);
  assert.equal(unreviewed.status, "NOT_READY");
  assert.equal(unreviewed.reasons.length, 1);
  assert.deepEqual(
    unreviewed.conditions.map(({ name }) => name),
    ["reviewed", "finalized", "pushed", "reachable", "current", "not_landed", "after"],
  );
  const why = await world.signalbox("why", "stepwise");
  assert.match(why.stdout.split("\n")[0] ?? "", /review|approv/i);
  await approve(world, candidate);
  await integrated(world, candidate);
});

journey("an approved slug that nobody finalized says so", async (world) => {
  const candidate = await pushedBranch(world, "unfinished");
  await approve(world, candidate);
  const why = await waitUntil(
    async () => {
      const ran = await world.signalbox("why", "unfinished");
      return ran.code === 0 ? ran.stdout : null;
    },
    { what: "why knows it", everyMs: 200 },
  );
  assert.match(why, /finaliz|hand/i);
});

journey("a sha that is not on the remote branch is not reachable, until it is pushed", async (world) => {
  const worker = await world.worker("late-push");
  await worker.commit({ "late.txt": "1\n" });
  await worker.push();
  await worker.commit({ "late.txt": "2\n" });
  const candidate = await candidateOf(worker);
  await approve(world, candidate);
  await finalize(world, candidate);
  await settled(world, candidate, ["reachable"]);
  await worker.push();
  await emit(world, "branch.pushed", { ...pushOf(candidate), pusher: "bob" });
  await integrated(world, candidate);
});

journey(
  "an approval of another sha does not cover new work, but covers merges of main and the item's own notes",
  async (world) => {
    const worker = await world.worker("bound");
    const reviewed = await worker.commit({ "bound.txt": "1\n" });
    await worker.commit({ "bound.txt": "2\n" }, "Unreviewed work");
    const sneaky = await handOver(world, worker, { approval: { approved_sha: reviewed } });
    const row = await settled(world, sneaky, ["reviewed"]);
    assert.match(row.reasons.join(" "), /unreviewed|not reviewed|approv/i);
    const main = await world.worker("bound-main");
    await main.commit({ "elsewhere.txt": "on main\n" });
    await integrated(world, await handOver(world, main));
    await worker.git("reset", "--quiet", "--hard", reviewed);
    await worker.git("fetch", "--quiet", "origin");
    await worker.git("merge", "--quiet", "--no-edit", "origin/main");
    await worker.commit({ "todos/bound/notes.md": "reviewed and noted\n" }, "Note it");
    await worker.push("--force");
    const tolerated = await candidateOf(worker);
    await finalize(world, tolerated);
    const completed = await integrated(world, tolerated);
    assert.equal(completed.data.sha, tolerated.sha);
    assert.equal((await candidateRow(world, sneaky)).status, "SUPERSEDED");
  },
);

journey("a newer hand-over of a slug supersedes the queued one, which never lands", async (world) => {
  await world.signalbox("queue", "pause", "--reason", "to change its mind");
  const worker = await world.worker("second-thought");
  await worker.commit({ "thought.txt": "first\n" });
  const old = await handOver(world, worker);
  await world.events.until({ type: "integration.candidate.queued", sha: old.sha });
  await worker.commit({ "thought.txt": "second\n" });
  const newer = await handOver(world, worker, { approval: { review_round: 2 } });
  await world.events.until({ type: "integration.candidate.superseded", sha: old.sha });
  await world.signalbox("queue", "resume", "--reason", "decided");
  await integrated(world, newer);
  assert.equal((await queueRow(world, old)).status, "superseded");
  const landed = (await world.origin.history()).map(({ trailers }) => trailers["Signalbox-Candidate"]);
  assert.equal(landed.includes(`second-thought@${old.sha}`), false);
});

journey("a slug that has landed may land again with new work", async (world) => {
  const worker = await world.worker("serial");
  await worker.commit({ "serial.txt": "1\n" });
  const first = await handOver(world, worker);
  await integrated(world, first);
  const again = await world.worker("serial");
  await again.commit({ "serial.txt": "2\n" });
  const second = await handOver(world, again, { approval: { review_round: 2 } });
  await integrated(world, second);
  assert.equal((await queueRow(world, first)).status, "integrated");
});

journey(
  "a revoked review takes a queued candidate out, with that reason; a new approval brings it back",
  async (world) => {
    await world.signalbox("queue", "pause", "--reason", "to revoke");
    const worker = await world.worker("revoked");
    await worker.commit({ "revoked.txt": "1\n" });
    const candidate = await handOver(world, worker);
    await world.events.until({ type: "integration.candidate.queued", slug: "revoked" });
    await emit(world, "review.revoked", {
      slug: "revoked",
      review_round: 1,
      revoked_by: "ada",
      reason: "a second look",
    });
    const row = await waitUntil(
      async () => {
        const found = await queueRow(world, candidate);
        return found.status === "blocked" ? found : null;
      },
      { what: "it is blocked", everyMs: 200 },
    );
    assert.equal(row.reason, "review_revoked");
    await world.signalbox("queue", "resume", "--reason", "revoked");
    await approve(world, candidate, { review_round: 2 });
    await waitUntil(async () => (await world.signalbox("queue", "retry", "revoked")).code === 0, {
      what: "it can be retried",
      everyMs: 300,
    });
    await integrated(world, candidate);
  },
);

async function pushedBranch(world: World, slug: string): Promise<Named> {
  const worker = await world.worker(slug);
  await worker.commit({ [`${slug}.txt`]: `${slug}\n` });
  await worker.push();
  return candidateOf(worker);
}

/** Waits until exactly these conditions do not hold. */
function settled(world: World, candidate: Named, missing: readonly string[]): Promise<CandidateRow> {
  return waitUntil(
    async () => {
      const rows = await candidateRows(world, candidate.slug);
      const row = rows.find(({ sha }) => sha === candidate.sha);
      const open = row?.conditions.filter(({ holds }) => !holds).map(({ name }) => name);
      return JSON.stringify(open) === JSON.stringify(missing) ? row : null;
    },
    { what: `${candidate.slug} misses only ${missing.join(", ")}`, everyMs: 200 },
  );
}
