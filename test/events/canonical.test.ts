import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { isFailure } from "../../src/errors.ts";
import { canonicalJson, contentKey, idempotencyKey, payloadDigest } from "../../src/events/canonical.ts";

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

test("times are not compared, at any depth; everything else is", () => {
  const payload = { slug: "a", ready_at: "1", checks: [{ name: "unit", finished_at: "2" }] };
  const later = { slug: "a", ready_at: "9", checks: [{ name: "unit", finished_at: "9" }] };
  assert.equal(payloadDigest(payload), payloadDigest(later));
  assert.equal(contentKey("t", payload), contentKey("t", later));
  assert.notEqual(payloadDigest(payload), payloadDigest({ ...payload, slug: "b" }));
  assert.notEqual(payloadDigest(payload), payloadDigest({ ...payload, at: "x" }));
});
