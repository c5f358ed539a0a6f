/** An orchestrator killed at each of its steps: workers survive it, the next one finds them, and nothing is done twice. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { describe, test } from "node:test";
import { openAgents, tally } from "../world/agents.ts";
import { told } from "../world/child.ts";
import { integrated } from "../world/facts.ts";
import { dyingAt } from "../world/items.ts";
import { processesOf } from "../world/leftovers.ts";
import { orchestrate, startItem, startOrchestrator } from "../world/orchestrators.ts";
import { shareWorld } from "../world/shared.ts";
import { inWorld, type World } from "../world/world.ts";

const agents = openAgents();
const journey = shareWorld({ config: { workers: { ...agents.workers, prepare: "test -d ." } } });

/** The next one brings it to main, and every worker was started as often as without the crash. */
async function expectGoneOn(world: World, slug: string, workers: string): Promise<void> {
  const { ran } = await orchestrate(world, [slug]);
  assert.equal(ran.code, 0, told(ran));
  await integrated(world, { slug });
  assert.equal(await tally(agents, slug), workers);
  for (const type of ["deployment.started", "review.approved"])
    assert.equal(world.events.seen({ type, slug }).length, 1, type);
  const marks = world.events
    .seen({ type: "work.phase.marked", slug })
    .map(({ data }) => `${data.phase} ${data.status}`);
  const built = marks.filter((mark) => mark === "build complete" || mark === "review approved");
  assert.deepEqual(built, ["build complete", "review approved"]);
}

/** In the order in which an item comes by them. */
const steps = [
  "orchestrate.prepare",
  "orchestrate.mark build started",
  "orchestrate.start builder",
  "orchestrate.mark build complete",
  "orchestrate.mark review started",
  "orchestrate.start reviewer",
  "orchestrate.mark review changes_requested",
  "orchestrate.mark fix started",
  "orchestrate.start fixer",
  "orchestrate.mark fix complete",
  "orchestrate.mark review started",
  "orchestrate.start reviewer",
  "orchestrate.mark review approved",
  "orchestrate.finalize",
  "finalize.pending",
  "finalize.push",
  "finalize.ready",
  "hand_over.record",
  "hand_over.emit",
];

journey(
  "killed on either side of every step on the way of one item, each time the next one goes on",
  async (world) => {
    const slug = "often-killed";
    // A branch of that name makes an item known that the roadmap does not have.
    await world.git("branch", slug, "origin/main");
    await agents.play(slug, "reviewer", "echo 'mend it'; echo REQUEST_CHANGES");
    for (const step of steps)
      for (const side of step === "orchestrate.finalize" ? ["before"] : ["before", "after"]) {
        const { ran } = await orchestrate(world, [slug], dyingAt(world, `${side} ${step}`));
        assert.equal(ran.signal, "SIGKILL", `nobody came ${side} ${step}: ${told(ran)}`);
      }
    await expectGoneOn(world, slug, "builder 1, reviewer 2, fixer 1");
  },
);

describe("killed while a worker works", () => {
  for (const role of ["builder", "reviewer"] as const)
    for (const end of ["it goes on", "it ends meanwhile"] as const)
      journey(`the ${role}: ${end}`, async (world) => {
        const slug = `at-work-${role}-${end === "it goes on" ? "on" : "ends"}`;
        await startItem(world, slug);
        await agents.play(slug, role, `gate ${slug}; default`);
        const running = startOrchestrator(world, slug);
        const { sessionId } = await agents.called(slug, role);
        await running.says(new RegExp(`${role}-${slug}-\\S+ is at work`));
        running.child.kill("SIGKILL");
        assert.equal(await running.ended, "SIGKILL");
        if (end === "it ends meanwhile") {
          await agents.open(slug);
          await world.events.until({
            type: "work.session.ended",
            slug,
            where: ({ data }) => data.session_id === sessionId,
          });
          await expectGoneOn(world, slug, "builder 1, reviewer 1");
          return;
        }
        const next = startOrchestrator(world, slug);
        await next.says(new RegExp(`${sessionId} is at work`));
        await agents.open(slug);
        assert.equal(await next.ended, 0, next.said());
        await expectGoneOn(world, slug, "builder 1, reviewer 1");
      });
});

journey("its keeper killed with it, the worker is ended, and started once more", async (world) => {
  const slug = "both-killed";
  await startItem(world, slug);
  await agents.play(slug, "builder", 'echo $PPID > "$here/keeper"; gate never');
  const running = startOrchestrator(world, slug);
  const { sessionId } = await agents.called(slug, "builder");
  await running.says(/is at work/);
  running.child.kill("SIGKILL");
  await running.ended;
  const rows = await world.json<{ session_id: string; pid: number }[]>("sessions", "list", "--slug", slug);
  const worker = rows.find((row) => row.session_id === sessionId)?.pid ?? assert.fail("it is not listed");
  const keeper = Number((await readFile(`/proc/${worker}/stat`, "utf8")).split(") ")[1]?.split(" ")[1]);
  process.kill(keeper, "SIGKILL");
  await expectGoneOn(world, slug, "builder 2, reviewer 1");
});

test(
  "Redis killed under it, workers in terminals, a finalizer of the user's own: it waits, and goes on",
  inWorld(
    {
      config: { workers: { ...agents.workers, runner: "tmux", finalize: "signalbox todo finalize {slug}" } },
    },
    async (world) => {
      const slug = "in-terminals";
      await startItem(world, slug);
      await agents.play(slug, "builder", `gate ${slug}; default`);
      await agents.play(slug, "reviewer", "echo mend it; echo REQUEST_CHANGES");
      const running = startOrchestrator(world, slug);
      await running.says(/is at work/);
      const server = (await processesOf(world.place)).find(({ command }) =>
        /^\S*(?:redis|valkey)-server/.test(command),
      );
      process.kill(server?.pid ?? assert.fail("there is no server"), "SIGKILL");
      await agents.open(slug);
      assert.equal(await running.ended, 0, running.said());
      await integrated(world, { slug });
      assert.equal(await tally(agents, slug), "builder 1, reviewer 2, fixer 1");
      assert.match(running.said(), /hands over what finalizer-in-terminals-\S+ has made ready/);
      assert.equal(world.events.seen({ type: "deployment.started", slug }).length, 1);
    },
  ),
);
