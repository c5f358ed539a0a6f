/** Who needs no reviewer: candidates that change nothing but the paths of a policy. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { Candidate } from "../../src/integration/candidate.ts";
import type { FileChange } from "../world/git.ts";
import { startYard } from "./yard.ts";

const configuration = "approval:\n  policies:\n    - by: gardeners\n      paths: [docs, notes.txt]\n";

async function yardWithPolicy(t: TestContext) {
  const yard = await startYard(t, configuration);
  const { world } = yard;
  /** What becomes of a commit that nobody has reviewed. */
  async function unreviewed(branch: string, sha: string): Promise<string | null> {
    const candidate: Candidate = await yard.handOver(branch, sha, { approvedSha: null });
    await yard.judge.settle(null);
    return yard.status(candidate);
  }
  const ofFiles = async (branch: string, files: Record<string, FileChange>) =>
    unreviewed(branch, await world.branch(branch, files));
  return { ...yard, unreviewed, ofFiles };
}

test("a policy approves what changes nothing but its paths", async (t) => {
  const { ofFiles } = await yardWithPolicy(t);
  assert.equal(await ofFiles("folder", { "docs/deep/a.md": "a\n" }), "queued");
  assert.equal(await ofFiles("file", { "notes.txt": "a\n", "docs/b.md": "b\n" }), "queued");
});

test("one other path is enough to need a reviewer, and so is a name that only begins alike", async (t) => {
  const { ofFiles, world, unreviewed } = await yardWithPolicy(t);
  assert.equal(await ofFiles("other", { "docs/a.md": "a\n", "src/a.ts": "a\n" }), null);
  assert.equal(await ofFiles("alike", { "docs-2/a.md": "a\n" }), null);
  assert.equal(await ofFiles("alike-file", { "notes.txt.sh": "a\n" }), null);
  // Earlier commits count, whatever the last one changes.
  await world.branch("earlier", { "src/a.ts": "a\n" });
  const last = await world.commit(`${world.directory}/trees/earlier`, { "docs/a.md": "a\n" });
  await world.run(`${world.directory}/trees/earlier`, "push", "--quiet", "origin", "earlier");
  assert.equal(await unreviewed("earlier", last), null);
  assert.equal(await ofFiles("nothing", {}), null, "a change of nothing is no policy's");
});

test("a policy does not stand in for an approval that was taken back", async (t) => {
  const { world, handOver, say, judge, status } = await yardWithPolicy(t);
  const sha = await world.branch("docs", { "docs/a.md": "a\n" });
  const candidate = await handOver("docs", sha, { approvedSha: sha });
  await say("review.revoked", { slug: "docs", review_round: 1, revoked_by: "ann", reason: "no" });
  await judge.settle(null);
  assert.notEqual(await status(candidate), "queued");
});

test("a change that criss-cross merges hide from one base is found from the other", async (t) => {
  const { world, unreviewed } = await yardWithPolicy(t);
  const tree = `${world.directory}/trees/sly`;
  const docs = await world.branch("sly", { "docs/a.md": "a\n" });
  const code = await world.commit(world.clone, { "src/code.ts": "mended\n" });
  await world.run(world.clone, "merge", "--quiet", "--no-edit", docs);
  await world.run(world.clone, "push", "--quiet", "origin", "main");
  // The branch takes main in, and leaves out what main has mended.
  await world.run(tree, "merge", "--quiet", "--no-edit", "--strategy=ours", code);
  const sha = await world.commit(tree, { "docs/a.md": "b\n" });
  await world.run(tree, "push", "--quiet", "origin", "sly");
  const bases = await world.run(world.clone, "merge-base", "--all", "main", sha);
  assert.equal(bases.split("\n").length, 2);
  assert.equal(await unreviewed("sly", sha), null);
});
