import assert from "node:assert/strict";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { monotonicMs } from "../../src/clock.ts";
import { Failure, isFailure } from "../../src/errors.ts";
import { connect, defineScript } from "../../src/redis/connection.ts";
import { replyCode } from "../../src/redis/failure.ts";
import { parseRedisUrl, socketTarget } from "../../src/redis/target.ts";
import { startTestRedis } from "../world/redis.ts";
import { waitUntil } from "../world/wait-until.ts";

const failure = (code: string) => (error: unknown) => {
  assert.ok(isFailure(error, code), `${code} expected, but: ${error}`);
  return true;
};

test("replies have the shapes of RESP2: texts, numbers, nulls and lists of them", async () => {
  await using server = await startTestRedis();
  const { redis } = server;
  assert.equal(await redis.command(["SET", "a", 1]), "OK");
  assert.equal(await redis.command(["GET", "a"]), "1");
  assert.equal(await redis.command(["INCRBY", "a", 41]), 42);
  assert.equal(await redis.command(["GET", "none"]), null);
  await redis.command(["HSET", "h", "naïve", "✓"]);
  assert.deepEqual(await redis.command(["HGETALL", "h"]), ["naïve", "✓"]);
  assert.equal(await redis.command(["ZADD", "z", 1.5, "m"]), 1);
  assert.equal(await redis.command(["ZSCORE", "z", "m"]), "1.5");
});

test("a pipeline answers in order, and fails with its first error though the rest was done", async () => {
  await using server = await startTestRedis();
  const { redis } = server;
  assert.deepEqual(
    await redis.pipeline([
      ["SET", "a", "x"],
      ["GET", "a"],
    ]),
    ["OK", "x"],
  );
  const mixed = redis.pipeline([
    ["INCR", "a"],
    ["LPUSH", "a", "y"],
    ["SET", "b", "2"],
  ]);
  await assert.rejects(mixed, failure("redis_refused"));
  assert.equal(await redis.command(["GET", "b"]), "2");
});

test("an error reply is a failure that names the command, the reply, and no argument", async () => {
  await using server = await startTestRedis();
  await server.redis.command(["SET", "text", "x"]);
  await assert.rejects(server.redis.command(["XADD", "text", "*", "field", "hunter2"]), (error) => {
    assert.ok(error instanceof Failure);
    assert.equal(replyCode(error), "WRONGTYPE");
    assert.match(error.message, /XADD: WRONGTYPE/);
    assert.doesNotMatch(error.message, /hunter2/);
    return true;
  });
});

test("a script runs by its hash, also after the server forgot it, and in the middle of many calls", async () => {
  await using server = await startTestRedis();
  const { redis } = server;
  const count = defineScript("count", "return redis.call('INCRBY', KEYS[1], ARGV[1])");
  assert.equal(await redis.script(count, ["n"], [1]), 1);
  await redis.command(["SCRIPT", "FLUSH"]);
  const calls = Array.from({ length: 50 }, () => redis.script(count, ["n"], [1]));
  const answers = (await Promise.all(calls)).map(Number).sort((a, b) => a - b);
  assert.deepEqual(
    answers,
    Array.from({ length: 50 }, (_, index) => index + 2),
  );
});

test("a script is sent whole at its first call on a connection, and called by its hash from then on", async () => {
  await using server = await startTestRedis();
  const { redis } = server;
  const count = defineScript("count", "return redis.call('INCRBY', KEYS[1], ARGV[1])");
  for (let n = 1; n <= 3; n++) assert.equal(await redis.script(count, ["n"], [1]), n);
  const stats = String(await redis.command(["INFO", "commandstats"]));
  assert.match(stats, /cmdstat_eval:calls=1,/);
  assert.match(stats, /cmdstat_evalsha:calls=2,/);
});

test("a frozen server gives a typed timeout within the deadline, and all is well again when it thaws", async () => {
  await using server = await startTestRedis();
  const { redis } = server;
  server.freeze();
  const started = monotonicMs();
  await assert.rejects(redis.command(["INCR", "n"], { deadlineMs: 200 }), failure("redis_timeout"));
  // The connection that never answered is gone; a new one is not answered either.
  await assert.rejects(redis.command(["INCR", "m"], { deadlineMs: 200 }), failure("redis_timeout"));
  assert.ok(monotonicMs() - started < 2000);
  server.thaw();
  await waitUntil(() => redis.command(["PING"], { deadlineMs: 500 }), { what: "an answer after the thaw" });
  // The first was on its way when its deadline passed, so it may have been done; the second was never sent.
  assert.equal(await redis.command(["EXISTS", "m"]), 0);
});

test("connecting to a frozen server fails within the deadline, and leaves no connection", async () => {
  await using server = await startTestRedis();
  server.freeze();
  await assert.rejects(connect(server.target, { deadlineMs: 200 }), (error) => {
    return isFailure(error, "redis_timeout") || isFailure(error, "redis_unreachable");
  });
  server.thaw();
  const clients = await waitUntil(
    async () => {
      const list = String(await server.redis.command(["CLIENT", "LIST"]));
      return list.trim().split("\n").length === 1 && list;
    },
    { what: "one client only" },
  );
  assert.match(clients, /cmd=client/);
});

test("a server killed in the middle of a command fails it as unreachable; the next finds the new one", async () => {
  await using server = await startTestRedis({ durable: true });
  const { redis } = server;
  await redis.command(["SET", "kept", "yes"]);
  const waiting = redis.command(["BLPOP", "never", 0], { deadlineMs: 20_000 });
  const outcome = assert.rejects(waiting, failure("redis_unreachable"));
  await server.kill();
  await outcome;
  await assert.rejects(redis.command(["PING"]), failure("redis_unreachable"));
  await server.start();
  assert.equal(await waitUntil(() => redis.command(["GET", "kept"]), { what: "the server again" }), "yes");
});

test("nothing is sent twice: each command that failed was done once or not at all", async () => {
  await using server = await startTestRedis({ durable: true });
  const { redis } = server;
  const other = await connect(server.target);
  let done = 0;
  let failed = 0;
  const work = Array.from({ length: 2000 }, async (_, index) => {
    // A third of the way the connection is cut by the server.
    if (index === 700) await other.command(["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"]);
    await redis.command(["INCR", "n"]).then(
      () => (done += 1),
      () => (failed += 1),
    );
  });
  await Promise.all(work);
  const counted = Number(await other.command(["GET", "n"]));
  await other.close();
  assert.equal(done + failed, 2000);
  assert.ok(
    counted >= done && counted <= done + failed,
    `${done} answered, ${failed} failed, ${counted} counted`,
  );
});

test("user and password open the door, and wrong ones are named as the reason without being shown", async () => {
  await using server = await startTestRedis();
  const rules = ["on", ">hunter2", "~app:*", "+@all", "-@dangerous", "+info"];
  await server.redis.command(["ACL", "SETUSER", "worker", ...rules]);
  await server.redis.command(["ACL", "SETUSER", "default", "resetpass", ">closed"]);
  const url = (user: string) => `unix://${user}@${server.dir}/redis.sock`;
  const redis = await connect(parseRedisUrl(url("worker:hunter2")));
  try {
    assert.equal(await redis.command(["SET", "app:1", "x"]), "OK");
    await assert.rejects(redis.command(["SET", "other", "x"]), failure("redis_denied"));
    await assert.rejects(redis.command(["FLUSHALL"]), failure("redis_denied"));
  } finally {
    await redis.close();
  }
  for (const user of ["worker:hunter3", "worker:", "nobody:hunter2"]) {
    await assert.rejects(connect(parseRedisUrl(url(user))), (error) => {
      failure("redis_denied")(error);
      assert.doesNotMatch(JSON.stringify(error, Object.getOwnPropertyNames(error)), /hunter/);
      return true;
    });
  }
  await assert.rejects(connect(server.target), failure("redis_denied"));
});

test("nobody there, or somebody who is no Redis, is unreachable at once", async () => {
  await using server = await startTestRedis();
  await assert.rejects(connect(socketTarget(join(server.dir, "none.sock"))), failure("redis_unreachable"));
  const chatter = createServer((socket) => void socket.resume().end("HTTP/1.1 400 Bad Request\r\n\r\n"));
  const path = join(server.dir, "web.sock");
  await using _ = await listening(chatter, path);
  await assert.rejects(connect(socketTarget(path), { deadlineMs: 1000 }), failure("redis_unreachable"));
});

test("after close every command fails as closed, those in flight too", async () => {
  await using server = await startTestRedis();
  const redis = await connect(server.target);
  const waiting = assert.rejects(redis.command(["BLPOP", "never", 0]), failure("redis_closed"));
  await redis.close();
  await waiting;
  await assert.rejects(redis.command(["PING"]), failure("redis_closed"));
  await redis.close();
});

test("a duplicate has a connection of its own, which a blocking read may hold", async () => {
  await using server = await startTestRedis();
  const reader = await server.redis.duplicate();
  const read = reader.command(["BLPOP", "list", 0]);
  assert.equal(await server.redis.command(["RPUSH", "list", "x"]), 1);
  assert.deepEqual(await read, ["list", "x"]);
  await reader.close();
});

async function listening(server: Server, path: string): Promise<AsyncDisposable> {
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return {
    [Symbol.asyncDispose]: async () => {
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
