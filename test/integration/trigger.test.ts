import assert from "node:assert/strict";
import { rename } from "node:fs/promises";
import { test } from "node:test";
import { retryCandidate, withdrawCandidate } from "../../src/integration/operate.ts";
import { startYard } from "./yard.ts";

test("a READY candidate is queued once, however often and by however many it is judged", async (t) => {
  const yard = await startYard(t);
  const candidate = await yard.queued("login");
  await Promise.all([
    yard.judge.settle(null),
    yard.judge.settle(null),
    yard.judge.settle(new Set(["login"])),
  ]);
  assert.equal(await yard.status(candidate), "queued");
  assert.equal((await yard.said("integration.candidate.queued")).length, 1);
  assert.deepEqual(await yard.stores.queue.counts(), {
    queued: 1,
    in_progress: 0,
    integrated: 0,
    blocked: 0,
    superseded: 0,
  });
});

test("an older commit of a slug that came to main inside a newer one does not stop the judge", async (t) => {
  const yard = await startYard(t);
  const tree = await yard.world.worktree("login");
  const first = await yard.world.commit(tree, { "a.txt": "1\n" });
  const second = await yard.world.commit(tree, { "a.txt": "2\n" });
  await yard.world.run(tree, "push", "--quiet", "origin", "login");
  const older = await yard.handOver("login", first, { approvedSha: null });
  const newer = await yard.handOver("login", second);
  await yard.mergeByHand("login");
  await yard.judge.settle(null);
  assert.equal(await yard.status(newer), "integrated");
  assert.equal(await yard.status(older), null);
  const other = await yard.queued("other");
  assert.equal(await yard.status(other), "queued");
  assert.deepEqual(
    (await yard.said("deployment.completed")).map(({ sha }) => sha),
    [second],
  );
});

test("a queued older commit that comes to main inside a newer one of its slug is superseded by it", async (t) => {
  const yard = await startYard(t);
  const older = await yard.queued("login");
  const tree = `${yard.world.directory}/trees/login`;
  const second = await yard.world.commit(tree, { "b.txt": "2\n" });
  await yard.world.run(tree, "push", "--quiet", "origin", "login");
  const newer = await yard.handOver("login", second);
  await yard.mergeByHand("login");
  await yard.judge.settle(null);
  assert.deepEqual([await yard.status(older), await yard.status(newer)], ["superseded", "integrated"]);
});

test("a commit that landed once may be handed over on another branch: it is integrated there, too", async (t) => {
  const yard = await startYard(t);
  const first = await yard.queued("login");
  await yard.mergeByHand("login");
  await yard.judge.settle(null);
  const { world } = yard;
  await world.run(world.clone, "push", "--quiet", "origin", `${first.sha}:refs/heads/login-again`);
  const second = await yard.handOver("login", first.sha, { branch: "login-again" });
  await yard.judge.settle(null);
  assert.deepEqual([await yard.status(first), await yard.status(second)], ["integrated", "integrated"]);
});

test("one commit in two slugs: what lands with the one is found on main by the other", async (t) => {
  const yard = await startYard(t);
  const one = await yard.queued("one");
  const { world } = yard;
  await world.run(world.clone, "push", "--quiet", "origin", `${one.sha}:refs/heads/two`);
  const two = await yard.handOver("two", one.sha);
  await yard.judge.settle(null);
  assert.deepEqual([await yard.status(one), await yard.status(two)], ["queued", "queued"]);
  await yard.mergeByHand("one");
  await yard.judge.settle(null);
  assert.deepEqual([await yard.status(one), await yard.status(two)], ["integrated", "integrated"]);
  assert.equal((await yard.said("deployment.completed")).length, 2);
});

test("an id in an event that is no commit holds up nobody, and is told as what it is", async (t) => {
  const yard = await startYard(t);
  const { world } = yard;
  const good = await world.branch("good", { "good.txt": "1\n" });
  const blob = await world.run(world.clone, "rev-parse", "main:README.md");
  const odd = await world.branch("odd", { "odd.txt": "1\n" });
  await yard.handOver("a-blob", blob, { branch: "good" });
  await yard.handOver("odd", odd, { approvedSha: blob });
  await yard.handOver("nowhere", "f".repeat(40), { branch: "good" });
  const well = await yard.handOver("good", good);
  const judged = await yard.judge.settle(null);
  assert.equal(await yard.status(well), "queued");
  const failing = (slug: string) =>
    judged
      .find(({ judgement }) => judgement.candidate.slug === slug)
      ?.judgement.conditions.filter(({ holds }) => !holds)
      .map(({ name }) => name);
  assert.deepEqual(failing("a-blob"), ["reachable"]);
  assert.deepEqual(failing("odd"), ["reviewed"]);
  assert.deepEqual(failing("nowhere"), ["reachable"]);
});

test("a branch that goes, or is moved to other commits, blocks its queued candidate by name", async (t) => {
  const yard = await startYard(t);
  const { world } = yard;
  const gone = await yard.queued("gone");
  const moved = await yard.queued("moved");
  const ahead = await yard.queued("ahead");
  await world.run(world.origin, "update-ref", "-d", "refs/heads/gone");
  await world.run(world.clone, "push", "--quiet", "--force", "origin", "main:refs/heads/moved");
  await world.commit(`${world.directory}/trees/ahead`, { "more.txt": "1\n" });
  await world.run(`${world.directory}/trees/ahead`, "push", "--quiet", "origin", "ahead");
  await yard.judge.settle(null);
  const reason = async (candidate: typeof gone) => (await yard.stores.queue.item(candidate))?.item.reason;
  assert.deepEqual([await reason(gone), await reason(moved)], ["branch_gone", "not_reachable"]);
  assert.equal(await yard.status(ahead), "queued");
  const reasons = (await yard.said("deployment.failed")).map((failed) => String(failed.reason));
  assert.deepEqual(reasons.sort(), ["branch_gone", "not_reachable"]);
  assert.equal((await yard.stores.followUps.of(gone))?.status, "open");
});

test("branches that are gone cost no fetch, round after round; the one that is there is brought", async (t) => {
  const yard = await startYard(t);
  const { world, line } = yard;
  const asked: string[] = [];
  const fetch = line.fetch;
  Object.assign(line, {
    fetch: (...given: Parameters<typeof fetch>) => {
      asked.push(...given[0].map(({ ref }) => ref));
      return fetch(...given);
    },
  });
  const sha = await world.branch("there", { "there.txt": "1\n" });
  const unreviewed = { approvedSha: null };
  const candidates = [await yard.handOver("there", sha, unreviewed)];
  for (const digit of ["c", "d", "e"])
    candidates.push(await yard.handOver(`gone-${digit}`, digit.repeat(40), unreviewed));
  for (let round = 0; round < 2; round++) {
    const judged = await yard.judge.settle(null);
    const statuses = judged.map(({ judgement }) => judgement.status);
    assert.deepEqual(statuses, ["NOT_READY", "NOT_READY", "NOT_READY", "NOT_READY"]);
  }
  assert.ok(asked.includes("refs/heads/there"));
  assert.deepEqual(
    asked.filter((ref) => ref.includes("gone")),
    [],
  );
  for (const candidate of candidates) assert.equal(await yard.status(candidate), null);
});

test("a remote that is away blocks nobody, whatever approves them", async (t) => {
  const yard = await startYard(t, "approval:\n  policies:\n    - by: docs\n      paths: [docs]\n");
  const { world } = yard;
  const reviewed = await yard.queued("reviewed");
  const sha = await world.branch("docs", { "docs/a.md": "a\n" });
  const byPolicy = await yard.handOver("docs", sha, { approvedSha: null });
  await yard.judge.settle(null);
  assert.equal(await yard.status(byPolicy), "queued");
  await rename(world.origin, `${world.origin}.away`);
  await yard.judge.settle(null);
  assert.deepEqual([await yard.status(reviewed), await yard.status(byPolicy)], ["queued", "queued"]);
  await rename(`${world.origin}.away`, world.origin);
  await yard.judge.settle(null);
  assert.deepEqual([await yard.status(reviewed), await yard.status(byPolicy)], ["queued", "queued"]);
});

test("a retried candidate is not withdrawn once more by a readiness that has not heard of the retry", async (t) => {
  const yard = await startYard(t);
  const candidate = await yard.queued("login");
  const options = { redis: yard.redis, stores: yard.stores, by: "ann" };
  await withdrawCandidate(options, "login", "not yet");
  await yard.heard();
  const judged = await yard.judge.look(null);
  await yard.deafen();
  await retryCandidate(options, "login", judged);
  await yard.judge.settle(null);
  assert.equal(await yard.status(candidate), "queued");
  assert.deepEqual(await yard.said("deployment.failed"), []);
});

test("a blocked candidate that is finalized once more goes another round; its newer commit supersedes it", async (t) => {
  const yard = await startYard(t);
  const { world } = yard;
  const candidate = await yard.queued("login");
  await world.run(world.origin, "update-ref", "-d", "refs/heads/login");
  await yard.judge.settle(null);
  await world.run(`${world.directory}/trees/login`, "push", "--quiet", "origin", "login");
  await yard.handOver("login", candidate.sha, { approvedSha: null, attempt: 2 });
  await yard.judge.settle(null);
  const again = (await yard.stores.queue.item(candidate))?.item;
  assert.deepEqual([again?.status, again?.attempt], ["queued", 2]);
  assert.equal((await yard.stores.followUps.of(candidate))?.status, "resolved");
  await world.run(world.origin, "update-ref", "-d", "refs/heads/login");
  await yard.judge.settle(null);
  assert.equal(await yard.status(candidate), "blocked");
  const tree = `${world.directory}/trees/login`;
  const sha = await world.commit(tree, { "more.txt": "1\n" });
  await world.run(tree, "push", "--quiet", "origin", "login");
  const newer = await yard.handOver("login", sha);
  await yard.judge.settle(null);
  assert.deepEqual([await yard.status(candidate), await yard.status(newer)], ["superseded", "queued"]);
  const history = (await yard.stores.queue.item(candidate))?.item.history.map(({ to }) => to);
  assert.deepEqual(history, ["queued", "blocked", "queued", "blocked", "queued", "superseded"]);
});

test("a cycle of after: lists is told at once, and who waits is told for whom", async (t) => {
  const yard = await startYard(t);
  const roadmap = "- slug: a\n  after: [b]\n- slug: b\n  after: [a]\n- slug: c\n  after: [d]\n";
  await yard.world.commit(yard.world.clone, { "todos/roadmap.yaml": roadmap });
  await yard.world.run(yard.world.clone, "push", "--quiet", "origin", "main");
  for (const slug of ["a", "c"]) await yard.queued(slug);
  const judged = await yard.judge.look(null);
  const after = (slug: string) =>
    judged
      .find(({ judgement }) => judgement.candidate.slug === slug)
      ?.judgement.conditions.find(({ name }) => name === "after")?.detail;
  assert.equal(after("a"), "the roadmap's after: lists form a cycle: a → b → a");
  assert.equal(after("c"), "waits for d to be delivered first");
});
