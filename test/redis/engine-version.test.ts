import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { compareVersions, isRecent, mayOpen, parseVersionLine } from "../../src/redis/engine-version.ts";

test("the version line of Redis and of Valkey is read", () => {
  const redis = "Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build=d81b8ff71cfb150e";
  assert.deepEqual(parseVersionLine(redis), { family: "redis", version: "7.0.15" });
  assert.deepEqual(parseVersionLine("Valkey server v=8.1.3 sha=0:1 malloc=libc bits=64"), {
    family: "valkey",
    version: "8.1.3",
  });
  assert.equal(parseVersionLine("something else"), null);
});

test("data are opened by their own family, and not by an older minor version", () => {
  const maker = { family: "redis", version: "7.2.4" } as const;
  assert.equal(mayOpen({ family: "redis", version: "7.2.1" }, maker), true);
  assert.equal(mayOpen({ family: "redis", version: "8.0.0" }, maker), true);
  assert.equal(mayOpen({ family: "redis", version: "7.0.15" }, maker), false);
  assert.equal(mayOpen({ family: "valkey", version: "9.1.0" }, maker), false);
});

test("Redis before 7.0 is too old, whatever Valkey is called", () => {
  assert.equal(isRecent({ family: "redis", version: "6.2.14" }), false);
  assert.equal(isRecent({ family: "redis", version: "7.0.0" }), true);
  assert.equal(isRecent({ family: "valkey", version: "7.2.5" }), true);
});

test("versions are ordered by their numbers", () => {
  const version = fc.tuple(fc.nat(30), fc.nat(30), fc.nat(30));
  fc.assert(
    fc.property(version, version, (a, b) => {
      const first = a.map((part, index) => part - (b[index] ?? 0)).find((part) => part !== 0) ?? 0;
      assert.equal(Math.sign(compareVersions(a.join("."), b.join("."))), Math.sign(first));
    }),
  );
});
