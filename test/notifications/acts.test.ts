import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { type Act, type Action, acted, isSnoozed, refusalOf } from "../../src/notifications/acts.ts";
import { evolve } from "../../src/notifications/lifecycle.ts";
import type { Notification } from "../../src/notifications/notification.ts";
import { act, catalog, completed, failed, foldOne, started } from "./story.ts";

const until = "2026-02-01T00:00:00.000Z";
let n = 100;

function doing(notification: Notification, action: Action, more: Partial<Act> = {}): Notification {
  const said: Act = { action, by: "ada", reason: null, until: null, ...more };
  return acted(notification, said, act(++n, notification.id, action, action === "snooze" ? { until } : {}));
}

const blocked = () => foldOne(started(1, "a"), failed(2, "a"));
const resolved = () => foldOne(started(1, "a"), completed(2, "a"));

suite("acts on a notification", () => {
  test("see and unsee change what people have seen, and nothing else", () => {
    const seen = doing(blocked(), "see");
    assert.deepEqual([seen.human_status, seen.agent_status, seen.needs_attention], ["seen", "blocked", true]);
    assert.equal(doing(seen, "unsee").human_status, "unseen");
    assert.equal(seen.history.at(-1)?.line, "seen by ada");
  });

  test("what is so already is no change and no new version", () => {
    const seen = doing(blocked(), "see");
    assert.equal(doing(seen, "see"), seen);
    const claimed = doing(seen, "claim");
    assert.equal(doing(claimed, "claim"), claimed);
    const closed = doing(claimed, "resolve", { reason: "done" });
    assert.equal(doing(closed, "resolve", { reason: "again" }), closed);
  });

  test("a claim has one holder, and a release gives back the status before it", () => {
    const claimed = doing(blocked(), "claim");
    assert.deepEqual([claimed.agent_status, claimed.claimed_by], ["claimed", "ada"]);
    assert.equal(doing(claimed, "claim", { by: "bob" }), claimed);
    assert.equal(doing(claimed, "release", { by: "bob" }), claimed);
    const released = doing(claimed, "release");
    assert.deepEqual([released.agent_status, released.claimed_by], ["blocked", null]);
    assert.equal(doing(released, "claim", { by: "bob" }).claimed_by, "bob");
  });

  test("refusals say who is in the way", () => {
    const claimed = doing(blocked(), "claim");
    assert.deepEqual(refusalOf(claimed, { action: "claim", by: "bob" }), {
      kind: "claimed_by_another",
      holder: "ada",
    });
    assert.deepEqual(refusalOf(blocked(), { action: "release", by: "ada" }), {
      kind: "not_the_holder",
      holder: null,
    });
    assert.deepEqual(refusalOf(resolved(), { action: "claim", by: "ada" }), { kind: "over" });
    assert.deepEqual(refusalOf(resolved(), { action: "snooze", by: "ada" }), { kind: "over" });
    for (const action of ["see", "unsee", "resolve"] as const)
      assert.equal(refusalOf(claimed, { action, by: "bob" }), null);
  });

  test("closing by hand ends it with its reason, and a claim with it", () => {
    const closed = doing(doing(blocked(), "claim"), "resolve", { reason: "not wanted" });
    assert.deepEqual(
      [closed.agent_status, closed.human_status, closed.claimed_by, closed.needs_attention, closed.ended_by],
      ["resolved", "seen", null, false, "person"],
    );
    assert.match(closed.history.at(-1)?.line ?? "", /resolved by ada: not wanted/);
    assert.notEqual(closed.resolved_at, null);
  });

  test("a snooze hides it until its time, when it is new again; a time in the past brings it back", () => {
    const away = doing(doing(blocked(), "see"), "snooze", { until });
    assert.equal(away.human_status, "unseen");
    assert.ok(isSnoozed(away, Date.parse(until) - 1) && !isSnoozed(away, Date.parse(until)));
    assert.equal(doing(away, "snooze", { until: "2020-01-01T00:00:00Z" }).snoozed_until, null);
    const plain = blocked();
    assert.equal(doing(plain, "snooze", { until: "2020-01-01T00:00:00Z" }), plain);
  });

  test("an alarm ends a snooze", () => {
    const away = doing(foldOne(started(1, "a")), "snooze", { until });
    const lifecycle =
      catalog.find("domain.software-development.deployment.failed")?.notification ?? assert.fail();
    assert.equal(evolve(away, failed(3, "a"), lifecycle)?.snoozed_until, null);
  });

  test("an act that is handed over twice counts once", () => {
    const stored = act(7, "x", "see");
    const said: Act = { action: "see", by: "ada", reason: null, until: null };
    const once = acted(blocked(), said, stored);
    const unseen = doing(once, "unsee");
    assert.equal(acted(unseen, said, stored), unseen);
  });
});
