/** Who moved main: seen within seconds, told once, and never of a landing of ours. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { monotonicMs } from "../../src/clock.ts";
import type { FollowOptions } from "../../src/integration/follow-main.ts";
import { mainWatch, type WatchedRemote, watchOf } from "../../src/integration/watch-main.ts";
import { waitUntil } from "../world/wait-until.ts";
import { runSession } from "./session-of.ts";
import { startYard, type Yard } from "./yard.ts";

const never = new AbortController().signal;
const moved = "integration.main.moved";

function followingOf(yard: Yard, since: string, change: Partial<FollowOptions> = {}): FollowOptions {
  const { redis, line, config, stores, writer } = yard;
  const circumstances = { othersLand: async () => false, signers: async () => [] };
  return { redis, line, config, stores, writer, since, circumstances, dryRun: false, ...change };
}

/** A commit straight to main, by somebody who is not the line. */
async function pushByHand({ world }: Yard, name: string): Promise<string> {
  const { clone } = world;
  await world.run(clone, "fetch", "--quiet", "origin");
  await world.run(clone, "reset", "--quiet", "--hard", "origin/main");
  const sha = await world.commit(clone, { [`${name}.txt`]: `${name}\n` }, name);
  await world.run(clone, "push", "--quiet", "origin", "main");
  return sha;
}

test("a push by hand is told within five seconds, with who made it; the same main is told once", async (t) => {
  const yard = await startYard(t);
  const start = await yard.main();
  const watch = watchOf(followingOf(yard, start));
  assert.deepEqual(await watch.look(never), []);
  const sha = await pushByHand(yard, "hand");
  const begunMs = monotonicMs();
  const found = await waitUntil(
    async () => {
      const seen = await watch.look(never);
      return seen.length > 0 ? seen : null;
    },
    { what: "it is seen", withinMs: 5000 },
  );
  assert.ok(monotonicMs() - begunMs < 5000);
  assert.deepEqual(
    found.map(({ kind }) => kind),
    ["moved"],
  );
  for (let looks = 0; looks < 3; looks++) assert.deepEqual(await watch.look(never), []);
  const [event, ...more] = await yard.said(moved);
  assert.deepEqual(more, []);
  assert.deepEqual(event, { from: start, to: sha, by: "Ada Worker", commits: [sha], forced: false });
});

test("main that is deleted is told once for each time, and that it came back is no news", async (t) => {
  const yard = await startYard(t);
  const start = await yard.main();
  const { world } = yard;
  const watch = watchOf(followingOf(yard, start));
  const told = (count: number) =>
    waitUntil(
      async () => {
        await watch.look(never);
        const all = await yard.said(moved);
        return all.length === count ? all : null;
      },
      { what: `main is told of ${count} times`, withinMs: 10_000 },
    );
  const isKnown = async () =>
    (await yard.redis.command(["HGET", yard.keys.control, "main_deleted"])) === null;
  await watch.look(never);
  for (const count of [1, 2]) {
    await world.run(world.origin, "update-ref", "-d", "refs/heads/main");
    const all = await told(count);
    assert.deepEqual(all.at(-1), { from: start, to: null, by: "unknown", commits: [], forced: false });
    for (const again of [watch, watchOf(followingOf(yard, start))])
      assert.deepEqual(await again.look(never), []);
    await world.run(world.origin, "update-ref", "refs/heads/main", start);
    await waitUntil(
      async () => {
        await watch.look(never);
        return isKnown();
      },
      { what: "it is seen again", withinMs: 10_000 },
    );
  }
  assert.equal((await told(2)).length, 2);
});

test("a remote that never had a main has lost none", async (t) => {
  const yard = await startYard(t);
  const { world } = yard;
  await world.run(world.origin, "update-ref", "-d", "refs/heads/main");
  assert.deepEqual(await watchOf(followingOf(yard, "")).look(never), []);
  assert.deepEqual(await yard.said(moved), []);
});

test("our own landings are never called foreign, alone, several at once, or beside a push by hand", async (t) => {
  const yard = await startYard(t);
  const start = await yard.main();
  const watch = watchOf(followingOf(yard, start));
  const looks: Promise<unknown>[] = [];
  let byHand = "";
  for (const slug of ["a", "b", "c", "d", "e", "f"]) await yard.queued(slug);
  const result = await runSession(yard, {
    parts: (parts) => {
      for (const hand of ["checked", "pushing", "pushed"] as const) {
        const before = parts.hands[hand];
        Object.assign(parts.hands, {
          [hand]: async (...given: Parameters<typeof before>) => {
            looks.push(watchOf(followingOf(yard, start)).look(never), watch.look(never));
            const outcome = await Reflect.apply(before, parts.hands, given);
            looks.push(watchOf(followingOf(yard, start)).look(never));
            if (hand === "pushed" && byHand === "") byHand = await pushByHand(yard, "hand");
            return outcome;
          },
        });
      }
    },
  });
  assert.equal(result.landed, 6);
  await Promise.all(looks);
  await watchOf(followingOf(yard, start)).look(never);
  const events = await yard.said(moved);
  assert.deepEqual(
    events.map(({ to, commits }) => [to, commits]),
    [[byHand, [byHand]]],
  );
  assert.equal(await yard.redis.command(["HGET", yard.keys.control, "main_seen"]), await yard.main());
});

test("many pushes in a row are one event with all their commits, in order", async (t) => {
  const yard = await startYard(t);
  const start = await yard.main();
  const { world } = yard;
  const { clone } = world;
  const watch = watchOf(followingOf(yard, start));
  await watch.look(never);
  const shas: string[] = [];
  const push = async () => {
    shas.push(await world.commit(clone, { "n.txt": `${shas.length}\n` }));
    await world.run(clone, "push", "--quiet", "origin", "main");
  };
  await push();
  const [found] = await Promise.all([watch.look(never), push().then(push).then(push)]);
  const rest = await watchOf(followingOf(yard, start)).look(never);
  assert.deepEqual([found.length, rest], [1, []]);
  const [event] = await yard.said(moved);
  assert.deepEqual([event?.from, event?.to, event?.commits], [start, shas[3], shas]);
});

test("many who look at the same time tell it once", async (t) => {
  const yard = await startYard(t);
  const start = await yard.main();
  const sha = await pushByHand(yard, "hand");
  const look = () => watchOf(followingOf(yard, start)).look(never);
  const found = await Promise.all([look(), look(), look(), look()]);
  assert.equal(found.flat().length, 1);
  assert.deepEqual(
    (await yard.said(moved)).map(({ to }) => to),
    [sha],
  );
});

test("what only claims to be a landing must be signed, where the integrator has a key and Redis has not forgotten", async (t) => {
  const yard = await startYard(t);
  const { world } = yard;
  const start = await yard.main();
  const forge = async (slug: string) => {
    const tip = await world.branch(slug, { [`${slug}.txt`]: "1\n" });
    const trailers = `Signalbox-Candidate: ${slug}@${tip}\nSignalbox-Delivery: made-up-${slug}`;
    return yard.mergeByHand(slug, `Land ${slug}\n\n${trailers}`);
  };
  await watchOf(followingOf(yard, start)).look(never);
  await pushByHand(yard, "seen");
  await watchOf(followingOf(yard, start)).look(never);
  const forged = await forge("forged");
  const signers = async () => [Buffer.from("a key that signed nothing")];
  const [found] = await watchOf(
    followingOf(yard, start, { circumstances: { othersLand: async () => false, signers } }),
  ).look(never);
  assert.deepEqual([found?.kind, found?.kind === "moved" && found.to], ["moved", forged]);
  await forge("unprovable");
  const [restored] = await watchOf(followingOf(yard, start)).look(never);
  assert.equal(
    restored?.kind,
    "restored",
    "without a key nothing can be told from a landing that was forgotten",
  );
});

test("main that goes to and fro is told each time", async (t) => {
  const yard = await startYard(t);
  const start = await yard.main();
  const sha = await pushByHand(yard, "hand");
  const look = () => watchOf(followingOf(yard, start)).look(never);
  const put = (to: string) => yard.world.run(yard.world.origin, "update-ref", "refs/heads/main", to);
  await look();
  for (const to of [start, sha, start]) {
    await put(to);
    assert.equal((await look()).length, 1, to);
  }
  const told = (await yard.said(moved)).map(({ to, forced }) => [to, forced]);
  assert.deepEqual(told, [
    [sha, false],
    [start, true],
    [sha, false],
    [start, true],
  ]);
});

test("a push through broken glass is named as such, once; in shadow a move is expected", async (t) => {
  const yard = await startYard(t);
  const start = await yard.main();
  const { redis, keys } = yard;
  const until = new Date(Date.parse("2100-01-01T00:00:00Z")).toISOString();
  const glass = JSON.stringify({ actor: "ada", reason: "the shop is down", until });
  await redis.command(["HSET", keys.control, "glass", glass]);
  const look = (change?: Partial<FollowOptions>) => watchOf(followingOf(yard, start, change)).look(never);
  await pushByHand(yard, "rescue");
  await look();
  await pushByHand(yard, "more");
  await look();
  await pushByHand(yard, "others");
  await look({ circumstances: { othersLand: async () => true, signers: async () => [] } });
  const events = await yard.said(moved);
  assert.deepEqual(
    events.map(({ guard_opened, expected }) => [guard_opened ?? null, expected ?? null]),
    [
      [{ actor: "ada", reason: "the shop is down" }, null],
      [null, null],
      [null, true],
    ],
  );
});

test("glass that was broken long ago excuses nobody", async (t) => {
  const yard = await startYard(t);
  const start = await yard.main();
  const glass = JSON.stringify({ actor: "ada", reason: "then", until: "2020-01-01T00:00:00Z" });
  await yard.redis.command(["HSET", yard.keys.control, "glass", glass]);
  await pushByHand(yard, "late");
  await watchOf(followingOf(yard, start)).look(never);
  assert.equal((await yard.said(moved))[0]?.guard_opened, undefined);
});

/** A remote that is only words; the first `unexplained` looks meet a landing in hand. */
function imagined(marks: () => string | null, unexplained = 0) {
  const asked: string[] = [];
  const followed: string[] = [];
  const state = { main: "a", here: new Set<string>() };
  const remote: WatchedRemote = {
    mark: async () => marks(),
    async ask() {
      asked.push(state.main);
      return { kind: "answered", refs: new Map([["refs/heads/main", state.main]]) };
    },
    has: async (main) => state.here.has(main),
  };
  const watch = mainWatch({
    ref: "refs/heads/main",
    remote,
    gone: async () => [],
    follow: async (main) => {
      followed.push(main);
      return { found: [], whole: followed.length > unexplained };
    },
  });
  return { watch, asked, followed, state };
}

test("a remote whose files say that nothing happened is not asked; one that cannot be seen into is, at its pace", async () => {
  let mark = "1";
  const seen = imagined(() => mark);
  seen.state.here.add("a").add("b");
  await seen.watch.look(never);
  for (let looks = 0; looks < 20; looks++) await seen.watch.look(never);
  assert.equal(seen.asked.length, 1);
  mark = "2";
  seen.state.main = "b";
  await seen.watch.look(never);
  assert.deepEqual(seen.followed, ["a", "b"]);

  const blind = imagined(() => null);
  blind.state.here.add("a");
  for (let looks = 0; looks < 20; looks++) await blind.watch.look(never);
  assert.equal(blind.asked.length, 1);
});

test("main that never stands still is told of in time all the same", async () => {
  let at = 0;
  const restless = imagined(() => String(at++));
  const remote = restless.watch;
  const begunMs = monotonicMs();
  Object.defineProperty(restless.state, "main", { get: () => `m${at++}` });
  await remote.look(never);
  assert.ok(monotonicMs() - begunMs < 3000);
  assert.equal(restless.followed.length, 1);
});

test("as long as a landing is in hand main is asked for again, though its files say that nothing happened", async () => {
  const busy = imagined(() => "1", 1);
  busy.state.here.add("a");
  await busy.watch.look(never);
  await waitUntil(
    async () => {
      await busy.watch.look(never);
      return busy.followed.length === 2;
    },
    { what: "it is followed once more", withinMs: 5000 },
  );
  for (let looks = 0; looks < 20; looks++) await busy.watch.look(never);
  assert.deepEqual(busy.followed, ["a", "a"]);
});
