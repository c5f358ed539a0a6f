import assert from "node:assert/strict";
import { test } from "node:test";
import { startYard } from "./yard.ts";

const at = "2026-01-02T03:04:05Z";

for (const order of ["before", "after"])
  test(`a push to the line's remote, told ${order} the hand-over that names another one, makes a candidate pushed`, async (t) => {
    const yard = await startYard(t);
    const sha = await yard.world.branch("login", { "a.txt": "1\n" });
    const push = () =>
      yard.say("branch.pushed", { branch: "login", sha, remote: "origin", pushed_at: at, pusher: "ann" });
    const who = { pusher: "ann", worker_session_id: "ann", orchestrator_session_id: "ann" };
    const started = {
      slug: "login",
      branch: "login",
      sha,
      remote: "fork",
      pushed_at: at,
      ready_at: at,
      ...who,
    };
    const pushed = async () => {
      const [judged] = await yard.judge.look(new Set(["login"]));
      return judged?.judgement.conditions.find(({ name }) => name === "pushed")?.holds;
    };
    if (order === "before") await push();
    await yard.say("deployment.started", started);
    if (order === "after") {
      assert.equal(await pushed(), false);
      await push();
    }
    assert.equal(await pushed(), true);
    assert.deepEqual(await yard.stores.readiness.slugsOnBranch("login"), ["login"]);
  });

test("what is known of a slug is the same after the log was read again from its beginning", async (t) => {
  const yard = await startYard(t);
  const candidate = await yard.queued("login");
  await yard.say("review.revoked", { slug: "login", review_round: 1, revoked_by: "rita", reason: "x" });
  await yard.say("integration.candidate.withdrawn", {
    ...candidate,
    attempt: 1,
    move: 9,
    by: "ann",
    reason: "no",
  });
  const before = await yard.stores.readiness.state("login");
  assert.equal(before?.approval?.revoked?.by, "rita");
  assert.equal(before?.finalized[0]?.withdrawn?.by, "ann");
  await yard.deafen();
  const stale = await yard.redis.command(["KEYS", "*projection*"]);
  for (const key of Array.isArray(stale) ? stale.map(String) : []) await yard.redis.command(["DEL", key]);
  await yard.redis.command(["DEL", yard.keys.cursor("readiness")]);
  const processor = yard.hearAgain();
  t.after(() => processor.stop());
  await yard.heard();
  assert.deepEqual(await yard.stores.readiness.state("login"), before);
});
