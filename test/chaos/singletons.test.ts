/** Two of what there may be one of: integrators, daemons, starters; and a holder that slept through its lease. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { told } from "../world/child.ts";
import { handOver, integrated } from "../world/facts.ts";
import { allEvents, expectOneStory } from "../world/invariants.ts";
import { processesOf } from "../world/leftovers.ts";
import { waitUntil } from "../world/wait-until.ts";
import type { Worker } from "../world/worker.ts";
import { inWorld, openWorld, type World, withStory } from "../world/world.ts";
import { openOrders } from "./orders.ts";

const config = { lease: { ttl: "2s", renew: "500ms" } };

/** Where the holder falls asleep, and who takes over. */
const naps = [
  {
    name: "hand.pushing",
    side: "before",
    by: "command",
    title: "with its push intent written, just before the push",
  },
  { name: "hand.pushing", side: "after", by: "command", title: "just after the push" },
  { name: "hand.picked", side: "after", by: "command", title: "with its merge made" },
  {
    name: "hand.pushing",
    side: "before",
    by: "daemon",
    title: "before the push, and the daemon itself starts another",
  },
] as const;

for (const { name, side, by, title } of naps) {
  test(`an integrator asleep beyond its lease ${title}: another lands all, the first cannot move main any more`, async () => {
    await using orders = openOrders();
    await using world = await openWorld({ config, env: orders.env });
    await withStory(world, async () => {
      await orders.give("SIGSTOP", { role: "integrator", name, side });
      const first = await handOver(world, await working(world, "first"));
      const pid = await orders.obeyed();
      try {
        const second = await handOver(world, await working(world, "second"));
        await world.events.until({ type: "integration.candidate.queued", slug: "second" });
        if (by === "command") await takeOver(world);
        await integrated(world, first);
        await integrated(world, second);
      } finally {
        process.kill(pid, "SIGCONT");
      }
      const main = await world.origin.ref("refs/heads/main");
      await waitUntil(async () => !(await processesOf(world.place)).some((seen) => seen.pid === pid), {
        what: "the one that slept has ended by itself",
      });
      assert.equal(await world.origin.ref("refs/heads/main"), main);
      await expectOneStory(world);
      await world.expectNothingLeft();
    });
  });
}

/** Runs the integrator by command until the sleeper's lease has run out and it takes over. */
async function takeOver(world: World): Promise<void> {
  await waitUntil(
    async () => {
      const ran = await world.signalbox("integrate", "--grace", "100ms");
      assert.equal(ran.code, 0, told(ran));
      return world.events.seen({ type: "integration.session.started" }).length > 1;
    },
    { what: "another integrator takes over", everyMs: 300 },
  );
}

test(
  "five integrators started at once: one works, the others leave at once; every branch lands once",
  inWorld({ config }, async (world) => {
    await world.signalbox("queue", "pause", "--reason", "to line them up");
    const slugs = ["a", "b", "c", "d"];
    for (const slug of slugs) await handOver(world, await working(world, slug));
    await world.events.until({ type: "integration.candidate.queued", slug: "d" });
    await world.signalbox("queue", "resume", "--reason", "go");
    const rans = await Promise.all(
      Array.from({ length: 5 }, () => world.signalbox("integrate", "--grace", "100ms")),
    );
    for (const ran of rans) assert.equal(ran.code, 0, told(ran));
    for (const slug of slugs) await integrated(world, { slug });
    await expectOneStory(world);
  }),
);

test(
  "three starts at once give one daemon and one Redis; a second `up` says so and exits 0",
  inWorld({ config, down: true }, async (world) => {
    const rans = await Promise.all(Array.from({ length: 3 }, () => world.signalbox("up", "--detach")));
    for (const ran of rans) assert.equal(ran.code, 0, told(ran));
    const count = async (pattern: RegExp) =>
      (await processesOf(world.place)).filter(({ command }) => pattern.test(command)).length;
    // Those that came second may still be on their way out.
    await waitUntil(async () => (await count(/ up( |$)/)) === 1, { what: "one daemon is left" });
    assert.equal(await count(/^\S*(redis|valkey)-server/), 1);
    assert.equal((await world.signalbox("up", "--detach")).code, 0);
    await integrated(world, await handOver(world, await working(world, "one")));
    await expectOneStory(world);
  }),
);

test(
  "killed again and again at any moment, integrator, daemon and Redis: everything lands, exactly once",
  inWorld({ config }, async (world) => {
    const slugs = Array.from({ length: 6 }, (_, index) => `storm-${index}`);
    for (const slug of slugs) await handOver(world, await working(world, slug));
    const roles = [/ integrate/, /^\S*(redis|valkey)-server/, / up( |$)/, / integrate/];
    for (const [index, role] of roles.entries()) {
      await world.events.until({ type: "deployment.completed" }, { count: index + 1, withinMs: 40_000 });
      for (const { pid } of (await processesOf(world.place)).filter(({ command }) => role.test(command)))
        kill(pid);
      await world.up();
    }
    for (const slug of slugs)
      await world.events.until({ type: "deployment.completed", slug }, { withinMs: 40_000 });
    await expectOneStory(world);
    const started = (await allEvents(world)).filter(({ type }) =>
      type.endsWith("integration.session.started"),
    );
    const tokens = started.map(({ data }) => Number(data.lease_token));
    assert.deepEqual(
      tokens,
      [...new Set(tokens)].sort((one, other) => one - other),
      "lease tokens only grow",
    );
  }),
);

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It ended in between.
  }
}

async function working(world: World, slug: string): Promise<Worker> {
  const worker = await world.worker(slug);
  await worker.commit({ [`${slug}.txt`]: `${slug}\n` });
  return worker;
}
