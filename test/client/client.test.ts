/** The typed client against a real daemon: what it asks, how it fails, and that it outlives the daemon. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Client, openClient } from "../../src/client/client.ts";
import type { LiveEvent } from "../../src/client/follow.ts";
import { monotonicMs } from "../../src/clock.ts";
import { isFailure } from "../../src/errors.ts";
import { approvalOf, prefix, submitAndWait } from "../world/facts.ts";
import { apiOf } from "../world/http.ts";
import { shareWorld } from "../world/shared.ts";
import { waitUntil } from "../world/wait-until.ts";
import { openWire } from "../world/wire.ts";
import type { World } from "../world/world.ts";

const journey = shareWorld();

async function clientOf(world: World): Promise<Client> {
  return openClient((await apiOf(world)).privateDir);
}

/** Follows in the background; what was heard. */
function following(client: Client): { heard: LiveEvent[]; end(): Promise<void> } {
  const stop = new AbortController();
  const heard: LiveEvent[] = [];
  const running = (async () => {
    for await (const event of client.follow(stop.signal)) heard.push(event);
  })();
  return {
    heard,
    end: async () => {
      stop.abort();
      await running;
    },
  };
}

journey("everything there is to look at", async (world) => {
  const worker = await world.worker("seen");
  await worker.commit({ "seen.txt": "seen\n" });
  await submitAndWait(world, worker);
  const client = await clientOf(world);
  assert.equal((await client.me()).role, "admin");
  assert.equal((await client.status()).queue.integrated, 1);
  assert.equal((await client.board()).line.landed[0]?.slug, "seen");
  assert.equal((await client.queue())[0]?.slug, "seen");
  assert.equal((await client.queueItem("seen"))?.status, "integrated");
  assert.equal((await client.candidates("seen"))[0]?.status, "INTEGRATED");
  assert.equal((await client.candidate("seen")).diffstat[0]?.path, "seen.txt");
  assert.match((await client.why("seen")).sentence, /^seen is on main/);
  assert.equal((await client.notifications({ all: true })).items.length > 0, true);
  assert.equal((await client.events({ slug: "seen", limit: 1 })).items[0]?.subject, "seen");
  assert.ok((await client.eventTypes()).length > 10);
  assert.ok(Array.isArray(await client.sessions({ all: true })));
  assert.equal((await client.history(1)).per_day[0]?.landed, 1);
  assert.equal((await client.doctor()).checks.length > 5, true);
  assert.match((await client.link({ name: "ada", role: "viewer" })).url, /#code=/);
});

journey("what is done, and what is refused, with its code and its cure", async (world) => {
  const client = await clientOf(world);
  assert.equal((await client.pause("a look")).paused?.reason, "a look");
  assert.equal((await client.resume()).resumed, true);
  const slug = "client-said";
  assert.equal((await client.emit(`${prefix}review.approved`, approvalOf({ slug }))).duplicate, false);
  await assert.rejects(
    client.why("nobody"),
    (error) => isFailure(error, "unknown_slug") && error.kind === "bad_input",
  );
  await assert.rejects(
    client.retry("seen"),
    (error) => isFailure(error, "not_blocked") && error.kind === "not_ready",
  );
  await assert.rejects(client.sessionLog("nobody"), (error) => isFailure(error, "unknown_session"));
  await assert.rejects(
    client.withdraw("seen", ""),
    (error) => isFailure(error, "bad_request") && error.problems.length > 0,
  );
  const viewer = openClient((await apiOf(world)).privateDir, "viewer");
  await assert.rejects(
    viewer.pause("no"),
    (error) => isFailure(error, "role_too_small") && error.kind === "refused",
  );
});

journey(
  "it follows, and when the daemon is killed it goes on by itself, without a gap, within five seconds",
  async (world) => {
    const client = await clientOf(world);
    const { heard, end } = following(client);
    try {
      await waitUntil(() => heard.some(({ kind }) => kind === "board"), { what: "the board is heard" });
      const pid = await daemonPid(world);
      process.kill(pid, "SIGKILL");
      await waitUntil(() => heard.some(({ kind }) => kind === "away"), { what: "it is known to be away" });
      await using wire = await openWire(world);
      const said = await wire.emit(`${prefix}review.approved`, approvalOf({ slug: "meanwhile" }));
      assert.equal(isFailure(await client.status().catch((error: unknown) => error)), true);
      await world.signalbox("up", "--detach");
      const startMs = monotonicMs();
      await waitUntil(
        () => heard.some((event) => event.kind === "log" && event.event.streamid === said.streamId),
        { what: "what was said meanwhile is heard" },
      );
      await waitUntil(
        () =>
          heard
            .slice(heard.findLastIndex(({ kind }) => kind === "away"))
            .some(({ kind }) => kind === "board"),
        { what: "the board is heard again" },
      );
      assert.ok(monotonicMs() - startMs < 5000, `${monotonicMs() - startMs} ms`);
      const ids = heard.flatMap((event) => (event.kind === "log" ? [event.event.streamid] : []));
      assert.equal(new Set(ids).size, ids.length, "an event was heard twice");
      assert.equal(
        heard.some(({ kind }) => kind === "resync"),
        false,
      );
    } finally {
      await end();
    }
  },
);

journey("while nothing runs it says so, and how to start it", async (world) => {
  const client = await clientOf(world);
  await world.signalbox("down");
  await assert.rejects(
    client.status(),
    (error) => isFailure(error, "daemon_not_running") && error.cure !== null,
  );
  await world.signalbox("up", "--detach");
  assert.equal((await client.me()).role, "admin");
});

async function daemonPid(world: World): Promise<number> {
  const { privateDir } = await apiOf(world);
  const record: { pid: number } = JSON.parse(await readFile(join(privateDir, "daemon.json"), "utf8"));
  return record.pid;
}
