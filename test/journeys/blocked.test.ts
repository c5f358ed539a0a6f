/** What happens to a branch that cannot land: evidence, a follow-up, a way back; and to main: nothing. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { inbox, notificationOf, queueRow } from "../world/board.ts";
import { blocked, handOver, handOverByCommand, integrated, submitAndWait } from "../world/facts.ts";
import type { SeenEvent } from "../world/follower.ts";
import { shareWorld } from "../world/shared.ts";
import { waitUntil } from "../world/wait-until.ts";
import type { Worker } from "../world/worker.ts";
import type { World } from "../world/world.ts";

const files = {
  "text.txt": "one\ntwo\nthree\n",
  "gone-on-main.txt": "here\n",
  "gone-on-branch.txt": "here\n",
  "renamed.txt": "a text long enough to be known again\nwherever it goes\nand whatever it is called\n",
  "picture.bin": "\0\x01\x02base",
  "link.txt": "a file\n",
  "fix.txt": "base\n",
  "retry.txt": "base\n",
};

const journey = shareWorld({ files });

/** What main did, and then each branch, from the same start. */
const onMain = {
  "text.txt": "one\nTWO\nthree\n",
  "gone-on-main.txt": null,
  "gone-on-branch.txt": "changed on main\n",
  "added.txt": "main's\n",
  "picture.bin": "\0\x01\x02main",
  "link.txt": "changed on main\n",
  place: "a file on main\n",
  "renamed.txt": null,
  "renamed-by-main.txt": files["renamed.txt"],
};

type Conflict = { slug: string; path: string; work: (worker: Worker) => Promise<unknown> };

const conflicts: Conflict[] = [
  { slug: "both-edit", path: "text.txt", work: (worker) => worker.commit({ "text.txt": "one\n2\nthree\n" }) },
  {
    slug: "main-deletes",
    path: "gone-on-main.txt",
    work: (worker) => worker.commit({ "gone-on-main.txt": "more\n" }),
  },
  {
    slug: "branch-deletes",
    path: "gone-on-branch.txt",
    work: (worker) => worker.commit({ "gone-on-branch.txt": null }),
  },
  { slug: "both-add", path: "added.txt", work: (worker) => worker.commit({ "added.txt": "the branch's\n" }) },
  {
    slug: "binary",
    path: "picture.bin",
    work: (worker) => worker.commit({ "picture.bin": "\0\x01\x02branch" }),
  },
  {
    slug: "file-and-folder",
    path: "place",
    work: (worker) => worker.commit({ "place/inside.txt": "a folder here\n" }),
  },
  {
    slug: "both-rename",
    path: "renamed",
    work: (worker) => worker.commit({ "renamed.txt": null, "renamed-by-branch.txt": files["renamed.txt"] }),
  },
  {
    slug: "file-and-link",
    path: "link.txt",
    work: async (worker) => {
      await worker.git("rm", "--quiet", "link.txt");
      const target = (await worker.git("hash-object", "-w", "README.md")).trim();
      await worker.git("update-index", "--add", "--cacheinfo", `120000,${target},link.txt`);
      await worker.git("commit", "--quiet", "--message", "A link");
      await worker.git("checkout", "--quiet", "--", "link.txt");
    },
  },
];

journey(
  "[V2] a conflict of any kind blocks with its path and both sides, and leaves main, branch and worktree alone",
  async (world) => {
    const workers = new Map<string, Worker>();
    for (const { slug } of conflicts) workers.set(slug, await world.worker(slug));
    const mover = await world.worker("mover");
    await mover.commit(onMain);
    await integrated(world, await handOverByCommand(world, mover));
    const main = await world.origin.ref("refs/heads/main");
    const candidates = new Map<string, string>();
    for (const { slug, work } of conflicts) {
      const worker = given(workers, slug);
      await work(worker);
      candidates.set(slug, (await handOverByCommand(world, worker)).sha);
    }
    for (const { slug, path } of conflicts) {
      const failed = await blocked(world, { slug }, "conflict");
      expectEvidence(failed, path);
      const worker = given(workers, slug);
      assert.equal(
        await world.origin.ref(`refs/heads/${slug}`),
        candidates.get(slug),
        `${slug}: its branch is not kept`,
      );
      assert.equal(existsSync(worker.directory), true, `${slug}: its worktree is not kept`);
      const own = await worker.tryGit("merge-tree", "--write-tree", main ?? "", "HEAD");
      assert.equal(own.code, 1, `${slug}: git itself finds no conflict`);
    }
    assert.equal(await world.origin.ref("refs/heads/main"), main);
  },
);

journey(
  "[V2] a blocked candidate is an unseen notification that needs attention, with reason and next action",
  async (world) => {
    const failed = await blocked(world, { slug: "both-edit" });
    const row = await waitUntil(
      async () =>
        (await inbox(world)).find(
          ({ group, agent_status }) => group === "deployment/both-edit" && agent_status === "blocked",
        ),
      { what: "the notification says blocked", everyMs: 200 },
    );
    assert.equal(row.human_status, "unseen");
    assert.equal(row.needs_attention, true);
    assert.equal(row.resolved_at, null);
    const text = await world.signalbox("notifications");
    assert.match(text.stdout, /both-edit/);
    const queue = await queueRow(world, { slug: "both-edit" });
    assert.equal(queue.status, "blocked");
    assert.equal(queue.reason, "conflict");
    assert.equal(queue.next_action, failed.data.next_action);
    const why = await world.signalbox("why", "both-edit");
    assert.match(why.stdout, /text\.txt|conflict/);
    assert.equal((await world.signalbox("queue", "show", "both-edit")).code, 0);
  },
);

journey("[V2] a blocked candidate has exactly one follow-up, named after it", async (world) => {
  for (const { slug } of conflicts) {
    const opened = world.events.seen({ type: "integration.follow_up.opened", slug });
    assert.equal(opened.length, 1, slug);
    const sha = String(opened[0]?.data.sha);
    assert.equal(opened[0]?.data.follow_up_slug, `${slug}-integration-blocked-${sha.slice(0, 7)}`);
    const [failed] = world.events.seen({ type: "deployment.failed", slug });
    assert.equal(failed?.data.follow_up_slug, opened[0]?.data.follow_up_slug);
  }
});

/** Another branch lands its change of a file, and the worker's change of the same line is blocked by it. */
async function stuckBehind(world: World, first: string, { slug, path }: { slug: string; path: string }) {
  const worker = await world.worker(slug);
  const other = await world.worker(first);
  await other.commit({ [path]: "theirs\n" });
  await worker.commit({ [path]: "ours\n" });
  await integrated(world, await handOver(world, other));
  const stuck = await handOver(world, worker);
  await blocked(world, stuck, "conflict");
  return { worker, stuck };
}

journey(
  "the fix of a blocked branch, handed over, supersedes it, resolves its follow-up and lands",
  async (world) => {
    const { worker, stuck } = await stuckBehind(world, "fix-first", { slug: "fixed-later", path: "fix.txt" });
    await worker.mergeMain();
    await worker.commit({ "fix.txt": "theirs and ours\n" }, "Resolve");
    const fixed = await handOver(world, worker, { approval: { review_round: 2 } });
    const completed = await integrated(world, fixed);
    assert.equal(completed.data.slug, "fixed-later");
    const resolved = await world.events.until({
      type: "integration.follow_up.resolved",
      slug: "fixed-later",
    });
    assert.equal(resolved.data.sha, stuck.sha);
    assert.equal((await queueRow(world, stuck)).status, "superseded");
    assert.equal((await world.origin.files()).get("fix.txt"), "theirs and ours\n");
    const row = await waitUntil(
      async () => {
        const found = await notificationOf(world, "deployment/fixed-later");
        return found.agent_status === "resolved" ? found : null;
      },
      { what: "its notification is resolved", everyMs: 200 },
    );
    assert.equal(row.needs_attention, false);
  },
);

journey(
  "queue retry judges a blocked candidate again: still in conflict blocks a second time, a freed one lands",
  async (world) => {
    const { stuck } = await stuckBehind(world, "in-the-way", { slug: "retried", path: "retry.txt" });
    assert.equal((await world.signalbox("queue", "retry", "retried")).code, 0);
    const again = await world.events.until({ type: "deployment.failed", slug: "retried" }, { count: 2 });
    assert.equal(again.data.attempt, 2);
    const opened = world.events.seen({ type: "integration.follow_up.opened", slug: "retried" });
    assert.equal(
      new Set(opened.map(({ data }) => data.follow_up_slug)).size,
      1,
      "there is a second follow-up",
    );
    const away = await world.worker("out-of-the-way");
    await away.commit({ "retry.txt": "base\n" });
    await integrated(world, await handOver(world, away));
    assert.equal((await world.signalbox("queue", "retry", "retried")).code, 0);
    await integrated(world, stuck);
    const row = await queueRow(world, stuck);
    assert.equal(row.status, "integrated");
    const moves = row.history.map(({ to }) => to);
    assert.deepEqual(moves, [
      "queued",
      "in_progress",
      "blocked",
      "queued",
      "in_progress",
      "blocked",
      "queued",
      "in_progress",
      "integrated",
    ]);
  },
);

journey("submit --wait of a branch in conflict exits 3 and says what to do", async (world) => {
  const worker = await world.worker("waits-in-vain", { from: world.start });
  await worker.commit({ "text.txt": "one\nzwei\nthree\n" });
  const answer = await submitAndWait(world, worker, "blocked");
  assert.equal(answer.reason, "conflict");
  assert.ok((answer.next_action ?? "").length > 10);
  assert.match(answer.follow_up_slug ?? "", /^waits-in-vain-integration-blocked-[0-9a-f]{7}$/);
});

journey("a branch that brings a submodule conflict is blocked, not half applied", async (world) => {
  const link = (sha: string) => ["update-index", "--add", "--cacheinfo", `160000,${sha.repeat(40)},module`];
  const base = await world.worker("module-base");
  await base.git(...link("a"));
  await base.git("commit", "--quiet", "--message", "A module");
  const begun = await integratedOrBlocked(world, base);
  if (begun === "blocked") return;
  const [ours, theirs] = [await world.worker("module-main"), await world.worker("module-branch")];
  await ours.git(...link("b"));
  await ours.git("commit", "--quiet", "--message", "Module b");
  await theirs.git(...link("c"));
  await theirs.git("commit", "--quiet", "--message", "Module c");
  await integrated(world, await handOver(world, ours));
  expectEvidence(await blocked(world, await handOver(world, theirs), "conflict"), "module");
});

journey("an unrelated history is blocked by its own name", async (world) => {
  const worker = await world.worker("stranger");
  await worker.git("checkout", "--quiet", "--orphan", "strange");
  await worker.commit({ "strange.txt": "from elsewhere\n" });
  await worker.git("branch", "--force", "stranger", "strange");
  await worker.git("checkout", "--quiet", "stranger");
  await blocked(world, await handOver(world, worker), "unrelated_history");
});

/** A submodule may be forbidden: then the item itself is blocked, which is as good. */
async function integratedOrBlocked(world: World, worker: Worker): Promise<"integrated" | "blocked"> {
  const { slug } = await handOver(world, worker);
  const is = (type: string) => world.events.seen({ type, slug }).length > 0;
  return waitUntil(
    () => (is("deployment.completed") ? "integrated" : is("deployment.failed") ? "blocked" : null),
    {
      what: `${slug} has ended`,
    },
  );
}

function expectEvidence(failed: SeenEvent, path: string): void {
  const evidence = failed.data.conflict_evidence;
  assert.ok(Array.isArray(evidence) && evidence.length > 0, "there is no evidence");
  const paths = evidence.map((conflict: { path: string }) => conflict.path);
  assert.ok(
    paths.some((found) => found.startsWith(path)),
    `${path} is not among ${paths.join(", ")}`,
  );
  assert.ok(evidence.every((conflict: { kind: string }) => conflict.kind.length > 0));
  assert.ok(
    Array.isArray(failed.data.diagnostics) && failed.data.diagnostics.length > 0,
    "there are no diagnostics",
  );
  assert.ok(String(failed.data.next_action).length > 10, "there is no next action");
}

function given(workers: ReadonlyMap<string, Worker>, slug: string): Worker {
  const worker = workers.get(slug);
  assert.ok(worker);
  return worker;
}
