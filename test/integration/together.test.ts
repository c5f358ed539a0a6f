/** Several candidates in one push: those that follow the one on the line, and what becomes of them when it goes wrong. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import type { Candidate } from "../../src/integration/candidate.ts";
import { followersOf } from "../../src/integration/delivery.ts";
import { withdrawCandidate } from "../../src/integration/operate.ts";
import type { IntegratorParts } from "../../src/integration/session-ports.ts";
import { entriesOf } from "../events/bus.ts";
import { runSession } from "./session-of.ts";
import { startYard, type Yard } from "./yard.ts";

/** Every push that moved main, as the number of landings it brought. */
async function countPushes(yard: Yard): Promise<() => Promise<number[]>> {
  const { world } = yard;
  const log = join(world.directory, "pushes");
  await world.hook(
    world.origin,
    "post-receive",
    `while read old new ref; do [ "$ref" = refs/heads/main ] && git rev-list --count --first-parent --merges "$old..$new" >> '${log}'; done; exit 0`,
  );
  return async () => (await readFile(log, "utf8")).trim().split("\n").map(Number);
}

async function queuedOnes(yard: Yard, ...slugs: string[]): Promise<Candidate[]> {
  const all: Candidate[] = [];
  for (const slug of slugs) all.push(await yard.queued(slug));
  return all;
}

/** The slugs that landed, as main's own line has them, oldest first. */
async function landedOrder({ world }: Yard): Promise<string[]> {
  const text = await world.run(
    world.origin,
    "log",
    "--first-parent",
    "--reverse",
    "--merges",
    "--format=%s",
    "main",
  );
  return text.split("\n").map((subject) => /^Land ([a-z0-9-]+)/.exec(subject)?.[1] ?? subject);
}

/** Lets the window open at once, so that the first push already carries several. */
function wide(parts: IntegratorParts): void {
  for (let times = 0; times < 4; times++) parts.window.pushed();
}

/** Does something once, when several are in hand at this hand's turn. */
function onceTogether(hand: "merged" | "checked" | "pushing" | "pushed", act: () => Promise<unknown>) {
  let done = false;
  return (parts: IntegratorParts) => {
    wide(parts);
    const { hands } = parts;
    const before = hands[hand];
    Object.assign(hands, {
      [hand]: async (...given: Parameters<typeof before>) => {
        if (!done && followersOf(given[0]).length > 0) {
          done = true;
          await act();
        }
        return Reflect.apply(before, hands, given);
      },
    });
    return () => done;
  };
}

test("those that wait share pushes that grow, in their order, each with its own landing and its own events", async (t) => {
  const yard = await startYard(t);
  const pushes = await countPushes(yard);
  const slugs = ["a", "b", "c", "d", "e", "f"];
  const candidates = await queuedOnes(yard, ...slugs);
  const result = await runSession(yard);
  assert.deepEqual([result.end, result.landed], ["drained", 6]);
  assert.deepEqual(await pushes(), [1, 4, 1]);
  assert.deepEqual(await landedOrder(yard), slugs);
  for (const candidate of candidates) assert.equal(await yard.status(candidate), "integrated");
  const story = (await entriesOf(yard))
    .filter(({ type }) => /completed$|dequeued$/.test(type))
    .map(({ type, text }) => `${type.split(".").at(-1)} ${JSON.parse(text).data.slug}`);
  assert.deepEqual(
    story,
    slugs.flatMap((slug) => [`dequeued ${slug}`, `completed ${slug}`]),
    "one in progress at a time",
  );
  for (const completed of await yard.said("deployment.completed")) {
    const { merge_commit, main_sha, sha } = completed;
    const { world } = yard;
    assert.equal(await world.run(world.origin, "rev-parse", `${merge_commit}^2`), sha);
    assert.ok(
      (await world.attempt(world.origin, "merge-base", "--is-ancestor", String(main_sha), "main")).code === 0,
    );
  }
  for (const slug of slugs)
    assert.notEqual(
      (await yard.world.attempt(yard.world.origin, "rev-parse", "--verify", `refs/heads/${slug}`)).code,
      0,
    );
  assert.equal((await yard.line.kept()).size, 0);
});

test("one that conflicts with what goes before it in the push is blocked by what is on main then, and holds up nobody", async (t) => {
  const yard = await startYard(t);
  const pushes = await countPushes(yard);
  await yard.queued("first");
  const a = await yard.queued("a", { "shared.txt": "a\n" });
  const b = await yard.queued("b", { "shared.txt": "b\n" });
  const c = await yard.queued("c");
  await runSession(yard);
  assert.deepEqual(
    [await yard.status(a), await yard.status(b), await yard.status(c)],
    ["integrated", "blocked", "integrated"],
  );
  assert.deepEqual(await landedOrder(yard), ["first", "a", "c"]);
  assert.deepEqual(await pushes(), [1, 1, 1]);
  const [failed] = await yard.said("deployment.failed");
  const { world } = yard;
  const [commit] = (await world.run(world.origin, "log", "--format=%H", "--", "shared.txt"))
    .split("\n")
    .slice(-1);
  assert.match(JSON.stringify(failed?.conflict_evidence), new RegExp(`shared.txt.*${commit}`));
});

test("a push of several that is refused is made again for each alone: only who is refused is blocked", async (t) => {
  const yard = await startYard(t);
  const { world } = yard;
  const [a, bad, c] = await queuedOnes(yard, "a", "bad", "c");
  await world.hook(
    world.origin,
    "pre-receive",
    'while read old new ref; do [ "$ref" = refs/heads/main ] && git cat-file -e "$new:bad.txt" 2>/dev/null && { echo "no bad files" >&2; exit 1; }; done; exit 0',
  );
  const result = await runSession(yard, { parts: wide });
  assert.deepEqual([result.landed, result.blocked], [2, 1]);
  const statuses = await Promise.all([a, bad, c].map((one) => one && yard.status(one)));
  assert.deepEqual(statuses, ["integrated", "blocked", "integrated"]);
  const item = bad && (await yard.stores.queue.item(bad))?.item;
  assert.deepEqual([item?.reason, item?.aboard], ["push_refused", null]);
  assert.equal((await yard.line.kept()).size, 0);
  assert.deepEqual(await landedOrder(yard), ["a", "c"]);
});

test("a remote that lets no branch be deleted keeps them, and every landing comes to main all the same", async (t) => {
  const yard = await startYard(t);
  const { world } = yard;
  await world.run(world.origin, "config", "receive.denyDeletes", "true");
  const candidates = await queuedOnes(yard, "a", "b", "c");
  const result = await runSession(yard, { parts: wide });
  assert.equal(result.landed, 3);
  for (const { branch, sha } of candidates)
    assert.equal(await world.run(world.origin, "rev-parse", `refs/heads/${branch}`), sha);
  const why = (await yard.stores.queue.item(candidates[1] ?? assert.fail()))?.item.why;
  assert.match(why ?? "", /kept origin\/b: the remote refused to delete it/);
});

test("a branch that moves on while it is on the line is kept, and what was handed over of it lands", async (t) => {
  const yard = await startYard(t);
  const { world } = yard;
  const candidates = await queuedOnes(yard, "a", "b", "c");
  const tree = `${world.directory}/trees/b`;
  let moved = "";
  const result = await runSession(yard, {
    parts: onceTogether("pushing", async () => {
      moved = await world.commit(tree, { "more.txt": "1\n" });
      await world.run(tree, "push", "--quiet", "origin", "b");
    }),
  });
  assert.equal(result.landed, 3);
  for (const candidate of candidates) assert.equal(await yard.status(candidate), "integrated");
  assert.equal(await world.run(world.origin, "rev-parse", "refs/heads/b"), moved);
  assert.notEqual((await world.attempt(world.origin, "rev-parse", "--verify", "refs/heads/c")).code, 0);
  assert.notEqual((await world.attempt(world.origin, "cat-file", "-e", "main:more.txt")).code, 0);
});

test("main that moves under a push of several: all are merged with it anew, and one that conflicts now is blocked", async (t) => {
  const yard = await startYard(t);
  const { world } = yard;
  const a = await yard.queued("a");
  const b = await yard.queued("b", { "shared.txt": "b\n" });
  const c = await yard.queued("c");
  await world.branch("by-hand", { "shared.txt": "hand\n" });
  let moved = "";
  await runSession(yard, {
    parts: onceTogether("pushing", async () => {
      moved = await yard.mergeByHand("by-hand");
    }),
  });
  assert.deepEqual(
    [await yard.status(a), await yard.status(b), await yard.status(c)],
    ["integrated", "blocked", "integrated"],
  );
  assert.deepEqual(await landedOrder(yard), ["Merge by-hand", "a", "c"]);
  assert.equal((await yard.line.kept()).size, 0);
  assert.ok(moved !== "");
});

test("what is aboard is nobody else's: it is not withdrawn, and a newer commit of it waits for its landing", async (t) => {
  const yard = await startYard(t);
  const { world, redis, stores } = yard;
  const [, b] = await queuedOnes(yard, "a", "b");
  const tree = `${world.directory}/trees/b`;
  let refusal: unknown;
  await runSession(yard, {
    parts: onceTogether("pushing", async () => {
      refusal = await withdrawCandidate({ redis, stores, by: "ann" }, "b", "no").catch((error) => error);
      const sha = await world.commit(tree, { "more.txt": "1\n" });
      await yard.handOver("b", sha, { round: 2 });
      await yard.judge.settle(null);
      assert.equal(await yard.status(b ?? assert.fail()), "queued");
    }),
  });
  assert.match(String(refusal), /b is queued, on the line/);
  assert.equal(await yard.status(b ?? assert.fail()), "integrated");
  assert.deepEqual(await landedOrder(yard), ["a", "b"]);
});

test("one of those behind that is not to land any more takes nobody along", async (t) => {
  const yard = await startYard(t);
  const [a, b, c] = await queuedOnes(yard, "a", "b", "c");
  await runSession(yard, {
    parts: onceTogether("checked", () =>
      yard.say("review.revoked", { slug: "b", review_round: 1, revoked_by: "rita", reason: "a second look" }),
    ),
  });
  const statuses = await Promise.all([a, b, c].map((one) => one && yard.status(one)));
  assert.deepEqual(statuses, ["integrated", "blocked", "integrated"]);
  assert.deepEqual(await landedOrder(yard), ["a", "c"]);
});

for (const hand of ["merged", "checked", "pushing", "pushed"] as const)
  test(`a session that ends at ${hand} with several in hand leaves them to the next, which lands each once`, async (t) => {
    const yard = await startYard(t);
    const candidates = await queuedOnes(yard, "a", "b", "c");
    const term = new AbortController();
    await runSession(yard, { stop: term.signal, parts: onceTogether(hand, async () => term.abort()) });
    const result = await runSession(yard);
    assert.equal(result.end, "drained");
    for (const candidate of candidates) assert.equal(await yard.status(candidate), "integrated");
    assert.deepEqual(await landedOrder(yard), ["a", "b", "c"]);
    assert.equal((await yard.said("deployment.completed")).length, 3);
    assert.equal((await yard.stores.deliveries.load()).kind, "none");
    const items = await yard.stores.queue.items();
    assert.ok(items.every(({ aboard }) => aboard === null));
  });

test("a checkpoint that is lost with several in hand puts all of them back", async (t) => {
  const yard = await startYard(t);
  const candidates = await queuedOnes(yard, "a", "b", "c");
  const term = new AbortController();
  await runSession(yard, { stop: term.signal, parts: onceTogether("checked", async () => term.abort()) });
  const marks = async () => (await yard.stores.queue.items()).filter(({ aboard }) => aboard !== null).length;
  assert.equal(await marks(), 2);
  await yard.redis.command(["SET", yard.keys.checkpoint, "{"]);
  await runSession(yard, { limit: 1 });
  assert.equal(await marks(), 0);
  await runSession(yard);
  for (const candidate of candidates) assert.equal(await yard.status(candidate), "integrated");
  assert.deepEqual(await landedOrder(yard), ["a", "b", "c"]);
});

test("a pause lets what is in hand finish and couples nobody more; a limit is not passed by who follows", async (t) => {
  const yard = await startYard(t);
  const candidates = await queuedOnes(yard, "a", "b", "c");
  const { queue } = yard.stores;
  const limited = await runSession(yard, { limit: 2, parts: wide });
  assert.deepEqual([limited.end, limited.landed], ["limit_reached", 2]);
  assert.equal(await yard.status(candidates[2] ?? assert.fail()), "queued");
  const [d] = await queuedOnes(yard, "d");
  const paused = await runSession(yard, {
    parts: (parts) => {
      wide(parts);
      const { couple } = parts.coupling;
      parts.coupling.couple = async (...given) => {
        const pause = { by: "ann", atMs: 1, reason: "r", draining: false };
        await queue.setPaused(await queue.paused(), pause, []);
        return couple(...given);
      };
    },
  });
  assert.deepEqual([paused.end, paused.landed], ["drained", 1]);
  assert.equal(await yard.status(d ?? assert.fail()), "queued");
});
