/** What people do to the line, and what it tells them. */
import assert from "node:assert/strict";
import { inbox, queueRow, queueRows, statusBoard, type Verified } from "../world/board.ts";
import { told } from "../world/child.ts";
import {
  approve,
  blocked,
  candidateOf,
  handOver,
  integrated,
  type Submitted,
  submit,
} from "../world/facts.ts";
import { allEvents } from "../world/invariants.ts";
import { processesOf } from "../world/leftovers.ts";
import { shareWorld } from "../world/shared.ts";
import { waitUntil } from "../world/wait-until.ts";
import type { Worker } from "../world/worker.ts";
import type { World } from "../world/world.ts";

const journey = shareWorld({ files: { "shared.txt": "base\n" } }, { foreignCommits: 1 });

journey("status is one document with everything the contract names", async (world) => {
  const board = await statusBoard(world);
  assert.equal(board.remote, "origin");
  assert.equal(board.main, "main");
  assert.equal(board.main_sha, world.start);
  assert.equal(board.daemon.running, true);
  assert.ok((board.daemon.pid ?? 0) > 1);
  assert.equal(board.redis.kind, "embedded");
  assert.equal(board.redis.persistence, "always");
  assert.equal(board.mode, "live");
  assert.equal(board.paused, null);
  assert.equal(board.lease, null);
  assert.deepEqual(board.checks, []);
  assert.equal(board.processor.quarantined, 0);
  assert.equal(board.fence, "none", "nothing has taken the lease yet");
  const keys = [
    "checks",
    "cutover",
    "daemon",
    "fence",
    "lease",
    "main",
    "main_sha",
    "mode",
    "paused",
    "processor",
  ];
  assert.deepEqual(
    Object.keys(board).sort(),
    [...keys, "protection", "queue", "redis", "remote", "repository"].sort(),
  );
});

journey(
  "paused: enqueueing goes on, nothing lands, everybody sees why; resumed: the order is kept",
  async (world) => {
    await run(world, 0, "queue", "pause", "--reason", "release day");
    const { paused } = await statusBoard(world);
    assert.equal(paused?.reason, "release day");
    assert.equal(paused?.draining, false);
    const first = await handOver(world, await working(world, "paused-1"));
    const second = await handOver(world, await working(world, "paused-2"));
    await world.events.until({ type: "integration.candidate.queued", slug: "paused-2" });
    assert.match((await run(world, 0, "why", "paused-1")).stdout, /pause/i);
    assert.match((await run(world, 0, "why", "paused-1")).stdout, /release day/);
    assert.equal(await world.origin.ref("refs/heads/main"), world.start);
    assert.ok((await inbox(world)).some(({ title, body }) => `${title} ${body}`.includes("release day")));
    await run(world, 0, "queue", "resume", "--reason", "released");
    await integrated(world, first);
    await integrated(world, second);
    const order = world.events.seen({ type: "deployment.completed" }).map(({ subject }) => subject);
    assert.deepEqual(order, ["paused-1", "paused-2"]);
    assert.equal((await statusBoard(world)).paused, null);
  },
);

journey("drained: what is queued lands, then the line is paused", async (world) => {
  await run(world, 0, "queue", "pause", "--reason", "to fill it");
  const first = await handOver(world, await working(world, "drained-1"));
  await world.events.until({ type: "integration.candidate.queued", slug: "drained-1" });
  await run(world, 0, "queue", "drain", "--reason", "end of day");
  await integrated(world, first);
  const late = await handOver(world, await working(world, "drained-2"));
  await world.events.until({ type: "integration.candidate.queued", slug: "drained-2" });
  await waitUntil(async () => (await statusBoard(world)).paused?.draining === false, {
    what: "it is paused",
    everyMs: 300,
  });
  assert.equal((await queueRow(world, late)).status, "queued");
  await run(world, 0, "queue", "resume", "--reason", "next day");
  await integrated(world, late);
});

journey("withdrawn: out of the queue with its reason, branch and worktree kept", async (world) => {
  await run(world, 0, "queue", "pause", "--reason", "to withdraw");
  const candidate = await handOver(world, await working(world, "withdrawn"));
  await world.events.until({ type: "integration.candidate.queued", slug: "withdrawn" });
  await run(world, 0, "queue", "withdraw", "withdrawn", "--reason", "not now");
  await run(world, 0, "queue", "resume", "--reason", "withdrawn");
  const row = await queueRow(world, candidate);
  assert.equal(row.status, "blocked");
  assert.equal(row.reason, "withdrawn");
  assert.equal(row.history.at(-1)?.reason?.includes("not now"), true, JSON.stringify(row.history));
  assert.equal(await world.origin.ref("refs/heads/withdrawn"), candidate.sha);
  await run(world, 3, "queue", "withdraw", "withdrawn", "--reason", "again");
});

journey(
  "submit without an approval exits 0 and says that it waits for a review; with --wait it exits 3",
  async (world) => {
    const worker = await working(world, "unreviewed");
    const ran = await world.signalboxIn({ cwd: worker.directory }, "submit");
    assert.equal(ran.code, 0, told(ran));
    assert.match(ran.stdout, /review/i);
    const refused = await world.signalboxIn(
      { cwd: worker.directory },
      "submit",
      "--wait",
      "--timeout",
      "20s",
      "--json",
    );
    assert.equal(refused.code, 3, told(refused));
    assert.match((await run(world, 0, "why", "unreviewed")).stdout, /review|approv/i);
    await approve(world, { slug: "unreviewed" });
    await integrated(world, await candidateOf(worker));
  },
);

journey(
  "submit --wait --timeout exits 75 when the time is up, and the candidate stays queued",
  async (world) => {
    await run(world, 0, "queue", "pause", "--reason", "to let it wait");
    const worker = await working(world, "impatient");
    const ran = await submit(world, worker, "--wait", "--timeout", "1s");
    assert.equal(ran.code, 75, told(ran));
    assert.equal((await queueRow(world, { slug: "impatient" })).status, "queued");
    await run(world, 0, "queue", "resume", "--reason", "waited");
    await integrated(world, { slug: "impatient" });
  },
);

journey("submit of a branch by name, from the clone, under a slug of one's choice", async (world) => {
  const worker = await working(world, "Named.Branch");
  const ran = await world.signalbox(
    "submit",
    "Named.Branch",
    "--slug",
    "chosen",
    "--approved-by",
    "ada",
    "--wait",
    "--timeout",
    "30s",
    "--json",
  );
  assert.equal(ran.code, 0, told(ran));
  const answer: Submitted = JSON.parse(ran.stdout);
  assert.deepEqual([answer.slug, answer.branch, answer.outcome], ["chosen", worker.branch, "integrated"]);
});

journey(
  "submit refuses main itself, a branch that is not there and a slug that is none: exit 2, nothing changed",
  async (world) => {
    // A session may end meanwhile: that is not of this story.
    const said = async () =>
      (await allEvents(world)).filter(({ type }) => !type.includes(".integration.session.")).length;
    const before = await said();
    await run(world, 2, "submit", "main", "--approved-by", "ada");
    await run(world, 2, "submit", "no-such-branch", "--approved-by", "ada");
    const worker = await working(world, "fine-branch");
    await run(world, 2, "submit", worker.branch, "--slug", "No Slug", "--approved-by", "ada");
    assert.equal(await world.origin.ref("refs/heads/fine-branch"), null);
    assert.equal(await said(), before);
  },
);

journey(
  "try says whether a branch would merge, and with what it would conflict, without queueing it",
  async (world) => {
    const clean = await working(world, "try-clean");
    const first = await world.signalbox("try", "try-clean", "--json");
    assert.equal(first.code, 0, told(first));
    const answer = JSON.parse(first.stdout);
    assert.deepEqual([answer.clean, answer.conflicts, answer.against], [true, [], "main"]);
    assert.equal(answer.sha, await clean.head());
    const other = await world.worker("try-other");
    await other.commit({ "shared.txt": "other\n" });
    const torn = await world.worker("try-torn");
    await torn.commit({ "shared.txt": "torn\n" });
    await integrated(world, await handOver(world, other));
    const second = await world.signalbox("try", "try-torn", "--json");
    assert.equal(second.code, 0, told(second));
    const conflict = JSON.parse(second.stdout);
    assert.equal(conflict.clean, false);
    assert.equal(conflict.conflicts[0].path, "shared.txt");
    assert.ok((await queueRows(world)).every(({ slug }) => !slug.startsWith("try-torn")));
  },
);

journey("try --against queue sees the conflict with a branch that has not landed yet", async (world) => {
  await run(world, 0, "queue", "pause", "--reason", "to try");
  const ahead = await world.worker("queue-ahead");
  await ahead.commit({ "clash.txt": "ahead\n" });
  const behind = await world.worker("queue-behind");
  await behind.commit({ "clash.txt": "behind\n" });
  const candidate = await handOver(world, ahead);
  await world.events.until({ type: "integration.candidate.queued", slug: "queue-ahead" });
  const main = JSON.parse((await run(world, 0, "try", "queue-behind", "--json")).stdout);
  const queue = JSON.parse(
    (await run(world, 0, "try", "queue-behind", "--against", "queue", "--json")).stdout,
  );
  assert.deepEqual([main.clean, queue.clean], [true, false]);
  await run(world, 0, "queue", "resume", "--reason", "tried");
  await integrated(world, candidate);
});

journey("why has a sentence in every state, and an unknown slug is wrong use", async (world) => {
  const sentences = new Map<string, string>();
  for (const slug of ["paused-1", "withdrawn"]) {
    sentences.set(slug, (await run(world, 0, "why", slug)).stdout.split("\n")[0] ?? "");
  }
  assert.match(sentences.get("paused-1") ?? "", /main|landed|integrated/i);
  assert.match(sentences.get("withdrawn") ?? "", /withdrawn/i);
  await run(world, 2, "why", "nobody-knows-it");
});

journey(
  "verify proves main from git alone, and names a commit that somebody pushed by hand",
  async (world) => {
    const before = await world.json<Verified>("verify");
    assert.deepEqual([before.foreign, before.mismatches], [[], []]);
    assert.equal(before.from, world.start);
    assert.equal(before.landings.length, world.events.seen({ type: "deployment.completed" }).length);
    const worker = await world.worker("by-hand");
    const foreign = await worker.commit({ "foreign.txt": "pushed by hand\n" });
    await worker.git("push", "--quiet", "--no-verify", "origin", "HEAD:refs/heads/main");
    const ran = await world.signalbox("verify", "--json");
    assert.equal(ran.code, 1, told(ran));
    const after: Verified = JSON.parse(ran.stdout);
    assert.equal(after.foreign.length, 1);
    assert.match(JSON.stringify(after.foreign), new RegExp(foreign));
    await run(world, 0, "reconcile");
    const moved = await world.events.until({ type: "integration.main.moved" });
    assert.equal(moved.data.to, foreign);
  },
);

journey("doctor is content with a healthy line, which has its fence at the remote now", async (world) => {
  assert.equal((await statusBoard(world)).fence, "ref");
  const ran = await world.signalbox("doctor", "--json");
  assert.equal(ran.code, 0, told(ran));
});

journey(
  "notifications can be seen, claimed, released and resolved, and a claim is one person's",
  async (world) => {
    const stuck = await world.worker("needs-somebody", { from: world.start });
    await stuck.commit({ "shared.txt": "stuck\n" });
    await blocked(world, await handOver(world, stuck), "conflict");
    const find = async () => (await inbox(world)).find(({ group }) => group === "deployment/needs-somebody");
    const row = await waitUntil(
      async () => {
        const found = await find();
        return found?.needs_attention ? found : null;
      },
      { what: "it needs attention", everyMs: 200 },
    );
    await run(world, 0, "notifications", "claim", row.id, "--by", "ada");
    await waitUntil(async () => (await find())?.claimed_by === "ada", { what: "ada has it", everyMs: 200 });
    await run(world, 3, "notifications", "claim", row.id, "--by", "bob");
    await run(world, 0, "notifications", "release", row.id, "--by", "ada");
    await run(world, 0, "notifications", "see", row.id, "--by", "ada");
    await waitUntil(async () => (await find())?.human_status === "seen", {
      what: "it is seen",
      everyMs: 200,
    });
    await run(world, 0, "notifications", "resolve", row.id, "--by", "ada", "--reason", "given up");
    await waitUntil(async () => (await find()) === undefined, { what: "it is closed", everyMs: 200 });
    await run(world, 2, "notifications", "see", "no-such-id");
  },
);

journey("projections can be rebuilt from the log and come out the same", async (world) => {
  await run(world, 0, "projections", "rebuild", "notifications", "--verify");
});

async function run(world: World, code: number, ...args: string[]) {
  const ran = await world.signalbox(...args);
  assert.equal(ran.code, code, told(ran));
  return ran;
}

async function working(world: World, slug: string): Promise<Worker> {
  const worker = await world.worker(slug);
  await worker.commit({ [`${slug}.txt`]: `${slug}\n` });
  return worker;
}

journey("a stop in the middle of a reload ends the daemon, and nothing of it stays", async (world) => {
  for (let times = 0; times < 3; times++) {
    const { pid } = (await statusBoard(world)).daemon;
    assert.ok(pid !== null);
    process.kill(pid, "SIGHUP");
    await run(world, 0, "down");
    const left = (await processesOf(world.place)).filter(
      ({ command }) => !command.includes("events --follow"),
    );
    assert.deepEqual(left, []);
    await world.up();
  }
});
