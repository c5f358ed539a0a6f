import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { test } from "node:test";
import { isFailure } from "../../src/errors.ts";
import { identify, waitForEnd } from "../../src/process-identity.ts";
import { connect } from "../../src/redis/connection.ts";
import {
  connectToEngine,
  type Engine,
  type EngineOptions,
  locateEngine,
  openEngine,
  stopEngine,
} from "../../src/redis/engine.ts";
import { processesOf } from "../world/leftovers.ts";
import { findTestServer, startTestRedis } from "../world/redis.ts";

const path = [dirname(findTestServer()), process.env.PATH ?? ""].join(delimiter);
const failure = (code: string) => (error: unknown) => {
  assert.ok(isFailure(error, code), `${code} expected, but: ${error}`);
  return true;
};

/** A home of the test's own; what still runs in it afterwards is stopped, and then nothing may be left. */
async function startHome(): Promise<{ options: EngineOptions; home: string } & AsyncDisposable> {
  const home = await mkdtemp(join(tmpdir(), "sb-home-"));
  const place = { privateDir: join(home, "shop"), runtimeDir: null, temporaryDir: tmpdir(), url: null };
  const options = { ...place, home, path };
  return {
    options,
    home,
    [Symbol.asyncDispose]: async () => {
      await stopEngine(options);
      const left = await processesOf(home);
      await rm(home, { recursive: true, force: true });
      assert.deepEqual(left, []);
    },
  };
}

async function command(engine: Engine, ...args: string[]) {
  const redis = await connect(engine.target);
  try {
    return await redis.command(args);
  } finally {
    await redis.close();
  }
}

test("ours listens on a private socket alone, keeps every write, evicts nothing, and is found again", async () => {
  await using world = await startHome();
  const { options } = world;
  const engine = await openEngine(options);
  assert.equal(engine.kind, "embedded");
  assert.equal(engine.persistence, "always");
  assert.deepEqual(engine.problems, []);
  assert.match(engine.version, /^\d+\.\d+\.\d+$/);
  assert.deepEqual(await command(engine, "CONFIG", "GET", "port"), ["port", "0"]);
  assert.deepEqual(await command(engine, "CONFIG", "GET", "maxmemory-policy"), [
    "maxmemory-policy",
    "noeviction",
  ]);
  assert.equal((await stat(options.privateDir)).mode & 0o777, 0o700);
  assert.equal((await stat(join(options.privateDir, "redis.sock"))).mode & 0o077, 0);
  const again = await openEngine(options);
  assert.equal(again.pid, engine.pid);
  assert.deepEqual(await locateEngine(options), engine);
});

test("who connects to the engine stays connected to what was found, and to nothing that is not there", async () => {
  await using world = await startHome();
  const { options } = world;
  await assert.rejects(connectToEngine(options), failure("redis_not_running"));
  const opened = await openEngine(options);
  const { engine, redis } = await connectToEngine(options);
  assert.deepEqual(engine, opened);
  await redis.command(["SET", "a", "1"]);
  assert.equal(await command(opened, "GET", "a"), "1");
  await redis.close();
  await using server = await startTestRedis();
  const given = await connectToEngine({ ...options, url: `unix://${server.dir}/redis.sock` });
  assert.equal(given.engine.kind, "local");
  assert.equal(await given.redis.command(["PING"]), "PONG");
  await given.redis.close();
});

test("a record that is not ours stops a start, instead of a second server on the same data", async () => {
  await using world = await startHome();
  const { options } = world;
  await mkdir(join(options.privateDir, "redis"), { recursive: true });
  for (const text of [
    "{",
    "null",
    "[]",
    '{"socket": 1, "memory": false, "process": null}',
    '{"socket": "/s"}',
  ]) {
    await writeFile(join(options.privateDir, "redis/server.json"), text);
    await assert.rejects(openEngine(options), text);
  }
  await rm(join(options.privateDir, "redis/server.json"));
});

test("nothing is left of it after the stop, and the data are there at the next start", async () => {
  await using world = await startHome();
  const { options } = world;
  const first = await openEngine(options);
  await command(first, "SET", "kept", "yes");
  assert.deepEqual(await stopEngine(options), { kind: "stopped", pid: first.pid });
  assert.deepEqual(await processesOf(world.home), []);
  assert.deepEqual(await stopEngine(options), { kind: "none" });
  await assert.rejects(locateEngine(options), failure("redis_not_running"));
  const second = await openEngine(options);
  assert.notEqual(second.pid, first.pid);
  assert.equal(await command(second, "GET", "kept"), "yes");
});

test("it outlives a daemon killed with SIGKILL, holding none of its descriptors, and the next adopts it", async () => {
  await using world = await startHome();
  const { options } = world;
  const program = join(import.meta.dirname, "programs/open-engine.ts");
  const daemon = spawn(process.execPath, [program, world.home, options.privateDir], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, PATH: path },
    detached: true,
  });
  const [chunk] = await once(daemon.stdout, "data");
  const pid = Number(String(chunk));
  const closed = once(daemon, "close");
  // The whole group, as a terminal does it.
  process.kill(-(daemon.pid ?? 0), "SIGKILL");
  // `close` comes only when nobody holds the daemon's pipe any more.
  await closed;
  const adopted = await openEngine(options);
  assert.equal(adopted.pid, pid);
});

test("five that start it at once from five processes have one server", async () => {
  await using world = await startHome();
  const program = join(import.meta.dirname, "programs/open-engine.ts");
  const env = { ...process.env, PATH: path };
  const daemons = Array.from({ length: 5 }, () =>
    spawn(process.execPath, [program, world.home, world.options.privateDir], {
      env,
      stdio: ["ignore", "pipe", "inherit"],
    }),
  );
  const answers = await Promise.all(daemons.map(({ stdout }) => once(stdout, "data")));
  const pids = new Set(answers.map(([chunk]) => Number(String(chunk))));
  const closed = daemons.map((daemon) => once(daemon, "close"));
  for (const daemon of daemons) daemon.kill("SIGKILL");
  await Promise.all(closed);
  assert.equal(pids.size, 1);
  const servers = (await processesOf(world.home)).filter((found) => !found.command.includes("open-engine"));
  assert.deepEqual(
    servers.map(({ pid }) => pid),
    [...pids],
  );
});

test("killed with SIGKILL it is started again with all that it had acknowledged", async () => {
  await using world = await startHome();
  const first = await openEngine(world.options);
  await command(first, "SET", "kept", "yes");
  const identity = await identify(first.pid ?? 0);
  assert.ok(identity);
  process.kill(identity.pid, "SIGKILL");
  assert.ok(await waitForEnd(identity, 5000));
  await assert.rejects(locateEngine(world.options), failure("redis_not_running"));
  const second = await openEngine(world.options);
  assert.equal(await command(second, "GET", "kept"), "yes");
});

test("a frozen server is said to be frozen, never given a second one beside it, and still ends by stop", async () => {
  await using world = await startHome();
  const engine = await openEngine(world.options);
  process.kill(engine.pid ?? 0, "SIGSTOP");
  await assert.rejects(openEngine(world.options), failure("redis_frozen"));
  await assert.rejects(locateEngine(world.options), failure("redis_frozen"));
  assert.deepEqual(await stopEngine(world.options), { kind: "stopped", pid: engine.pid });
});

test("a server whose socket was swept away is ended before another one starts on its data", async () => {
  await using world = await startHome();
  const first = await openEngine(world.options);
  await command(first, "SET", "kept", "yes");
  await rm(join(world.options.privateDir, "redis.sock"));
  const second = await openEngine(world.options);
  assert.notEqual(second.pid, first.pid);
  assert.equal(await identify(first.pid ?? 0), null);
  assert.equal(await command(second, "GET", "kept"), "yes");
});

test("in a folder too deep for a socket it listens under a short name, and is found by it", async () => {
  await using world = await startHome();
  const deep = { ...world.options, privateDir: join(world.home, "long/".repeat(30), 'na"me with é') };
  const engine = await openEngine(deep);
  try {
    assert.ok(engine.target.kind === "socket" && engine.target.path.length < 100);
    // The next one may see another runtime folder: what was written down counts.
    const elsewhere = { ...deep, runtimeDir: join(world.home, "run") };
    assert.equal((await openEngine(elsewhere)).pid, engine.pid);
    assert.equal(await command(engine, "SET", "x", "y"), "OK");
  } finally {
    assert.equal((await stopEngine(deep)).kind, "stopped");
  }
  await openEngine(deep);
  await stopEngine(deep);
});

test("data of another engine are left alone: a clear failure with the cure, and nothing started", async () => {
  await using world = await startHome();
  const { options } = world;
  const first = await openEngine(options);
  await command(first, "SET", "kept", "yes");
  await stopEngine(options);
  const record = join(options.privateDir, "redis/engine.json");
  const mine = await readFile(record, "utf8");
  await writeFile(record, JSON.stringify({ family: "valkey", version: "99.1.0" }));
  // A PATH without apt: nothing can be fetched.
  const bin = join(world.home, "bin");
  await onlyServer(bin);
  const poor = { ...options, path: bin };
  await assert.rejects(openEngine({ ...poor, allowMemory: true }), (error) => {
    failure("redis_engine_mismatch")(error);
    assert.ok(isFailure(error));
    assert.match(error.message, /valkey 99\.1\.0/);
    assert.match(error.cure ?? "", /valkey-server 99\.1\.0/);
    return true;
  });
  assert.deepEqual(await processesOf(world.home), []);
  await writeFile(record, mine);
  assert.equal(await command(await openEngine(poor), "GET", "kept"), "yes");
});

test("a server that does not start is reported with the end of its log, and leaves no process", async () => {
  await using world = await startHome();
  await openEngine(world.options);
  await stopEngine(world.options);
  const files = await readdir(join(world.options.privateDir, "redis/appendonlydir"));
  const manifest = files.find((name) => name.endsWith(".manifest"));
  await writeFile(join(world.options.privateDir, "redis/appendonlydir", manifest ?? ""), "file nonsense\n");
  await assert.rejects(openEngine(world.options), (error) => {
    failure("redis_start_failed")(error);
    assert.match(String(error), /manifest/i);
    return true;
  });
  assert.deepEqual(await processesOf(world.home), []);
});

test("where no server can be had it is said how to get one, and memory is used only where it is allowed", async () => {
  await using world = await startHome();
  const poor = { ...world.options, path: join(world.home, "nothing") };
  await assert.rejects(openEngine(poor), (error) => {
    failure("redis_not_found")(error);
    assert.match(isFailure(error) ? (error.cure ?? "") : "", /SIGNALBOX_REDIS_URL/);
    return true;
  });
  const memory = await openEngine({ ...poor, allowMemory: true });
  assert.equal(memory.persistence, "none");
  assert.match(memory.announce ?? "", /memory/);
  if (process.platform === "linux") {
    // Nothing of the daemon's environment, where tokens are, is in a process that outlives it.
    const names = (await readFile(`/proc/${memory.pid}/environ`, "utf8")).match(/[^\0=]+(?==)/g);
    assert.deepEqual(names, ["PATH", "LC_ALL"]);
  }
  const redis = await connect(memory.target);
  const read = redis.command(["XREAD", "BLOCK", "5000", "STREAMS", "s", "$"]);
  const id = await command(memory, "XADD", "s", "*", "a", "1");
  assert.deepEqual(await read, [["s", [[id, ["a", "1"]]]]]);
  await redis.close();
  // Real work does not go on there, though it answers.
  await assert.rejects(openEngine(world.options), failure("redis_memory_only"));
  assert.equal((await openEngine({ ...poor, allowMemory: true })).pid, memory.pid);
  assert.deepEqual(await stopEngine(poor), { kind: "stopped", pid: memory.pid });
  assert.equal((await openEngine(world.options)).persistence, "always");
});

test("a server given by URL is used as it is, refused where it evicts, and never ended", async () => {
  await using world = await startHome();
  await using server = await startTestRedis();
  const given = { ...world.options, url: `unix://${server.dir}/redis.sock` };
  const engine = await openEngine(given);
  assert.deepEqual([engine.kind, engine.pid, engine.persistence], ["local", null, "none"]);
  assert.deepEqual(
    engine.problems.map(({ code }) => code),
    ["redis_persistence_none"],
  );
  await server.redis.command(["CONFIG", "SET", "maxmemory-policy", "allkeys-lru"]);
  await assert.rejects(openEngine(given), failure("redis_evicts"));
  assert.equal((await locateEngine(given)).problems[0]?.code, "redis_evicts");
  assert.deepEqual(await stopEngine(given), { kind: "none" });
  assert.equal(await server.redis.command(["PING"]), "PONG");
  await server.kill();
  await assert.rejects(openEngine(given), failure("redis_unreachable"));
});

test("a server older than 7.0 on PATH is passed over", async () => {
  await using world = await startHome();
  const old = join(world.home, "old");
  await mkdir(old);
  await writeFile(join(old, "redis-server"), "#!/bin/sh\necho 'Redis server v=6.2.1 sha=0:0'\n");
  await chmod(join(old, "redis-server"), 0o755);
  const engine = await openEngine({ ...world.options, path: [old, path].join(delimiter) });
  assert.notEqual(engine.version, "6.2.1");
});

/** A folder with the server and nothing else. */
async function onlyServer(bin: string): Promise<void> {
  await mkdir(bin, { recursive: true });
  await writeFile(join(bin, "redis-server"), `#!/bin/sh\nexec '${findTestServer()}' "$@"\n`);
  await chmod(join(bin, "redis-server"), 0o755);
}
