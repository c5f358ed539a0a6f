import assert from "node:assert/strict";
import { relative } from "node:path";
import { test } from "node:test";
import { told } from "../world/child.ts";
import { openWorld } from "../world/world.ts";

test("a remote whose path is relative to the clone is landed on as any other", async () => {
  await using world = await openWorld({ down: true });
  const url = (await world.git("remote", "get-url", "origin")).trim();
  await world.git("remote", "set-url", "origin", relative(world.clone, url));
  assert.equal((await world.signalbox("up", "--detach")).code, 0);
  const worker = await world.worker("near");
  await worker.commit({ "near.txt": "1\n" });
  const ran = await world.signalbox("submit", "near", "--approved-by", "ada", "--wait", "--timeout", "60s");
  assert.equal(ran.code, 0, told(ran));
  assert.equal((await world.origin.history()).length > 0, true);
  await world.expectNothingLeft();
});
