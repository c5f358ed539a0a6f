import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { isFailure } from "../../src/errors.ts";
import { builtInCatalog } from "../../src/events/built-in.ts";
import {
  canonicalJson,
  type IdentityRule,
  idempotencyKey,
  identityOf,
  identityRule,
} from "../../src/events/canonical.ts";
import { sha, startedData } from "./bus.ts";

const fields = [
  { name: "a", required: true },
  { name: "b", required: false },
];

/** The same members in another order, at every depth. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([name, member]) => [name, reversed(member)]),
  );
}

test("canonical JSON sorts members by code unit and writes numbers as JavaScript does", () => {
  const table: [unknown, string][] = [
    [{ b: 1, a: [2, { d: null, c: true }] }, '{"a":[2,{"c":true,"d":null}],"b":1}'],
    [{ é: 1, z: 2, Z: 3, "": 4, "10": 5, "9": 6 }, '{"":4,"10":5,"9":6,"Z":3,"z":2,"é":1}'],
    [[1e21, -0, 0.1, 1.0], "[1e+21,0,0.1,1]"],
    ['a"\\\n\u2028\ud800', '"a\\"\\\\\\n\u2028\\ud800"'],
    [{ gone: undefined, kept: null }, '{"kept":null}'],
  ];
  for (const [value, text] of table) assert.equal(canonicalJson(value), text);
});

test("what JSON has no word for is refused, and so is a bottomless nesting", () => {
  let deep: unknown = 1;
  for (let n = 0; n < 100; n++) deep = [deep];
  for (const value of [
    Number.NaN,
    Number.POSITIVE_INFINITY,
    1n,
    () => 1,
    Symbol("x"),
    { a: [undefined] },
    deep,
  ]) {
    assert.throws(
      () => canonicalJson(value),
      (error) => isFailure(error, "not_json"),
    );
  }
});

test("any JSON is written as JSON that reads back the same, whatever the order of its members", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = canonicalJson(value);
      assert.equal(canonicalJson(JSON.parse(text)), text);
      assert.equal(canonicalJson(reversed(JSON.parse(JSON.stringify(value)))), text);
    }),
  );
});

test("different JSON is written differently", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
      const same = canonicalJson(a) === canonicalJson(b);
      try {
        assert.deepStrictEqual(JSON.parse(JSON.stringify(a)), JSON.parse(JSON.stringify(b)));
        assert.ok(same);
      } catch (error) {
        if (!(error instanceof assert.AssertionError) || same) throw error;
      }
    }),
  );
});

test("two fields never run together in a key: no pair of texts stands for another", () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), fc.string(), fc.string(), (a, b, c, d) => {
      const same = idempotencyKey("t", { a, b }, fields) === idempotencyKey("t", { a: c, b: d }, fields);
      assert.equal(same, a === c && b === d);
    }),
  );
  assert.notEqual(
    idempotencyKey("t", { a: "x:", b: "y" }, fields),
    idempotencyKey("t", { a: "x", b: ":y" }, fields),
  );
});

test("an absent optional field is null, which no text equals; an absent required one is refused", () => {
  const absent = idempotencyKey("t", { a: "1" }, fields);
  for (const b of ["", "null", "undefined"])
    assert.notEqual(idempotencyKey("t", { a: "1", b }, fields), absent);
  assert.throws(
    () => idempotencyKey("t", { b: "1" }, fields),
    (error) => isFailure(error, "missing_idempotency_field"),
  );
  assert.throws(
    () => idempotencyKey("t", {}, [{ name: "constructor", required: true }]),
    (error) => isFailure(error),
  );
});

test("fields outside the key do not change it, the type does", () => {
  assert.equal(idempotencyKey("t", { a: 1, z: 1 }, fields), idempotencyKey("t", { a: 1, z: 2 }, fields));
  assert.notEqual(idempotencyKey("t", { a: 1 }, fields), idempotencyKey("u", { a: 1 }, fields));
  assert.match(idempotencyKey("t", { a: 1 }, fields), /^t:[0-9a-f]{64}$/);
});

function ofContent(data: Record<string, unknown>, from: IdentityRule["from"] = "content") {
  return identityOf(identityRule("t", Object.keys(data), from), data);
}

test("times are not compared, at any depth; everything else is", () => {
  const payload = { slug: "a", ready_at: "1", checks: [{ name: "unit", finished_at: "2" }] };
  const later = { slug: "a", ready_at: "9", checks: [{ name: "unit", finished_at: "9" }] };
  assert.deepEqual(ofContent(payload), ofContent(later));
  for (const other of [
    { ...payload, slug: "b" },
    { ...payload, at: "x" },
  ]) {
    assert.notEqual(ofContent(payload).digest, ofContent(other).digest);
    assert.notEqual(ofContent(payload).key, ofContent(other).key);
  }
});

test("a digest is that of the canonical JSON, whatever order names and members come in, absent ones left out", () => {
  const name = fc.stringMatching(/^[a-z_]{1,8}$/).filter((text) => !text.endsWith("_at"));
  fc.assert(
    fc.property(fc.dictionary(name, fc.jsonValue()), fc.array(name), (data, more) => {
      const names = [...new Set([...more, ...Object.keys(data)])];
      const hash = createHash("sha256")
        .update(canonicalJson(untimed(data)))
        .digest("hex");
      const identity = identityOf(identityRule("t", names, "content"), data);
      assert.deepEqual(identity, { key: `t:${hash}`, digest: hash.slice(0, 32) });
      assert.deepEqual(identityOf(identityRule("t", names.reverse(), "content"), data), identity);
    }),
  );
});

/** Without `*_at`, at any depth. */
function untimed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(untimed);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => !name.endsWith("_at"))
      .map(([name, member]) => [name, untimed(member)]),
  );
}

test("what is no JSON is named by its path, also in a payload", () => {
  for (const bad of [Number.NaN, 1n, [undefined]])
    assert.throws(
      () => ofContent({ checks: [{ bad }] }, "each"),
      (error) => isFailure(error, "not_json") && error.message.includes("checks[0].bad"),
    );
});

test("keys and digests are spelled as they lie in the logs there are", () => {
  const at = "2026-11-22T10:00:00Z";
  const table: [string, unknown, string | null, string][] = [
    [
      "deployment.started",
      startedData("one"),
      "8ec38bda059609f385f5d260584eb913379976258011ec1ff429df4918916e32",
      "8d83b4eee4f0bb6642e9e86c55c178eb",
    ],
    [
      "integration.follow_up.opened",
      {
        slug: "one",
        branch: "one",
        sha: sha(1),
        follow_up_slug: "fix-one",
        reason: 'é "quoted"\n\u2028',
        opened_at: at,
      },
      "5b3e476b5a1ddc9a6361d57b875d8c1c370c1b0f1668caf4b00b125f5efdc2f7",
      "5b3e476b5a1ddc9a6361d57b875d8c1c",
    ],
    [
      "review.approved",
      { slug: "one", review_round: 2, reviewer_session_id: "r", approved_at: at },
      "0b2f1856f23bf5613baeeee1bb8df65f94cda4cf5707aa7b0e9072dbcfc897de",
      "269ecef3986b5cefbd08733984586220",
    ],
    ["integration.queue.resumed", { by: "ann" }, null, "725221eb95d9ea24f47d1f6006ba4593"],
  ];
  const catalog = builtInCatalog();
  for (const [name, data, key, digest] of table) {
    const type = `domain.software-development.${name}`;
    const valid = catalog.validate(type, data);
    assert.deepEqual([valid.key, valid.digest], [key === null ? null : `${type}:${key}`, digest], name);
  }
});
