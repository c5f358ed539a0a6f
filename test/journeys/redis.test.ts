/** Redis away, killed, frozen; the daemon away: nothing is lost, and everybody is told what to do. */
import assert from "node:assert/strict";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { told } from "../world/child.ts";
import { approvalOf, handOver, integrated, submit, tryEmit } from "../world/facts.ts";
import { expectOneStory } from "../world/invariants.ts";
import { processesOf } from "../world/leftovers.ts";
import { waitUntil } from "../world/wait-until.ts";
import type { Worker } from "../world/worker.ts";
import { inWorld, type World } from "../world/world.ts";

describe("with Redis away", () => {
  test(
    "commands that need it exit 69 with the cure, and change nothing; what needs none still works",
    inWorld({ down: true }, async (world) => {
      const commands = [
        ["status"],
        ["queue"],
        ["why", "x"],
        ["events"],
        ["notifications"],
        ["candidates"],
        ["reconcile"],
        ["integrate"],
      ];
      for (const args of commands) {
        const ran = await world.signalbox(...args);
        assert.equal(ran.code, 69, told(ran));
        assert.match(ran.stderr, /signalbox up/);
        assert.equal(ran.stdout, "");
      }
      const emitted = await tryEmit(world, "review.approved", approvalOf({ slug: "early" }));
      assert.ok(emitted.code === 69 || emitted.code === 75, told(emitted));
      for (const args of [["--help"], ["--version"], ["events", "schema"], ["completion", "bash"]]) {
        assert.equal((await world.signalbox(...args)).code, 0, args.join(" "));
      }
    }),
  );

  test(
    "a branch submitted while Redis is away is not lost: the next start finds it",
    inWorld({ down: true }, async (world) => {
      const worker = await working(world, "early-bird");
      const ran = await submit(world, worker);
      assert.ok(ran.code === 69 || ran.code === 75, told(ran));
      await world.up();
      const again = await submit(world, worker);
      assert.equal(again.code, 0, told(again));
      await integrated(world, { slug: "early-bird" });
      await expectOneStory(world);
    }),
  );
});

describe("in the middle of a run", () => {
  test(
    "Redis killed: it comes back by itself, and everything lands exactly once",
    inWorld({}, async (world) => {
      const workers = await Promise.all(["one", "two", "three", "four"].map((slug) => working(world, slug)));
      for (const worker of workers) await handOver(world, worker);
      await world.events.until({ type: "deployment.completed" });
      process.kill(await redisPid(world), "SIGKILL");
      for (const { slug } of workers) await integrated(world, { slug });
      await expectOneStory(world);
    }),
  );

  test(
    "Redis frozen for longer than a lease: nobody lands twice, and the line goes on when it thaws",
    inWorld({}, async (world) => {
      const workers = await Promise.all(["one", "two", "three"].map((slug) => working(world, slug)));
      const [first, ...rest] = workers;
      assert.ok(first);
      await handOver(world, first);
      await integrated(world, { slug: "one" });
      for (const worker of rest) await handOver(world, worker);
      const pid = await redisPid(world);
      process.kill(pid, "SIGSTOP");
      try {
        const ran = await world.signalbox("status");
        assert.ok(ran.code === 69 || ran.code === 75, told(ran));
      } finally {
        process.kill(pid, "SIGCONT");
      }
      for (const { slug } of rest) await integrated(world, { slug });
      await expectOneStory(world);
    }),
  );

  test(
    "Redis ended under a daemon that lives: nobody is told to start what runs",
    inWorld({}, async (world) => {
      const daemon = await daemonPid(world);
      // Frozen, it cannot bring Redis back while it is asked.
      process.kill(daemon, "SIGSTOP");
      try {
        const redis = await redisPid(world);
        process.kill(redis, "SIGKILL");
        await waitUntil(async () => !(await processesOf(world.place)).some(({ pid }) => pid === redis), {
          what: "Redis is gone",
        });
        const ran = await world.signalbox("status");
        assert.equal(ran.code, 69, told(ran));
        assert.match(ran.stderr, new RegExp(`the daemon brings it back \\(process ${daemon}\\)`));
        assert.doesNotMatch(ran.stderr, /signalbox up/);
      } finally {
        process.kill(daemon, "SIGCONT");
      }
      await waitUntil(async () => (await world.signalbox("status")).code === 0, { what: "Redis is back" });
    }),
  );

  test(
    "the processor down: events wait in the stream, and are taken up at the next start",
    inWorld({}, async (world) => {
      const worker = await working(world, "patient");
      process.kill(await daemonPid(world), "SIGKILL");
      await waitUntil(
        async () => !(await processesOf(world.place)).some(({ command }) => / up( |$)|daemon/.test(command)),
        {
          what: "the daemon is gone",
        },
      );
      await handOver(world, worker);
      assert.equal(await world.origin.ref("refs/heads/main"), world.start);
      await world.up();
      await integrated(world, { slug: "patient" });
      await expectOneStory(world);
    }),
  );

  test(
    "Redis came back empty: landings are known from main, open candidates from the clone, with one alert",
    inWorld({}, async (world) => {
      const landed = await working(world, "landed-before");
      await handOver(world, landed);
      await integrated(world, { slug: "landed-before" });
      const main = await world.origin.ref("refs/heads/main");
      const pid = await redisPid(world);
      await world.events.stop();
      await world.signalbox("down");
      await waitUntil(async () => !(await processesOf(world.place)).some((seen) => seen.pid === pid), {
        what: "Redis is gone",
      });
      await emptyRedis(world);
      await world.up();
      const rows = await waitUntil(
        async () => {
          const queue = await world.signalbox("queue", "--json");
          const found: { slug: string; status: string }[] = queue.code === 0 ? JSON.parse(queue.stdout) : [];
          return found.some(({ slug, status }) => slug === "landed-before" && status === "integrated")
            ? found
            : null;
        },
        { what: "the landing is known again", everyMs: 300 },
      );
      assert.equal(rows.length, 1);
      assert.equal(await world.origin.ref("refs/heads/main"), main);
    }),
  );
});

async function emptyRedis(world: World): Promise<void> {
  for (const name of await readdir(world.home))
    await rm(join(world.home, name, "redis"), { recursive: true, force: true });
}

async function working(world: World, slug: string): Promise<Worker> {
  const worker = await world.worker(slug);
  await worker.commit({ [`${slug}.txt`]: `${slug}\n` });
  return worker;
}

async function redisPid(world: World): Promise<number> {
  const found = (await processesOf(world.place)).find(({ command }) =>
    /^\S*(redis|valkey)-server/.test(command),
  );
  assert.ok(found, "there is no Redis");
  return found.pid;
}

async function daemonPid(world: World): Promise<number> {
  const { daemon } = await world.json<{ daemon: { pid: number } }>("status");
  return daemon.pid;
}
