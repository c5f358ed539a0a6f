/** A private Redis server for one test: in a temporary folder, on a unix socket, gone afterwards. */
import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { monotonicMs, pause } from "../../src/clock.ts";
import { connect, type Redis } from "../../src/redis/connection.ts";
import { type Keys, keysOf } from "../../src/redis/keys.ts";
import { type RedisTarget, socketTarget } from "../../src/redis/target.ts";

export type TestRedis = {
  target: RedisTarget;
  redis: Redis;
  keys: Keys;
  /** The server's own folder. */
  dir: string;
  pid(): number;
  /** SIGKILL, and its death awaited. */
  kill(): Promise<void>;
  /** Starts it again on the same folder and socket, after `kill`. */
  start(): Promise<void>;
  /** SIGSTOP: accepts connections, answers nothing. */
  freeze(): void;
  thaw(): void;
  [Symbol.asyncDispose](): Promise<void>;
};

export type TestRedisOptions = {
  /** Append-only file, synced at every write; default off, for speed. */
  durable?: boolean;
  /** Further options of redis-server, as on its command line. */
  args?: string[];
};

/** Starts a server of the test's own and connects to it. Use with `await using`. */
export async function startTestRedis(options: TestRedisOptions = {}): Promise<TestRedis> {
  const dir = await mkdtemp(join(tmpdir(), "sb-redis-"));
  const path = join(dir, "redis.sock");
  const target = socketTarget(path);
  let child = await launch(dir, path, options);
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, "exit");
    child.kill("SIGKILL");
    await exit;
  };
  const remove = async (): Promise<void> => {
    await kill();
    await rm(dir, { recursive: true, force: true });
  };
  try {
    const redis = await connect(target);
    return {
      target,
      redis,
      keys: keysOf(`test-${randomUUID().slice(0, 8)}`),
      dir,
      pid: () => child.pid ?? 0,
      kill,
      start: async () => {
        await rm(path, { force: true });
        child = await launch(dir, path, options);
      },
      freeze: () => void child.kill("SIGSTOP"),
      thaw: () => void child.kill("SIGCONT"),
      [Symbol.asyncDispose]: async () => {
        await redis.close();
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** The folder with redis-server: from PATH, or the copy that `npm test` fetched. */
export function findTestServer(): string {
  const cache = join(import.meta.dirname, "../../node_modules/.cache/signalbox-engines");
  const fetched = existsSync(cache) ? readdirSync(cache).map((name) => join(cache, name, "bin")) : [];
  for (const folder of [...(process.env.PATH ?? "").split(delimiter), ...fetched]) {
    for (const name of ["redis-server", "valkey-server"]) {
      if (folder !== "" && existsSync(join(folder, name))) return join(folder, name);
    }
  }
  throw new Error("no redis-server for the tests: npm test fetches one");
}

async function launch(dir: string, path: string, options: TestRedisOptions): Promise<ChildProcess> {
  const server = findTestServer();
  const args = ["--port", "0", "--unixsocket", path, "--dir", dir, "--save", "", "--daemonize", "no"];
  const durable = options.durable
    ? ["--appendonly", "yes", "--appendfsync", "always"]
    : ["--appendonly", "no"];
  const child = spawn(server, [...args, ...durable, ...(options.args ?? [])], {
    cwd: dirname(path),
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout?.on("data", (chunk: Buffer) => {
    output = (output + chunk.toString()).slice(-4000);
  });
  // A test process that ends early takes its server along.
  const killAtExit = (): void => void child.kill("SIGKILL");
  process.once("exit", killAtExit);
  child.once("exit", () => process.removeListener("exit", killAtExit));
  const deadline = monotonicMs() + 10_000;
  while (!existsSync(path)) {
    if (child.exitCode !== null || monotonicMs() > deadline) {
      child.kill("SIGKILL");
      throw new Error(`the test's redis-server did not start:\n${output}`);
    }
    await pause(5);
  }
  await answering(path, deadline);
  return child;
}

/** The socket exists a moment before it listens, and a server with a file loads it first. */
async function answering(path: string, deadline: number): Promise<void> {
  for (;;) {
    try {
      const redis = await connect(socketTarget(path));
      try {
        await redis.command(["PING"]);
        return;
      } finally {
        await redis.close();
      }
    } catch (error) {
      if (monotonicMs() > deadline) throw error;
      await pause(5);
    }
  }
}
