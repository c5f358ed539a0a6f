/**
 * The crash matrix of a push that carries several: three candidates wait, the first lands alone, the second on the line
 * takes the third along. The integrator is killed at the second coming to each of its steps.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { told } from "../world/child.ts";
import { approvalOf, candidateOf, prefix, startOf } from "../world/facts.ts";
import { expectOneStory } from "../world/invariants.ts";
import { processesOf } from "../world/leftovers.ts";
import { waitUntil } from "../world/wait-until.ts";
import { openWire, type Wire } from "../world/wire.ts";
import { openWorld, type World, withStory } from "../world/world.ts";
import { quiet } from "./episode.ts";
import { openOrders } from "./orders.ts";
import { formatStep, type Step } from "./step-line.ts";

const config = { lease: { ttl: "2s", renew: "500ms" } };

async function say(world: World, ...args: string[]): Promise<void> {
  const ran = await world.signalbox(...args);
  assert.equal(ran.code, 0, told(ran));
}

/** Three that are queued before the first of them is taken; their slugs, in order. */
async function threeWait(world: World, wire: Wire, name: string): Promise<string[]> {
  await say(world, "queue", "pause", "--reason", "they shall wait for each other");
  const slugs = ["a", "b", "c"].map((one) => `${name}-${one}`);
  for (const slug of slugs) {
    const worker = await world.worker(slug);
    await worker.commit({ [`work/${slug}.txt`]: `${slug}\n` });
    await worker.push();
    const candidate = await candidateOf(worker);
    await wire.emit(`${prefix}review.approved`, approvalOf(candidate));
    await wire.emit(`${prefix}deployment.started`, startOf(candidate));
    await world.events.until({ type: "integration.candidate.queued", slug });
  }
  // A session begins with one candidate a push.
  await quiet(world);
  return slugs;
}

function isOfDelivery({ name }: Step): boolean {
  return /^(hand|checkpoint|outcome)\./.test(name);
}

async function expectAllLanded(world: World, slugs: readonly string[], updates: number | null) {
  for (const slug of slugs)
    await world.events.until({ type: "deployment.completed", slug }, { withinMs: 30_000 });
  const landed = (await world.origin.history())
    .map(({ trailers }) => trailers["Signalbox-Candidate"]?.split("@")[0] ?? "")
    .filter((slug) => slugs.includes(slug));
  assert.deepEqual([...new Set(landed)].sort(), [...slugs].sort());
  for (const slug of slugs) assert.equal(await world.origin.ref(`refs/heads/${slug}`), null);
  if (updates !== null)
    assert.equal((await world.origin.updates("refs/heads/main")).length, updates, "one push for two");
}

test("killing the integrator anywhere on the way of several that share a push lands each of them once", async (t) => {
  await using orders = openOrders();
  await using world = await openWorld({ config, env: orders.env });
  await withStory(world, async () => {
    await using wire = await openWire(world);
    const calm = await threeWait(world, wire, "calm");
    await say(world, "queue", "resume", "--reason", "they wait");
    await expectAllLanded(world, calm, 2);
    await quiet(world);
    const counts = await orders.counts();
    const steps = (await orders.steps()).filter(
      (step) => step.role === "integrator" && isOfDelivery(step) && (counts.get(formatStep(step)) ?? 0) > 1,
    );
    assert.ok(steps.length >= 20, `only ${steps.length} steps were published`);
    for (const [index, step] of steps.entries())
      await t.test(`${step.side} ${step.name}`, async () => {
        const slugs = await threeWait(world, wire, `crash-${index}`);
        await orders.give("SIGKILL", step, 1);
        await say(world, "queue", "resume", "--reason", "they wait");
        const pid = await orders.obeyed();
        await waitUntil(async () => !(await processesOf(world.place)).some((seen) => seen.pid === pid), {
          what: "it is dead",
        });
        await expectAllLanded(world, slugs, null);
      });
    await quiet(world);
    await expectOneStory(world);
    await world.expectNothingLeft();
  });
});
