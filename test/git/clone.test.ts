import assert from "node:assert/strict";
import { access, appendFile, chmod, mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { pushBranch, remoteBranch } from "../../src/git/branch-push.ts";
import { type Clone, currentBranch, inspectClone, parseRemotes, resolveBranch } from "../../src/git/clone.ts";
import {
  readItemRecord,
  readItemRecords,
  removeItemRecord,
  writeItemRecord,
} from "../../src/git/item-records.ts";
import { deleteLocalBranch, fastForwardLocalMain } from "../../src/git/local-branches.ts";
import { createGit, type Git } from "../../src/git/run.ts";
import { cleanliness, parseWorktrees, removeWorktree, worktrees } from "../../src/git/worktrees.ts";
import { createGitWorld, type GitWorld } from "../world/git.ts";

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** A worktree with one pushed commit, as it stands when its candidate has landed. */
async function landed(
  world: GitWorld,
  branch = "topic",
): Promise<{ clone: Clone; path: string; sha: string }> {
  const sha = await world.branch(branch, { "a.txt": "1\n" });
  return {
    clone: await inspectClone(world.git, world.clone),
    path: join(world.directory, "trees", branch),
    sha,
  };
}

/** Makes the clone's configuration run a program wherever git lets it; answers the file that would tell. */
async function booby(world: GitWorld, checkout = world.clone): Promise<string> {
  const trap = join(world.directory, "trapped");
  const evil = join(world.directory, "evil");
  await writeFile(evil, `#!/bin/sh\necho "$0 $*" >> '${trap}'\ncat 2>/dev/null\nexit 0\n`);
  await chmod(evil, 0o755);
  for (const name of [
    "pre-commit",
    "post-checkout",
    "post-merge",
    "post-index-change",
    "reference-transaction",
    "pre-push",
    "fsmonitor-watchman",
    "post-rewrite",
    "pre-auto-gc",
  ]) {
    await world.hook(join(world.clone, ".git"), name, `'${evil}' hook-${name}`);
  }
  const settings: [string, string][] = [
    ["core.fsmonitor", evil],
    ["core.sshCommand", evil],
    ["core.pager", evil],
    ["core.editor", evil],
    ["core.askPass", evil],
    ["core.gitProxy", evil],
    ["core.alternateRefsCommand", evil],
    ["core.attributesFile", join(world.directory, "attributes")],
    ["filter.evil.clean", evil],
    ["filter.evil.smudge", evil],
    ["filter.evil.process", evil],
    ["filter.evil.required", "true"],
    ["diff.external", evil],
    ["diff.evil.textconv", evil],
    ["diff.evil.command", evil],
    ["merge.evil.driver", evil],
    ["credential.helper", evil],
    ["gpg.program", evil],
    ["log.showSignature", "true"],
    ["remote.origin.uploadpack", evil],
    ["remote.origin.receivepack", evil],
    ["uploadpack.packObjectsHook", evil],
    ["alias.status", `!${evil}`],
    ["submodule.recurse", "true"],
    ["interactive.diffFilter", evil],
    [`url.ext::${evil} .insteadOf`, world.directory],
    ["extensions.partialClone", "origin"],
    ["remote.origin.promisor", "true"],
    ["core.repositoryFormatVersion", "1"],
  ];
  for (const [key, value] of settings) await world.run(checkout, "config", key, value);
  await writeFile(join(world.directory, "attributes"), "* filter=evil diff=evil merge=evil\n");
  await mkdir(join(world.clone, ".git", "info"), { recursive: true });
  await writeFile(join(world.clone, ".git", "info", "attributes"), "* filter=evil diff=evil merge=evil\n");
  await rm(trap, { force: true });
  return trap;
}

test("a clone is described from any folder and worktree of it", async () => {
  await using world = await createGitWorld();
  const path = await world.worktree("feature/x");
  await mkdir(join(path, "deep", "er"), { recursive: true });
  const clone = await inspectClone(world.git, join(path, "deep"));
  const gitDir = join(world.clone, ".git");
  assert.deepEqual(
    { ...clone, gitDir: "" },
    {
      root: path,
      mainRoot: world.clone,
      commonDir: gitDir,
      gitDir: "",
      remotes: [{ name: "origin", fetchUrl: world.origin, pushUrl: world.origin }],
      format: "sha1",
    },
  );
  assert.equal(await currentBranch(world.git, path), "feature/x");
  await world.run(path, "checkout", "--quiet", "--detach");
  assert.equal(await currentBranch(world.git, path), null);
  await assert.rejects(inspectClone(world.git, world.directory), {
    code: "not_a_repository",
    kind: "bad_input",
  });
  await assert.rejects(inspectClone(world.git, join(world.directory, "none")), { kind: "bad_input" });
});

test("remotes are read with insteadOf, and strange names are left out", async () => {
  await using world = await createGitWorld();
  await world.run(world.clone, "config", "url.ssh://git@h/.insteadOf", "h:");
  await world.run(world.clone, "remote", "add", "up", "h:x y.git");
  await world.run(world.clone, "config", "remote.up.pushurl", "/elsewhere");
  const { remotes } = await inspectClone(world.git, world.clone);
  assert.deepEqual(
    remotes.find(({ name }) => name === "up"),
    { name: "up", fetchUrl: "ssh://git@h/x y.git", pushUrl: "/elsewhere" },
  );
  assert.deepEqual(parseRemotes("-x\t/a (fetch)\na/b\t/a (fetch)\no\t/p (fetch) [blob:none]\nrubbish\n"), [
    { name: "o", fetchUrl: "/p", pushUrl: "/p" },
  ]);
});

test("a branch is resolved by its full name only", async () => {
  await using world = await createGitWorld();
  const { clone, sha } = await landed(world);
  await world.run(world.clone, "tag", "v1");
  assert.equal(await resolveBranch(world.git, clone, "topic"), sha);
  for (const name of ["v1", "HEAD", "none", "topic~1"])
    assert.equal(await resolveBranch(world.git, clone, name === "topic~1" ? "none~1" : name), null, name);
});

test("worktrees are listed with what matters about them", async () => {
  await using world = await createGitWorld();
  const { clone, path, sha } = await landed(world);
  const list = await worktrees(world.git, clone);
  assert.deepEqual(
    list.map((each) => [each.path, each.branch, each.main]),
    [
      [world.clone, "main", true],
      [path, "topic", false],
    ],
  );
  assert.equal(list[1]?.head, sha);
  const text =
    "worktree /a b\nc\0bare\0\0worktree /d\0HEAD 00\0branch refs/heads/x/y\0locked why\0prunable gone\0\0";
  const parsed = parseWorktrees(text);
  assert.deepEqual(
    [
      parsed[0]?.path,
      parsed[0]?.bare,
      parsed[1]?.head,
      parsed[1]?.branch,
      parsed[1]?.locked,
      parsed[1]?.prunable,
    ],
    ["/a b\nc", true, null, "x/y", true, true],
  );
});

test("a clean worktree at its commit is removed; doing it again finds it gone", async () => {
  await using world = await createGitWorld();
  const { clone, path, sha } = await landed(world);
  await writeFile(join(world.clone, ".git", "info", "exclude"), "ignored\n");
  await writeFile(join(path, "ignored"), "x");
  assert.deepEqual(await removeWorktree(world.git, clone, { path, sha }), { kind: "removed" });
  assert.equal(await exists(path), false);
  assert.deepEqual(await removeWorktree(world.git, clone, { path, sha }), { kind: "gone" });
  assert.deepEqual(await deleteLocalBranch(world.git, clone, "topic", sha), { kind: "deleted" });
  assert.deepEqual(await deleteLocalBranch(world.git, clone, "topic", sha), { kind: "gone" });
});

const reasonsToKeep: [name: string, spoil: (world: GitWorld, path: string) => Promise<unknown>][] = [
  ["has an untracked file", (_world, path) => writeFile(join(path, "new"), "x")],
  ["has a changed file", (_world, path) => writeFile(join(path, "a.txt"), "other\n")],
  [
    "has a staged change",
    async (world, path) => {
      await writeFile(join(path, "a.txt"), "2\n");
      await world.run(path, "add", "a.txt");
    },
  ],
  ["lost a file", (_world, path) => rm(join(path, "a.txt"))],
  ["moved on", (world, path) => world.commit(path, { b: "1\n" })],
  ["moved back", (world, path) => world.run(path, "reset", "--quiet", "--hard", "main")],
  ["is locked", (world, path) => world.run(world.clone, "worktree", "lock", path)],
  [
    "is in the middle of a rebase",
    async (world, path) => {
      await world.commit(world.clone, { "a.txt": "c\n" });
      await world.attempt(path, "rebase", "main");
      await world.attempt(path, "checkout", "--force", "topic", "--", ".");
    },
  ],
  ["is in the middle of a bisect", (world, path) => world.run(path, "bisect", "start")],
  ["has a submodule", (world, path) => world.commit(path, { sub: { gitlink: "1".repeat(40) } })],
];
for (const [name, spoil] of reasonsToKeep) {
  test(`a worktree that ${name} is kept, and so is its branch`, async () => {
    await using world = await createGitWorld();
    const { clone, path, sha } = await landed(world);
    await spoil(world, path);
    const target = name === "has a submodule" ? await world.run(path, "rev-parse", "HEAD") : sha;
    const answer = await removeWorktree(world.git, clone, { path, sha: target });
    assert.equal(answer.kind, "kept", JSON.stringify(answer));
    assert.equal(await exists(path), true);
    assert.equal((await deleteLocalBranch(world.git, clone, "topic", sha)).kind, "kept");
  });
}

test("the main worktree is never removed, nor one that somebody stands in", async () => {
  await using world = await createGitWorld();
  const { clone, path, sha } = await landed(world);
  const head = await world.run(world.clone, "rev-parse", "HEAD");
  assert.deepEqual(await removeWorktree(world.git, clone, { path: world.clone, sha: head }), {
    kind: "kept",
    why: "it is the main worktree",
  });
  const link = join(world.directory, "link");
  await symlink(world.clone, link);
  assert.equal((await removeWorktree(world.git, clone, { path: link, sha: head })).kind, "kept");
  assert.equal(
    (await removeWorktree(world.git, clone, { path, sha, occupied: [join(path, "deep")] })).kind,
    "kept",
  );
  assert.equal(
    (await removeWorktree(world.git, clone, { path, sha, occupied: [`${path}-other`] })).kind,
    "removed",
  );
});

test("a worktree whose folder is gone already is gone", async () => {
  await using world = await createGitWorld();
  const { clone, path, sha } = await landed(world);
  await rm(path, { recursive: true });
  assert.deepEqual(await removeWorktree(world.git, clone, { path, sha }), { kind: "gone" });
  assert.equal((await worktrees(world.git, clone)).length, 1);
});

test("nothing that a clone's configuration, hooks or attributes name is ever run", async () => {
  await using world = await createGitWorld();
  const { path, sha } = await landed(world);
  const line = await world.line();
  await line.fetch([{ ref: "refs/heads/topic", into: "refs/signalbox/remote/heads/topic" }]);
  const trap = await booby(world);
  await appendFile(join(path, "a.txt"), "");
  const clone = await inspectClone(world.git, path);
  // Same content, new time: git has to compare, which is where clean filters run.
  await writeFile(join(path, "a.txt"), "1\n");
  assert.equal((await cleanliness(world.git, path)).kind, "clean");
  await writeItemRecord(world.git, clone, { slug: "topic", value: { a: 1 }, expected: null });
  await readItemRecords(world.git, clone);
  const target = { main: "main", sha, source: line.directory, checkout: true };
  assert.equal((await fastForwardLocalMain(world.git, clone, target)).kind, "kept");
  await world.git.must(["update-ref", "--no-deref", "HEAD", sha], { cwd: world.clone });
  assert.equal((await fastForwardLocalMain(world.git, clone, target)).kind, "forwarded");
  assert.equal((await removeWorktree(world.git, clone, { path, sha })).kind, "removed");
  assert.equal((await deleteLocalBranch(world.git, clone, "topic", sha)).kind, "deleted");
  await assert.rejects(world.git.must(["cat-file", "-p", "1".repeat(40)], { cwd: world.clone }));
  assert.equal(await readFile(trap, "utf8").catch(() => ""), "");
  // The trap is a real one: as a person would call it, it springs.
  await world.attempt(world.clone, "status");
  assert.notEqual(await readFile(trap, "utf8").catch(() => ""), "");
});

test("local main goes forward where it is checked out nowhere, and only forward", async () => {
  await using world = await createGitWorld();
  const { clone, sha } = await landed(world);
  const line = await world.line();
  await line.fetch([{ ref: "refs/heads/topic", into: "refs/signalbox/remote/heads/topic" }]);
  const old = await world.run(world.clone, "rev-parse", "main");
  const target = { main: "main", sha, source: line.directory, checkout: false };
  assert.equal((await fastForwardLocalMain(world.git, clone, target)).kind, "kept");
  assert.equal(await world.run(world.clone, "rev-parse", "main"), old);
  await world.run(world.clone, "checkout", "--quiet", "-b", "elsewhere");
  assert.deepEqual(await fastForwardLocalMain(world.git, clone, target), { kind: "forwarded" });
  assert.deepEqual(await fastForwardLocalMain(world.git, clone, target), { kind: "current" });
  assert.deepEqual(await fastForwardLocalMain(world.git, clone, { ...target, sha: old }), {
    kind: "current",
  });
  await world.run(world.clone, "branch", "--force", "main", await world.commit(world.clone, { own: "1\n" }));
  const other = { ...target, sha };
  assert.equal((await fastForwardLocalMain(world.git, clone, other)).kind, "kept");
});

test("local main that is checked out while its commits are brought stays where it is", async () => {
  await using world = await createGitWorld();
  const { clone } = await landed(world);
  await world.run(world.clone, "checkout", "--quiet", "-b", "elsewhere");
  const line = await world.line();
  // On a branch that only the remote has: its commit is not here yet.
  const other = join(world.directory, "other");
  await world.run(world.directory, "clone", "--quiet", world.origin, other);
  const sha = await world.commit(other, { "README.md": "# Another\n" });
  await world.run(other, "push", "--quiet", "origin", "HEAD:refs/heads/far");
  await line.fetch([{ ref: "refs/heads/far", into: "refs/signalbox/remote/heads/far" }]);
  const git: Git = {
    ...world.git,
    run: async (args, options) => {
      if (args[0] === "fetch") await world.run(world.clone, "checkout", "--quiet", "main");
      return world.git.run(args, options);
    },
  };
  const target = { main: "main", sha, source: line.directory, checkout: false };
  const kept = await fastForwardLocalMain(git, clone, target);
  assert.equal(kept.kind, "kept", JSON.stringify(kept));
  assert.equal(await world.run(world.clone, "status", "--porcelain"), "");
});

test("the objects come from the line's repository, and nothing else of the clone changes", async () => {
  await using world = await createGitWorld();
  const clone = await inspectClone(world.git, world.clone);
  const line = await world.line();
  const main = "refs/heads/main";
  const fetched = await line.fetch([{ ref: main, into: "refs/signalbox/remote/heads/main" }]);
  const old = (fetched.kind === "fetched" && fetched.refs.get(main)) || "";
  const who = { name: "Ada", email: "a@b", seconds: 1, zone: "+0000" };
  const tree = await line.objects.writeTree([
    { mode: "100644", name: "made", id: await line.objects.writeBlob("x\n") },
  ]);
  const tip = await line.objects.writeCommit({
    tree,
    parents: [old],
    author: who,
    committer: who,
    message: "Made",
  });
  await line.keep("delivery-1", tip);
  await world.run(world.clone, "checkout", "--quiet", "-b", "elsewhere");
  const refs = (): Promise<string> =>
    world.run(world.clone, "for-each-ref", "--format=%(refname) %(objectname)");
  const before = await refs();
  assert.deepEqual(
    await fastForwardLocalMain(world.git, clone, {
      main: "main",
      sha: tip,
      source: line.directory,
      checkout: false,
    }),
    { kind: "forwarded" },
  );
  assert.equal(await refs(), before.replace(`refs/heads/main ${old}`, `refs/heads/main ${tip}`));
  assert.equal(await exists(join(world.clone, ".git", "FETCH_HEAD")), false);
});

test("a checked-out main goes forward when asked, if it is clean and no filter is needed", async () => {
  await using world = await createGitWorld();
  const { clone, sha } = await landed(world);
  const line = await world.line();
  const target = { main: "main", sha, source: line.directory, checkout: true };
  await writeFile(join(world.clone, "README.md"), "changed\n");
  assert.equal((await fastForwardLocalMain(world.git, clone, target)).kind, "kept");
  await world.run(world.clone, "checkout", "--quiet", "--", ".");
  await writeFile(join(world.clone, ".git", "info", "attributes"), "a.txt filter=lfs\n");
  assert.equal((await fastForwardLocalMain(world.git, clone, target)).kind, "kept");
  await rm(join(world.clone, ".git", "info", "attributes"));
  await writeFile(join(world.clone, ".git", "info", "exclude"), "a.txt\n");
  await writeFile(join(world.clone, "a.txt"), "precious\n");
  assert.equal((await fastForwardLocalMain(world.git, clone, target)).kind, "kept");
  assert.equal(await readFile(join(world.clone, "a.txt"), "utf8"), "precious\n");
  await rm(join(world.clone, "a.txt"));
  assert.deepEqual(await fastForwardLocalMain(world.git, clone, target), { kind: "forwarded" });
  assert.equal(await readFile(join(world.clone, "a.txt"), "utf8"), "1\n");
  assert.equal(await world.run(world.clone, "status", "--porcelain"), "");
});

test("item records are written by comparison, listed, and removed", async () => {
  await using world = await createGitWorld();
  const clone = await inspectClone(world.git, world.clone);
  assert.equal((await readItemRecords(world.git, clone)).size, 0);
  const first = await writeItemRecord(world.git, clone, {
    slug: "a",
    value: { text: "ü\n\u0000" },
    expected: null,
  });
  assert.equal(first.kind, "written");
  assert.deepEqual(await writeItemRecord(world.git, clone, { slug: "a", value: 2, expected: null }), {
    kind: "moved",
  });
  const id = first.kind === "written" ? first.id : "";
  assert.equal(
    (await writeItemRecord(world.git, clone, { slug: "a", value: [1, 2], expected: id })).kind,
    "written",
  );
  await writeItemRecord(world.git, clone, { slug: "b", value: null, expected: null });
  const records = await readItemRecords(world.git, clone);
  assert.deepEqual(
    [...records.values()].map(({ slug, value }) => [slug, value]),
    [
      ["a", [1, 2]],
      ["b", null],
    ],
  );
  assert.deepEqual(await removeItemRecord(world.git, clone, "a", id), { kind: "moved" });
  assert.deepEqual(await removeItemRecord(world.git, clone, "a", records.get("a")?.id ?? ""), {
    kind: "removed",
  });
  assert.deepEqual(await removeItemRecord(world.git, clone, "a", id), { kind: "removed" });
  assert.equal(await readItemRecord(world.git, clone, "a"), null);
  await assert.rejects(readItemRecord(world.git, clone, "../x"), { code: "bad_slug" });
  await world.run(world.clone, "push", "--quiet", "--all", "origin");
  assert.doesNotMatch(await world.run(world.origin, "for-each-ref"), /signalbox/);
});

test("of two that write a record at once, one is told that it moved", async () => {
  await using world = await createGitWorld();
  const clone = await inspectClone(world.git, world.clone);
  const answers = await Promise.all(
    [1, 2, 3].map((value) => writeItemRecord(world.git, clone, { slug: "a", value, expected: null })),
  );
  assert.deepEqual(answers.map(({ kind }) => kind).sort(), ["moved", "moved", "written"]);
});

test("a worker's branch is pushed with their own hooks, and only where it is expected", async () => {
  await using world = await createGitWorld();
  const clone = await inspectClone(world.git, world.clone);
  const git = createGit({ binary: world.git.binary, env: world.env, mode: "user" });
  const sha = await world.commit(world.clone, { a: "1\n" });
  const ran = join(world.directory, "ran");
  await world.hook(join(world.clone, ".git"), "pre-push", `echo x >> '${ran}'`);
  const push = { remote: "origin", branch: "topic", sha, expected: null };
  assert.deepEqual(await pushBranch(git, clone, push), { kind: "pushed" });
  assert.equal(await exists(ran), true);
  assert.deepEqual(await remoteBranch(git, clone, { remote: "origin", branch: "topic" }), {
    kind: "answered",
    sha,
  });
  assert.deepEqual(await remoteBranch(git, clone, { remote: "origin", branch: "none" }), {
    kind: "answered",
    sha: null,
  });
  const next = await world.commit(world.clone, { a: "2\n" });
  assert.equal((await pushBranch(git, clone, { ...push, sha: next })).kind, "stale");
  assert.deepEqual(await pushBranch(git, clone, { ...push, sha: next, expected: sha }), { kind: "pushed" });
  assert.equal((await remoteBranch(git, clone, { remote: "nowhere", branch: "x" })).kind, "remote_away");
  await assert.rejects(remoteBranch(git, clone, { remote: "--upload-pack=x", branch: "x" }), TypeError);
});
