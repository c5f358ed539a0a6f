/** The line in shadow: decides about everything, changes nothing; and what becomes of it when it is taken off main. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { changeCutover } from "../../src/guards/cutover-store.ts";
import { followersOf } from "../../src/integration/delivery.ts";
import type { IntegratorParts } from "../../src/integration/session-ports.ts";
import { runShadow, type ShadowParts, type ShadowResult } from "../../src/integration/shadow.ts";
import { hasUndecided, shadowParts } from "../../src/integration/shadow-session.ts";
import { openShadowStore } from "../../src/integration/stores/shadow-store.ts";
import { entriesOf } from "../events/bus.ts";
import { runSession, runSessionInto } from "./session-of.ts";
import { startYard, type Yard } from "./yard.ts";

const never = new AbortController().signal;

async function shadow(yard: Yard, change: Partial<ShadowParts> = {}, stop = never): Promise<ShadowResult> {
  const { redis, keys, config } = yard;
  const line = await yard.world.line();
  const log = { info() {}, warn() {} };
  const owner = "integrator:test:1:1:shadow";
  const parts = shadowParts({ redis, keys, config, line, owner, source: "signalbox/test/shadow", log });
  return runShadow({ ...parts, limit: Number.POSITIVE_INFINITY, ...change }, stop);
}

const storeOf = ({ redis, keys, writer }: Yard) => openShadowStore({ redis, keys, writer });

const switchTo = (yard: Yard, enabled: boolean) =>
  changeCutover(yard.cutover, yard.writer, { by: "ada", reason: "test", enabled });

/** Everything at the remote, and everything of the queue. */
async function everything(yard: Yard): Promise<unknown> {
  const { world, stores } = yard;
  return {
    refs: await world.run(world.origin, "for-each-ref"),
    items: await stores.queue.queued(100),
    checkpoint: await stores.deliveries.load(),
    lease: (await stores.lease.read()).lease,
    kept: [...(await yard.line.kept()).keys()],
    local: await world.run(world.clone, "for-each-ref", "refs/heads"),
  };
}

const shadowed = async (yard: Yard) =>
  (await yard.said("integration.candidate.shadowed")).map(({ slug, outcome, reason }) =>
    [slug, outcome, reason].filter((word) => word !== undefined).join(" "),
  );

test("each way a candidate can go is decided, and nothing at all is changed by it", async (t) => {
  const yard = await startYard(t);
  const { world } = yard;
  const lands = await yard.queued("lands");
  await yard.queued("second");
  await yard.queued("clashes", { "README.md": "mine\n" });
  await yard.queued("revoked");
  const onMain = await yard.queued("on-main");
  await yard.mergeByHand("on-main");
  await world.branch("theirs", { "README.md": "theirs\n" });
  await yard.mergeByHand("theirs");
  await yard.say("review.revoked", { slug: "revoked", review_round: 1, revoked_by: "rita", reason: "no" });
  const main = await yard.main();
  const before = await everything(yard);

  assert.deepEqual(await shadow(yard), { end: "drained", shadowed: 5, detail: null });

  assert.deepEqual(await everything(yard), before);
  assert.deepEqual(await shadowed(yard), [
    "lands would_land",
    "second would_land",
    "clashes would_block conflict",
    "revoked would_block review_revoked",
    "on-main already_on_main",
  ]);
  const [record] = await storeOf(yard).of([lands]);
  assert.equal(record?.main, main);
  assert.equal(record?.tree, await world.run(world.origin, "merge-tree", "--write-tree", main, lands.sha));
  assert.equal(await yard.status(onMain), "queued");
  const others = (await entriesOf(yard)).filter(({ type }) =>
    /deployment\.(completed|failed)|session/.test(type),
  );
  assert.deepEqual(others, [], "nothing is announced");
});

test("a candidate is decided about once for a main, and again when main has moved", async (t) => {
  const yard = await startYard(t);
  const { redis, keys, stores } = yard;
  await yard.queued("a");
  await yard.queued("b");
  const parts = { queue: stores.queue, shadow: storeOf(yard) };
  const undecided = async () => {
    await redis.command(["HSET", keys.control, "main_seen", await yard.main()]);
    return hasUndecided(redis, keys, parts);
  };
  assert.equal(await hasUndecided(redis, keys, parts), false, "main was never seen");
  assert.equal(await undecided(), true);
  assert.equal((await shadow(yard)).shadowed, 2);
  assert.equal(await undecided(), false);
  assert.equal((await shadow(yard)).shadowed, 0);
  await yard.queued("c");
  assert.equal(await undecided(), true);
  assert.equal((await shadow(yard)).shadowed, 1, "only the new one");
  await yard.world.branch("by-hand", { "hand.txt": "1\n" });
  await yard.mergeByHand("by-hand");
  assert.equal(await undecided(), true);
  assert.equal((await shadow(yard)).shadowed, 3);
  assert.equal(await undecided(), false);
  assert.equal((await storeOf(yard).all()).length, 3, "the newest of each is kept");
});

test("a paused queue is not shadowed, and a limit or TERM ends a shadow between two candidates", async (t) => {
  const yard = await startYard(t);
  for (const slug of ["a", "b", "c"]) await yard.queued(slug);
  const { queue } = yard.stores;
  await queue.setPaused(await queue.paused(), { by: "ann", atMs: 1, reason: "r", draining: false }, []);
  assert.equal((await shadow(yard)).shadowed, 0);
  await queue.setPaused(await queue.paused(), null, []);
  assert.deepEqual(await shadow(yard, { limit: 1 }), { end: "limit_reached", shadowed: 1, detail: null });
  const term = new AbortController();
  const log = { info: () => term.abort(), warn() {} };
  assert.deepEqual(await shadow(yard, { log }, term.signal), { end: "stopped", shadowed: 1, detail: null });
  assert.equal((await shadow(yard)).shadowed, 1);
});

test("a remote that is away ends the shadow, and nobody is blamed", async (t) => {
  const yard = await startYard(t);
  await yard.queued("a");
  const line = await yard.world.line();
  const away = async () => ({ kind: "remote_away" as const, detail: "gone fishing" });
  const result = await shadow(yard, { line: { ...line, lsRemote: away } });
  assert.deepEqual(result, { end: "remote_away", shadowed: 0, detail: "gone fishing" });
  assert.deepEqual(await shadowed(yard), []);
});

test("what breaks over one candidate is its own decision, and holds up nobody", async (t) => {
  const yard = await startYard(t);
  const bad = await yard.queued("bad");
  await yard.queued("good");
  const { merging } = shadowParts({
    ...{ redis: yard.redis, keys: yard.keys, config: yard.config, line: yard.line },
    ...{ owner: "o", source: "signalbox/test/o", log: { info() {}, warn() {} } },
  });
  const judge: typeof merging.judge = (candidate, refs) =>
    candidate.slug === bad.slug ? Promise.reject(new Error("a bug")) : merging.judge(candidate, refs);
  await shadow(yard, { merging: { ...merging, judge } });
  assert.deepEqual(await shadowed(yard), ["bad would_block internal", "good would_land"]);
});

for (const hand of ["picked", "merged", "checked"] as const)
  test(`a line that is taken off main at ${hand} lands nothing more: what is in hand waits in the queue as before`, async (t) => {
    const yard = await startYard(t);
    const candidates = [await yard.queued("a"), await yard.queued("b"), await yard.queued("c")];
    const main = await yard.main();
    const result = await runSession(yard, {
      parts: (parts: IntegratorParts) => {
        for (let times = 0; times < 4; times++) parts.window.pushed();
        const before = parts.hands[hand];
        Object.assign(parts.hands, {
          [hand]: async (...given: Parameters<typeof before>) => {
            await switchTo(yard, false);
            return Reflect.apply(before, parts.hands, given);
          },
        });
      },
    });
    assert.deepEqual([result.end, result.landed], ["not_live", 0]);
    assert.equal(await yard.main(), main);
    for (const candidate of candidates) assert.equal(await yard.status(candidate), "queued");
    const items = await yard.stores.queue.items();
    assert.deepEqual(
      items.map(({ aboard }) => aboard),
      [null, null, null],
    );
    assert.equal((await yard.stores.deliveries.load()).kind, "none");
    assert.equal((await yard.stores.lease.read()).lease, null);
    assert.match(
      items.find(({ slug }) => slug === "a")?.history.at(-1)?.reason ?? "",
      /put back: the cutover is off/,
    );
    assert.equal((await shadow(yard)).shadowed, 3, "they are shadowed instead");
    await switchTo(yard, true);
    assert.equal((await runSession(yard)).landed, 3);
  });

test("a push that is under way when the line is taken off main is finished, with its clean-up and its news", async (t) => {
  const yard = await startYard(t);
  const candidate = await yard.queued("a");
  const waiting = await yard.queued("b");
  const result = await runSession(yard, {
    parts: (parts) => {
      const push = parts.hands.pushing;
      parts.hands.pushing = async (...given) => {
        const outcome = await push(...given);
        await switchTo(yard, false);
        return outcome;
      };
    },
  });
  assert.deepEqual([result.end, result.landed], ["not_live", 1]);
  assert.equal(await yard.status(candidate), "integrated");
  assert.equal(await yard.status(waiting), "queued");
  assert.equal((await yard.said("deployment.completed")).length, 1);
});

test("a push whose session died before it took place is not made by a line that was taken off main since", async (t) => {
  const yard = await startYard(t);
  const candidate = await yard.queued("a");
  const main = await yard.main();
  await runSessionInto(yard, "checked");
  const left = await yard.stores.deliveries.load();
  assert.equal(left.kind === "unfinished" ? left.delivery.phase : left.kind, "pushing");
  await switchTo(yard, false);
  const result = await runSession(yard);
  assert.deepEqual([result.end, result.landed], ["not_live", 0]);
  assert.equal(await yard.main(), main);
  assert.equal(await yard.status(candidate), "queued");
});

test("what a dead session had picked is not even blocked by a line that was taken off main since", async (t) => {
  const yard = await startYard(t);
  const candidate = await yard.queued("clashes", { "README.md": "mine\n" });
  await yard.world.branch("theirs", { "README.md": "theirs\n" });
  await yard.mergeByHand("theirs");
  const term = new AbortController();
  await runSession(yard, {
    stop: term.signal,
    parts: (parts) => {
      const { pick } = parts.picker;
      parts.picker.pick = (lease) => {
        term.abort();
        return pick(lease);
      };
    },
  });
  const left = await yard.stores.deliveries.load();
  assert.equal(left.kind === "unfinished" ? left.delivery.phase : left.kind, "picked");
  await switchTo(yard, false);
  assert.equal((await runSession(yard)).end, "not_live");
  assert.equal(await yard.status(candidate), "queued");
  assert.deepEqual(await yard.said("deployment.failed"), []);
});

test("the decision that comes between the last question and the intent to push wins", async (t) => {
  const yard = await startYard(t);
  const candidate = await yard.queued("a");
  const main = await yard.main();
  let saves = 0;
  const result = await runSession(yard, {
    parts: (parts) => {
      const { saveWhile } = parts.deliveries;
      parts.deliveries.saveWhile = async (guard, delivery, lease) => {
        assert.deepEqual(followersOf(delivery), []);
        saves++;
        await switchTo(yard, false);
        return saveWhile(guard, delivery, lease);
      };
    },
  });
  assert.deepEqual([result.end, result.landed, saves], ["not_live", 0, 1]);
  assert.equal(await yard.main(), main);
  assert.equal(await yard.status(candidate), "queued");
});
