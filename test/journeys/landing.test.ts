/** One delivery, end to end: from three facts to a merge commit on main, with everything that hangs off it. */
import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { candidateRow, inbox, notificationOf, queueRow, statusBoard } from "../world/board.ts";
import { fingerprint } from "../world/checkout.ts";
import { told } from "../world/child.ts";
import { approve, candidateOf, finalize, integrated, submit, submitAndWait } from "../world/facts.ts";
import { shareWorld } from "../world/shared.ts";
import { waitUntil } from "../world/wait-until.ts";
import type { World } from "../world/world.ts";

const roadmap = `# What we do next, in order
- slug: cart-total # the first
  title: Show the total
- slug: checkout
  title: Check out
  after: [cart-total] # needs the total
`;

const journey = shareWorld({
  files: {
    "todos/roadmap.yaml": roadmap,
    "package.json": '{"name":"shop","version":"1.4.0"}\n',
    "shared.txt": "one\n",
  },
});

journey(
  "[V1] an approved and finalized branch ends as a merge commit on main, announced and cleaned up",
  async (world) => {
    const before = await fingerprint(world.clone, world.git);
    const worker = await world.worker("cart-total");
    await worker.commit({
      "src/total.ts": "export const total = 1;\n",
      "todos/cart-total/requirements.md": "A total.\n",
      "todos/cart-total/demo.md": "# See the total\n",
    });
    await worker.push();
    const candidate = await candidateOf(worker);
    await approve(world, candidate);
    const open = await notificationGone(world, "review/cart-total");
    assert.equal(open, false, "the approval opened no notification");
    await finalize(world, candidate);

    const completed = await integrated(world, candidate);

    const [merge, delivery, ...more] = await world.origin.history();
    assert.ok(merge !== undefined && delivery !== undefined);
    assert.deepEqual(more, []);
    assert.deepEqual(merge.parents, [world.start, candidate.sha]);
    assert.equal(merge.trailers["Signalbox-Candidate"], `cart-total@${candidate.sha}`);
    assert.match(merge.trailers["Signalbox-Delivery"] ?? "", /^[0-9a-f-]{36}$/);
    assert.equal(merge.trailers["Signalbox-Checked"]?.split(" ")[1], "none");
    assert.equal(merge.trailers["Reviewed-by"], "reviewer-1");
    assert.equal(merge.author, "Ada Worker <ada@example.org>");
    assert.notEqual(merge.committer, merge.author);
    assert.equal(delivery.trailers["Signalbox-Delivery"], merge.trailers["Signalbox-Delivery"]);
    const gitsOwn = (await world.origin.git("merge-tree", "--write-tree", world.start, candidate.sha)).trim();
    assert.equal(merge.tree, gitsOwn);
    assert.equal((await world.origin.updates()).length, 1, "merge and bookkeeping are one update of main");

    assert.equal(completed.data.merge_commit, merge.sha);
    assert.equal(completed.data.main_sha, delivery.sha);
    assert.deepEqual(completed.data.checks, []);
    assert.equal(await world.origin.ref("refs/heads/cart-total"), null, "the remote branch is kept");
    assert.equal((await world.git("branch", "--list", "cart-total")).trim(), "", "the local branch is kept");
    assert.equal(existsSync(worker.directory), false, "the worktree is kept");
    assert.deepEqual(await fingerprint(world.clone, world.git), before);
  },
);

journey(
  "delivery bookkeeping is its own commit: roadmap, delivered, demo, the todo's folder",
  async (world) => {
    const files = await world.origin.files();
    assert.equal(files.get("src/total.ts"), "export const total = 1;\n");
    const rest = files.get("todos/roadmap.yaml") ?? "";
    assert.ok(rest.startsWith("# What we do next, in order\n"), rest);
    assert.deepEqual(
      parse(rest).map((entry: { slug: string; after?: string[] }) => [entry.slug, entry.after ?? []]),
      [["checkout", []]],
    );
    const [merge] = await world.origin.history();
    const [entry] = parse(files.get("todos/delivered.yaml") ?? "");
    assert.equal(entry.slug, "cart-total");
    assert.equal(entry.title, "Show the total");
    assert.equal(entry.commit, merge?.sha);
    assert.deepEqual(
      [...files.keys()].filter((path) => path.startsWith("todos/cart-total/")),
      [],
    );
    assert.equal(files.get("demos/cart-total/demo.md"), "# See the total\n");
    const snapshot = JSON.parse(files.get("demos/cart-total/snapshot.json") ?? "null");
    assert.equal(snapshot.slug, "cart-total");
    assert.equal(snapshot.version, "1.4.0");
    assert.equal(snapshot.merge_commit, merge?.sha);
    assert.equal(snapshot.commits, 1);
    assert.ok(Array.isArray(snapshot.authors) && snapshot.authors.length === 1);
  },
);

journey(
  "[V6] deployment.started opens the notification in progress, deployment.completed resolves it",
  async (world) => {
    const worker = await world.worker("notified");
    await worker.commit({ "notified.txt": "here\n" });
    await worker.push();
    const candidate = await candidateOf(worker);
    await world.signalbox("queue", "pause", "--reason", "to look at it");
    await approve(world, candidate);
    await finalize(world, candidate);
    await world.events.until({ type: "integration.candidate.queued", slug: "notified" });
    const open = await waitUntil(
      async () => (await inbox(world)).find(({ group }) => group === "deployment/notified"),
      { what: "the notification is open", everyMs: 200 },
    );
    assert.equal(open.agent_status, "in_progress");
    assert.equal(open.resolved_at, null);
    await world.signalbox("queue", "resume", "--reason", "seen");
    await integrated(world, candidate);
    const resolved = await waitUntil(
      async () => {
        const row = await notificationOf(world, "deployment/notified");
        return row.agent_status === "resolved" ? row : null;
      },
      { what: "the notification is resolved", everyMs: 200 },
    );
    assert.equal(resolved.id, open.id);
    assert.notEqual(resolved.resolved_at, null);
    assert.equal(resolved.needs_attention, false);
  },
);

journey(
  "[V5] the integrator ends itself when the queue is empty: lease released, nothing in progress",
  async (world) => {
    const ended = await world.events.until({ type: "integration.session.ended" });
    assert.match(String(ended.data.why), /empty|drained/);
    await waitUntil(
      async () =>
        world.events.seen({ type: "integration.session.ended" }).length ===
        world.events.seen({ type: "integration.session.started" }).length,
      { what: "every session has ended" },
    );
    const board = await statusBoard(world);
    assert.equal(board.lease, null);
    assert.deepEqual([board.queue.queued, board.queue.in_progress], [0, 0]);
    assert.equal(board.daemon.running, true, "the daemon stays");
  },
);

journey("submit --wait lands the branch of the current worktree and says where", async (world) => {
  const worker = await world.worker("short-way", { branch: "feature/Short_Way" });
  await worker.commit({ "short.txt": "way\n" });
  const answer = await submitAndWait(world, { ...worker, slug: "short-way" });
  const [, , , merge] = await world.origin.history();
  assert.equal(answer.branch, "feature/Short_Way");
  assert.match(answer.slug, /^[a-z0-9-]+$/);
  assert.ok(
    (await world.origin.history()).some(({ sha }) => sha === answer.merge_commit),
    JSON.stringify({ answer, merge }),
  );
  assert.equal(answer.main_sha, await world.origin.ref("refs/heads/main"));
  assert.equal((await queueRow(world, answer)).status, "integrated");
});

journey(
  "a landed candidate that is finalized again stays landed: no second commit, no second announcement",
  async (world) => {
    const done = world.events.seen({ type: "deployment.completed", slug: "cart-total" });
    const { slug, branch, sha } = done[0]?.data ?? {};
    const candidate = { slug: String(slug), branch: String(branch), sha: String(sha) };
    const main = await world.origin.ref("refs/heads/main");
    await finalize(world, candidate, { attempt: 2 });
    const row = await waitUntil(
      async () => {
        const found = await candidateRow(world, candidate);
        return found.status === "INTEGRATED" ? found : null;
      },
      { what: "it is known as integrated", everyMs: 200 },
    );
    assert.equal(row.sha, sha);
    assert.equal(await world.origin.ref("refs/heads/main"), main);
    assert.equal(world.events.seen({ type: "deployment.completed", slug: "cart-total" }).length, 1);
  },
);

journey(
  "a repository that keeps no todos gets no bookkeeping commit for an item that has none",
  async (world) => {
    const worker = await world.worker("plain");
    await worker.commit({ "plain.txt": "plain\n" });
    const before = (await world.origin.history()).length;
    const answer = await submitAndWait(world, worker);
    const added = (await world.origin.history()).slice(before);
    assert.deepEqual(
      added.map(({ sha }) => sha),
      [answer.merge_commit],
    );
    assert.equal(answer.main_sha, answer.merge_commit);
  },
);

journey(
  "no event log file is written anywhere, and no file of a worktree is copied into the clone",
  async (world) => {
    const found = await world.signalboxIn({ cwd: world.place }, "--help");
    assert.equal(found.code, 0);
    assert.equal(existsSync(`${world.clone}/src/total.ts`), false);
    assert.equal((await world.git("status", "--porcelain")).trim(), "");
  },
);

async function notificationGone(world: World, group: string): Promise<boolean> {
  const row = await waitUntil(
    async () => (await inbox(world, "list", "--all")).find((one) => one.group === group),
    { what: `a notification of ${group}`, everyMs: 200 },
  );
  return row.resolved_at !== null;
}

journey(
  "submitted again after its landing, a branch is answered with the landing, and nothing comes back",
  async (world) => {
    const gone = await world.worker("said-twice");
    await gone.commit({ "twice.txt": "1\n" });
    const first = await submitAndWait(world, gone);
    const again = await world.signalbox("submit", "said-twice", "--approved-by", "ada", "--json");
    assert.equal(again.code, 0, told(again));
    assert.deepEqual(JSON.parse(again.stdout), first);

    const kept = await world.worker("kept-here");
    await kept.commit({ "kept.txt": "1\n" });
    const sha = await kept.head();
    writeFileSync(join(kept.directory, "kept.txt"), "not committed yet\n");
    await submitAndWait(world, kept);
    const repeated = await submitAndWait(world, kept);
    assert.equal(repeated.sha, sha);
    assert.equal(await world.origin.ref("refs/heads/kept-here"), null, "the remote branch came back");
    assert.equal((await world.git("for-each-ref", "refs/signalbox/items/kept-here")).trim(), "");
  },
);

journey(
  "submitted while its landing takes the worktree away, a branch is answered with the landing",
  async (world) => {
    const worker = await world.worker("swept-away");
    await worker.commit({ "swept.txt": "1\n" });
    await world.signalbox("queue", "pause", "--reason", "until somebody stands in the worktree");
    const first = await submit(world, worker);
    assert.equal(first.code, 0, told(first));
    // Whoever asks the remote in this clone waits there until the door is opened.
    const [asks, door] = [join(world.place, "asks"), join(world.place, "door")];
    const slow = join(world.place, "slow-upload-pack");
    const script = `#!/bin/sh\ncd /; : > ${asks}; until [ -e ${door} ]; do sleep 0.05; done; exec git-upload-pack "$@"\n`;
    writeFileSync(slow, script, { mode: 0o755 });
    await world.git("config", "remote.origin.uploadpack", slow);
    try {
      const again = submit(world, worker);
      await waitUntil(() => existsSync(asks), { what: "the second one asks the remote" });
      await world.signalbox("queue", "resume", "--reason", "somebody does");
      await integrated(world, { slug: "swept-away" });
      assert.equal(existsSync(worker.directory), false);
      writeFileSync(door, "");
      const ran = await again;
      assert.equal(ran.code, 0, told(ran));
      assert.equal(JSON.parse(ran.stdout).outcome, "integrated");
      assert.equal(await world.origin.ref("refs/heads/swept-away"), null, "the remote branch came back");
    } finally {
      writeFileSync(door, "");
      await world.git("config", "--unset", "remote.origin.uploadpack");
    }
  },
);
