import assert from "node:assert/strict";
import { channel } from "node:diagnostics_channel";
import { chmod, readdir, rename, truncate } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { phases } from "../../src/integration/delivery.ts";
import { runSession, runSessionInto } from "./session-of.ts";
import { startYard, type Yard } from "./yard.ts";

/** How often main came to hold this candidate, and what was said of it. */
async function landings(
  yard: Yard,
  slug: string,
): Promise<{ merges: number; completed: number; failed: number }> {
  const log = await yard.world.run(
    yard.world.origin,
    "log",
    "--first-parent",
    "--format=%(trailers:key=Signalbox-Candidate,valueonly,separator=%x2C)",
    "main",
  );
  const of = async (name: string) => (await yard.said(name)).filter((data) => data.slug === slug).length;
  return {
    merges: log.split("\n").filter((name) => name.startsWith(`${slug}@`)).length,
    completed: await of("deployment.completed"),
    failed: await of("deployment.failed"),
  };
}

const once = { merges: 1, completed: 1, failed: 0 };

test("what changes nothing any more is integrated, also where main's tip is its slug's own landing", async (t) => {
  const yard = await startYard(t);
  await yard.queued("login");
  assert.equal((await runSession(yard)).landed, 1);
  const { world } = yard;
  await world.run(world.clone, "branch", "--force", "again", "HEAD");
  const tree = `${world.directory}/trees/again-tree`;
  await world.run(world.clone, "worktree", "add", "--quiet", tree, "again");
  const sha = await world.commit(tree, { "login.txt": "login\n" }, "The same once more");
  await world.run(tree, "push", "--quiet", "origin", "again");
  const again = await yard.handOver("login", sha, { branch: "again" });
  await yard.judge.settle(null);
  const main = await yard.main();
  const result = await runSession(yard);
  assert.deepEqual([result.end, result.landed], ["drained", 1]);
  assert.equal(await yard.status(again), "integrated");
  assert.equal(await yard.main(), main);
  assert.match((await yard.stores.queue.item(again))?.item.why ?? "", /changes nothing on main/);
});

for (const hand of ["checked", "pushing"] as const)
  test(`a power cut over a delivery that was ${hand}, with its objects lost, costs a merge: it lands once`, async (t) => {
    const yard = await startYard(t);
    const candidate = await yard.queued("login");
    // The push finds the remote away, so that nothing of it is there.
    const { origin, directory } = yard.world;
    await runSessionInto(yard, hand, () => rename(origin, `${origin}.away`));
    await rename(`${origin}.away`, origin);
    const objects = join(yard.line.directory, "objects");
    let lost = 0;
    for (const name of await readdir(objects, { recursive: true })) {
      if (!/^[0-9a-f]{2}\/[0-9a-f]+$/.test(name)) continue;
      await chmod(join(objects, name), 0o644);
      await truncate(join(objects, name));
      lost++;
    }
    assert.ok(lost > 0, directory);
    const line = await yard.world.line();
    assert.equal((await line.mend()).length, lost);
    assert.deepEqual(await line.mend(), []);
    await runSession(yard);
    assert.equal(await yard.status(candidate), "integrated");
    assert.deepEqual(await landings(yard, "login"), once);
  });

for (const phase of phases)
  test(`TERM while a delivery is ${phase} leaves it to the next session, which lands it once`, async (t) => {
    const yard = await startYard(t);
    const candidate = await yard.queued("login");
    const term = new AbortController();
    const steps = channel("signalbox:step");
    const listen = (message: unknown) => {
      const isReached =
        typeof message === "object" &&
        message !== null &&
        "name" in message &&
        message.name === `checkpoint.${phase}`;
      if (isReached) term.abort();
    };
    steps.subscribe(listen);
    try {
      const stopped = await runSession(yard, { stop: term.signal });
      // What is tidied is only left to be said: that is said.
      assert.equal(stopped.end, "stopped");
      assert.equal(stopped.landed, phase === "tidied" ? 1 : 0);
    } finally {
      steps.unsubscribe(listen);
    }
    assert.equal((await yard.stores.lease.read()).lease, null);
    const kept = await yard.stores.deliveries.load();
    assert.equal(kept.kind === "unfinished" ? kept.delivery.phase : null, phase === "tidied" ? null : phase);
    await runSession(yard);
    assert.equal(await yard.status(candidate), "integrated");
    assert.deepEqual(await landings(yard, "login"), once);
    assert.deepEqual((await yard.stores.deliveries.load()).kind, "none");
    assert.equal((await yard.line.kept()).size, 0);
  });

for (const phase of ["picked", "merged", "checked", "pushing", "pushed"] as const)
  test(`a session that was overtaken while a delivery was ${phase} does nothing more: it lands once`, async (t) => {
    const yard = await startYard(t);
    const candidate = await yard.queued("login");
    const overtaken = await runSession(yard, {
      parts: (parts) => {
        const hand = parts.hands[phase];
        // It sleeps before its step; meanwhile its lease runs out and a successor does everything.
        Object.assign(parts.hands, {
          [phase]: async (...given: Parameters<typeof hand>) => {
            const { lease } = await yard.stores.lease.read();
            await yard.stores.lease.release(lease?.token ?? 0);
            assert.equal((await runSession(yard)).landed, 1);
            return Reflect.apply(hand, parts.hands, given);
          },
        });
      },
    });
    assert.deepEqual([overtaken.end, overtaken.landed], ["lease_lost", 0]);
    assert.equal(await yard.status(candidate), "integrated");
    assert.deepEqual(await landings(yard, "login"), once);
  });

for (const reply of ["before it was sent", "after it was applied"])
  test(`a session that dies over its push, ${reply}, is followed by one that looks first`, async (t) => {
    const yard = await startYard(t);
    const candidate = await yard.queued("login");
    const dies = runSession(yard, {
      parts: (parts) => {
        const push = parts.hands.pushing;
        parts.hands.pushing = async (...given) => {
          if (reply === "after it was applied") await push(...given);
          throw new Error("killed");
        };
      },
    });
    await assert.rejects(dies, /killed/);
    assert.equal((await yard.stores.lease.read()).lease, null, "its lease was given back");
    const result = await runSession(yard);
    assert.equal(result.landed, 1);
    assert.equal(await yard.status(candidate), "integrated");
    assert.deepEqual(await landings(yard, "login"), once);
  });

test("main that moves between merge and push is merged with anew, never overwritten", async (t) => {
  const yard = await startYard(t);
  const candidate = await yard.queued("login");
  await yard.world.branch("other", { "other.txt": "1\n" });
  let moved: string | null = null;
  await runSession(yard, {
    parts: (parts) => {
      const push = parts.hands.pushing;
      parts.hands.pushing = async (...given) => {
        moved ??= await yard.mergeByHand("other");
        return push(...given);
      };
    },
  });
  assert.equal(await yard.status(candidate), "integrated");
  const chain = (await yard.world.run(yard.world.origin, "rev-list", "--first-parent", "main")).split("\n");
  assert.ok(moved !== null && chain.includes(moved));
  assert.deepEqual(await landings(yard, "login"), once);
});

test("the checkpoint tells when each phase of the try in hand began, and begins anew where main moved", async (t) => {
  const yard = await startYard(t);
  await yard.queued("login");
  await yard.world.branch("other", { "other.txt": "1\n" });
  const seen: { phase: string; began: string[]; times: number[] }[] = [];
  let hasMoved = false;
  await runSession(yard, {
    parts: ({ hands }) => {
      for (const phase of ["picked", "merged", "checked", "pushing", "pushed"] as const) {
        const act = hands[phase];
        Object.assign(hands, {
          [phase]: async (...given: Parameters<typeof act>) => {
            const stored = await yard.stores.deliveries.load();
            const delivery = stored.kind === "unfinished" ? stored.delivery : null;
            const times = { picked: delivery?.startedAtMs ?? 0, ...delivery?.began };
            seen.push({ phase, began: Object.keys(times), times: Object.values(times) });
            if (phase === "pushing" && !hasMoved) {
              hasMoved = true;
              await yard.mergeByHand("other");
            }
            return Reflect.apply(act, hands, given);
          },
        });
      }
    },
  });
  const way = ["picked", "merged", "checked", "pushing", "pushed"];
  const twice = [...way.slice(0, 4), ...way];
  assert.deepEqual(
    seen.map(({ phase }) => phase),
    twice,
  );
  for (const { phase, began, times } of seen) {
    assert.deepEqual(began, way.slice(0, way.indexOf(phase) + 1));
    assert.deepEqual(
      times,
      times.toSorted((a, b) => a - b),
    );
  }
  const [firstTry, secondTry] = [seen[3]?.times ?? [], seen[4]?.times ?? []];
  assert.ok((secondTry[0] ?? 0) > (firstTry.at(-1) ?? 0), "the second try began after the first one's push");
  const nowMs = await yard.stores.deliveries.nowMs();
  const last = seen.at(-1)?.times.at(-1) ?? 0;
  assert.ok(last <= nowMs + 5 && last > nowMs - 60_000, "by the clock of Redis");
});

test("a push that a hook refuses blocks the candidate by name; main, branch and worktree are as they were", async (t) => {
  const yard = await startYard(t);
  const { world } = yard;
  const candidate = await yard.queued("login");
  const before = await yard.main();
  await world.hook(
    world.origin,
    "pre-receive",
    'while read old new ref; do [ "$ref" = refs/heads/main ] && { echo "main is protected" >&2; exit 1; }; done; exit 0',
  );
  const result = await runSession(yard);
  assert.deepEqual([result.end, result.blocked], ["drained", 1]);
  const item = (await yard.stores.queue.item(candidate))?.item;
  assert.deepEqual([item?.status, item?.reason], ["blocked", "push_refused"]);
  assert.equal(await yard.main(), before);
  assert.equal(await world.run(world.origin, "rev-parse", "refs/heads/login"), candidate.sha);
  const [failed] = await yard.said("deployment.failed");
  assert.match(JSON.stringify(failed?.diagnostics), /main is protected/);
});

test("a lease ref that is deleted under the holder ends its session; the next one makes a new one, with a higher token", async (t) => {
  const yard = await startYard(t);
  const { world } = yard;
  const candidate = await yard.queued("login");
  const first = await runSession(yard, {
    parts: (parts) => {
      const push = parts.hands.pushing;
      parts.hands.pushing = async (...given) => {
        await world.run(world.origin, "update-ref", "-d", "refs/signalbox/lease");
        return push(...given);
      };
    },
  });
  assert.equal(first.end, "lease_lost");
  assert.equal((await landings(yard, "login")).merges, 0);
  await yard.stores.lease.release((await yard.stores.lease.read()).lease?.token ?? 0);
  await runSession(yard);
  assert.equal(await yard.status(candidate), "integrated");
  const message = await world.run(world.origin, "log", "-1", "--format=%B", "refs/signalbox/lease");
  assert.equal(JSON.parse(message).token, 2);
});

test("a session whose Redis was emptied under it lands nothing any more, and its token is not given twice", async (t) => {
  const yard = await startYard(t);
  await yard.queued("login");
  const first = await runSession(yard, {
    parts: (parts) => {
      const push = parts.hands.checked;
      parts.hands.checked = async (...given) => {
        await yard.redis.command([
          "DEL",
          yard.keys.lease("integration/main"),
          yard.keys.leaseToken("integration/main"),
        ]);
        return push(...given);
      };
    },
  });
  assert.equal(first.end, "lease_lost");
  assert.equal((await landings(yard, "login")).merges, 0);
  await runSession(yard);
  assert.deepEqual(await landings(yard, "login"), once);
  const [, second] = await yard.said("integration.session.started");
  assert.equal(second?.lease_token, 2);
});

test("a candidate that is superseded, or whose approval is taken back, while it is on the line does not land", async (t) => {
  const yard = await startYard(t);
  const { world } = yard;
  const older = await yard.queued("login");
  const revoked = await yard.queued("revoked");
  const tree = `${world.directory}/trees/login`;
  const before = await yard.main();
  await runSession(yard, {
    parts: (parts) => {
      const check = parts.hands.merged;
      parts.hands.merged = async (delivery, ...more) => {
        if (delivery.candidate.slug === "login") {
          const sha = await world.commit(tree, { "more.txt": "1\n" });
          await world.run(tree, "push", "--quiet", "origin", "login");
          await yard.handOver("login", sha);
        } else {
          await yard.say("review.revoked", {
            slug: "revoked",
            review_round: 1,
            revoked_by: "rita",
            reason: "a second look",
          });
        }
        return check(delivery, ...more);
      };
    },
  });
  assert.deepEqual([await yard.status(older), await yard.status(revoked)], ["superseded", "blocked"]);
  assert.equal(await yard.main(), before);
});

for (const inHand of [true, false])
  test(`a checkpoint nobody can read ${inHand ? "puts its candidate back, which lands once" : "with nothing in hand is thrown away"}`, async (t) => {
    const yard = await startYard(t);
    const candidate = await yard.queued("login");
    if (inHand) {
      await runSessionInto(yard, "picked");
      assert.equal(await yard.status(candidate), "in_progress");
    }
    const half = JSON.stringify({ phase: "pushing", candidate, deliveryId: "d", attempt: 1, startedAtMs: 0 });
    await yard.redis.command(["SET", yard.keys.checkpoint, half]);
    if (!inHand)
      await yard.redis.command([
        "HSET",
        yard.keys.control,
        "paused",
        JSON.stringify({ by: "ann", atMs: 0, reason: "r", draining: false }),
      ]);
    const result = await runSession(yard);
    assert.equal(result.end, "drained");
    assert.equal((await yard.stores.deliveries.load()).kind, "none");
    assert.equal(await yard.status(candidate), inHand ? "integrated" : "queued");
    if (inHand) assert.deepEqual(await landings(yard, "login"), once);
  });

test("a pause that comes while the next is being taken wins", async (t) => {
  const yard = await startYard(t);
  const candidate = await yard.queued("login");
  const { queue } = yard.stores;
  const result = await runSession(yard, {
    parts: (parts) => {
      const { pick } = parts.picker;
      parts.picker.pick = async (lease) => {
        await queue.setPaused(await queue.paused(), { by: "ann", atMs: 1, reason: "r", draining: false }, []);
        return pick(lease);
      };
    },
  });
  assert.deepEqual([result.end, result.landed], ["drained", 0]);
  assert.equal(await yard.status(candidate), "queued");
});

test("a candidate of which nothing is known is not landed", async (t) => {
  const yard = await startYard(t);
  const candidate = await yard.queued("login");
  await yard.deafen();
  for (const key of await allKeys(yard, "projection")) await yard.redis.command(["DEL", key]);
  const before = await yard.main();
  await runSession(yard);
  const item = (await yard.stores.queue.item(candidate))?.item;
  assert.deepEqual([item?.status, item?.reason], ["blocked", "internal"]);
  assert.equal(await yard.main(), before);
});

async function allKeys(yard: Yard, part: string): Promise<string[]> {
  const found = await yard.redis.command(["KEYS", "*"]);
  return Array.isArray(found) ? found.map(String).filter((key) => key.includes(`:${part}:`)) : [];
}
