import assert from "node:assert/strict";
import { appendFile, mkdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { wallMs } from "../../src/clock.ts";
import { installGuards, keepGuards, lookAtGuards, uninstallGuards } from "../../src/guards/guard.ts";
import { guardPlaces, hookPlaces } from "../../src/guards/places.ts";
import { told } from "../world/child.ts";
import { hooksPicture, openYard, putScript, type Yard } from "./yard.ts";

type Ground = {
  title: string;
  /** Makes the clone as it is before anything of ours. */
  prepare(yard: Yard): Promise<void>;
  way: "folder" | "path";
  /** Whether a former pre-push hook is expected to be heard. */
  chained: boolean;
};

const outside = (yard: Yard) => join(yard.world.directory, "shared hooks");

const grounds: Ground[] = [
  { title: "no hook at all", prepare: async () => {}, way: "folder", chained: false },
  {
    title: "no hooks folder",
    prepare: (yard) => rm(join(yard.world.clone, ".git/hooks"), { recursive: true }),
    way: "folder",
    chained: false,
  },
  {
    title: "a plain hook",
    prepare: (yard) =>
      putScript(join(yard.world.clone, ".git/hooks/pre-push"), yard.noisyHook("plain"), 0o750),
    way: "folder",
    chained: true,
  },
  {
    title: "a hook that is a link into the tree",
    async prepare(yard) {
      await putScript(join(yard.world.clone, "scripts/push-hook"), yard.noisyHook("linked"));
      await mkdir(join(yard.world.clone, ".git/hooks"), { recursive: true });
      await symlink("../../scripts/push-hook", join(yard.world.clone, ".git/hooks/pre-push"));
    },
    way: "folder",
    chained: true,
  },
  {
    title: "a hook that is not executable, which git does not run either",
    prepare: (yard) =>
      putScript(join(yard.world.clone, ".git/hooks/pre-push"), yard.noisyHook("sleeping"), 0o644),
    way: "folder",
    chained: false,
  },
  {
    title: "core.hooksPath to a folder of hooks elsewhere",
    async prepare(yard) {
      await putScript(join(outside(yard), "pre-push"), yard.noisyHook("elsewhere"));
      await yard.world.run(yard.world.clone, "config", "core.hooksPath", outside(yard));
    },
    way: "path",
    chained: true,
  },
  {
    title: "core.hooksPath to a folder in the tree, relative",
    async prepare(yard) {
      await putScript(join(yard.world.clone, ".githooks/pre-push"), yard.noisyHook("in the tree"));
      await yard.world.run(yard.world.clone, "config", "core.hooksPath", ".githooks");
    },
    way: "path",
    chained: true,
  },
  {
    title: "core.hooksPath, in a configuration without a newline at its end",
    async prepare(yard) {
      await putScript(join(outside(yard), "pre-push"), yard.noisyHook("elsewhere"));
      await appendFile(
        join(yard.world.clone, ".git/config"),
        `[core]\n\thooksPath = "${outside(yard)}" ; mine`,
      );
    },
    way: "path",
    chained: true,
  },
];

describe("install and uninstall", () => {
  for (const { title, prepare, way, chained } of grounds)
    test(`${title}: main is refused, the former hook hears the rest, and nothing is left of us`, async (t) => {
      const yard = await openYard(t);
      const { clone } = yard.world;
      await prepare(yard);
      const before = await hooksPicture(join(clone, ".git"));

      assert.deepEqual(await installGuards(await yard.place()), { wrappers: true, hook: true });
      const { hook } = await lookAtGuards(await yard.place());
      assert.deepEqual([hook.kind, hook.way, hook.why], ["on", way, null]);
      const installed = await hooksPicture(join(clone, ".git"));
      assert.deepEqual(await installGuards(await yard.place()), { wrappers: false, hook: false });
      assert.deepEqual(await hooksPicture(join(clone, ".git")), installed, "a second install writes nothing");

      await expectGuarded(yard, chained);
      assert.deepEqual(await uninstallGuards(await yard.place()), { wrappers: true, hook: true });
      assert.deepEqual(await hooksPicture(join(clone, ".git")), before);
      assert.deepEqual(await uninstallGuards(await yard.place()), { wrappers: false, hook: false });
      assert.equal((await yard.type("git", ["push", "origin", "HEAD:refs/heads/main"])).code, 0);
    });

  test("a person's global core.hooksPath counts, and their other repositories do not hear of us", async (t) => {
    const yard = await openYard(t);
    const shared = join(yard.world.directory, "shared hooks");
    await putScript(join(shared, "pre-push"), yard.noisyHook("global"));
    await writeFile(join(yard.world.env.HOME ?? "", ".gitconfig"), `[core]\n\thooksPath = "${shared}"\n`);
    const env = { GIT_CONFIG_GLOBAL: join(yard.world.env.HOME ?? "", ".gitconfig") };
    const place = async () => ({
      ...(await yard.place()),
      environment: { variables: { ...yard.world.env, ...env } },
    });
    await installGuards(await place());
    const { hook } = await lookAtGuards(await place());
    assert.deepEqual([hook.kind, hook.way, hook.former], ["on", "path", join(shared, "pre-push")]);
    await yard.world.commit(yard.world.clone, { "a.txt": "a\n" });
    const refused = await yard.type("git", ["push", "origin", "main"], { env });
    assert.notEqual(refused.code, 0, told(refused));
    const passed = await yard.type("git", ["push", "origin", "main:refs/heads/topic"], { env });
    assert.equal(passed.code, 0, told(passed));
    assert.match(await yard.heard(), /^global <origin>/);
  });

  test("other hooks of a hooks folder run as before, with their arguments, input and exit code", async (t) => {
    const yard = await openYard(t);
    const { clone } = yard.world;
    for (const [name, code] of [
      ["commit-msg", 0],
      ["post-commit", 0],
      ["pre-rebase", 7],
      ["reference-transaction", 0],
    ] as const)
      await putScript(join(outside(yard), name), yard.noisyHook(name, code));
    await yard.world.run(clone, "config", "core.hooksPath", outside(yard));
    await installGuards(await yard.place());
    await yard.world.commit(clone, { "b.txt": "b\n" });
    const heard = await yard.heard();
    for (const expected of [
      "commit-msg <.git/COMMIT_EDITMSG>",
      "post-commit",
      "reference-transaction <committed>",
    ])
      assert.ok(heard.includes(expected), `${expected} in ${heard}`);
    assert.match(heard, /^[0-9a-f]{40} [0-9a-f]{40} refs\/heads\/main$/m, "the input of a hook arrives");
    const rebased = await yard.type("git", ["rebase", "--force-rebase", "HEAD~1"]);
    assert.notEqual(rebased.code, 0, "pre-rebase said no");
  });

  test("a hook that costs something at every change of a ref is ours only where there is one to hand on to", async (t) => {
    const yard = await openYard(t);
    await yard.world.run(yard.world.clone, "config", "core.hooksPath", outside(yard));
    await installGuards(await yard.place());
    const names = Object.keys(await hooksPicture(join(yard.world.clone, ".git")));
    assert.ok(names.includes("signalbox/hooks/pre-commit"));
    assert.equal(names.includes("signalbox/hooks/reference-transaction"), false);
  });
});

describe("what the hook refuses", () => {
  const url = (yard: Yard) => yard.world.origin;
  const refused: [string, (yard: Yard) => string[]][] = [
    ["by name", () => ["origin", "main"]],
    ["as HEAD", () => ["origin", "HEAD"]],
    ["by a raw id", () => ["origin", "HEAD~0:refs/heads/main"]],
    ["in another case", () => ["origin", "HEAD:refs/heads/MAIN"]],
    ["deleted", () => ["origin", ":main"]],
    ["among others", () => ["origin", "HEAD:refs/heads/a", "HEAD:refs/heads/main", "HEAD:refs/heads/z"]],
    ["all", () => ["--all", "origin"]],
    ["mirrored", () => ["--mirror", "origin"]],
    ["by path", (yard) => [url(yard), "HEAD:main"]],
    ["by a path without .git", (yard) => [url(yard).replace(/\.git$/, ""), "HEAD:main"]],
    ["by a relative path", () => ["../origin.git", "HEAD:main"]],
    ["by a URL of a file", (yard) => [`file://localhost${url(yard)}//`, "HEAD:main"]],
    ["by an address that cannot be told", (yard) => [`ext::git %s ${url(yard)}`, "HEAD:main"]],
    ["the lease ref", () => ["origin", "HEAD:refs/signalbox/lease"]],
  ];
  test("an update of main at the guarded repository, however it is spelled; a note is left each time", async (t) => {
    const yard = await openYard(t, { guarded: true });
    await yard.world.commit(yard.world.clone, { "c.txt": "c\n" });
    const main = await yard.main();
    for (const [how, args] of refused) {
      const env = { GIT_ALLOW_PROTOCOL: "file:ext" };
      const ran = await yard.type("git", ["push", ...args(yard)], { env });
      assert.equal(ran.code, 1, `${how}: ${told(ran)}`);
      assert.match(ran.stderr, /signalbox: refused: .*integrator alone/, how);
      assert.match(ran.stderr, /hand your branch over instead, with: {2}signalbox submit/);
      assert.equal(await yard.main(), main, how);
    }
    const notes = await yard.notes();
    assert.equal(notes.length, refused.length);
    for (const note of notes)
      assert.match(note, /^signalbox-block 1\npre_push\nrefs\/(heads\/main|heads\/MAIN|signalbox\/lease)\n/);
  });

  test("nothing else: branches, tags, and main of another repository pass, from every worktree", async (t) => {
    const yard = await openYard(t, { guarded: true });
    const { world } = yard;
    await world.run(world.directory, "init", "--quiet", "--bare", "-b", "main", "fork.git");
    await world.run(world.clone, "remote", "add", "fork", join(world.directory, "fork.git"));
    const tree = await world.worktree("topic");
    await world.commit(tree, { "d.txt": "d\n" });
    const passing = [
      ["origin", "HEAD"],
      ["origin", "HEAD:refs/heads/maintenance"],
      ["origin", "HEAD:refs/heads/deep/main"],
      ["origin", "HEAD:refs/tags/main"],
      ["fork", "HEAD:main"],
      [join(world.directory, "fork.git"), "+HEAD:main"],
    ];
    for (const cwd of [tree, world.clone])
      for (const args of passing) {
        if (cwd === world.clone && args[1] === "HEAD") continue;
        const ran = await yard.type("git", ["push", "--force", ...args], { cwd });
        assert.equal(ran.code, 0, told(ran));
      }
    const refused = await yard.type("git", ["push", "origin", "HEAD:refs/heads/main"], { cwd: tree });
    assert.equal(refused.code, 1, told(refused));
    assert.deepEqual((await yard.notes()).length, 1);
  });

  test("while the cutover is off it warns, lets through, and notes nothing", async (t) => {
    const yard = await openYard(t, { guarded: true, cutover: { enabled: false } });
    const sha = await yard.world.commit(yard.world.clone, { "e.txt": "e\n" });
    const ran = await yard.type("git", ["push", "origin", "main"]);
    assert.equal(ran.code, 0, told(ran));
    assert.match(ran.stderr, /signalbox: warning: .*moved by the integrator alone/);
    assert.equal(await yard.main(), sha);
    assert.deepEqual(await yard.notes(), []);
  });

  test("where the glass is broken one push of main passes, within its time, wrapped or not", async (t) => {
    const yard = await openYard(t, { guarded: true });
    const { open } = guardPlaces(yard.privateDir);
    const soon = () => `${Math.floor(wallMs() / 1000) + 600}\n`;
    const push = async (...options: string[]) => {
      const sha = await yard.world.commit(yard.world.clone, {});
      const args = ["push", ...options, "origin", "HEAD:refs/heads/main"];
      const ran = await yard.type("git", args, { wrapped: true });
      return (await yard.main()) === sha ? "passed" : ran.code;
    };
    await writeFile(open, soon());
    assert.deepEqual([await push(), await push()], ["passed", 4]);
    await writeFile(open, soon());
    assert.deepEqual([await push("--no-verify"), await push("--no-verify")], ["passed", 4]);
    await writeFile(open, soon());
    const unwrapped = await yard.type("git", ["push", "origin", "HEAD:refs/heads/main"]);
    assert.equal(unwrapped.code, 0, told(unwrapped));
    for (const text of ["1\n", "", "99999999999999999999x\n"]) {
      await writeFile(open, text);
      assert.equal(await push(), 4, JSON.stringify(text));
    }
  });

  test("a former hook that says no is obeyed, one that does not read its input is no trouble", async (t) => {
    const yard = await openYard(t);
    const hook = join(yard.world.clone, ".git/hooks/pre-push");
    await putScript(hook, yard.noisyHook("strict", 3));
    await installGuards(await yard.place());
    const strict = await yard.type("git", ["push", "origin", "HEAD:refs/heads/topic"]);
    assert.notEqual(strict.code, 0, told(strict));
    await putScript(hookPlaces(join(yard.world.clone, ".git")).former, "#!/bin/sh\nexit 0\n");
    // More than a pipe holds.
    const line = `refs/heads/many ${"1".repeat(40)} refs/heads/many ${"2".repeat(40)}\n`;
    const push = (stdin: string) => yard.type(hook, ["origin", yard.world.origin], { stdin });
    const deaf = await push(line.repeat(20_000));
    assert.equal(deaf.code, 0, told(deaf));
    await putScript(hookPlaces(join(yard.world.clone, ".git")).former, yard.noisyHook("many"));
    for (const count of [1, 15, 16, 17, 40]) {
      await rm(join(yard.world.directory, "hooks.log"), { force: true });
      assert.equal((await push(line.repeat(count))).code, 0);
      assert.equal((await yard.heard()).split("\n").slice(1).join("\n"), line.repeat(count));
      const main = line.replace("refs/heads/many 2", "refs/heads/main 2");
      assert.equal((await push(line.repeat(count) + main)).code, 1, `main after ${count}`);
    }
  });
});

describe("kept in front", () => {
  test("a hook written over ours is found out, and then runs behind it", async (t) => {
    const yard = await openYard(t, { guarded: true });
    const hook = join(yard.world.clone, ".git/hooks/pre-push");
    await rm(hook);
    await putScript(hook, yard.noisyHook("newcomer"));
    const silenced = (await lookAtGuards(await yard.place())).hook;
    assert.deepEqual([silenced.kind, /another tool/.test(silenced.why ?? "")], ["silenced", true]);
    assert.equal(await keepGuards(await yard.place()), true);
    await expectGuarded(yard, true);
    assert.equal(await keepGuards(await yard.place()), false);
    await uninstallGuards(await yard.place());
    assert.equal(await readFile(hook, "utf8"), yard.noisyHook("newcomer"));
  });

  test("ours renamed away by a tool: its place goes to what was there before us, as without us", async (t) => {
    const yard = await openYard(t);
    const hooks = join(yard.world.clone, ".git/hooks");
    await putScript(join(hooks, "pre-push"), yard.noisyHook("first"));
    await installGuards(await yard.place());
    await rename(join(hooks, "pre-push"), join(hooks, "pre-push.legacy"));
    await putScript(join(hooks, "pre-push"), yard.noisyHook("second"));
    await keepGuards(await yard.place());
    await expectGuarded(yard, true);
    assert.match(await yard.heard(), /^second /);
    await uninstallGuards(await yard.place());
    assert.equal(await readFile(join(hooks, "pre-push"), "utf8"), yard.noisyHook("second"));
    assert.equal(await readFile(join(hooks, "pre-push.legacy"), "utf8"), yard.noisyHook("first"));
  });

  test("core.hooksPath set after us: not obeyed until the guard comes back, then in front of it", async (t) => {
    const yard = await openYard(t, { guarded: true });
    const { clone } = yard.world;
    await putScript(join(clone, ".githooks/pre-push"), yard.noisyHook("later"));
    await yard.world.run(clone, "config", "core.hooksPath", ".githooks");
    const silenced = (await lookAtGuards(await yard.place())).hook;
    assert.deepEqual(
      [silenced.kind, /core.hooksPath is .githooks/.test(silenced.why ?? "")],
      ["silenced", true],
    );
    await keepGuards(await yard.place());
    await expectGuarded(yard, true);
    await yard.world.run(clone, "config", "core.hooksPath", "other");
    await putScript(join(clone, "other/pre-push"), yard.noisyHook("once more"));
    assert.equal(
      (await lookAtGuards(await yard.place())).hook.kind,
      "on",
      "a new value does not silence ours",
    );
    await expectGuarded(yard, true);
    assert.match(await yard.heard(), /^once more/m);
    await yard.world.run(clone, "config", "--unset", "core.hooksPath");
    await keepGuards(await yard.place());
    assert.deepEqual((await lookAtGuards(await yard.place())).hook.way, "folder");
    await expectGuarded(yard, false);
    await uninstallGuards(await yard.place());
    assert.equal(await yard.world.run(clone, "config", "--default", "none", "core.hooksPath"), "none");
  });

  test("nobody asked for a guard, or it was taken away: none comes back", async (t) => {
    const yard = await openYard(t);
    assert.equal(await keepGuards(await yard.place()), false);
    await installGuards(await yard.place());
    await uninstallGuards(await yard.place());
    assert.equal(await keepGuards(await yard.place()), false);
    assert.equal((await lookAtGuards(await yard.place())).hook.kind, "absent");
  });

  test("a worktree with a core.hooksPath of its own is named", async (t) => {
    const yard = await openYard(t, { guarded: true });
    const tree = await yard.world.worktree("apart");
    await yard.world.run(yard.world.clone, "config", "extensions.worktreeConfig", "true");
    await yard.world.run(tree, "config", "--worktree", "core.hooksPath", "/dev/null");
    assert.deepEqual((await lookAtGuards(await yard.place())).hook.past, [tree]);
  });

  test("while another git holds the configuration, install says so and changes nothing", async (t) => {
    const yard = await openYard(t);
    const git = join(yard.world.clone, ".git");
    await yard.world.run(yard.world.clone, "config", "core.hooksPath", "none");
    await writeFile(join(git, "config.lock"), "");
    const config = await readFile(join(git, "config"), "utf8");
    await assert.rejects(async () => installGuards(await yard.place()), { code: "clone_config_locked" });
    assert.equal(await readFile(join(git, "config"), "utf8"), config);
  });
});

/** Main is refused, a branch passes, and where there is a former hook it has heard of the branch alone. */
async function expectGuarded(yard: Yard, chained: boolean): Promise<void> {
  const { world } = yard;
  const main = await yard.main();
  const sha = await world.commit(world.clone, { "work.txt": `${Math.random()}\n` });
  await rm(join(world.directory, "hooks.log"), { force: true });
  const refused = await yard.type("git", ["push", "origin", "HEAD:refs/heads/main"]);
  assert.equal(refused.code, 1, told(refused));
  assert.match(refused.stderr, /signalbox: refused/);
  assert.equal(await yard.main(), main);
  assert.equal(await yard.heard(), "", "who is refused does not run the others' checks");
  const passed = await yard.type("git", ["push", "origin", "HEAD:refs/heads/topic"]);
  assert.equal(passed.code, 0, told(passed));
  assert.equal(await world.run(world.origin, "rev-parse", "refs/heads/topic"), sha);
  const heard = await yard.heard();
  if (!chained) return assert.equal(heard, "");
  const [first = "", second = ""] = heard.split("\n");
  assert.match(first, /<origin> <.*origin\.git>$/);
  assert.match(second, new RegExp(`^HEAD ${sha} refs/heads/topic [0-9a-f]{40}$`));
}
