/** Main is the integrator's alone: neither an orchestrator nor anything it starts writes there, at the remote or in the checkout. */
import assert from "node:assert/strict";
import { type FSWatcher, watch } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { readHouse } from "../tidy/house.ts";
import { resolve } from "../tidy/rooms.ts";
import { openAgents, tally } from "../world/agents.ts";
import { fingerprint } from "../world/checkout.ts";
import { told } from "../world/child.ts";
import { integrated } from "../world/facts.ts";
import { orchestrate } from "../world/orchestrators.ts";
import { waitUntil } from "../world/wait-until.ts";
import { inWorld } from "../world/world.ts";

const agents = openAgents();

test("no code that an orchestrator runs can push main: it pushes by one door, which main is refused at", async () => {
  const house = await readHouse(join(import.meta.dirname, "../.."));
  const reached = reachedFrom(
    house,
    "src/orchestration/orchestrator/walk.ts",
    "src/orchestration/orchestrator/fleet.ts",
  );
  assert.ok(reached.size > 40, `only ${reached.size} files`);
  const of = (pattern: RegExp) => [...reached].filter(([, text]) => pattern.test(text)).map(([path]) => path);
  assert.deepEqual(
    [...reached.keys()].filter((path) => path.startsWith("src/integration/")),
    [],
  );
  // Who pushes, who asks for it, and that each of those holds the branch against main's name first.
  assert.deepEqual(of(/\bpushArguments\(/).sort(), ["src/git/branch-push.ts", "src/git/push.ts"]);
  assert.deepEqual(of(/[^n] pushBranch\(/).sort(), [
    "src/orchestration/planning.ts",
    "src/orchestration/submit.ts",
  ]);
  assert.match(
    reached.get("src/orchestration/finalize.ts") ?? "",
    /checkBranch\(place\.branch, ground\.main/,
  );
  assert.match(reached.get("src/orchestration/planning.ts") ?? "", /branch = `signalbox\/plan-/);
  // No file is brought from one checkout to another, and nothing is checked out, merged or reset in one.
  assert.deepEqual(of(/\b(?:copyFile|cp|cpSync|copyFileSync)\(/), []);
  // But for main's merge into the item's branch, in its own worktree, where `finalize.update` asks for it.
  assert.deepEqual(of(/\["(?:checkout|switch|merge|reset|rebase|cherry-pick|stash|pull)"/), [
    "src/git/main-into-branch.ts",
  ]);
});

test(
  "while items are worked on and handed over nobody pushes main, and nothing is written in its checkout",
  inWorld(
    {
      config: { workers: { ...agents.workers, prepare: "sh -c 'echo prepared'", maxParallel: 2 } },
      files: { "todos/roadmap.yaml": "- slug: one\n- slug: two\n", "src/a.txt": "a\n" },
    },
    async (world) => {
      const log = join(world.place, "pushes.log");
      // Who pushes: every process from the hook up, by its command line. One line each, whatever they say: `echo` would make line breaks of some.
      await world.origin.hook(
        "pre-receive",
        `who=; p=$$; while [ "$p" -gt 1 ]; do who="$who | $(tr '\\0\\n' '  ' < /proc/$p/cmdline)"; p=$(sed 's/.*) . \\([0-9]*\\) .*/\\1/' /proc/$p/stat); done
         while read old new ref; do printf '%s\\n' "$ref $who" >> ${log}; done`,
      );
      await writeFile(log, "");
      await world.signalbox("queue", "pause", "--reason", "to look at the orchestrator alone");
      await agents.play("one", "reviewer", "echo REQUEST_CHANGES");
      const git = (...args: string[]) => world.git(...args);
      const before = await fingerprint(world.clone, git);
      const main = await world.git("rev-parse", "refs/heads/main");
      const watched = await watchCheckout(world.clone);
      const { ran } = await orchestrate(world, ["--all"]);
      assert.equal(ran.code, 0, told(ran));
      // What was written just now is told of just after: one more write, in a place that counts, closes the list.
      await writeFile(join(world.clone, "src", "last"), "");
      await waitUntil(() => watched.seen.some((name) => name === "src/last"), {
        what: "the watch has told everything",
      });
      watched.close();
      assert.deepEqual(
        watched.seen.filter((name) => name !== "src/last"),
        [],
      );
      await world.git("clean", "--quiet", "--force", "--", "src/last");
      assert.deepEqual(await fingerprint(world.clone, git), before);
      assert.equal(await world.git("rev-parse", "refs/heads/main"), main);
      const pushes = async () => (await readFile(log, "utf8")).split("\n").filter((line) => line !== "");
      assert.deepEqual((await pushes()).map((line) => line.split(" ")[0]).sort(), [
        "refs/heads/one",
        "refs/heads/two",
      ]);
      assert.ok((await pushes()).every((line) => line.includes("orchestrate --all")));
      assert.deepEqual(await world.origin.updates(), []);

      await world.signalbox("queue", "resume", "--reason", "seen");
      for (const slug of ["one", "two"]) await integrated(world, { slug });
      const ofMain = (await pushes()).filter((line) => line.startsWith("refs/heads/main "));
      assert.ok(ofMain.length > 0);
      for (const line of ofMain)
        assert.ok(/ integrate /.test(line) && !line.includes("orchestrate --all"), line);
      assert.equal(await tally(agents, "one"), "builder 1, reviewer 2, fixer 1");
    },
  ),
);

/** What is written in a checkout, but for git's own folder and the worktrees: folders of their own below it. */
async function watchCheckout(directory: string): Promise<{ seen: string[]; close(): void }> {
  const seen: string[] = [];
  const folders = [""];
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name).slice(directory.length + 1);
    if (entry.isDirectory() && !/^(?:\.git|trees)(?:\/|$)/.test(path)) folders.push(path);
  }
  const watchers: FSWatcher[] = folders.map((folder) =>
    watch(join(directory, folder), (_, name) => {
      const path = join(folder, name ?? "?");
      // Worktrees come and go in their own folder; git's lies beside.
      if (path !== "trees" && path !== ".git") seen.push(path);
    }),
  );
  return {
    seen,
    close: () => {
      for (const watcher of watchers) watcher.close();
    },
  };
}

/** Every file of the product that these reach by imports, with its text. */
function reachedFrom(house: Awaited<ReturnType<typeof readHouse>>, ...starts: string[]): Map<string, string> {
  const reached = new Map<string, string>();
  const open = [...starts];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    const at = path;
    const source = house.sources.find((each) => each.path === at);
    if (source === undefined || reached.has(at)) continue;
    reached.set(at, house.texts[at] ?? "");
    const targets = source.imports.filter(({ typeOnly }) => !typeOnly).map((entry) => resolve(at, entry));
    open.push(...targets.filter((target) => target !== null));
  }
  return reached;
}
