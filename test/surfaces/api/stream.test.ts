/** The stream: the board when it changes, every event once, whoever is cut off, slow, or away for long. */
import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { type ClientRequest, type IncomingMessage, request } from "node:http";
import { join } from "node:path";
import { test } from "node:test";
import { createParser, type EventSourceMessage } from "eventsource-parser";
import { tokenFiles } from "../../../src/board/api-place.ts";
import { boardSchema } from "../../../src/board/shapes-of-api.ts";
import { monotonicMs } from "../../../src/clock.ts";
import { createWriter } from "../../../src/events/atomic-write.ts";
import { builtInCatalog } from "../../../src/events/built-in.ts";
import { eventSource } from "../../../src/events/envelope.ts";
import { applyRetention } from "../../../src/events/retention.ts";
import { serverTimeMs } from "../../../src/redis/server-time.ts";
import { approvalOf, prefix } from "../../world/facts.ts";
import { type Api, apiOf } from "../../world/http.ts";
import { processesOf } from "../../world/leftovers.ts";
import { shareWorld } from "../../world/shared.ts";
import { signIn } from "../../world/sign-in.ts";
import { waitUntil } from "../../world/wait-until.ts";
import { openWire, type Wire } from "../../world/wire.ts";
import { inWorld } from "../../world/world.ts";

const journey = shareWorld();

type Stream = {
  heard: EventSourceMessage[];
  logIds(): string[];
  /** Reads no more, but holds the connection. */
  stall(): void;
  /** Reads again. */
  goOn(): void;
  isEnded(): boolean;
  status(): number | null;
  [Symbol.dispose](): void;
};

/** Opens the stream as a client does. */
function listen(
  api: Api,
  headers: Record<string, string> = {},
  asked = `Bearer ${api.token("viewer")}`,
): Stream {
  const heard: EventSourceMessage[] = [];
  const parser = createParser({ onEvent: (message) => heard.push(message) });
  let response: IncomingMessage | null = null;
  let ended = false;
  const given = headers.cookie === undefined ? { authorization: asked, ...headers } : headers;
  const sent: ClientRequest = request(
    `${api.url}/api/v1/stream`,
    { headers: given, agent: false },
    (answer) => {
      response = answer;
      answer.setEncoding("utf8");
      answer.on("data", (text: string) => parser.feed(text));
      answer.on("close", () => {
        ended = true;
      });
      answer.on("error", () => {});
    },
  );
  sent.on("error", () => {
    ended = true;
  });
  sent.end();
  return {
    heard,
    logIds: () => heard.filter(({ event }) => event === "log").map(({ id }) => id ?? ""),
    stall: () => void response?.pause(),
    goOn: () => void response?.resume(),
    isEnded: () => ended,
    status: () => response?.statusCode ?? null,
    [Symbol.dispose]: () => sent.destroy(),
  };
}

async function hears(stream: Stream, event: string): Promise<EventSourceMessage> {
  return waitUntil(() => stream.heard.find((each) => each.event === event), { what: `a ${event} is heard` });
}

/** Says `count` approvals of slugs that begin with `name`; their stream ids. */
async function say(wire: Wire, name: string, count: number): Promise<string[]> {
  const said = await Promise.all(
    Array.from({ length: count }, (_, at) =>
      wire.emit(`${prefix}review.approved`, approvalOf({ slug: `${name}-${at}` })),
    ),
  );
  return said.map(({ streamId }) => streamId);
}

journey("who comes gets the board, then what changes it and every event, within a second", async (world) => {
  const api = await apiOf(world);
  using stream = listen(api);
  const first = boardSchema.parse(JSON.parse((await hears(stream, "board")).data));
  assert.equal(first.paused, null);
  const startMs = monotonicMs();
  await api.post("/queue/pause", { reason: "a look" });
  await waitUntil(
    () => stream.heard.some(({ event, data }) => event === "board" && data.includes('"a look"')),
    { what: "the board is paused" },
  );
  await hears(stream, "log");
  assert.ok(monotonicMs() - startMs < 1000, `${monotonicMs() - startMs} ms`);
  await api.post("/queue/resume");
  await waitUntil(
    () =>
      boardSchema.parse(JSON.parse(stream.heard.findLast(({ event }) => event === "board")?.data ?? ""))
        .paused === null,
    { what: "it goes on" },
  );
});

journey("two who watch see the same", async (world) => {
  const api = await apiOf(world);
  using one = listen(api);
  using two = listen(api);
  await Promise.all([hears(one, "board"), hears(two, "board")]);
  await using wire = await openWire(world);
  const ids = await say(wire, "both", 5);
  for (const stream of [one, two])
    await waitUntil(() => ids.every((id) => stream.logIds().includes(id)), { what: "all five are heard" });
});

journey("who was cut off is told what was missed, once, in order, and goes on", async (world) => {
  const api = await apiOf(world);
  await using wire = await openWire(world);
  const before = listen(api);
  await hears(before, "board");
  const seen = await say(wire, "seen", 3);
  await waitUntil(() => before.logIds().length >= 3, { what: "three are heard" });
  const lastId = before.logIds().at(-1) ?? "";
  before[Symbol.dispose]();
  const missed = await say(wire, "missed", 1200);
  using after = listen(api, { "last-event-id": lastId });
  const later = await say(wire, "later", 300);
  const expected = [...missed, ...later].sort((a, b) => compare(a, b));
  await waitUntil(() => after.logIds().length >= expected.length, { what: "all of them are heard" });
  const heard = after.logIds().filter((id) => expected.includes(id));
  assert.deepEqual(heard, expected);
  assert.ok(seen.every((id) => !after.logIds().includes(id)));
});

journey("who comes for the first time and is cut off at once, loses nothing", async (world) => {
  const api = await apiOf(world);
  const first = listen(api);
  const { id } = await hears(first, "board");
  first[Symbol.dispose]();
  assert.match(id ?? "", /^\d+-\d+$/);
  await using wire = await openWire(world);
  const ids = await say(wire, "between", 2);
  using second = listen(api, { "last-event-id": id ?? "" });
  await waitUntil(() => ids.every((each) => second.logIds().includes(each)), { what: "both are heard" });
});

journey("an id of another log, or before what the log reaches, is told", async (world) => {
  const api = await apiOf(world);
  using ahead = listen(api, { "last-event-id": "9999999999999-0" });
  await hears(ahead, "resync");
  using nonsense = listen(api, { "last-event-id": "--all" });
  await hears(nonsense, "board");
  using beyond = listen(api, { "last-event-id": "5-99999999999999999999" });
  await hears(beyond, "board");
  for (const stream of [nonsense, beyond])
    assert.equal(
      stream.heard.some(({ event }) => event === "resync"),
      false,
    );
});

test(
  "who was away longer than the log reaches, is told",
  inWorld({}, async (world) => {
    const api = await apiOf(world);
    await using wire = await openWire(world);
    const [first = ""] = await say(wire, "old", 3);
    await waitUntil(
      async () => (await world.json<{ processor: { lag: number } }>("status")).processor.lag === 0,
      { what: "all is handled" },
    );
    const { redis, keys } = wire;
    const source = eventSource({ repositoryId: "test", role: "platform", sessionId: "test" });
    const writer = createWriter({ redis, keys, catalog: builtInCatalog(), source, role: "platform" });
    const nowMs = (await serverTimeMs(redis)) + 1000;
    const outcome = await applyRetention({ redis, keys, writer, projections: [], keepMs: 0, nowMs });
    assert.equal(outcome.kind, "trimmed");
    await say(wire, "new", 2);
    using late = listen(api, { "last-event-id": first });
    const { id } = await hears(late, "resync");
    assert.match(id ?? "", /^\d+-\d+$/);
    const next = await say(wire, "newer", 1);
    await waitUntil(() => late.logIds().includes(next[0] ?? ""), { what: "it goes on" });
  }),
);

journey("who does not read is let go, and has lost nothing when it comes back", async (world) => {
  const api = await apiOf(world);
  await using wire = await openWire(world);
  using stream = listen(api);
  await hears(stream, "board");
  await say(wire, "before", 1);
  await waitUntil(() => stream.logIds().length > 0, { what: "the first is heard" });
  const lastId = stream.logIds().at(-1) ?? "";
  stream.stall();
  const said: string[] = [];
  const long = "x".repeat(3900);
  const isLetGo = async () => (await api.ask("//metrics")).text.includes("signalbox_streams_open 0");
  for (let round = 0; round < 40 && !(await isLetGo()); round++) {
    const some = Array.from({ length: 100 }, (_, at) =>
      wire.emit(`${prefix}review.revoked`, {
        slug: "slow",
        review_round: round * 100 + at + 1,
        revoked_by: "ada",
        reason: long,
      }),
    );
    said.push(...(await Promise.all(some)).map(({ streamId }) => streamId));
  }
  assert.ok(await isLetGo(), "it was never let go");
  using again = listen(api, { "last-event-id": lastId });
  await waitUntil(() => again.logIds().length >= said.length, { what: "everything is heard in the end" });
  assert.deepEqual(
    again.logIds().filter((id) => said.includes(id)),
    said.toSorted(compare),
  );
});

/** Well below the beat of the stream: what ends it is not a look that comes by. */
const atOnce = { withinMs: 2000 };

journey("who signs out hears no more, at once; whoever else is signed in hears on", async (world) => {
  const api = await apiOf(world);
  const [leaving, staying] = [await signIn(api, "Ana"), await signIn(api, "Ana")];
  const streams = [leaving, leaving, staying].map(({ headers }) =>
    listen(api, { cookie: headers.cookie ?? "" }),
  );
  const [first, second, other] = streams;
  for (const stream of streams) await hears(stream, "board");
  await api.post("/logout", {}, leaving);
  await waitUntil(() => first?.isEnded() && second?.isEnded(), { what: "both have ended", ...atOnce });
  assert.equal((await api.ask("/me", leaving)).status, 401);
  await using wire = await openWire(world);
  const [id = ""] = await say(wire, "after-logout", 1);
  await waitUntil(() => other?.logIds().includes(id), { what: "the other one hears it" });
  for (const stream of streams) stream[Symbol.dispose]();
});

journey(
  "a token that another one has taken the place of is worth nothing, and hears no more",
  async (world) => {
    const api = await apiOf(world);
    using viewer = listen(api);
    using admin = listen(api, {}, `Bearer ${api.token("admin")}`);
    await Promise.all([hears(viewer, "board"), hears(admin, "board")]);
    await rm(join(api.privateDir, tokenFiles.viewer));
    assert.equal((await world.signalbox("reload")).code, 0);
    await waitUntil(() => viewer.isEnded(), { what: "the old one's stream has ended", ...atOnce });
    assert.equal((await api.ask("/me", { as: "viewer" })).status, 401);
    const later = await apiOf(world);
    assert.equal((await later.ask("/me", { as: "viewer" })).status, 200);
    assert.notEqual(later.token("viewer"), api.token("viewer"));
    assert.equal(admin.isEnded(), false);
    assert.equal((await later.ask("/me")).status, 200);
  },
);

function compare(a: string, b: string): number {
  const [aMs = 0, aSerial = 0] = a.split("-").map(Number);
  const [bMs = 0, bSerial = 0] = b.split("-").map(Number);
  return aMs - bMs || aSerial - bSerial;
}

test(
  "who leaves while Redis does not answer is not taken for a listener for ever",
  inWorld({}, async (world) => {
    const api = await apiOf(world);
    const redis = (await processesOf(world.place)).find(({ command }) =>
      /^\S*(redis|valkey)-server/.test(command),
    );
    assert.ok(redis);
    process.kill(redis.pid, "SIGSTOP");
    try {
      const streams = Array.from({ length: 5 }, () => listen(api));
      // Answered without Redis, and after what came in before it.
      assert.equal((await api.ask("//healthz")).status, 200);
      for (const stream of streams) stream[Symbol.dispose]();
      assert.equal((await api.ask("//healthz")).status, 200);
    } finally {
      process.kill(redis.pid, "SIGCONT");
    }
    using stream = listen(api);
    await hears(stream, "board");
    await waitUntil(async () => (await api.ask("//metrics")).text.includes("signalbox_streams_open 1"), {
      what: "one listens",
    });
  }),
);

test(
  "large events that were missed reach a client at its own pace: one that pauses is not cut off for it",
  inWorld({}, async (world) => {
    const api = await apiOf(world);
    await using wire = await openWire(world);
    const [first = ""] = await say(wire, "before", 1);
    const reason = "x".repeat(3900);
    const said = await Promise.all(
      Array.from({ length: 4000 }, (_, at) =>
        wire.emit(`${prefix}review.revoked`, {
          slug: "slow",
          review_round: at + 1,
          revoked_by: "ada",
          reason,
        }),
      ),
    );
    using late = listen(api, { "last-event-id": first });
    await waitUntil(() => late.status() === 200, { what: "it is welcome" });
    late.stall();
    // Meanwhile all of it would have been read and written several times.
    for (let round = 0; round < 20; round++) assert.equal((await api.ask("/events?limit=1000")).status, 200);
    late.goOn();
    await waitUntil(() => late.logIds().length >= said.length, {
      what: "all of it is heard, by one connection",
    });
    assert.equal(late.isEnded(), false);
  }),
);
