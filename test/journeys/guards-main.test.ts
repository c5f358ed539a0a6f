/** V3: main is moved by the integrator alone. What a worker's shell and the hook refuse, and what becomes of it. */
import assert from "node:assert/strict";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { startSession } from "../../src/orchestration/sessions/start-session.ts";
import { type Ran, runChild, told } from "../world/child.ts";
import { handOver, integrated } from "../world/facts.ts";
import { shareWorld } from "../world/shared.ts";
import { waitUntil } from "../world/wait-until.ts";
import type { Worker } from "../world/worker.ts";
import { bin, inWorld, type World } from "../world/world.ts";

const journey = shareWorld();

/** A shell as `eval "$(signalbox guard env)"` leaves it, in a worktree. */
function shell(world: World, worker: Worker, line: string, env: NodeJS.ProcessEnv = {}): Promise<Ran> {
  const script = `eval "$('${bin}' guard env)" && ${line}`;
  return runChild("sh", ["-c", script], { cwd: worker.directory, env: { ...world.env, ...env } });
}

function allSaid(world: World): Promise<unknown> {
  return waitUntil(
    async () => (await world.json<{ unsaid_blocks: number }>("guard", "status")).unsaid_blocks === 0,
    { what: "all was said", everyMs: 200 },
  );
}

async function working(world: World, slug: string): Promise<Worker> {
  const worker = await world.worker(slug);
  await worker.commit({ [`${slug}.txt`]: `${slug}\n` });
  return worker;
}

journey(
  "a push to main by anyone but the integrator is refused while the cutover is on; the hand-over lands it",
  async (world) => {
    const worker = await working(world, "eager");
    const main = await world.origin.ref("refs/heads/main");
    const past = await worker.tryGit("push", "origin", "HEAD:main");
    assert.equal(past.code, 1, told(past));
    assert.match(past.stderr, /signalbox: refused: .*pre-push hook[\s\S]*signalbox submit/);
    const wrapped = await shell(world, worker, "git push --no-verify origin HEAD:main");
    assert.equal(wrapped.code, 4, told(wrapped));
    assert.match(wrapped.stderr, /signalbox: refused: .*git wrapper[\s\S]*signalbox submit/);
    assert.equal(await world.origin.ref("refs/heads/main"), main);

    const candidate = await handOver(world, worker);
    await integrated(world, candidate);
    assert.notEqual(await world.origin.ref("refs/heads/main"), main);
  },
);

journey("each block is an event, and one notification for whoever tried", async (world) => {
  const worker = await working(world, "stubborn");
  const env = { SIGNALBOX_SESSION_ID: "build-stubborn-1" };
  for (const line of [
    "git push origin HEAD:main",
    "git push --no-verify origin HEAD:main",
    "git push origin HEAD:main",
  ])
    await shell(world, worker, line, env);
  const isTheirs = {
    type: "integration.guard.blocked",
    where: ({ data }: { data: Record<string, unknown> }) => data.actor === "build-stubborn-1",
  };
  const third = await world.events.until(isTheirs, { count: 3 });
  assert.deepEqual([third.data.ref, third.data.command], ["refs/heads/main", "git push origin HEAD:main"]);
  type Row = { group: string; title: string; human_status: string };
  const found = await waitUntil(
    async () => {
      const rows = await world.json<Row[]>("notifications", "list");
      return rows.filter(({ group }) => group === "guard/build-stubborn-1");
    },
    { what: "the notification", everyMs: 200 },
  );
  assert.deepEqual(
    found.map(({ title }) => title),
    ["A guard stopped build-stubborn-1"],
  );
  assert.equal((await world.json<{ unsaid_blocks: number }>("guard", "status")).unsaid_blocks, 0);
});

journey(
  "everything else works as ever in such a shell, and an integrator started from it lands",
  async (world) => {
    const worker = await working(world, "honest");
    const line =
      "git status --short && git push -q origin HEAD:refs/heads/honest && git fetch -q && git log -1 --format=%s";
    const ran = await shell(world, worker, line);
    assert.equal(ran.code, 0, told(ran));
    await world.signalbox("queue", "pause", "--reason", "to integrate by hand");
    const candidate = await handOver(world, worker);
    await world.events.until({ type: "integration.candidate.queued", slug: "honest" });
    await world.signalbox("queue", "resume", "--reason", "by hand now");
    const integrating = await shell(world, worker, `'${bin}' -C '${world.clone}' integrate`);
    assert.ok([0, 3, 75].includes(integrating.code ?? -1), told(integrating));
    await integrated(world, candidate);
  },
);

journey("a worker's session goes through the guards, and cannot take them away", async (world) => {
  const worker = await working(world, "sessioned");
  const { private_folder } = await world.json<{ private_folder: string }>("init", "--yes");
  const program = join(world.place, "sessioned.sh");
  const lines = [
    "git push --no-verify origin HEAD:main; echo $? > first",
    `'${bin}' guard uninstall; echo $? > second`,
    "git push -q origin HEAD:refs/heads/sessioned; echo $? > third",
  ];
  await writeFile(program, `#!/bin/sh\n${lines.join("\n")}\n`, { mode: 0o755 });
  const place = {
    privateDir: private_folder,
    runtimeDir: join(world.place, "run"),
    temporaryDir: join(world.place, "tmp"),
    producer: null,
  };
  const outcome = await startSession(place, {
    role: "builder",
    slug: "sessioned",
    command: program,
    values: { branch: "sessioned", base: "origin/main", worktree: worker.directory },
    runner: "process",
    silenceLimitMs: null,
    variables: world.env,
    secretNames: [],
  });
  assert.equal(outcome.kind, "started");
  const answer = (name: string) =>
    waitUntil(
      async () => (await readFile(join(worker.directory, name), "utf8").catch(() => "")).trim() || null,
      {
        what: `${name} answer`,
      },
    );
  assert.deepEqual([await answer("first"), await answer("second"), await answer("third")], ["4", "4", "0"]);
  const id = outcome.kind === "started" ? outcome.session.id : "";
  await world.events.until({ type: "integration.guard.blocked", where: ({ data }) => data.actor === id });
});

journey("doctor says how the guards stand, and where the wrappers are on this PATH", async (world) => {
  const { wrappers } = await world.json<{ wrappers: { folder: string } }>("guard", "status");
  const findings = async (env: NodeJS.ProcessEnv = {}) => {
    const ran = await world.signalboxIn({ env: { ...world.env, ...env } }, "doctor", "--json");
    const { checks }: { checks: { name: string; level: string; detail: string }[] } = JSON.parse(ran.stdout);
    return new Map(checks.map(({ name, level }) => [name, level]));
  };
  const well = await findings();
  assert.deepEqual([well.get("pre-push hook"), well.get("wrappers")], ["ok", "ok"]);
  const session = { SIGNALBOX_SESSION_ID: "s-1" };
  assert.equal((await findings(session)).get("wrappers"), "warning");
  const first = { PATH: `${wrappers.folder}:${world.env.PATH}` };
  assert.equal((await findings({ ...session, ...first })).get("wrappers"), "ok");
  assert.equal(
    (await findings({ PATH: `/usr/bin:${wrappers.folder}:${world.env.PATH}` })).get("wrappers"),
    "warning",
  );
});

journey("the daemon puts the hook back in front of a tool that took its place", async (world) => {
  const hook = join(world.clone, ".git/hooks/pre-push");
  const newcomer = "#!/bin/sh\necho newcomer >&2\n";
  await rm(hook);
  await writeFile(hook, newcomer, { mode: 0o755 });
  await waitUntil(async () => (await readFile(hook, "utf8")).includes("signalbox-guard"), {
    what: "the hook is back",
  });
  const worker = await working(world, "after-a-tool");
  const ran = await worker.tryGit("push", "origin", "HEAD:refs/heads/after-a-tool");
  assert.deepEqual([ran.code, /newcomer/.test(ran.stderr)], [0, true], told(ran));
  assert.equal((await worker.tryGit("push", "origin", "HEAD:main")).code, 1);
});

journey("a block while Redis and the daemon are away is said when they are back", async (world) => {
  await allSaid(world);
  await world.down();
  const worker = await working(world, "in-the-dark");
  const ran = await worker.tryGit("push", "origin", "HEAD:main");
  assert.equal(ran.code, 1, told(ran));
  assert.equal((await world.json<{ unsaid_blocks: number }>("guard", "status")).unsaid_blocks, 1);
  const up = await world.signalbox("up", "--detach");
  assert.equal(up.code, 0, told(up));
  await allSaid(world);
  const said = await world.signalbox("events", "list", "--type", "integration.guard.blocked", "--json");
  assert.ok(said.stdout.includes("HEAD:refs/heads/main"), told(said));
});

test(
  "with the cutover off guards only warn; uninstall takes both away and nothing comes back",
  inWorld({ config: { cutover: { enabled: false } }, down: true }, async (world) => {
    const worker = await working(world, "old-way");
    const warned = await worker.tryGit("push", "origin", "HEAD:main");
    assert.deepEqual([warned.code, /signalbox: warning: /.test(warned.stderr)], [0, true], told(warned));
    assert.equal((await world.signalbox("guard", "uninstall")).code, 0);
    assert.deepEqual((await readdir(join(world.clone, ".git"))).includes("signalbox"), false);
    assert.deepEqual(
      (await readdir(join(world.clone, ".git/hooks"))).filter((name) => !name.endsWith(".sample")),
      [],
    );
    const status = await world.json<{ hook: { state: string }; wrappers: { state: string } }>(
      "guard",
      "status",
    );
    assert.deepEqual([status.hook.state, status.wrappers.state], ["absent", "absent"]);
    await world.up();
  }),
);
