/** In which order candidates land, and who waits for whom. */
import assert from "node:assert/strict";
import { isoTime, wallMs } from "../../src/clock.ts";
import { candidateRow, queueRows } from "../world/board.ts";
import { approve, candidateOf, finalize, integrated, type Named } from "../world/facts.ts";
import { shareWorld } from "../world/shared.ts";
import { waitUntil } from "../world/wait-until.ts";
import type { World } from "../world/world.ts";

const roadmap = `- {slug: second-floor, after: [first-floor]}
- slug: first-floor
- {slug: hen, after: [egg]}
- {slug: egg, after: [hen]}
`;

const journey = shareWorld({ files: { "todos/roadmap.yaml": roadmap } });

journey(
  "[V4] ready candidates land first in, first out by ready_at, in whatever order they were handed over",
  async (world) => {
    await world.signalbox("queue", "pause", "--reason", "to line them up");
    const candidates = await pushedCandidates(world, 6);
    for (const candidate of candidates) await approve(world, candidate);
    await world.events.until({ type: "review.approved" }, { count: 6 });
    // Never earlier than the approval, never later than now: the times lie between the two.
    const times = candidates.map((_, index) => isoTime(wallMs() + index));
    for (const index of [3, 0, 5, 1, 4, 2]) {
      const candidate = candidates[index];
      assert.ok(candidate);
      await finalize(world, candidate, { ready_at: times[index] });
    }
    await world.events.until({ type: "integration.candidate.queued" }, { count: 6 });
    const rows = (await queueRows(world)).filter(({ status }) => status === "queued");
    assert.deepEqual(
      rows.map(({ slug }) => slug),
      candidates.map(({ slug }) => slug),
    );
    assert.deepEqual(
      rows.map(({ position }) => position),
      [1, 2, 3, 4, 5, 6],
    );
    await world.signalbox("queue", "resume", "--reason", "lined up");
    for (const candidate of candidates) await integrated(world, candidate);
    const landed = (await world.origin.history()).map(
      ({ trailers }) => trailers["Signalbox-Candidate"]?.split("@")[0],
    );
    assert.deepEqual(
      landed,
      candidates.map(({ slug }) => slug),
    );
    assert.equal((await world.origin.updates()).length, 3, "one, then four, then the last one in a push");
  },
);

journey(
  "a worker with a fast clock cannot push itself back, nor one with a slow clock jump the queue",
  async (world) => {
    await world.signalbox("queue", "pause", "--reason", "to line them up");
    const [early, late] = await pushedCandidates(world, 2, "clock");
    assert.ok(early && late);
    await approve(world, early);
    await finalize(world, early, { ready_at: "2099-01-01T00:00:00.000Z" });
    await world.events.until({ type: "integration.candidate.queued", slug: early.slug });
    await approve(world, late);
    await finalize(world, late, { ready_at: "2001-01-01T00:00:00.000Z" });
    await world.events.until({ type: "integration.candidate.queued", slug: late.slug });
    const rows = (await queueRows(world)).filter(({ status }) => status === "queued");
    assert.deepEqual(
      rows.map(({ slug }) => slug),
      [early.slug, late.slug],
    );
    await world.signalbox("queue", "resume", "--reason", "seen");
    await integrated(world, late);
  },
);

journey("what stands in `after:` lands first, and the one that waits says for whom", async (world) => {
  const first = await world.worker("first-floor");
  await first.commit({ "first.txt": "1\n" });
  await first.push();
  const second = await world.worker("second-floor");
  await second.commit({ "second.txt": "2\n" });
  await second.push();
  const upper = await candidateOf(second);
  await approve(world, upper);
  await finalize(world, upper);
  await waitUntil(async () => isWaitingFor(world, upper, "after"), {
    what: "it waits for what is below",
    everyMs: 200,
  });
  const why = await world.signalbox("why", "second-floor");
  assert.match(why.stdout, /first-floor/);
  const lower = await candidateOf(first);
  await approve(world, lower);
  await finalize(world, lower);
  await integrated(world, upper);
  const order = world.events.seen({ type: "deployment.completed" }).map(({ subject }) => subject);
  assert.ok(order.indexOf("first-floor") < order.indexOf("second-floor"), order.join(" "));
});

journey("a circle of `after:` is reported at once", async (world) => {
  const worker = await world.worker("hen");
  await worker.commit({ "hen.txt": "egg\n" });
  await worker.push();
  const candidate = await candidateOf(worker);
  await approve(world, candidate);
  await finalize(world, candidate);
  const detail = await waitUntil(async () => isWaitingFor(world, candidate, "after"), {
    what: "it waits",
    everyMs: 200,
  });
  assert.match(detail, /cycle|circle/i);
  assert.match(detail, /egg/);
});

/** The detail of the one condition that does not hold; null while another state is shown. */
async function isWaitingFor(world: World, candidate: Named, condition: string): Promise<string | null> {
  const row = await candidateRow(world, candidate);
  const missing = row.conditions.filter(({ holds }) => !holds);
  return missing.length === 1 && missing[0]?.name === condition ? missing[0].detail : null;
}

async function pushedCandidates(world: World, count: number, name = "train"): Promise<Named[]> {
  const candidates: Named[] = [];
  for (let number = 1; number <= count; number++) {
    const worker = await world.worker(`${name}-${number}`);
    await worker.commit({ [`${name}-${number}.txt`]: `${number}\n` });
    await worker.push();
    candidates.push(await candidateOf(worker));
  }
  return candidates;
}
