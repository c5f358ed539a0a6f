import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { median, percentile, ratioOf, rounded } from "../../bench/numbers.ts";

test("the median is the middle value, or the mean of the two in the middle", () => {
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([4, 1, 3, 2]), 2.5);
  assert.throws(() => median([]), RangeError);
});

test("half of the values lie on each side of the median, whatever their order", () => {
  const values = fc.array(fc.double({ noNaN: true, min: -1e6, max: 1e6 }), { minLength: 1 });
  fc.assert(
    fc.property(values, (some) => {
      const middle = median(some);
      const half = Math.floor(some.length / 2);
      assert.ok(some.filter((value) => value < middle).length <= half);
      assert.ok(some.filter((value) => value > middle).length <= half);
      assert.equal(median(some.toReversed()), middle);
    }),
  );
});

test("a percentile is one of the values, and the hundredth is the largest", () => {
  assert.equal(percentile([5, 1, 9], 1), 9);
  assert.equal(percentile([5, 1, 9], 0.5), 5);
  assert.equal(percentile([5, 1, 9], 0), 1);
  assert.throws(() => percentile([], 0.5), RangeError);
});

test("a ratio compares the two of each round before it takes the middle, so that slow rounds cancel out", () => {
  const rounds = [
    { ours: 20, theirs: 10 },
    { ours: 2000, theirs: 1000 },
    { ours: 30, theirs: 10 },
  ];
  assert.deepEqual(ratioOf(rounds, "ours/theirs"), { value: 2, low: 2, high: 3, rounds: 3 });
  assert.deepEqual(ratioOf(rounds, "theirs/ours"), { value: 0.5, low: 0.333, high: 0.5, rounds: 3 });
});

test("a number is told with three significant digits", () => {
  assert.equal(rounded(1234.5), 1230);
  assert.equal(rounded(0.0123456), 0.0123);
});
