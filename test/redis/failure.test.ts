import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Failure } from "../../src/errors.ts";
import {
  classifyReply,
  failureOfReply,
  isGroupMissing,
  isWorldFailure,
  replyCode,
} from "../../src/redis/failure.ts";

const replies: [reply: string, kind: string, code: string][] = [
  ["LOADING Redis is loading the dataset in memory", "world", "redis_loading"],
  ["READONLY You can't write against a read only replica.", "world", "redis_readonly"],
  [
    "OOM command not allowed when used memory > 'maxmemory'. script: 1, on @user_script:1.",
    "world",
    "redis_out_of_memory",
  ],
  ["NOREPLICAS Not enough good replicas to write.", "world", "redis_no_replicas"],
  ["MISCONF Errors writing to the AOF file", "world", "redis_cannot_persist"],
  ["CLUSTERDOWN Hash slot not served", "world", "redis_cluster_down"],
  ["MASTERDOWN Link with MASTER is down", "world", "redis_master_down"],
  ["TRYAGAIN Multiple keys request during rehashing of slot", "world", "redis_resharding"],
  ["ASK 1 127.0.0.1:7001", "world", "redis_resharding"],
  ["BUSY Redis is busy running a script.", "world", "redis_busy"],
  ["NOPERM this user has no permissions", "world", "redis_denied"],
  ["ERR max number of clients reached", "world", "redis_too_many_clients"],
  [
    "UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)",
    "world",
    "redis_readonly",
  ],
  ["UNBLOCKED the stream key no longer exists", "group_missing", "redis_group_missing"],
  ["NOGROUP No such key 'x' or consumer group 'g'", "group_missing", "redis_group_missing"],
  ["MOVED 3999 127.0.0.1:6381", "moved", "redis_moved"],
  ["NOSCRIPT No matching script.", "script_missing", "redis_script_missing"],
  ["WRONGTYPE Operation against a key", "content", "redis_refused"],
  ["BUSYGROUP Consumer Group name already exists", "content", "redis_refused"],
  ["ERR unknown command 'FOO'", "content", "redis_refused"],
];

for (const [reply, kind, code] of replies) {
  test(`«${reply.slice(0, 40)}» is of the class ${kind}`, () => {
    assert.equal(classifyReply(reply).class, kind);
    const failure = failureOfReply("XADD", reply, "here");
    assert.equal(failure.code, code);
    assert.equal(isWorldFailure(failure), kind === "world");
    assert.equal(isGroupMissing(failure), kind === "group_missing");
    assert.equal(replyCode(failure), reply.split(" ")[0]);
  });
}

test("a lost, frozen or closed connection is the world's fault, other failures are not", () => {
  for (const [code, expected] of [
    ["redis_timeout", true],
    ["redis_unreachable", true],
    ["redis_closed", true],
    ["bad_event", false],
  ] as const) {
    assert.equal(isWorldFailure(new Failure({ code, kind: "unavailable", message: "" })), expected);
  }
  assert.equal(isWorldFailure(new Error("LOADING")), false);
  assert.equal(replyCode(new Error("LOADING")), null);
});

test("only a failover makes the next connection look elsewhere", () => {
  const elsewhere = replies.map(([reply]) => reply).filter((reply) => classifyReply(reply).elsewhere);
  assert.deepEqual(
    elsewhere.map((reply) => reply.split(" ")[0]),
    ["READONLY", "MASTERDOWN", "UNBLOCKED"],
  );
});

test("any reply has a class and a failure with a code", () => {
  fc.assert(
    fc.property(fc.string(), (reply) => {
      assert.ok(classifyReply(reply).class);
      assert.match(failureOfReply("GET", reply, "here").code, /^redis_[a-z_]+$/);
    }),
  );
});
