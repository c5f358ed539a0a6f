import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { gitEnvironment, reachingRemotes } from "../../src/git/environment.ts";
import { findGit, gitVersion, parseConfigList, readRemoteAccess } from "../../src/git/find-git.ts";
import { createGit, lastLines } from "../../src/git/run.ts";
import { identify } from "../../src/process-identity.ts";
import { createGitWorld } from "../world/git.ts";

test("what steers git does not come in from the caller's environment", () => {
  const env = {
    PATH: "/bin",
    HOME: "/h",
    SSH_AUTH_SOCK: "/s",
    https_proxy: "p",
    GIT_DIR: "/evil",
    GIT_INDEX_FILE: "/evil",
    GIT_CONFIG_COUNT: "1",
    GIT_CONFIG_KEY_0: "core.pager",
    GIT_EXEC_PATH: "/evil",
    GIT_TRACE: "/evil",
    GIT_EXTERNAL_DIFF: "evil",
    LD_PRELOAD: "evil",
    SIGNALBOX_REDIS_URL: "redis://:secret@h",
  };
  const made = gitEnvironment({ env, config: [["a.b", "c"]], extra: { GIT_X: "y" } });
  assert.deepEqual(
    [made.PATH, made.HOME, made.SSH_AUTH_SOCK, made.https_proxy, made.GIT_X],
    ["/bin", "/h", "/s", "p", "y"],
  );
  assert.doesNotMatch(JSON.stringify(made), /evil|secret/);
  assert.equal(made[`GIT_CONFIG_KEY_${Number(made.GIT_CONFIG_COUNT) - 1}`], "a.b");
  const user = gitEnvironment({
    env: { ...env, GIT_SSH_COMMAND: "s" },
    mode: "user",
    config: [["a.b", "c"]],
    extra: {},
  });
  assert.deepEqual(
    [user.GIT_DIR, user.GIT_INDEX_FILE, user.GIT_SSH_COMMAND, user.GIT_CONFIG_COUNT, user.GIT_CONFIG_KEY_1],
    [undefined, undefined, "s", "2", "a.b"],
  );
});

test("git is an absolute path, found on PATH, and new enough", async () => {
  const binary = await findGit({ PATH: process.env.PATH });
  assert.ok((await gitVersion(binary, {})).major >= 2);
  await assert.rejects(findGit({ PATH: "relative:/nowhere" }), { code: "git_not_found" });
  assert.throws(() => createGit({ binary: "git", env: {} }), TypeError);
  await assert.rejects(createGit({ binary: "/nowhere/git", env: {} }).run(["version"], { cwd: "/" }), {
    code: "git_not_started",
  });
});

test("an old git is a clear Failure", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "signalbox-run-"));
  t.after(() => rm(folder, { recursive: true }));
  const old = join(folder, "git");
  await writeFile(old, "#!/bin/sh\necho git version 2.30.2\n", { mode: 0o755 });
  await assert.rejects(gitVersion(old, { PATH: process.env.PATH }), { code: "git_too_old" });
});

test("of a person's settings only the way to remotes is taken, never a repository's", async () => {
  await using world = await createGitWorld();
  const config = join(world.directory, "gitconfig");
  const more = join(world.directory, "more");
  await writeFile(
    config,
    `[include]\n\tpath = ${more}\n[core]\n\thooksPath = /evil\n\tsshCommand = ssh -i key\n[alias]\n\tx = !evil\n[filter "x"]\n\tclean = evil\n[url "ssh://h/"]\n\tinsteadOf = h:\n`,
  );
  await writeFile(more, '[credential "https://h"]\n\thelper = store\n[http]\n\tproxy = p\n');
  await world.run(world.clone, "config", "credential.helper", "evil");
  const env = { ...world.env, GIT_CONFIG_GLOBAL: config, GIT_DIR: join(world.clone, ".git") };
  const access = await readRemoteAccess(world.git.binary, env);
  assert.deepEqual(access.map(([key]) => key).sort(), [
    "core.sshcommand",
    "credential.https://h.helper",
    "http.proxy",
    "url.ssh://h/.insteadof",
  ]);
  const git = createGit({ binary: world.git.binary, env, access });
  const seen = await git.must(["config", "--get-all", "core.sshCommand"], { cwd: world.clone });
  assert.equal(seen.stdout.toString().trim().split("\n").at(-1), "ssh -i key");
  assert.deepEqual(parseConfigList("a.b\nc\nd\0e.f\0"), [
    ["a.b", "c\nd"],
    ["e.f", "true"],
  ]);
});

test("a call ends at its deadline, when aborted, and when it says too much", async () => {
  await using world = await createGitWorld();
  const marker = join(world.directory, "alias-pid");
  const config = [
    ["alias.hang", `!echo $$ > '${marker}'; sleep 60`],
    ["alias.talk", "!yes"],
  ] as const;
  const cwd = world.clone;
  const late = await world.git.run(["hang"], { cwd, config, deadlineMs: 300 });
  assert.deepEqual([late.end, late.timedOut], ["timed_out", true]);
  assert.ok(Number(await readFile(marker, "utf8")) > 0);
  const stop = new AbortController();
  const hanging = world.git.run(["hang"], { cwd, config, signal: stop.signal });
  stop.abort();
  assert.equal((await hanging).end, "aborted");
  assert.equal((await world.git.run(["hang"], { cwd, config, signal: AbortSignal.abort() })).end, "aborted");
  const loud = await world.git.run(["talk"], { cwd, config, stdoutLimitBytes: 10_000 });
  assert.deepEqual([loud.end, loud.stdout.length <= 10_000], ["overflow", true]);
  await assert.rejects(world.git.must(["hang"], { cwd, config, deadlineMs: 100 }), /timed out/);
});

test("what git leaves running, with its pipes in hand, is not waited for", async () => {
  await using world = await createGitWorld();
  const config = [["alias.leave", "!sleep 300 & echo $!; echo heard >&2; exit 3"]] as const;
  const left = await world.git.run(["leave"], { cwd: world.clone, config, deadlineMs: 30_000 });
  const leftPid = Number(left.stdout.toString());
  const runsOn = await identify(leftPid);
  process.kill(leftPid);
  assert.deepEqual([left.end, left.code, left.stderr], ["exited", 3, "heard\n"]);
  assert.notEqual(runsOn, null, "it was answered when that had ended");
});

test("input larger than a pipe arrives whole, and one nobody reads does no harm", async () => {
  await using world = await createGitWorld();
  const stdin = Buffer.alloc(5_000_000, "x");
  const hashed = await world.git.must(["hash-object", "--stdin"], { cwd: world.clone, stdin });
  assert.match(hashed.stdout.toString(), /^[0-9a-f]{40}\n$/);
  assert.equal((await world.git.run(["version"], { cwd: world.clone, stdin })).code, 0);
});

test("a failure names the command and what it said, without passwords", async () => {
  await using world = await createGitWorld();
  const args = ["ls-remote", "--quiet", "https://u:hunter2@127.0.0.1:1/x"];
  await assert.rejects(world.git.must(args, { cwd: world.clone }), (error: Error) => {
    assert.match(error.message, /^git ls-remote failed \(exit 128\)/);
    return !error.message.includes("hunter2");
  });
  assert.equal(lastLines("a\n\n b \nc\n", 2), "b; c");
});

test("no remote is reached by a call that does not mean to", async () => {
  await using world = await createGitWorld();
  const result = await world.git.run(["ls-remote", world.origin], { cwd: world.clone });
  assert.notEqual(result.code, 0);
  assert.match(result.stderr, /not allowed/);
});

test("a repository's own proxy program is not run on the way to a remote", async () => {
  await using world = await createGitWorld();
  const trap = join(world.directory, "trapped");
  const evil = join(world.directory, "evil");
  await writeFile(evil, `#!/bin/sh\necho x > '${trap}'\n`, { mode: 0o755 });
  await world.run(world.clone, "config", "core.gitProxy", evil);
  const args = ["ls-remote", "git://127.0.0.1:1/x"];
  assert.notEqual((await world.git.run(args, { cwd: world.clone, env: reachingRemotes })).code, 0);
  await assert.rejects(readFile(trap), { code: "ENOENT" });
  await world.attempt(world.clone, ...args);
  assert.equal(await readFile(trap, "utf8"), "x\n");
});
