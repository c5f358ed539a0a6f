import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { rebuildProjection } from "../../src/events/rebuild.ts";
import { notificationsProjection } from "../../src/notifications/projection.ts";
import { waitUntil } from "../world/wait-until.ts";
import { departed, farEnd, openGround, openWorking, quiet, told } from "./far-end.ts";

suite("a target that can be shown changes", () => {
  test("is told of a start, rung when it is blocked, and shown the landing in what it has", async (t) => {
    const far = farEnd();
    const ground = await openWorking(t, [far]);
    await ground.started("login");
    await departed(far, 1);
    await ground.failed("login");
    await departed(far, 2);
    await ground.started("login", 2);
    await departed(far, 3);
    await ground.completed("login");
    await departed(far, 4);
    await quiet(ground, far);
    assert.deepEqual(told(far), [
      "says: login is on its way to main",
      "rings: login is blocked: conflict",
      "changes: login is on its way to main",
      "changes: login is on main",
    ]);
    const refs = far.sent.map((sending) => (sending.kind === "notice" ? sending.previous : "no notice"));
    assert.deepEqual(refs, [null, "m1", "m2", "m3"]);
  });

  test("is told once of a burst, as it stands in the end", async (t) => {
    const far = farEnd();
    const ground = await openGround(t, [far]);
    ground.processed();
    await ground.started("login");
    await ground.failed("login");
    await ground.started("login", 2);
    await ground.completed("login");
    await ground.handled(4);
    ground.deliver();
    await departed(far, 1);
    await quiet(ground, far);
    assert.deepEqual(told(far), ["says: login is on main (missed an alarm)"]);
  });
});

suite("what was told", () => {
  test("is not told again after a restart, nor after a rebuild", async (t) => {
    const far = farEnd();
    const ground = await openWorking(t, [far]);
    await ground.started("login");
    await ground.failed("login");
    await departed(far, 1);
    await quiet(ground, far);
    await ground.delivery.stop();
    const before = far.sent.length;
    const { redis, keys, catalog, writer } = ground;
    const projection = notificationsProjection(catalog);
    const report = await rebuildProjection({ redis, keys, catalog, writer, projection });
    assert.equal(report.kind, "swapped");
    ground.deliver();
    await ground.started("other");
    await departed(far, before + 1);
    await quiet(ground, far);
    assert.deepEqual(told({ sent: far.sent.slice(before) }), ["says: other is on its way to main"]);
  });

  test("by a surface that was dead for long, is all that counts then, grouped, and each alarm for itself", async (t) => {
    const far = farEnd();
    const ground = await openGround(t, [far]);
    ground.processed();
    for (let n = 0; n < 97; n++) await ground.started(`quiet-${n}`);
    for (let n = 0; n < 3; n++) await ground.failed(`blocked-${n}`);
    await ground.handled(100);
    ground.deliver();
    await departed(far, 7);
    await quiet(ground, far);
    const lines = told(far);
    // What happened within one millisecond has no order.
    assert.deepEqual(
      [...lines.slice(0, 3).toSorted(), ...lines.slice(3)],
      [
        "rings: blocked-0 is blocked: conflict",
        "rings: blocked-1 is blocked: conflict",
        "rings: blocked-2 is blocked: conflict",
        "digest of 25",
        "digest of 25",
        "digest of 25",
        "digest of 22",
      ],
    );
    const grouped = far.sent.flatMap((sending) => (sending.kind === "digest" ? sending.notifications : []));
    assert.equal(new Set(grouped.map(({ id }) => id)).size, 97);
  });
});

suite("a target", () => {
  test("is told nothing below its level, and the end of what it was told, whatever its level", async (t) => {
    const far = farEnd({ targets: { ada: { rules: { levelMin: "business" } } } });
    const ground = await openWorking(t, [far]);
    await ground.started("other");
    await ground.started("login");
    await ground.failed("login");
    await departed(far, 1);
    await ground.completed("login");
    await departed(far, 2);
    await quiet(ground, far);
    assert.deepEqual(told(far), ["rings: login is blocked: conflict", "changes: login is on main"]);
  });

  test("that is new is told of what happens from then on", async (t) => {
    const far = farEnd();
    const ground = await openGround(t, [far]);
    const before = ground.processed([]);
    await ground.failed("early");
    await ground.handled(1);
    await before.stop();
    ground.processed();
    ground.deliver();
    await ground.started("late");
    await departed(far, 1);
    await quiet(ground, far);
    assert.deepEqual(told(far), ["says: late is on its way to main"]);
  });

  test("that fails holds up no other", async (t) => {
    const far = farEnd({ targets: { ada: {}, bob: {} } });
    far.answer(({ target }) =>
      target === "ada" ? { kind: "failed", why: "it is away" } : { kind: "sent", ref: "m" },
    );
    const ground = await openWorking(t, [far]);
    for (const slug of ["one", "two", "three"]) {
      await ground.started(slug);
      await waitUntil(() => told(far, "bob").includes(`says: ${slug} is on its way to main`), {
        what: `bob hears of ${slug}`,
      });
    }
  });
});
