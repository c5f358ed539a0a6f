import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { openRecent } from "../../src/git/recent.ts";

test("what is kept is what was put, never weighs more than the limit, and the longest unused goes first", () => {
  const recent = openRecent<string>(8);
  for (const id of ["a", "b", "c", "d"]) recent.put(id, id.toUpperCase(), 2);
  assert.equal(recent.get("a"), "A");
  recent.put("e", "E", 1);
  assert.deepEqual(
    ["a", "b", "c", "d", "e"].map((id) => recent.get(id)),
    ["A", undefined, "C", "D", "E"],
  );
  recent.put("heavy", "H", 3);
  assert.equal(recent.get("heavy"), undefined);
});

test("whatever is put and asked for, an answer is the value of that id, and the newest light one is there", () => {
  const action = fc.record({ id: fc.nat(12), weight: fc.nat(6), get: fc.boolean() });
  fc.assert(
    fc.property(fc.array(action, { maxLength: 200 }), (actions) => {
      const recent = openRecent<number>(16);
      for (const { id, weight, get } of actions) {
        if (!get) {
          recent.put(String(id), id, weight);
          if (weight <= 4) assert.equal(recent.get(String(id)), id);
        }
        assert.ok([undefined, id].includes(recent.get(String(id))));
      }
      const held = Array.from({ length: 13 }, (_, id) => recent.get(String(id))).filter(
        (one) => one !== undefined,
      );
      assert.ok(held.length <= 13);
    }),
  );
});
