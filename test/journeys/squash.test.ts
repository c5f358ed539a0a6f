/** The other strategy: `merge: squash`. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { candidateRow } from "../world/board.ts";
import { finalize, handOver, integrated } from "../world/facts.ts";
import { expectOneStory } from "../world/invariants.ts";
import { waitUntil } from "../world/wait-until.ts";
import { inWorld } from "../world/world.ts";

test(
  "squash makes one commit with the branch's authors and the same trailers, and knows it as landed for ever",
  inWorld({ config: { merge: "squash" } }, async (world) => {
    const worker = await world.worker("squashed");
    await worker.commit({ "one.txt": "1\n" }, "First");
    await worker.git(
      "-c",
      "user.name=Bob",
      "commit",
      "--quiet",
      "--allow-empty",
      "--author=Bob <bob@example.org>",
      "--message",
      "Second",
    );
    await worker.commit({ "two.txt": "2\n" }, "Third");
    const candidate = await handOver(world, worker);
    const completed = await integrated(world, candidate);
    const [commit, ...more] = await world.origin.history();
    assert.ok(commit);
    assert.deepEqual(more, []);
    assert.deepEqual(commit.parents, [world.start]);
    assert.equal(commit.sha, completed.data.merge_commit);
    assert.equal(commit.trailers["Signalbox-Candidate"], `squashed@${candidate.sha}`);
    assert.match(commit.trailers["Co-authored-by"] ?? "", /Bob <bob@example\.org>/);
    assert.equal(await world.origin.ref("refs/heads/squashed"), null, "its remote branch is kept");
    // Main goes on over the same lines; the old candidate must not come back.
    const next = await world.worker("after-squash");
    await next.commit({ "one.txt": "changed\n" });
    await integrated(world, await handOver(world, next));
    const main = await world.origin.ref("refs/heads/main");
    await world.git("push", "--quiet", "origin", `${candidate.sha}:refs/heads/squashed`);
    await finalize(world, candidate, { attempt: 2 });
    await waitUntil(async () => (await candidateRow(world, candidate)).status === "INTEGRATED", {
      what: "it is known as landed",
      everyMs: 200,
    });
    assert.equal(await world.origin.ref("refs/heads/main"), main);
    await expectOneStory(world);
  }),
);
