import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { readConfiguration } from "../../src/config/document.ts";
import { askTest } from "../../src/delivery/ask-test.ts";
import { readStanding } from "../../src/delivery/standing.ts";
import type { Sending } from "../../src/delivery/surface.ts";
import { waitUntil } from "../world/wait-until.ts";
import {
  departed,
  type FarEnd,
  farEnd,
  type Ground,
  openGround,
  openWorking,
  quiet,
  told,
} from "./far-end.ts";

async function healthOf(ground: Ground, surface: FarEnd, target = "ada"): Promise<Record<string, unknown>> {
  const text = await ground.redis.command(["HGET", ground.keys.deliveryHealth(surface.name), target]);
  return JSON.parse(String(text));
}

const stateIs = (ground: Ground, surface: FarEnd, state: string) =>
  waitUntil(async () => (await healthOf(ground, surface)).state === state, { what: `it is ${state}` });

/** The test's clock is Redis' own: instead of waiting, what was is put into the past. */
async function age(ground: Ground, surface: FarEnd, change: object, target = "ada"): Promise<void> {
  const health = { ...(await healthOf(ground, surface, target)), ...change };
  await ground.redis.command([
    "HSET",
    ground.keys.deliveryHealth(surface.name),
    target,
    JSON.stringify(health),
  ]);
}

async function ageRows(ground: Ground, surface: FarEnd, change: object, target = "ada"): Promise<void> {
  const key = ground.keys.delivery(surface.name, target, "sent");
  const flat = await ground.redis.command(["HGETALL", key]);
  assert.ok(Array.isArray(flat));
  for (let at = 0; at < flat.length; at += 2) {
    const row = { ...JSON.parse(String(flat[at + 1])), ...change };
    await ground.redis.command(["HSET", key, String(flat[at]), JSON.stringify(row)]);
  }
}

const never = new Promise<never>(() => undefined);

suite("a message that may have been told", () => {
  test("is not told again where it only says something", async (t) => {
    const far = farEnd();
    far.answer(() => ({ kind: "unknown", why: "the answer was lost" }));
    const ground = await openWorking(t, [far]);
    await ground.started("login");
    await quiet(ground, far, "ada", 1);
    assert.deepEqual(told(far), ["says: login is on its way to main"]);
  });

  test("is told once more where it rings, and says that it may be the second", async (t) => {
    const far = farEnd();
    far.answer(() => ({ kind: "unknown", why: "the answer was lost" }));
    const ground = await openWorking(t, [far]);
    await ground.failed("login");
    await quiet(ground, far, "ada", 1);
    assert.deepEqual(told(far), [
      "rings: login is blocked: conflict",
      "rings: login is blocked: conflict (perhaps again)",
    ]);
  });

  test("is met so by the next worker where one died over it", async (t) => {
    const far = farEnd();
    far.answer(() => never);
    const ground = await openWorking(t, [far]);
    await ground.started("said");
    await departed(far, 1);
    // As a kill would leave it: the lease and the intent are there, and nobody comes back to them.
    await waitUntil(
      async () => (await ground.redis.command(["DEL", ground.keys.lease("delivery-far")])) === 1,
      {
        what: "the lease is taken away",
      },
    );
    const next = farEnd();
    ground.deliver([next]);
    await ground.started("other");
    await departed(next, 1);
    await quiet(ground, next, "ada", 2);
    assert.deepEqual(told(next), ["says: other is on its way to main"]);
    far.answer(() => ({ kind: "sent" }));
    await ground.delivery.stop();
  });

  test("leaves at most twice where its id is known again at the other end, with one id", async (t) => {
    const far = farEnd({ edits: false, groups: false, repeatable: true });
    far.answer((_, count) => (count === 1 ? { kind: "unknown", why: "lost" } : { kind: "sent" }));
    const ground = await openWorking(t, [far]);
    await ground.failed("login");
    await departed(far, 2);
    await quiet(ground, far, "ada", 1);
    assert.equal(new Set(far.sent.map(({ id }) => id)).size, 1);
    assert.equal(far.sent.length, 2);
  });
});

suite("what happens meanwhile", () => {
  test("to a message that is on its way is told after it, in what it left", async (t) => {
    const far = farEnd();
    const ground = await openGround(t, [far]);
    far.answer(async (_, count) => {
      if (count === 1) {
        await ground.failed("login");
        await ground.handled(2);
      }
      return { kind: "sent", ref: `m${count}` };
    });
    ground.processed();
    ground.deliver();
    await ground.started("login");
    await departed(far, 2);
    await quiet(ground, far);
    assert.deepEqual(told(far), ["says: login is on its way to main", "rings: login is blocked: conflict"]);
    assert.deepEqual(
      far.sent.map((sending) => (sending.kind === "notice" ? sending.previous : "no notice")),
      [null, "m1"],
    );
  });

  test("to a row that was about to wait makes it due again", async (t) => {
    const far = farEnd({ targets: { ada: { rules: { digestMs: 365 * 86_400_000 } } } });
    const ground = await openGround(t, [far]);
    let happened = false;
    ground.processed();
    ground.deliver([far], async ({ ops = [] }) => {
      if (happened || !ops.some(({ op }) => op === "zadd")) return;
      happened = true;
      await ground.failed("login");
      await ground.handled(2);
    });
    await ground.started("login");
    await departed(far, 1);
    assert.equal(happened, true);
    assert.deepEqual(told(far), ["rings: login is blocked: conflict"]);
  });
});

suite("a rate limit", () => {
  test("is kept across a restart, and is no failure", async (t) => {
    const far = farEnd();
    far.answer(() => ({ kind: "later", afterMs: 60_000, scope: "target" }));
    const ground = await openWorking(t, [far]);
    await ground.failed("login");
    await departed(far, 1);
    await ground.delivery.stop();
    const health = await healthOf(ground, far);
    assert.equal(health.state, "ok");
    far.answer(() => ({ kind: "sent", ref: "m" }));
    ground.deliver();
    await ground.failed("other");
    await ground.handled(2);
    assert.equal(far.sent.length, 1);
    await age(ground, far, { rest_until: 0 });
    await departed(far, 3);
  });

  test("of a whole surface holds all its targets", async (t) => {
    const far = farEnd({ targets: { ada: {}, bob: {} } });
    const ground = await openGround(t, [far]);
    far.answer(() => ({ kind: "later", afterMs: 60_000, scope: "surface" }));
    ground.processed();
    ground.deliver();
    await ground.failed("login");
    await departed(far, 1);
    await waitUntil(
      async () => (await ground.redis.command(["HEXISTS", ground.keys.deliveryHealth("far"), ""])) === 1,
      {
        what: "the pause is recorded",
      },
    );
    const before = far.sent.length;
    assert.ok(before <= 2, "each may have been on its way already");
    await ground.failed("other");
    await ground.handled(2);
    assert.equal(far.sent.length, before);
  });
});

suite("a target that is gone", () => {
  test("is disabled, others are told, and it is sent to again once a test arrives: then what it missed", async (t) => {
    const far = farEnd({ targets: { ada: {}, bob: {} } });
    far.answer(({ target }) =>
      target === "bob" ? { kind: "gone", why: "the bot was blocked" } : { kind: "sent", ref: "m" },
    );
    const ground = await openWorking(t, [far]);
    await ground.failed("login");
    await waitUntil(() => told(far, "ada").includes("rings: Nothing is sent to far:bob any more"), {
      what: "Ada hears of Bob",
    });
    assert.equal((await healthOf(ground, far, "bob")).state, "disabled");
    const before = told(far, "bob").length;
    await ground.failed("other");
    await ground.handled(3);
    assert.equal(told(far, "bob").length, before);

    far.answer(() => ({ kind: "sent", ref: "m" }));
    const asked = await askTest(ground, { surface: asSurface(far), target: "bob" }, "ada");
    assert.deepEqual(asked, { kind: "sent", why: null });
    await waitUntil(
      () => {
        const toBob = told(far, "bob");
        return (
          toBob.includes("rings: login is blocked: conflict") &&
          toBob.includes("rings: other is blocked: conflict")
        );
      },
      { what: "Bob is told what he missed" },
    );
    await waitUntil(
      async () =>
        (await ground.inbox()).some(
          ({ group, agent_status }) => group === "delivery/far/bob" && agent_status === "resolved",
        ),
      { what: "the notification about Bob is resolved" },
    );
  });

  test("after a day of failures, too, and what failed all that time is told when it is back", async (t) => {
    const far = farEnd();
    far.answer(() => ({ kind: "failed", why: "it answered 500" }));
    const ground = await openWorking(t, [far]);
    await ground.failed("login");
    await departed(far, 1);
    await stateIs(ground, far, "failing");
    await ageRows(ground, far, { failing_since: 1 });
    await age(ground, far, { since: 1, rest_until: 0 });
    await stateIs(ground, far, "disabled");
    const [notice] = (await ground.inbox()).filter(({ group }) => group.startsWith("delivery/"));
    assert.equal(notice?.needs_attention ?? true, true);

    far.answer(() => ({ kind: "sent", ref: "m" }));
    const isAboutIt = (each: Sending) =>
      each.kind === "notice" && each.ring !== null && each.notification.group === "deployment/login";
    const missed = far.sent.filter(isAboutIt).length;
    await askTest(ground, { surface: asSurface(far), target: "ada" }, "bob");
    await waitUntil(() => far.sent.filter(isAboutIt).length > missed, {
      what: "the alarm that failed all that time rings after all",
    });
  });

  test("is not sent to where its configuration is not usable, and a test says why", async (t) => {
    const far = farEnd({ targets: { ada: { unusable: "the variable S is not set" } } });
    const ground = await openWorking(t, [far]);
    await ground.failed("login");
    const asked = await askTest(ground, { surface: asSurface(far), target: "ada" }, "bob");
    assert.deepEqual(asked, { kind: "gone", why: "the variable S is not set" });
    assert.equal((await healthOf(ground, far)).state, "unusable");
    assert.deepEqual(far.sent, []);
  });
});

suite("a target that is configured no more", () => {
  test("leaves nothing, and hears nothing old when it is back", async (t) => {
    const both = farEnd({ targets: { ada: {}, bob: {} } });
    both.answer(() => ({ kind: "failed", why: "away" }));
    const ground = await openWorking(t, [both]);
    await ground.failed("login");
    await departed(both, 2);
    await ground.delivery.stop();
    const one = farEnd();
    const second = ground.deliver([one]);
    await departed(one, 1);
    const left = async () =>
      (await ground.redis.command(["KEYS", `${ground.keys.tag}:delivery:far:*:bob`])) ?? [];
    assert.deepEqual(await left(), []);
    await second.stop();
    const again = farEnd({ targets: { ada: {}, bob: {} } });
    ground.deliver([again]);
    await ground.started("other");
    await departed(again, 2);
    await quiet(ground, again, "bob", 1);
    assert.deepEqual(told(again, "bob"), ["says: other is on its way to main"]);
  });
});

suite("a target with another address", () => {
  test("is told nothing that was meant for the one before", async (t) => {
    const far = farEnd();
    far.answer(() => ({ kind: "failed", why: "away" }));
    const ground = await openWorking(t, [far]);
    await ground.failed("login");
    await departed(far, 1);
    await ground.delivery.stop();
    const moved = farEnd({ targets: { ada: { address: "elsewhere" } } });
    ground.deliver([moved]);
    await waitUntil(async () => (await healthOf(ground, moved)).fingerprint === "elsewhere", {
      what: "it begins anew",
    });
    await ground.started("other");
    await departed(moved, 1);
    assert.deepEqual(told(moved), ["says: other is on its way to main"]);
  });
});

suite("the workers", () => {
  test("are one a surface: two that run send nothing twice", async (t) => {
    const far = farEnd({ groups: false });
    const ground = await openWorking(t, [far]);
    ground.deliver();
    for (let n = 0; n < 20; n++) await ground.failed(`s-${n}`);
    await departed(far, 20);
    await quiet(ground, far, "ada", 20);
    assert.equal(far.sent.length, 20);
  });

  test("record what they sent also where Redis was away just then, and go on", async (t) => {
    const far = farEnd();
    const ground = await openGround(t, [far]);
    const thawing = () =>
      waitUntil(
        () =>
          ground.redis.command(["PING"], { deadlineMs: 300 }).then(
            () => false,
            () => true,
          ),
        { what: "Redis answers no more" },
      ).then(ground.thaw);
    let thawed: Promise<void> | null = null;
    far.answer((_, count) => {
      if (count === 1) {
        ground.freeze();
        thawed = thawing();
      }
      return { kind: "sent", ref: `m${count}` };
    });
    ground.processed();
    ground.deliver();
    await ground.failed("login");
    await departed(far, 1);
    await thawed;
    await ground.failed("other");
    await departed(far, 2);
    await quiet(ground, far, "ada", 2);
    assert.deepEqual(told(far), ["rings: login is blocked: conflict", "rings: other is blocked: conflict"]);
  });

  test("go on with a Redis that came back empty", async (t) => {
    const far = farEnd();
    const ground = await openWorking(t, [far]);
    await ground.failed("login");
    await departed(far, 1);
    await ground.redis.command(["FLUSHALL"]);
    await ground.failed("other");
    await waitUntil(() => told(far).includes("rings: other is blocked: conflict"), {
      what: "what happens afterwards is told",
    });
    assert.equal(told(far).filter((line) => line.includes("login")).length, 1);
  });

  test("give up what nobody can read, and go on", async (t) => {
    const far = farEnd();
    const ground = await openGround(t, [far]);
    const { redis, keys } = ground;
    await redis.command(["HSET", keys.delivery("far", "ada", "wanted"), "abc", "{ no JSON"]);
    await redis.command(["ZADD", keys.delivery("far", "ada", "due"), 1, "abc", 1, "def", 1, "test-x"]);
    ground.processed();
    ground.deliver();
    await ground.started("login");
    await departed(far, 1);
    await quiet(ground, far, "ada", 1);
    assert.equal(await redis.command(["HLEN", keys.delivery("far", "ada", "wanted")]), 1);
  });

  test("wait for a surface that does not settle no longer than it may take, and stop in time", async (t) => {
    const far = farEnd();
    far.answer(() => never);
    const ground = await openWorking(t, [far]);
    await ground.started("login");
    await departed(far, 1);
    await ground.delivery.stop();
  });

  test("give up what is refused for good, and write down that they did", async (t) => {
    const far = farEnd();
    far.answer(() => ({ kind: "refused", why: "it is too long" }));
    const ground = await openWorking(t, [far]);
    await ground.failed("login");
    await waitUntil(() => ground.delivery.logged.some((words) => words.includes("it is too long")), {
      what: "the log has it",
    });
    assert.equal(far.sent.length, 1);
  });

  test("take a surface that throws for one that did not answer", async (t) => {
    const far = farEnd();
    far.answer(() => {
      throw new Error("https://secret.example/token");
    });
    const ground = await openWorking(t, [far]);
    await ground.started("login");
    await stateIs(ground, far, "failing");
    assert.equal((await healthOf(ground, far)).why, "the surface far failed");
  });
});

test("how the deliveries stand is told in the order of the configuration", async (t) => {
  const ground = await openGround(t, []);
  const entries = ["b", "a"].map((name) => `{name: ${name}, url: 'https://example.org', secretEnv: S}`);
  const reading = readConfiguration(`notify: {webhooks: [${entries}]}`);
  assert.ok(reading.kind === "read");
  const fresh = { state: "new", why: null, since: null, last_sent_at: null, waiting: 0 };
  assert.deepEqual(await readStanding(ground, reading.config), [
    { surface: "webhook", target: "b", ...fresh },
    { surface: "webhook", target: "a", ...fresh },
  ]);
});

test("a test that nobody takes is taken back, and says so", async (t) => {
  const ground = await openGround(t, []);
  const asked = askTest({ ...ground, patienceMs: 100 }, { surface: "webhook", target: "1" }, "ada");
  await assert.rejects(asked, { code: "no_delivery_worker", kind: "unavailable" });
  assert.deepEqual(await ground.redis.command(["KEYS", `${ground.keys.tag}:delivery*`]), []);
});

/** The names of surfaces are those that the configuration knows; the far end of these tests stands in for any. */
function asSurface({ name }: FarEnd): "webhook" {
  // as: a test surface has a name of its own.
  return name as "webhook";
}
