/** The push itself: refused, raced, answered into the void, with the remote away. */
import assert from "node:assert/strict";
import { candidateRow, queueRow } from "../world/board.ts";
import { blocked, handOver, integrated } from "../world/facts.ts";
import { shareWorld } from "../world/shared.ts";
import { waitUntil } from "../world/wait-until.ts";
import type { Worker } from "../world/worker.ts";
import type { World } from "../world/world.ts";

// One story has somebody else push main between our merge and our push.
const journey = shareWorld({}, { foreignCommits: 1 });

journey(
  "a push that the remote refuses blocks the candidate with the remote's own words; main and branch stay",
  async (world) => {
    await world.origin.hook("pre-receive", onMain('echo "the freeze is on until Monday" >&2; exit 1'));
    const worker = await working(world, "frozen");
    const main = await world.origin.ref("refs/heads/main");
    const candidate = await handOver(world, worker);
    const failed = await blocked(world, candidate, "push_refused");
    assert.match(JSON.stringify(failed.data.diagnostics), /freeze is on until Monday/);
    assert.equal(await world.origin.ref("refs/heads/main"), main);
    assert.equal(await world.origin.ref("refs/heads/frozen"), candidate.sha);
    await world.origin.hook("pre-receive", null);
    assert.equal((await world.signalbox("queue", "retry", "frozen")).code, 0);
    await integrated(world, candidate);
  },
);

journey("main moved between merge and push: merged again on the new main, never forced", async (world) => {
  await world.origin.hook(
    "pre-receive",
    onMain(`[ -e moved-once ] || {
  touch moved-once
  unset GIT_QUARANTINE_PATH GIT_OBJECT_DIRECTORY GIT_ALTERNATE_OBJECT_DIRECTORIES
  export GIT_AUTHOR_NAME=Eve GIT_AUTHOR_EMAIL=eve@example.org GIT_COMMITTER_NAME=Eve GIT_COMMITTER_EMAIL=eve@example.org
  new=$(git commit-tree 'refs/heads/main^{tree}' -p refs/heads/main -m 'Meanwhile') && git update-ref refs/heads/main "$new"
}`),
  );
  const candidate = await handOver(world, await working(world, "raced"));
  const completed = await integrated(world, candidate);
  await world.origin.hook("pre-receive", null);
  const history = await world.origin.history();
  const merge = history.find(({ sha }) => sha === completed.data.merge_commit);
  const meanwhile = history.find(({ subject }) => subject === "Meanwhile");
  assert.ok(merge && meanwhile, "main lost a commit");
  assert.equal(merge.parents[0], meanwhile.sha);
  assert.equal((await world.signalbox("reconcile")).code, 0);
  const moved = await world.events.until({ type: "integration.main.moved" });
  assert.equal(moved.data.to, meanwhile.sha);
  assert.equal((await queueRow(world, candidate)).status, "integrated");
});

journey("a push whose answer is lost after it was applied lands once", async (world) => {
  // The remote dies right after both refs have moved, before it answers.
  await world.origin.hook(
    "reference-transaction",
    `[ "$1" = committed ] || exit 0
grep -q ' refs/heads/main$' || exit 0
[ -e answered-never ] || { touch answered-never; kill -9 $PPID; }`,
  );
  const candidate = await handOver(world, await working(world, "unheard"));
  await integrated(world, candidate);
  await world.origin.hook("reference-transaction", null);
  const landed = (await world.origin.history()).filter(
    ({ trailers, parents }) =>
      trailers["Signalbox-Candidate"] === `unheard@${candidate.sha}` && parents.length === 2,
  );
  assert.equal(landed.length, 1);
});

journey(
  "a remote that is away keeps the candidate waiting, says so, and lands it when it is back",
  async (world) => {
    await world.signalbox("queue", "pause", "--reason", "to take the remote away");
    const candidate = await handOver(world, await working(world, "patient"));
    await world.events.until({ type: "integration.candidate.queued", slug: "patient" });
    await world.origin.away();
    try {
      await world.signalbox("queue", "resume", "--reason", "the remote is away now");
      await waitUntil(
        async () => {
          const ran = await world.signalbox("why", "patient");
          return /remote|origin|reach/i.test(ran.stdout);
        },
        { what: "why names the remote", everyMs: 300 },
      );
      const doctor = await world.signalbox("doctor");
      assert.equal(doctor.code, 1);
    } finally {
      await world.origin.back();
    }
    await integrated(world, candidate);
    assert.equal((await candidateRow(world, candidate)).status, "INTEGRATED");
  },
);

journey(
  "a lease ref that somebody deletes or moves does not stop the line, and never goes back",
  async (world) => {
    const token = async () =>
      Number(
        JSON.parse((await world.origin.git("log", "-1", "--format=%B", "refs/signalbox/lease")).trim()).token,
      );
    const before = await token();
    await world.origin.git("update-ref", "-d", "refs/signalbox/lease");
    await integrated(world, await handOver(world, await working(world, "no-lease-ref")));
    assert.ok((await token()) >= before);
  },
);

async function working(world: World, slug: string): Promise<Worker> {
  const worker = await world.worker(slug);
  await worker.commit({ [`${slug}.txt`]: `${slug}\n` });
  return worker;
}

/** A hook that does something only when main is pushed. */
function onMain(script: string): string {
  return `grep -q ' refs/heads/main$' || exit 0\n${script}`;
}
