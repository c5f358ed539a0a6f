/** Planning: an edit of the roadmap is a candidate like any other, approved by policy and not by a reviewer. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "yaml";
import { candidateRow } from "../world/board.ts";
import { told } from "../world/child.ts";
import { integrated, type Submitted, submitAndWait } from "../world/facts.ts";
import { shareWorld } from "../world/shared.ts";
import { waitUntil } from "../world/wait-until.ts";
import { inWorld, type World } from "../world/world.ts";

const roadmap = `# The roadmap, in order.

# Ada asked for this
- slug: alpha # soon
  title: "Alpha: first"

# --- next quarter ---

- slug: beta
  after: [alpha]
`;

const journey = shareWorld({ files: { "todos/roadmap.yaml": roadmap } });

type Planned = Submitted & { act: string; item: string; notes: string[] };
type Row = { slug: string; after: string[]; waiting_for: string[]; planned_in: string | null };

journey(
  "an added item lands without a reviewer, as one commit that changes nothing but the roadmap",
  async (world) => {
    const planned = await world.json<Planned>(
      "roadmap",
      "add",
      "gamma",
      "--title",
      "Gamma: it's",
      "--after",
      "beta",
      "--wait",
    );
    assert.deepEqual([planned.outcome, planned.act, planned.item], ["integrated", "add", "gamma"]);
    assert.match(planned.branch, /^signalbox\/plan-\d+$/);
    assert.equal(
      await roadmapOf(world),
      `${roadmap}\n- slug: gamma\n  title: "Gamma: it's"\n  after: [beta]\n`,
    );
    const changed = await world.origin.git("diff", "--name-only", `${world.start}..refs/heads/main`);
    assert.equal(changed.trim(), "todos/roadmap.yaml");
    assert.equal(world.events.seen({ type: "review.approved" }).length, 0);
    assert.equal(
      await world.origin.ref(`refs/heads/${planned.branch}`),
      null,
      "the plan's branch is tidied away",
    );
    const author = await world.origin.git("show", "--no-patch", "--format=%an", planned.sha);
    assert.equal(author.trim(), "Ada Worker");
  },
);

journey("no checkout, index or branch of the clone is touched by planning", async (world) => {
  const before = await world.git("for-each-ref", "refs/heads");
  const head = await world.git("rev-parse", "HEAD");
  await plan(world, "add", "untouched");
  assert.equal(await world.git("for-each-ref", "refs/heads"), before);
  assert.equal(await world.git("rev-parse", "HEAD"), head);
  assert.equal(await world.git("status", "--porcelain"), "");
});

journey("items that are added at once all land, each once", async (world) => {
  const slugs = ["at-once-1", "at-once-2", "at-once-3", "at-once-4"];
  const planned = await Promise.all(slugs.map((slug) => plan(world, "add", slug)));
  assert.deepEqual(
    planned.map(({ outcome }) => outcome),
    slugs.map(() => "integrated"),
  );
  assert.equal(new Set(planned.map(({ branch }) => branch)).size, slugs.length);
  const landed = (await itemsOf(world)).filter((slug) => slug.startsWith("at-once-"));
  assert.deepEqual(landed.toSorted(), slugs);
});

journey(
  "moving and dropping keep every comment, and who waited for the dropped one does so no more",
  async (world) => {
    const comments = (text: string) => text.split("\n").filter((line) => line.includes("#"));
    const before = await roadmapOf(world);
    await plan(world, "move", "beta", "--first");
    assert.equal((await itemsOf(world))[0], "beta");
    const dropped = await plan(world, "drop", "alpha");
    assert.deepEqual(dropped.notes, ["beta does not wait for alpha any more."]);
    const after = await roadmapOf(world);
    assert.ok(!(await itemsOf(world)).includes("alpha"));
    const kept = comments(before).filter((line) => !line.includes("slug: alpha"));
    assert.deepEqual(comments(after).toSorted(), kept.toSorted());
  },
);

journey("a plan that touches one other file needs its review, whoever makes it", async (world) => {
  const worker = await world.worker("sly", { branch: "signalbox/plan-900" });
  const text = await roadmapOf(world);
  await worker.commit({ "todos/roadmap.yaml": `${text}- slug: sly\n`, "src/sly.txt": "sly\n" });
  const answer = await world.signalboxIn({ cwd: worker.directory }, "submit", "--json");
  assert.equal(answer.code, 0, told(answer));
  const submitted: Submitted & { outcome: string } = JSON.parse(answer.stdout);
  assert.equal(submitted.outcome, "waiting_for_review");
  const row = await candidateRow(world, submitted);
  assert.deepEqual(
    row.conditions.filter(({ holds }) => !holds).map(({ name }) => name),
    ["reviewed"],
  );
});

journey("what speaks against an edit is said, and nothing is changed", async (world) => {
  const refs = await world.origin.refs();
  const cases: [string[], number, RegExp][] = [
    [["add", "beta"], 3, /beta is in the roadmap already/],
    [["add", "new", "--after", "bta"], 2, /bta[\s\S]*beta/],
    [["add", "Bad_Slug"], 2, /slug/],
    [["add", "new", "--first", "--last"], 2, /one place/],
    [["add", "new", "--title", "a\u001b[31m"], 2, /not seen/],
    [["add", "--", "--help"], 2, /slug/],
    [["move", "nobody", "--first"], 2, /nobody is not in the roadmap/],
    [["move", "beta"], 2, /--first/],
    [["move", "beta", "--before", "beta"], 2, /itself/],
    [["drop", "nobody"], 2, /nobody is not in the roadmap/],
  ];
  for (const [args, code, why] of cases) {
    const ran = await world.signalbox("roadmap", ...args);
    assert.equal(ran.code, code, told(ran));
    assert.match(ran.stderr, why);
  }
  assert.deepEqual(await world.origin.refs(), refs);
});

journey("what is on its way is listed, and stands behind what is on main", async (world) => {
  await world.signalbox("queue", "pause", "--reason", "to look at it");
  const planned = await world.json<Planned>("roadmap", "add", "on-its-way", "--after", "beta");
  const rows = await world.json<Row[]>("roadmap", "list");
  const last = rows.at(-1);
  assert.deepEqual(
    [last?.slug, last?.planned_in, last?.waiting_for],
    ["on-its-way", planned.branch, ["beta"]],
  );
  const row = await candidateRow(world, planned);
  assert.match(row.conditions.find(({ name }) => name === "reviewed")?.detail ?? "", /approved by policy/);
  const twice = await world.signalbox("roadmap", "add", "on-its-way");
  assert.equal(twice.code, 3, told(twice));
  await world.signalbox("queue", "withdraw", planned.slug, "--reason", "not now");
  const without = await world.json<Row[]>("roadmap");
  assert.ok(!without.some(({ slug }) => slug === "on-its-way"), "a plan that was withdrawn is none");
  await world.signalbox("queue", "resume", "--reason", "seen");
  await plan(world, "add", "after-the-withdrawn");
  assert.ok(!(await itemsOf(world)).includes("on-its-way"), "nothing stands on a withdrawn plan");
});

journey("an item can be begun while its plan is still on its way", async (world) => {
  await world.signalbox("queue", "pause", "--reason", "to begin before it lands");
  const planned = await world.json<Planned>("roadmap", "add", "early-bird", "--after", "beta");
  const begun = await start(world, "early-bird");
  assert.deepEqual([begun.place, begun.planned_in], ["created", planned.branch]);
  assert.equal(
    begun.base_sha,
    await world.origin.ref("refs/heads/main"),
    "it begins at main, not at the plan",
  );
  await world.signalbox("queue", "resume", "--reason", "begun");
  await integrated(world, planned);
  const later = await start(world, "early-bird");
  assert.equal(later.place, "there");
});

journey(
  "a follow-up is taken up as files of its own folder, on a new branch, and nowhere else",
  async (world) => {
    const first = await world.worker("first-come");
    const second = await world.worker("second-come");
    for (const worker of [first, second]) await worker.commit({ "same.txt": `${worker.slug}\n` });
    await submitAndWait(world, first);
    const { follow_up_slug: followUp, sha } = await submitAndWait(world, second, "blocked");
    assert.ok(followUp);
    const begun = await start(world, followUp);
    assert.deepEqual([begun.place, begun.branch, begun.follow_up_of], ["created", followUp, "second-come"]);
    const folder = `todos/${followUp}`;
    const changed = await world.git("diff", "--name-only", `origin/main..${followUp}`);
    assert.deepEqual(changed.trim().split("\n"), [
      `${folder}/implementation-plan.md`,
      `${folder}/requirements.md`,
    ]);
    const requirements = await world.git("show", `${followUp}:${folder}/requirements.md`);
    assert.match(requirements, /# Unblock second-come[\s\S]*same\.txt/);
    assert.equal((await world.git("-C", begun.worktree, "status", "--porcelain")).trim(), "");
    assert.equal(await second.head(), sha, "the blocked branch is as it was");
    assert.equal((await start(world, followUp)).place, "there");
    const nobodys = await world.signalbox("todo", "start", "ghost-integration-blocked-0123456");
    assert.equal(nobodys.code, 2, told(nobodys));
    // Resolved, it is nothing to be taken up any more.
    await second.git("fetch", "--quiet", "origin");
    await second.git("reset", "--quiet", "--hard", "origin/main");
    await second.commit({ "other.txt": "other\n" });
    await second.git("push", "--quiet", "--force", "origin", "second-come");
    await submitAndWait(world, second);
    await world.git("worktree", "remove", begun.worktree);
    await world.git("branch", "-D", followUp);
    const over = await world.signalbox("todo", "start", followUp);
    assert.equal(over.code, 3, told(over));
    assert.match(over.stderr, /is resolved/);
  },
);

type Begun = {
  place: string;
  branch: string;
  worktree: string;
  base_sha: string | null;
  planned_in: string | null;
  follow_up_of: string | null;
};

function start(world: World, slug: string): Promise<Begun> {
  return world.json<Begun>("todo", "start", slug);
}

async function plan(world: World, ...args: string[]): Promise<Planned> {
  return world.json<Planned>("roadmap", ...args, "--wait");
}

async function roadmapOf(world: World): Promise<string> {
  return waitUntil(async () => (await world.origin.files()).get("todos/roadmap.yaml") ?? null, {
    what: "there is a roadmap on main",
  });
}

async function itemsOf(world: World): Promise<string[]> {
  const items: { slug: string }[] = parse(await roadmapOf(world));
  return items.map(({ slug }) => slug);
}

test(
  "where landings are squashed, items that are added at once land one after the other",
  inWorld({ config: { merge: "squash" } }, async (world) => {
    const slugs = ["one", "two", "three"];
    const planned = await Promise.all(slugs.map((slug) => plan(world, "add", slug)));
    assert.deepEqual(
      planned.map(({ outcome }) => outcome),
      slugs.map(() => "integrated"),
    );
    assert.deepEqual((await itemsOf(world)).toSorted(), slugs.toSorted());
  }),
);
