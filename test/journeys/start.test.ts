/** From a slug to a place to work in: branches and worktrees found or made, and prepared. */
import assert from "node:assert/strict";
import { appendFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { told } from "../world/child.ts";
import { shareWorld } from "../world/shared.ts";
import { workerAt } from "../world/worker.ts";
import type { World } from "../world/world.ts";

const prepareScript = `set -e
echo "$1" >> "$COUNT_FILE"
[ ! -e broken.txt ] || { echo "the kitchen is on fire"; exit 7; }
mkdir -p node_modules && echo ready > node_modules/ready
`;

const journey = shareWorld({
  files: {
    "todos/roadmap.yaml":
      "- slug: alpha\n- {slug: beta, after: [alpha]}\n- slug: gamma\n- slug: delta\n- slug: kitchen\n",
    "package-lock.json": "{}\n",
    "scripts/prepare.sh": prepareScript,
    ".gitignore": "node_modules/\n",
  },
  config: { workers: { prepare: "sh scripts/prepare.sh {slug}" } },
  env: { COUNT_FILE: "/dev/null" },
});

type Started = {
  slug: string;
  branch: string;
  worktree: string;
  sha: string;
  base_sha: string | null;
  place: "created" | "adopted" | "there";
  prepared: string;
  phase: string;
  status: string;
  planned_in: string | null;
  follow_up_of: string | null;
  notes: string[];
};

journey(
  "a planned item gets a branch at the remote's main and a worktree that git does not see",
  async (world) => {
    await someoneElseLands(world, { "elsewhere.txt": "1\n" });
    const begun = await start(world, "alpha");
    const main = await world.origin.ref("refs/heads/main");
    assert.deepEqual(
      [begun.place, begun.branch, begun.sha, begun.base_sha, begun.worktree],
      ["created", "alpha", main, main, join(await realClone(world), "trees/alpha")],
    );
    assert.deepEqual([begun.prepared, begun.phase, begun.status], ["prepared", "prepare", "complete"]);
    assert.equal(await world.git("status", "--porcelain"), "");
    const said = world.events.until({ type: "work.item.started", slug: "alpha" });
    assert.equal((await said)?.data.branch, "alpha");
    const again = await start(world, "alpha");
    assert.deepEqual([again.place, again.prepared, again.sha], ["there", "unchanged", begun.sha]);
    assert.equal(world.events.seen({ type: "work.item.started", slug: "alpha" }).length, 1);
  },
);

journey("a slip of the finger starts nothing, and names what was meant", async (world) => {
  const branches = await world.git("for-each-ref", "refs/heads");
  const ran = await world.signalbox("todo", "start", "gama");
  assert.equal(ran.code, 2, told(ran));
  assert.match(ran.stderr, /gama is not in the roadmap[\s\S]*gamma/);
  for (const bad of ["--help-me", "Bad", "a/b", "con"]) {
    const refused = await world.signalbox("todo", "start", "--", bad);
    assert.equal(refused.code, 2, told(refused));
  }
  assert.equal(await world.git("for-each-ref", "refs/heads"), branches);
  const meant = await start(world, "gama", "--unplanned");
  assert.equal(meant.place, "created");
});

journey("what must be delivered first is said, and keeps nobody from beginning", async (world) => {
  const begun = await start(world, "beta");
  assert.deepEqual(begun.notes, ["It can land when alpha is delivered."]);
});

journey("many at once get a place each, and the same one twice gets one", async (world) => {
  const slugs = ["many-1", "many-2", "many-3", "many-4", "many-4"];
  const begun = await Promise.all(slugs.map((slug) => start(world, slug, "--unplanned")));
  assert.equal(new Set(begun.map(({ worktree }) => worktree)).size, 4);
  for (const { worktree, branch } of begun) {
    const worker = workerIn(world, worktree);
    assert.equal((await worker.git("symbolic-ref", "--short", "HEAD")).trim(), branch);
    assert.equal(await worker.git("status", "--porcelain"), "");
  }
  assert.equal(world.events.seen({ type: "work.item.started", slug: "many-4" }).length, 1);
});

journey("branches and worktrees of other tools are taken up where they are", async (world) => {
  const elsewhere = join(world.place, "elsewhere");
  await world.git("worktree", "add", "--quiet", "-b", "tool/gamma-2", elsewhere, "origin/main");
  const named = await start(world, "gamma", "--worktree", elsewhere);
  assert.deepEqual([named.place, named.branch, named.worktree], ["adopted", "tool/gamma-2", elsewhere]);
  const known = await start(world, "gamma");
  assert.deepEqual([known.place, known.branch, known.worktree], ["there", "tool/gamma-2", elsewhere]);

  await world.git(
    "worktree",
    "add",
    "--quiet",
    "-b",
    "feature/found",
    join(world.place, "found"),
    "origin/main",
  );
  const found = await start(world, "feature-found");
  assert.deepEqual([found.place, found.branch], ["there", "feature/found"]);

  await world.git("branch", "local-only", "origin/main");
  assert.equal((await start(world, "local-only")).place, "adopted");

  await world.git("push", "--quiet", "origin", "origin/main:refs/heads/remote-only");
  const remote = await start(world, "delta", "--branch", "remote-only");
  assert.deepEqual([remote.place, remote.branch], ["adopted", "remote-only"]);

  for (const [args, why] of [
    [["--worktree", world.place], /no worktree of/],
    [["--worktree", world.clone], /main itself/],
    [["--branch", "main"], /main itself/],
  ] as const) {
    const ran = await world.signalbox("todo", "start", "kitchen", ...args);
    assert.equal(ran.code, 2, told(ran));
    assert.match(ran.stderr, why);
  }
});

journey("a folder that is somebody's is not written into", async (world) => {
  const folder = join(world.clone, "trees/taken");
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "mine.txt"), "mine\n");
  const ran = await world.signalbox("todo", "start", "taken", "--unplanned");
  assert.equal(ran.code, 3, told(ran));
  assert.match(ran.stderr, /taken is not empty/);
  await rm(folder, { recursive: true });
  // A worktree whose folder was thrown away by hand is made again.
  const begun = await start(world, "taken", "--unplanned");
  await rm(begun.worktree, { recursive: true });
  assert.equal((await start(world, "taken")).place, "adopted");
  assert.equal(await readFile(join(begun.worktree, "package-lock.json"), "utf8"), "{}\n");
});

journey("a worktree is prepared once, and again when a lockfile or the script changes", async (world) => {
  const counted = join(world.place, "counted");
  const prepare = async (): Promise<string> => {
    const ran = await world.signalboxIn(
      { env: { ...world.env, COUNT_FILE: counted } },
      ...["todo", "start", "prepared", "--unplanned", "--json"],
    );
    assert.equal(ran.code, 0, told(ran));
    const { prepared }: Started = JSON.parse(ran.stdout);
    return prepared;
  };
  const both = await Promise.all([prepare(), prepare()]);
  assert.deepEqual(both.toSorted(), ["prepared", "unchanged"]);
  const tree = join(world.clone, "trees/prepared");
  assert.equal(await prepare(), "unchanged");
  await writeFile(join(tree, "package-lock.json"), '{"changed": true}\n');
  assert.equal(await prepare(), "prepared");
  await appendFile(join(tree, "scripts/prepare.sh"), "# more\n");
  assert.equal(await prepare(), "prepared");
  await writeFile(join(tree, "README.md"), "# Another\n");
  assert.equal(await prepare(), "unchanged");
  assert.equal(await readFile(counted, "utf8"), "prepared\n".repeat(3));
});

journey(
  "a preparing that fails is told with its reason, and done when it is called for again",
  async (world) => {
    const begun = await start(world, "kitchen", "--unprepared");
    assert.deepEqual([begun.prepared, begun.status], ["not_now", "pending"]);
    const fire = join(begun.worktree, "broken.txt");
    await writeFile(fire, "");
    const ran = await world.signalbox("todo", "start", "kitchen");
    assert.equal(ran.code, 1, told(ran));
    assert.match(ran.stderr, /exit code 7: the kitchen is on fire[\s\S]*prepare-kitchen\.log/);
    const shown = await world.json<{ phase: string; status: string }>("todo", "show", "kitchen");
    assert.deepEqual([shown.phase, shown.status], ["prepare", "started"]);
    await rm(fire);
    const mended = await start(world, "kitchen");
    assert.deepEqual([mended.prepared, mended.status], ["prepared", "complete"]);
  },
);

function start(world: World, slug: string, ...args: string[]): Promise<Started> {
  return world.json<Started>("todo", "start", slug, ...args);
}

function workerIn(world: World, directory: string) {
  const run = async (args: readonly string[], cwd: string) => {
    const stdout = await world.git("-C", cwd, ...args);
    return { code: 0, stdout, stderr: "", command: args.join(" "), signal: null };
  };
  return workerAt({ slug: "any", branch: "any", directory, run });
}

async function realClone(world: World): Promise<string> {
  return (await world.git("rev-parse", "--show-toplevel")).trim();
}

/** A landing through the line that the clone has not fetched. */
async function someoneElseLands(world: World, files: Record<string, string>): Promise<void> {
  const worker = await world.worker("someone-else");
  await worker.commit(files);
  const ran = await world.signalboxIn(
    { cwd: worker.directory },
    ...["submit", "--approved-by", "ada", "--wait", "--json"],
  );
  assert.equal(ran.code, 0, told(ran));
}
