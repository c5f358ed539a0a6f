import assert from "node:assert/strict";
import { test } from "node:test";
import { trackingRef } from "../../src/git/line-repository.ts";
import { createGitWorld } from "../world/git.ts";

test("a branch is fetched, merged without a checkout, and pushed with its expectation", async () => {
  await using world = await createGitWorld();
  const sha = await world.branch("topic", { "a/b.txt": "one\n" });
  const line = await world.line();
  const main = "refs/heads/main";
  const fetched = await line.fetch(
    [main, "refs/heads/topic", "refs/signalbox/lease"].map((ref) => ({ ref, into: trackingRef(ref) })),
  );
  assert.equal(fetched.kind, "fetched");
  if (fetched.kind !== "fetched") return;
  assert.equal(fetched.refs.get("refs/heads/topic"), sha);
  assert.equal(fetched.refs.get("refs/signalbox/lease"), null);
  const old = fetched.refs.get(main) ?? "";
  const merged = await line.mergeTrees(old, sha);
  assert.equal(merged.kind, "clean");
  if (merged.kind !== "clean") return;
  const who = { name: "Ada", email: "ada@example.org", seconds: 1_700_000_000, zone: "+0000" };
  const tip = await line.objects.writeCommit({
    tree: merged.tree,
    parents: [old, sha],
    author: who,
    committer: who,
    message: "Merge topic\n\nSignalbox-Candidate: topic@1\n",
  });
  await line.keep("delivery-1", tip);
  assert.deepEqual([...(await line.kept())], [["delivery-1", tip]]);
  assert.equal(await line.isFirstParentAncestor(old, tip), true);
  assert.equal(await line.isFirstParentAncestor(sha, tip), false);
  assert.deepEqual(await line.push({ updates: [{ ref: main, old, new: tip }] }), { kind: "pushed" });
  assert.equal(await world.run(world.origin, "rev-parse", "main"), tip);
  const again = await line.fetch([{ ref: main, into: trackingRef(main) }]);
  assert.equal(again.kind === "fetched" && again.refs.get(main), tip);
  const chain = await line.firstParentChain(old, tip);
  assert.deepEqual(
    chain.map((commit) => [commit.id, commit.trailers]),
    [[tip, [{ key: "Signalbox-Candidate", value: "topic@1" }]]],
  );
  await line.drop("delivery-1");
  assert.equal((await line.kept()).size, 0);
});
