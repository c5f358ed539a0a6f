/** What the real program refuses, in a world where nothing runs. */
import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type Ran, runChild, told } from "../../world/child.ts";
import { bin, openWorld, type World } from "../../world/world.ts";

let world: World;
before(async () => {
  world = await openWorld({ down: true });
});
after(() => world[Symbol.asyncDispose]());

/** The one JSON object that a failure is with `--json`. */
function failure(ran: Ran): {
  code: string;
  message: string;
  cure: string | null;
  problems: { path: string }[];
} {
  assert.equal(ran.stdout, "", told(ran));
  const value = JSON.parse(ran.stderr);
  assert.deepEqual(Object.keys(value), ["error"]);
  assert.deepEqual(Object.keys(value.error), ["code", "message", "cure", "problems"]);
  return value.error;
}

test("with --json a failure is one object on stderr, and stdout is empty", async () => {
  const away = await world.signalbox("status", "--json");
  assert.equal(away.code, 69, told(away));
  assert.equal(failure(away).code, "redis_not_running");
  assert.match(failure(away).cure ?? "", /signalbox up/);
  const parsed = await world.signalbox("status", "--jason", "--json");
  assert.equal(parsed.code, 2);
  assert.equal(failure(parsed).code, "unknown_option");
});

test("output that a full disk does not take is said to be lost, in one sentence", {
  skip: process.platform !== "linux",
}, async () => {
  for (const command of ["--help", "guard status", "guard status --json"]) {
    const script = `'${bin}' -C '${world.clone}' ${command} > /dev/full`;
    const ran = await runChild("/bin/sh", ["-c", script], { cwd: world.place, env: world.env });
    assert.equal(ran.code, 75, told(ran));
    assert.match(ran.stderr, /^signalbox: The disk has no room: ENOSPC[^\n]*\n[^\n]*Make room[^\n]*\n$/);
  }
});

test("every command that needs the line exits 69 when it is down", async () => {
  const commands = [
    ["doctor"],
    ["queue"],
    ["candidates"],
    ["notifications"],
    ["reconcile"],
    ["integrate"],
    ["reload"],
  ];
  for (const args of commands) {
    const ran = await world.signalbox(...args);
    assert.equal(ran.code, args[0] === "doctor" ? 1 : 69, told(ran));
  }
  const down = await world.signalbox("down");
  assert.equal(down.code, 0, told(down));
});

test("hostile slugs are bad input by name, and nothing happens", async () => {
  const hostile = [
    "../x",
    "a\nb",
    "A",
    "ä",
    "",
    "x".repeat(10_000),
    "con",
    "a--b-",
    "\u202ex",
    "$(touch trapped)",
  ];
  const before = await readdir(world.clone);
  for (const slug of hostile)
    for (const args of [["why"], ["queue", "show"], ["queue", "retry"], ["candidates"]]) {
      const ran = await world.signalbox(...args, "--json", "--", slug);
      assert.equal(ran.code, 2, told(ran));
      assert.equal(failure(ran).problems[0]?.path, "slug");
    }
  assert.deepEqual(await readdir(world.clone), before);
});

test("hostile branches are bad input, as a word and after --", async () => {
  for (const args of [
    ["submit", "--upload-pack=x"],
    ["submit", "--", "--upload-pack=x"],
    ["try", "--", "-oProxyCommand=x"],
  ])
    assert.equal((await world.signalbox(...args)).code, 2, args.join(" "));
  for (const branch of [
    "HEAD",
    "refs/heads/x",
    "main",

    "a:b",
    "a..b",
    "x@{1}",
    "a b",
    "x.lock",
    "\u009bx",
    "mаin",
  ]) {
    const ran = await world.signalbox("submit", "--json", "--", branch);
    assert.equal(ran.code, 2, told(ran));
    assert.equal(failure(ran).code, "bad_branch", branch);
  }
});

test("outside a clone, and without the remote, the failure names what is missing", async (t) => {
  const elsewhere = await mkdtemp(join(tmpdir(), "sb-elsewhere-"));
  t.after(() => rm(elsewhere, { recursive: true, force: true }));
  const outside = await world.signalboxIn({ cwd: elsewhere }, "status", "--json");
  assert.equal(outside.code, 2, told(outside));
  assert.equal(failure(outside).code, "not_a_repository");
  await runChild("git", ["init", "--quiet", elsewhere], { cwd: elsewhere, env: world.env });
  const bare = await world.signalbox("-C", elsewhere, "init", "--json");
  assert.equal(bare.code, 2, told(bare));
  assert.equal(failure(bare).code, "no_remote");
  assert.deepEqual(await readdir(elsewhere), [".git"]);
});

test("init is safe to repeat, and refuses what contradicts the file that is there", async () => {
  const first = await world.signalbox("init", "--json");
  assert.equal(first.code, 0, told(first));
  const again = JSON.parse((await world.signalbox("init", "--json")).stdout);
  assert.deepEqual(Object.keys(again), [
    "repository",
    "root",
    "config_file",
    "config",
    "private_folder",
    "remote",
    "main",
    "main_sha",
    "guards",
    "agents",
  ]);
  assert.equal(again.agents, null);
  assert.equal(again.config, "kept");
  assert.equal(again.main_sha, world.start);
  const other = await world.signalbox("init", "--main", "trunk", "--json");
  assert.equal(other.code, 2);
  assert.equal(failure(other).code, "already_configured");
});

test("nothing that is piped has colours, and a reader who leaves is no error", async () => {
  const run = (script: string) =>
    runChild("bash", ["-c", `set -o pipefail; ${script}`], { cwd: world.clone, env: world.env });
  const help = await run(`'${bin}' --help`);
  assert.equal(help.code, 0);
  assert.equal(help.stdout.includes("\u001b"), false);
  const left = await run(`'${bin}' events schema | head -c 10 >/dev/null`);
  assert.equal(left.code, 0, told(left));
  assert.equal(left.stderr, "");
});

test("events emit reads what it is given, and refuses what is no JSON", async () => {
  const none = await world.signalbox("events", "emit", "x", "--json");
  assert.equal(failure(none).code, "no_data");
  for (const [args, stdin] of [
    [["--data", "{"], ""],
    [["--data", "-"], "not json"],
  ] as const) {
    const ran = await world.signalboxIn({ stdin }, "events", "emit", "x", ...args, "--json");
    assert.equal(ran.code, 2, told(ran));
    assert.equal(failure(ran).problems[0]?.path, "data");
  }
});

test("schema, completion and version need neither a clone nor Redis", async (t) => {
  const elsewhere = await mkdtemp(join(tmpdir(), "sb-elsewhere-"));
  t.after(() => rm(elsewhere, { recursive: true, force: true }));
  const cwd = elsewhere;
  const schema = await world.signalboxIn({ cwd }, "events", "schema", "deployment.started");
  assert.equal(JSON.parse(schema.stdout).title, "domain.software-development.deployment.started");
  const all = await world.signalboxIn({ cwd }, "events", "schema", "--format", "asyncapi");
  assert.equal(JSON.parse(all.stdout).asyncapi, "3.0.0");
  const unknown = await world.signalboxIn({ cwd }, "events", "schema", "deployment.startd");
  assert.equal(unknown.code, 2);
  assert.equal((await world.signalboxIn({ cwd }, "completion", "zsh")).code, 0);
  assert.match((await world.signalboxIn({ cwd }, "--version")).stdout, /^\d+\.\d+\.\d+\n$/);
});
