/** The stories of notifications, told over HTTP: what a program, or a board in a browser, gets to see. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import type { NotificationShape } from "../../src/board/shapes.ts";
import { type Client, openClient } from "../../src/client/client.ts";
import type { LiveEvent } from "../../src/client/follow.ts";
import { handOver, landOneBlockOne } from "../world/facts.ts";
import { apiOf } from "../world/http.ts";
import { processesOf } from "../world/leftovers.ts";
import { shareWorld } from "../world/shared.ts";
import { waitUntil } from "../world/wait-until.ts";
import { inWorld, type World } from "../world/world.ts";

const journey = shareWorld({ files: { "text.txt": "one\n" } });

async function clientOf(world: World): Promise<Client> {
  return openClient((await apiOf(world)).privateDir);
}

async function notificationAbout(client: Client, slug: string): Promise<NotificationShape | undefined> {
  const { items } = await client.notifications({ all: true, group: `deployment/${slug}` });
  return items[0];
}

journey(
  "[V6] a hand-over opens a notification, its landing resolves it, and the board says so meanwhile",
  async (world) => {
    const client = await clientOf(world);
    await client.pause("to look at it");
    const worker = await world.worker("visible");
    await worker.commit({ "visible.txt": "visible\n" });
    await handOver(world, worker);
    const open = await waitUntil(() => notificationAbout(client, "visible"), {
      what: "the notification is open",
    });
    assert.equal(open.agent_status, "in_progress");
    await waitUntil(async () => (await client.board()).line.queued.some(({ slug }) => slug === "visible"), {
      what: "it waits on the board",
    });
    const stop = new AbortController();
    const heard: LiveEvent[] = [];
    const running = (async () => {
      for await (const event of client.follow(stop.signal)) heard.push(event);
    })();
    await waitUntil(() => heard.some(({ kind }) => kind === "board"), { what: "the stream is open" });
    await client.resume();
    await waitUntil(
      () =>
        heard.some(
          (event) => event.kind === "board" && event.board.line.landed.some(({ slug }) => slug === "visible"),
        ),
      { what: "it has landed on the board" },
    );
    stop.abort();
    await running;
    const resolved = await waitUntil(
      async () => {
        const now = await notificationAbout(client, "visible");
        return now?.agent_status === "resolved" ? now : null;
      },
      { what: "the notification is resolved" },
    );
    assert.deepEqual([resolved.id, resolved.needs_attention], [open.id, false]);
  },
);

journey(
  "[V2] a conflict is on the siding, with both sides and a way out, and an admin's inbox needs somebody",
  async (world) => {
    const client = await clientOf(world);
    await landOneBlockOne(world);
    const board = await waitUntil(
      async () => {
        const now = await client.board();
        return now.inbox.needs_attention > 0 && now.line.siding.length > 0 ? now : null;
      },
      { what: "the siding and the inbox show it" },
    );
    const [train] = board.line.siding;
    assert.deepEqual([train?.slug, train?.reason, train?.who], ["bad", "conflict", "worker"]);
    assert.match(train?.next_action ?? "", /signalbox submit/);
    const { items } = await client.notifications({ needs_attention: true });
    const [notice] = items;
    assert.deepEqual(
      [notice?.group, notice?.human_status, notice?.level],
      ["deployment/bad", "unseen", "business"],
    );
    const detail = await client.candidate("bad");
    assert.equal(detail.follow_up?.follow_up_slug, train?.follow_up_slug);
    assert.deepEqual(
      detail.conflicts.map(({ path }) => path),
      ["text.txt"],
    );
    assert.equal(detail.why.status, "blocked");
    assert.equal((await client.history(1)).blocked_by_reason[0]?.reason, "conflict");
  },
);

journey("no line of the daemon's log says one thing twice", async (world) => {
  const text = await readFile(join((await apiOf(world)).privateDir, "logs", "daemon.log"), "utf8");
  const lines = text.split("\n").filter((line) => line !== "");
  assert.ok(lines.some((line) => line.includes("An integrator session was started.")));
  for (const line of lines) {
    const names = [...line.matchAll(/"([a-z_]+)":/g)].map(([, name]) => name);
    assert.deepEqual(names, [...new Set(names)], line);
    assert.equal(typeof JSON.parse(line), "object");
  }
});

test(
  "with Redis frozen, the doctor says so over HTTP too, and looks at the rest",
  inWorld({}, async (world) => {
    const client = await clientOf(world);
    const redis = (await processesOf(world.place)).find(({ command }) =>
      /^\S*(redis|valkey)-server/.test(command),
    );
    assert.ok(redis);
    process.kill(redis.pid, "SIGSTOP");
    try {
      const { ok, checks } = await client.doctor();
      const levels = Object.fromEntries(checks.map(({ name, level }) => [name, level]));
      assert.equal(ok, false);
      assert.deepEqual([levels.redis, levels.remote, levels.git], ["error", "ok", "ok"]);
    } finally {
      process.kill(redis.pid, "SIGCONT");
    }
  }),
);
