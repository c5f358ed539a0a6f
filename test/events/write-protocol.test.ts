import assert from "node:assert/strict";
import { test } from "node:test";
import type { Op } from "../../src/events/atomic-write.ts";
import { decodeAnswer, encodeCall } from "../../src/events/write-protocol.ts";
import { keysOf } from "../../src/redis/keys.ts";

const keys = keysOf("r");
const bare = { guards: [], events: [], freshEpoch: "e", mode: "all" } as const;

test("rows of one key go in one command, and so do acknowledgements of one group; order is kept where it counts", () => {
  const ops: Op[] = [
    { op: "hset", key: "a", field: "1", value: "x" },
    { op: "hset", key: "b", field: "1", value: "x" },
    { op: "hset", key: "a", field: "2", value: "y" },
    { op: "hdel", key: "a", field: "1" },
    { op: "hset", key: "a", field: "1", value: "z" },
    { op: "xack", key: keys.stream, group: "g", id: "1-1" },
    { op: "xack", key: keys.stream, group: "g", id: "1-2" },
    { op: "xack", key: keys.stream, group: "h", id: "1-2" },
  ];
  const encoded = encodeCall(keys, { ...bare, ops });
  assert.deepEqual(encoded.keys, [keys.meta, keys.stream, keys.idempotency, "a", "b"]);
  assert.deepEqual(encoded.args, [
    "e",
    "all",
    "hxhhh",
    0,
    0,
    6,
    "HSET",
    4,
    4,
    "1",
    "x",
    "2",
    "y",
    "HSET",
    5,
    2,
    "1",
    "x",
    "HDEL",
    4,
    1,
    "1",
    "HSET",
    4,
    2,
    "1",
    "z",
    "XACK",
    2,
    3,
    "g",
    "1-1",
    "1-2",
    "XACK",
    2,
    2,
    "h",
    "1-2",
  ]);
});

test("guards name their key by its place; an expected absence is no text", () => {
  const encoded = encodeCall(keys, {
    ...bare,
    ops: [],
    guards: [
      { kind: "lease", key: "l", token: 7 },
      { kind: "field", key: "h", field: "f", equals: "-" },
      { kind: "field", key: "h", field: "f", equals: null },
      { kind: "value", key: "v", equals: "" },
    ],
  });
  assert.equal(encoded.args[2], "hxhhhs");
  assert.deepEqual(encoded.args.slice(3, 20), [
    4,
    "L",
    4,
    7,
    "-",
    "F",
    5,
    "f",
    "=-",
    "F",
    5,
    "f",
    "-",
    "V",
    6,
    "",
    "=",
  ]);
});

test("what Redis could not do half-way through is refused before it is sent", () => {
  const wrong: Op[][] = [
    [{ op: "zadd", key: "z", score: Number.NaN, member: "m" }],
    [{ op: "hincrby", key: "h", field: "f", by: 1.5 }],
    [{ op: "xack", key: keys.stream, group: "g", id: "nonsense" }],
    [
      { op: "set", key: "k", value: "x" },
      { op: "hset", key: "k", field: "f", value: "x" },
    ],
  ];
  for (const ops of wrong) assert.throws(() => encodeCall(keys, { ...bare, ops }), JSON.stringify(ops));
  assert.equal(
    encodeCall(keys, {
      ...bare,
      ops: [
        { op: "del", key: "k" },
        { op: "set", key: "k", value: "x" },
      ],
    }).args[2],
    "hxhs",
  );
});

test("each answer of the script is read, and nothing else is", () => {
  assert.deepEqual(decodeAnswer(["written", "5", "1-1", "=1-0 old id", "!", "!1-0"]), {
    kind: "written",
    nowMs: 5,
    events: [
      { kind: "said", streamId: "1-1" },
      { kind: "duplicate", streamId: "1-0", id: "old id" },
      { kind: "conflict", streamId: "" },
      { kind: "conflict", streamId: "1-0" },
    ],
  });
  assert.deepEqual(decodeAnswer(["guard_failed", "5", 2]), { kind: "guard_failed", nowMs: 5, guard: 1 });
  assert.deepEqual(decodeAnswer(["conflict", "5", 1, "1-0"]), {
    kind: "conflict",
    nowMs: 5,
    event: 0,
    streamId: "1-0",
  });
  assert.deepEqual(decodeAnswer(["wrong_type", "5", "k", "set"]), {
    kind: "wrong_type",
    nowMs: 5,
    key: "k",
    found: "set",
  });
  for (const reply of [null, "OK", 1, ["surprise", "5"]]) assert.throws(() => decodeAnswer(reply));
});
