import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import { type StartSession, spawner } from "../../src/integration/spawner.ts";
import { identify } from "../../src/process-identity.ts";
import { formatOwner, hostOfThisProcess, plainStart } from "../../src/redis/owner.ts";
import { waitUntil } from "../world/wait-until.ts";
import { startYard, type Yard } from "./yard.ts";

type Cutover = Parameters<typeof spawner>[0]["cutover"];
const live: Cutover = { mode: async () => "live", undecided: async () => false };

/** A spawner that runs until the test ends; `start` stands for the process that would be started. */
function spawning(t: TestContext, yard: Yard, start: StartSession, cutover: Cutover = live) {
  const stop = new AbortController();
  const stalled: string[] = [];
  const one = spawner({
    queue: yard.stores.queue,
    lease: yard.stores.lease,
    unfinished: async () => (await yard.stores.deliveries.load()).kind !== "none",
    cutover,
    start,
    stalled: async (waitingFor) => void stalled.push(waitingFor),
    log: { info() {}, warn() {} },
  });
  const ended = one.run(stop.signal);
  t.after(() => {
    stop.abort();
    return ended;
  });
  return { ...one, stalled, stop: () => stop.abort(), ended };
}

/** A session that runs until it is told to end. */
function session() {
  const end = Promise.withResolvers<number | null>();
  return { ended: end.promise, end: () => end.resolve(0) };
}

const started = (count: () => number, n: number) =>
  waitUntil(() => count() >= n, { what: `${n} starts`, everyMs: 2 });

test("one session is started when something can be taken, and no second one while it runs", async (t) => {
  const yard = await startYard(t);
  const sessions: ReturnType<typeof session>[] = [];
  const { look } = spawning(t, yard, async () => {
    const one = session();
    sessions.push(one);
    return one;
  });
  assert.equal(sessions.length, 0);
  await yard.queued("login");
  look();
  await started(() => sessions.length, 1);
  for (let again = 0; again < 5; again++) look();
  await yard.queued("other");
  assert.equal(sessions.length, 1);
  sessions[0]?.end();
  await started(() => sessions.length, 2);
});

test("nothing is started for a paused queue, but for a delivery that is in hand", async (t) => {
  const yard = await startYard(t);
  const candidate = await yard.queued("login");
  const { queue } = yard.stores;
  await queue.setPaused(await queue.paused(), { by: "ann", atMs: 1, reason: "r", draining: false }, []);
  let starts = 0;
  const first = spawning(t, yard, async () => {
    starts++;
    return session();
  });
  first.stop();
  await first.ended;
  assert.equal(starts, 0);
  const inHand = { phase: "picked", candidate, deliveryId: "d", attempt: 1, startedAtMs: 0 };
  await yard.redis.command(["SET", yard.keys.checkpoint, JSON.stringify(inHand)]);
  spawning(t, yard, async () => {
    starts++;
    return session();
  });
  await started(() => starts, 1);
});

test("a lease whose holder is proven dead here is given back; one that lives, or is elsewhere, is not", async (t) => {
  const yard = await startYard(t);
  await yard.queued("login");
  const child = spawn("sleep", ["60"]);
  t.after(() => child.kill("SIGKILL"));
  await once(child, "spawn");
  const pid = child.pid ?? 0;
  const startTime = (await identify(pid))?.startTime ?? "";
  const owner = (host: string) =>
    formatOwner({ role: "integrator", host, pid, processStart: plainStart(startTime), random: "r" });
  const here = await hostOfThisProcess();
  let starts = 0;
  const begin: StartSession = async () => {
    starts++;
    return session();
  };
  const { lease } = yard.stores;
  for (const [holder, killed] of [
    [owner(here), false],
    [owner("elsewhere"), true],
    [owner(here), true],
  ] as const) {
    if (killed && child.signalCode === null) {
      const exit = once(child, "exit");
      child.kill("SIGKILL");
      await exit;
    }
    const taken = await lease.acquire(holder, 60_000);
    const one = spawning(t, yard, begin);
    if (killed && holder === owner(here)) {
      await started(() => starts, 1);
      assert.equal((await lease.read()).lease, null);
    }
    one.stop();
    await one.ended;
    if (starts === 0) assert.equal((await lease.read()).lease?.owner, holder);
    await lease.release(taken.lease.token);
  }
  assert.equal(starts, 1);
});

test("sessions that fail are started again more and more slowly, and after the third people are told, once", async (t) => {
  const yard = await startYard(t);
  await yard.queued("login");
  const times: number[] = [];
  const { stalled, stop, ended } = spawning(t, yard, async () => {
    times.push(performance.now());
    if (times.length === 1) throw new Error("no such program");
    return { ended: Promise.resolve(times.length === 2 ? null : 75), end() {} };
  });
  await waitUntil(() => stalled.length === 1, { what: "people are told", everyMs: 5 });
  assert.match(stalled[0] ?? "", /the integrator: it ended with 75/);
  const [first = 0, second = 0, third = 0] = times;
  assert.ok(second - first < 900, "the first try again comes at once");
  assert.ok(third - second >= 950, "the next one a second later");
  stop();
  await ended;
  assert.equal(stalled.length, 1);
});

test("in shadow a session is started for what was not decided about, one at a time, and for no other reason", async (t) => {
  const yard = await startYard(t);
  await yard.queued("login");
  let mode: "live" | "shadow" | "refused" = "shadow";
  let isUndecided = false;
  const sessions: ReturnType<typeof session>[] = [];
  const begin: StartSession = async () => {
    const one = session();
    sessions.push(one);
    return one;
  };
  const cutover = { mode: async () => mode, undecided: async () => isUndecided };
  const { look, stalled } = spawning(t, yard, begin, cutover);
  const settled = async () => {
    for (let looks = 0; looks < 3; looks++) {
      look();
      await yard.stores.queue.counts();
    }
  };
  await settled();
  assert.equal(sessions.length, 0, "all is decided");
  isUndecided = true;
  look();
  await started(() => sessions.length, 1);
  await settled();
  assert.equal(sessions.length, 1);
  isUndecided = false;
  sessions[0]?.end();
  const inHand = { phase: "picked", deliveryId: "d", attempt: 1, startedAtMs: 0 };
  const candidate = { slug: "login", branch: "login", sha: "1".repeat(40) };
  await yard.redis.command(["SET", yard.keys.checkpoint, JSON.stringify({ ...inHand, candidate })]);
  mode = "refused";
  look();
  await started(() => sessions.length, 2);
  assert.deepEqual(stalled, []);
});
