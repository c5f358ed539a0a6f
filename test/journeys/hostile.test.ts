/** Bad input at every door: exit 2, the field named, nothing changed. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runChild, told } from "../world/child.ts";
import { approvalOf, emit, handOver, integrated, prefix, startOf, tryEmit } from "../world/facts.ts";
import { allEvents } from "../world/invariants.ts";
import { shareWorld } from "../world/shared.ts";
import type { World } from "../world/world.ts";

const journey = shareWorld();

const sha = "a".repeat(40);
const good = { slug: "good", branch: "good", sha };

const slugs = [
  "../x",
  "a\nb",
  "a\0b",
  "UPPER",
  "-dash",
  "dash-",
  "",
  "a b",
  "ünïcode",
  "a".repeat(65),
  "x".repeat(10_000),
  "__proto__",
];

const branches = [
  "--upload-pack=touch trapped",
  "-oProxyCommand=touch trapped",
  "--output=trapped",
  "HEAD",
  "refs/heads/x",
  "a:b",
  "a^",
  "a~1",
  "a@{1}",
  "a..b",
  "a b",
  "x.lock",
  "a\u202eb",
  "a\u200bb",
  "a\u009bb",
  "a\u001bb",
  "a\nb",
  "/a",
  "a/",
  ".a",
  "a\\b",
  "x".repeat(10_000),
];

const shas = [
  "",
  "abc",
  "0".repeat(39),
  "A".repeat(40),
  "--all",
  "HEAD",
  `${"a".repeat(39)}\n`,
  "g".repeat(40),
];

const remotes = [
  "ext::sh -c touch%20trapped",
  "fd::7",
  "file:///etc",
  "-u",
  "https://user:secret@example.org/x.git",
  "a b",
];

journey(
  "a payload with a hostile name is refused with the field's name, and no event is written",
  async (world) => {
    const before = (await allEvents(world)).length;
    const cases = [
      ...slugs.map((slug) => ["slug", { ...startOf(good), slug }] as const),
      ...branches.map((branch) => ["branch", { ...startOf(good), branch }] as const),
      ...shas.map((bad) => ["sha", { ...startOf(good), sha: bad }] as const),
      ...remotes.map((remote) => ["remote", { ...startOf(good), remote }] as const),
    ];
    for (const [field, data] of cases) {
      const ran = await tryEmit(world, "deployment.started", data);
      assert.equal(ran.code, 2, `${field}: ${JSON.stringify(data).slice(0, 200)}\n${told(ran)}`);
      assert.ok(ran.stderr.includes(field), `${field} is not named: ${ran.stderr}`);
      expectPlain(ran.stderr);
    }
    await expectNothingSaid(world, before);
  },
);

journey("a payload of the wrong shape is refused with every problem at once", async (world) => {
  const before = (await allEvents(world)).length;
  const wrong = { ...approvalOf(good), review_round: 0, approved_at: "yesterday", extra: true };
  const ran = await tryEmit(world, "review.approved", wrong);
  assert.equal(ran.code, 2, told(ran));
  for (const field of ["review_round", "approved_at", "extra"])
    assert.ok(ran.stderr.includes(field), ran.stderr);
  const bad = [
    "{",
    "[]",
    "null",
    "1",
    '{"slug":',
    '{"__proto__":{"x":1}}',
    JSON.stringify({ ...approvalOf(good), reviewer_session_id: "x".repeat(70_000) }),
  ];
  for (const text of bad) {
    const answer = await world.signalboxIn(
      { stdin: text },
      "events",
      "emit",
      `${prefix}review.approved`,
      "--data",
      "-",
    );
    assert.equal(answer.code, 2, `${text.slice(0, 100)}\n${told(answer)}`);
  }
  await expectNothingSaid(world, before);
});

journey(
  "an unknown type is refused with the nearest name, and what only the integrator may say with exit 4",
  async (world) => {
    const before = (await allEvents(world)).length;
    const unknown = await tryEmit(world, "deployment.startet", {});
    assert.equal(unknown.code, 2, told(unknown));
    assert.match(unknown.stderr, /deployment\.started/);
    const completed = {
      ...good,
      merge_commit: sha,
      main_sha: sha,
      integrated_at: "2026-01-01T00:00:00.000Z",
      checks: [],
    };
    for (const type of [
      "deployment.completed",
      "integration.candidate.queued",
      "integration.session.started",
    ]) {
      const ran = await tryEmit(world, type, completed);
      assert.equal(ran.code, 4, told(ran));
    }
    await expectNothingSaid(world, before);
  },
);

journey(
  "the same key with another payload is a conflict (exit 2); with the same payload a duplicate (exit 0)",
  async (world) => {
    const payload = approvalOf({ slug: "twice" });
    const first = await emit(world, "review.approved", payload);
    const again = await emit(world, "review.approved", {
      ...payload,
      approved_at: "2026-01-01T00:00:00.000Z",
    });
    assert.deepEqual([again.duplicate, again.id, again.stream_id], [true, first.id, first.stream_id]);
    const other = await tryEmit(world, "review.approved", {
      ...payload,
      reviewer_session_id: "somebody-else",
    });
    assert.equal(other.code, 2, told(other));
  },
);

journey("a branch with shell metacharacters in its name lands as what it is: a name", async (world) => {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the shell's.
  const name = "odd/$(touch${IFS}trapped);`id`|<x>'\"&";
  const worker = await world.worker("odd", { branch: name });
  await worker.commit({ "odd.txt": "odd\n" });
  await integrated(world, await handOver(world, worker));
  expectPlain((await world.signalbox("queue")).stdout);
});

journey("file names with blanks, quotes, dashes and accents land byte for byte", async (world) => {
  const worker = await world.worker("names");
  const names = ["with blank.txt", "quo\"te'.txt", "ünï–cödé.txt", "-dash.txt", "$(touch trapped).txt"];
  await worker.commit(Object.fromEntries(names.map((name) => [name, `${name}\n`])));
  await integrated(world, await handOver(world, worker));
  const files = await world.origin.files();
  for (const name of names) assert.equal(files.get(name), `${name}\n`, name);
});

journey("binary, executable, CRLF and link entries land bit for bit", async (world) => {
  const worker = await world.worker("kinds");
  await worker.commit({
    "crlf.txt": "a\r\nb\r\n",
    "run.sh": "#!/bin/sh\n",
    "blob.bin": Buffer.alloc(1 << 20, "\0\xffx"),
  });
  await worker.git("update-index", "--chmod=+x", "run.sh");
  await worker.commit({ "a-target": "run.sh" }, "A target");
  const target = (await worker.git("rev-parse", "HEAD:a-target")).trim();
  await worker.git("update-index", "--add", "--cacheinfo", `120000,${target},a-link`);
  await worker.git("commit", "--quiet", "--message", "Kinds");
  const candidate = await handOver(world, worker);
  await integrated(world, candidate);
  const entries = (revision: string) =>
    world.origin.git("ls-tree", "-r", revision, "crlf.txt", "run.sh", "blob.bin", "a-link");
  assert.equal(await entries("refs/heads/main"), await entries(candidate.sha));
});

journey("a path that no file system should meet is blocked", async (world) => {
  const worker = await world.worker("unsafe");
  const blob = (await worker.git("hash-object", "-w", "README.md")).trim();
  // Git's own index refuses such a name: the tree is written without it.
  const script = `printf '100644 blob ${blob}\\tconfig\\n' | git mktree`;
  const inner = (
    await runChild("/bin/sh", ["-c", script], { cwd: worker.directory, env: world.env })
  ).stdout.trim();
  const tree = (
    await runChild("/bin/sh", ["-c", `printf '040000 tree ${inner}\\t.GIT\\n' | git mktree`], {
      cwd: worker.directory,
      env: world.env,
    })
  ).stdout.trim();
  const commit = (await worker.git("commit-tree", tree, "-p", "HEAD", "-m", "Unsafe")).trim();
  await worker.git("push", "--quiet", "origin", `${commit}:refs/heads/unsafe`);
  const candidate = { slug: "unsafe", branch: "unsafe", sha: commit };
  await emit(world, "review.approved", approvalOf(candidate));
  await emit(world, "deployment.started", startOf(candidate));
  const failed = await world.events.until({ type: "deployment.failed", slug: "unsafe" });
  assert.equal(failed.data.reason, "unsafe_path");
});

journey("a file name with a newline in it is blocked, too", async (world) => {
  const worker = await world.worker("newline");
  await worker.commit({ "new\nline.txt": "1\n" });
  const { sha } = await handOver(world, worker);
  const failed = await world.events.until({ type: "deployment.failed", sha });
  assert.equal(failed.data.reason, "unsafe_path");
  expectPlain((await world.signalbox("why", "newline")).stdout);
});

journey("unknown commands and options are wrong use, with the nearest name", async (world) => {
  const cases: [args: string[], near: RegExp][] = [
    [["statsu"], /status/],
    [["queue", "puase"], /pause/],
    [["status", "--jsno"], /--json/],
    [["submit", "--aproved-by", "x"], /--approved-by/],
    [["why"], /slug/i],
    [["integrate", "--max", "many"], /max/],
  ];
  for (const [args, near] of cases) {
    const ran = await world.signalbox(...args);
    assert.equal(ran.code, 2, told(ran));
    assert.match(ran.stderr, near);
    assert.equal(ran.stdout, "");
  }
});

journey("of several who say init at once one writes, and all others keep what is there", async (world) => {
  const clone = join(world.place, "another-clone");
  const cloning = { cwd: world.place, env: world.env };
  await runChild("git", ["clone", "--quiet", world.origin.directory, clone], cloning);
  for (let round = 0; round < 3; round++) {
    await rm(join(clone, "signalbox.yaml"), { force: true });
    const ran = await Promise.all(
      Array.from({ length: 4 }, () => world.signalbox("-C", clone, "init", "--json")),
    );
    for (const each of ran) assert.equal(each.code, 0, told(each));
    const said: string[] = ran.map(({ stdout }) => JSON.parse(stdout).config);
    assert.deepEqual(said.sort(), ["kept", "kept", "kept", "written"]);
  }
});

journey(
  "a signalbox.yaml that is wrong is refused with every problem, and the daemon keeps its old one",
  async (world) => {
    const path = join(world.clone, "signalbox.yaml");
    const before = await readFile(path, "utf8");
    const bombs = `a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [${"*a,".repeat(9)}]\nc: &c [${"*b,".repeat(9)}]\nd: &d [${"*c,".repeat(9)}]\n`;
    const wrong = [
      "mian: main\nlease: {ttl: soon}\n",
      "main: main\nmain: other\n",
      "__proto__: {x: 1}\n",
      "main: [\n",
      bombs,
    ];
    for (const text of wrong) {
      await writeFile(path, text);
      const ran = await world.signalbox("status");
      assert.equal(ran.code, 2, `${text.slice(0, 80)}\n${told(ran)}`);
    }
    await writeFile(path, "mian: main\nlease: {ttl: soon}\n");
    const both = await world.signalbox("reload");
    assert.match(both.stderr, /mian.*main/s);
    assert.match(both.stderr, /ttl/);
    await writeFile(path, before);
    assert.equal((await world.signalbox("reload")).code, 0);
  },
);

journey("nothing that a hostile name asked for has happened", async (world) => {
  for (const place of [world.place, world.clone, world.origin.directory, join(world.clone, "trees/odd")]) {
    assert.equal(existsSync(join(place, "trapped")), false, place);
  }
});

/** No control character of the input reaches a terminal. */
function expectPlain(text: string): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for.
  assert.doesNotMatch(text, /[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]/);
}

async function expectNothingSaid(world: World, before: number): Promise<void> {
  assert.equal((await allEvents(world)).length, before);
}
