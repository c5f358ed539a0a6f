/** `signalbox follow-up`: everything that unblocks a branch, for people and for programs. */
import assert from "node:assert/strict";
import { jsonShapes } from "../../../src/surfaces/cli/json-fields.ts";
import { told } from "../../world/child.ts";
import { submitAndWait } from "../../world/facts.ts";
import { shareWorld } from "../../world/shared.ts";

const journey = shareWorld();

journey("a blocked item: both sides, the plan, by its slug and by the follow-up's own", async (world) => {
  const first = await world.worker("paint-red");
  await first.commit({ "colour.txt": "red\n" });
  const second = await world.worker("paint-blue");
  await second.commit({ "colour.txt": "blue \u001b[2J\n" });
  await submitAndWait(world, first);
  const { follow_up_slug: name } = await submitAndWait(world, second, "blocked");
  assert.ok(name !== null);

  const followUp = await world.json<Record<string, unknown>>("follow-up", "paint-blue");
  assert.deepEqual(Object.keys(followUp).sort(), [...(jsonShapes["follow-up"]?.fields ?? [])].sort());
  assert.equal(followUp.status, "open");
  assert.equal(followUp.follow_up_slug, name);
  assert.deepEqual(await world.json("follow-up", name), followUp);

  const read = await world.signalbox("follow-up", "paint-blue");
  assert.equal(read.code, 0, told(read));
  for (const words of [
    "# Unblock paint-blue",
    "red",
    "blue \\u{1b}[2J",
    "# Plan: unblock paint-blue",
    "signalbox submit",
  ])
    assert.ok(read.stdout.includes(words), `${words} is not in\n${read.stdout}`);
  assert.ok(!read.stdout.includes("\u001b"));
});

journey("what was never blocked has none; what nobody knows is wrong use", async (world) => {
  const worker = await world.worker("plain");
  await worker.commit({ "plain.txt": "plain\n" });
  await submitAndWait(world, worker);
  assert.equal(await world.json("follow-up", "plain"), null);
  assert.match((await world.signalbox("follow-up", "plain")).stdout, /has no follow-up/);
  const unknown = await world.signalbox("follow-up", "plane", "--json");
  assert.equal(unknown.code, 2);
  const { error } = JSON.parse(unknown.stderr);
  assert.equal(error.code, "unknown_slug");
  assert.ok(error.cure.length > 0);
  assert.equal((await world.signalbox("follow-up", "../x")).code, 2);
});
