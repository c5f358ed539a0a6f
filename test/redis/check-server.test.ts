import assert from "node:assert/strict";
import { test } from "node:test";
import { checkServer, parseServerText, report } from "../../src/redis/check-server.ts";
import { startTestRedis } from "../world/redis.ts";

function fieldsOf(changes: Record<string, string>): Map<string, string> {
  const sound = { redis_version: "7.0.15", maxmemory_policy: "noeviction", role: "master" };
  return new Map(Object.entries({ ...sound, ...changes }));
}

const cases: [changes: Record<string, string>, sync: string | null, problems: string[]][] = [
  [{}, "always", []],
  [{}, "everysec", ["warning redis_persistence_everysec"]],
  [{}, "no", ["warning redis_persistence_none"]],
  [{}, null, ["warning redis_persistence_none"]],
  [{ redis_version: "6.2.14" }, "always", ["error redis_too_old"]],
  [{ maxmemory_policy: "allkeys-lru" }, "always", ["error redis_evicts"]],
  [{ role: "slave" }, "always", ["error redis_is_replica"]],
];

for (const [changes, sync, problems] of cases) {
  test(`a server with ${JSON.stringify(changes)} and sync ${sync}: ${problems.join(", ") || "nothing to say"}`, () => {
    const found = report(fieldsOf(changes), sync).problems;
    assert.deepEqual(
      found.map(({ level, code }) => `${level} ${code}`),
      problems,
    );
    for (const { message, cure } of found) assert.ok(message.length > 20 && cure.length > 10);
  });
}

test("Valkey is told by its own version, not by the one it pretends", () => {
  const found = report(fieldsOf({ redis_version: "7.2.4", valkey_version: "8.1.3" }), "always");
  assert.deepEqual([found.family, found.version], ["valkey", "8.1.3"]);
});

test("the text of INFO is read by line, values with colons whole", () => {
  const fields = parseServerText("# Server\r\nredis_version:7.0.15\r\n\r\nexecutable:/a:b\r\n");
  assert.deepEqual(
    [...fields],
    [
      ["redis_version", "7.0.15"],
      ["executable", "/a:b"],
    ],
  );
});

test("a real server says version, process, persistence and eviction as they are now", async () => {
  await using server = await startTestRedis({ durable: true });
  const first = await checkServer(server.redis);
  assert.equal(first.persistence, "always");
  assert.equal(first.pid, server.pid());
  assert.deepEqual(first.problems, []);
  await server.redis.command(["CONFIG", "SET", "appendfsync", "everysec"]);
  await server.redis.command(["CONFIG", "SET", "maxmemory-policy", "allkeys-random"]);
  const second = await checkServer(server.redis);
  assert.equal(second.persistence, "everysec");
  assert.deepEqual(
    second.problems.map(({ code }) => code),
    ["redis_evicts", "redis_persistence_everysec"],
  );
});

test("where CONFIG is forbidden the weaker promise is assumed", async () => {
  await using server = await startTestRedis({ durable: true });
  await server.redis.command(["ACL", "SETUSER", "default", "-config"]);
  assert.equal((await checkServer(server.redis)).persistence, "everysec");
});
