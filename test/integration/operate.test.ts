import assert from "node:assert/strict";
import { test } from "node:test";
import { isFailure } from "../../src/errors.ts";
import { pauseQueue, resumeQueue, retryCandidate, withdrawCandidate } from "../../src/integration/operate.ts";
import { nextTakeable } from "../../src/integration/picker.ts";
import { runSession } from "./session-of.ts";
import { startYard, type Yard } from "./yard.ts";

const operator = (yard: Yard) => ({ redis: yard.redis, stores: yard.stores, by: "ann" });
const refused = (code: string) => (error: unknown) => isFailure(error, code) && error.exitCode === 3;

test("a paused queue takes nothing, a resumed one goes on; each is an event with its reason", async (t) => {
  const yard = await startYard(t);
  const candidate = await yard.queued("login");
  await pauseQueue(operator(yard), { reason: "release day", draining: false });
  assert.equal(await nextTakeable(yard.stores.queue), null);
  assert.equal((await runSession(yard)).landed, 0);
  assert.equal(await resumeQueue(operator(yard), "done"), true);
  assert.equal(await resumeQueue(operator(yard), "done"), false);
  assert.equal((await runSession(yard)).landed, 1);
  assert.equal(await yard.status(candidate), "integrated");
  assert.equal((await yard.said("integration.queue.paused"))[0]?.reason, "release day");
  assert.equal((await yard.said("integration.queue.resumed")).length, 1);
});

test("a drain lands what was queued before it, leaves what comes later, and ends as a pause", async (t) => {
  const yard = await startYard(t);
  const before = await yard.queued("before");
  await pauseQueue(operator(yard), { reason: "the weekend", draining: true });
  const after = await yard.queued("after");
  assert.equal((await runSession(yard)).landed, 1);
  assert.deepEqual([await yard.status(before), await yard.status(after)], ["integrated", "queued"]);
  const { paused } = await yard.stores.queue.paused();
  assert.deepEqual([paused?.draining, paused?.reason], [false, "the weekend"]);
});

test("a withdrawn candidate is blocked without alarm, and a retry brings it back to its place, as another attempt", async (t) => {
  const yard = await startYard(t);
  const candidate = await yard.queued("login");
  const withdrawn = await withdrawCandidate(operator(yard), "login", "not yet");
  assert.deepEqual([withdrawn.status, withdrawn.reason], ["blocked", "withdrawn"]);
  assert.deepEqual(await yard.said("deployment.failed"), []);
  assert.equal(await yard.stores.followUps.of(candidate), null);
  await yard.heard();
  const judged = await yard.judge.look(null);
  const again = await retryCandidate(operator(yard), "login", judged);
  assert.deepEqual([again.status, again.attempt, again.readyAtMs], ["queued", 2, withdrawn.readyAtMs]);
  await yard.heard();
  assert.equal((await runSession(yard)).landed, 1);
});

test("what cannot be done is refused with exit 3, and changes nothing", async (t) => {
  const yard = await startYard(t);
  const candidate = await yard.queued("login");
  const judged = await yard.judge.look(null);
  await assert.rejects(retryCandidate(operator(yard), "login", judged), refused("not_blocked"));
  await assert.rejects(retryCandidate(operator(yard), "unheard-of", judged), refused("not_queued"));
  await assert.rejects(withdrawCandidate(operator(yard), "unheard-of", "x"), refused("not_queued"));
  await yard.world.run(yard.world.origin, "update-ref", "-d", "refs/heads/login");
  await yard.judge.settle(null);
  const gone = await yard.judge.look(null);
  await assert.rejects(retryCandidate(operator(yard), "login", gone), refused("not_ready"));
  await assert.rejects(withdrawCandidate(operator(yard), "login", "x"), refused("not_withdrawable"));
  assert.equal((await yard.stores.queue.item(candidate))?.item.moves, 2);
});

test("two who act at the same moment: one move is made, the other sees it", async (t) => {
  const yard = await startYard(t);
  const candidate = await yard.queued("login");
  const tries = [1, 2, 3].map(() => withdrawCandidate(operator(yard), "login", "me"));
  const results = await Promise.allSettled(tries);
  assert.equal(results.filter(({ status }) => status === "fulfilled").length, 1);
  assert.equal((await yard.stores.queue.item(candidate))?.item.moves, 2);
  assert.equal((await yard.said("integration.candidate.withdrawn")).length, 1);
});
