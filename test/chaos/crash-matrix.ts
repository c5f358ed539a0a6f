/**
 * The crash matrix: one run per step and side. An undisturbed run writes down every step that the integrator and the
 * daemon publish; then each is a place to be killed at. After the restart the end must be the same: a new step is in the
 * matrix by being a step.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { told } from "../world/child.ts";
import { approvalOf, prefix, startOf } from "../world/facts.ts";
import { expectOneStory } from "../world/invariants.ts";
import { processesOf } from "../world/leftovers.ts";
import { waitUntil } from "../world/wait-until.ts";
import { openWire, type Wire } from "../world/wire.ts";
import { openWorld, type World, withStory } from "../world/world.ts";
import { begin, type Ending, endingOf, over, type Plot, quiet } from "./episode.ts";
import { type Orders, openOrders } from "./orders.ts";
import { formatStep, type Role, type Step } from "./step-line.ts";

const config = { lease: { ttl: "2s", renew: "500ms" } };
const files = { "contested.txt": "base\n", "todos/delivered.yaml": "- {slug: older, title: Older}\n" };
const plots = ["lands", "conflicts"] as const;

/** To look at one crash again: `CRASH="after hand.pushing" node --test test/chaos/integrator-crashes.test.ts`. */
const wanted = new RegExp(process.env.CRASH ?? "");

type Run = { world: World; wire: Wire; orders: Orders; expected: Record<Plot, Ending> };

/** Declares the matrix of one kind of process. */
export function crashMatrix(role: Role): void {
  test(`killing the ${role} on either side of any of its steps changes nothing about the end`, async (t) => {
    await using orders = openOrders();
    await using world = await openWorld({ config, env: orders.env, files });
    await withStory(world, async () => {
      await using wire = await openWire(world);
      await contest(world, wire);
      const { expected, stepsOf } = await undisturbed(world, wire, orders);
      const steps = plots.flatMap((plot) =>
        stepsOf[plot].filter((step) => step.role === role).map((step) => ({ plot, step })),
      );
      const once = [...new Map(steps.map((entry) => [formatStep(entry.step), entry])).values()];
      // Sessions that die at their very end look like ones that cannot work: they come last.
      once.sort((one, other) => Number(isEnding(one.step)) - Number(isEnding(other.step)));
      assert.ok(once.length >= (role === "integrator" ? 20 : 6), `only ${once.length} steps were published`);
      for (const [index, { plot, step }] of once.entries()) {
        if (!wanted.test(`${step.side} ${step.name}`)) continue;
        await t.test(`${step.side} ${step.name}`, () => {
          return withStory(world, () => crash({ world, wire, orders, expected }, { plot, step, index }));
        });
      }
      await quiet(world);
      await expectOneStory(world);
      await world.expectNothingLeft();
    });
  });
}

function isEnding({ name }: Step): boolean {
  return name === "lease.release" || name === "session.ended";
}

/** Puts something on main that every conflicting branch, begun before it, collides with. */
async function contest(world: World, wire: Wire): Promise<void> {
  const worker = await world.worker("contest");
  await worker.commit({ "contested.txt": "main's\n" });
  await worker.git("push", "--quiet", "origin", "HEAD:refs/heads/contest");
  const candidate = { slug: "contest", branch: "contest", sha: await worker.head() };
  await wire.emit(`${prefix}review.approved`, approvalOf(candidate));
  await wire.emit(`${prefix}deployment.started`, startOf(candidate));
  await world.events.until({ type: "deployment.completed", slug: "contest" });
  await quiet(world);
}

/** Both plots without a crash, each in a session of its own: how they end, and by which steps. */
async function undisturbed(world: World, wire: Wire, orders: Orders) {
  const expected: Partial<Record<Plot, Ending>> = {};
  const stepsOf: Record<Plot, Step[]> = { lands: [], conflicts: [] };
  for (const plot of plots) {
    const before = await orders.counts();
    const episode = await begin(world, wire, `calm-${plot}`, plot);
    await over(world, episode, plot);
    await quiet(world);
    const ending = await endingOf(world, episode);
    expected[plot] = ending;
    const after = await orders.counts();
    stepsOf[plot] = (await orders.steps()).filter(
      (step) => (after.get(formatStep(step)) ?? 0) > (before.get(formatStep(step)) ?? 0),
    );
  }
  const { lands, conflicts } = expected;
  assert.ok(lands && conflicts);
  assert.deepEqual(
    [lands.landings, lands.announced.completed, conflicts.landings, conflicts.announced.failed],
    [1, 1, 0, 1],
  );
  return { expected: { lands, conflicts }, stepsOf };
}

async function crash(
  run: Run,
  { plot, step, index }: { plot: Plot; step: Step; index: number },
): Promise<void> {
  const { world, wire, orders, expected } = run;
  // What happens once a session is only come to by a session that begins. And a session that ends well now and then
  // keeps the daemon from taking this for an integrator that cannot work, which it starts more and more slowly.
  if (/^(lease|session)\./.test(step.name) || index % 3 === 0) await quiet(world);
  await orders.give("SIGKILL", step);
  const episode = await begin(world, wire, `${step.role}-${index}`, plot);
  const pid = await orders.obeyed();
  await waitUntil(async () => !(await processesOf(world.place)).some((seen) => seen.pid === pid), {
    what: "it is dead",
  });
  if (step.role === "daemon") {
    const ran = await world.signalbox("up", "--detach");
    assert.equal(ran.code, 0, told(ran));
  }
  await over(world, episode, plot);
  assert.deepEqual(await endingOf(world, episode), expected[plot]);
}
