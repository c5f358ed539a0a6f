import assert from "node:assert/strict";
import { test } from "node:test";
import { trackingRef } from "../../src/git/line-repository.ts";
import { createGitWorld } from "../world/git.ts";

test("of many commits, those that main has are told apart in one question", async () => {
  await using world = await createGitWorld();
  const base = await world.run(world.clone, "rev-parse", "HEAD");
  const one = await world.branch("one", { a: "1\n" });
  const two = await world.branch("two", { b: "1\n" });
  const line = await world.line();
  const refs = ["main", "one", "two"].map((name) => `refs/heads/${name}`);
  await line.fetch(refs.map((ref) => ({ ref, into: trackingRef(ref) })));
  assert.deepEqual(await line.commitsWithin({ of: [base, one, two], main: base }), new Set([base]));
  assert.deepEqual(await line.commitsWithin({ of: [base, one, two], main: one }), new Set([base, one]));
});
