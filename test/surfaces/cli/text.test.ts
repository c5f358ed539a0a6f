import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { table } from "../../../src/surfaces/cli/table.ts";
import { safeJson } from "../../../src/surfaces/safe-json.ts";
import { fit, paint, styled, widthOf } from "../../../src/surfaces/text.ts";
import { age } from "../../../src/surfaces/times.ts";
import { plain } from "./plain.ts";

const unsafe = /[\p{Cc}\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/u;

test("what comes from outside cannot move the cursor, colour the text or forge a line", () => {
  const hostile = [
    "a\u001b[2Jb",
    "x\ny",
    "\u009b31m",
    "\u202egnp.exe",
    "z\u200bw",
    "\r",
    "\u001b]52;c;aGk=\u0007",
  ];
  for (const name of hostile) assert.doesNotMatch(paint([name, styled("strong", name)], false), unsafe);
  assert.equal(
    paint([styled("bad", "a\u001b[0mb")], true).split("\u001b").length,
    3,
    "only our own two escapes",
  );
});

test("no string whatever paints to an unsafe character", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => !unsafe.test(paint([text], false))));
});

test("JSON is safe to look at and reads back as the same value", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string({ unit: "binary" }), fc.string({ unit: "binary" })), (value) => {
      const text = safeJson(value);
      assert.doesNotMatch(text, unsafe);
      assert.deepEqual(JSON.parse(text), JSON.parse(JSON.stringify(value)));
    }),
  );
  assert.equal(safeJson({ a: undefined, b: "\u202e" }), '{"a":null,"b":"\\u202e"}');
});

test("a line is cut to its width, wide characters counted as two", () => {
  assert.equal(paint(fit(["abcdef"], 4), false), "abc…");
  assert.equal(paint(fit(["abc"], 4), false), "abc");
  assert.equal(widthOf(["日本"]), 4);
  assert.equal(paint(fit(["日本語"], 4), false), "日…");
  fc.assert(
    fc.property(fc.array(fc.string()), fc.integer({ min: 1, max: 40 }), (spans, width) => {
      assert.ok(widthOf(fit(spans, width)) <= width);
    }),
  );
});

test("a table aligns its columns, and the flexible one gives way", () => {
  const columns = [
    { title: "n", align: "right" as const },
    { title: "name" },
    { title: "why", flexible: true },
  ];
  const rows = [
    ["1", "first", "it waits for its turn"],
    ["12", "a", "b"],
  ];
  assert.equal(
    plain(table(columns, rows, 24)),
    [" N  NAME   WHY", " 1  first  it waits for…", "12  a      b"].join("\n"),
  );
  assert.equal(
    plain(table(columns, rows, Number.POSITIVE_INFINITY)),
    [" N  NAME   WHY", " 1  first  it waits for its turn", "12  a      b"].join("\n"),
  );
});

test("an age is its largest whole unit", () => {
  const now = Date.UTC(2026, 0, 10);
  const at = (ms: number) => age(new Date(now - ms).toISOString(), now);
  assert.deepEqual(
    [at(0), at(59_999), at(60_000), at(3_600_000), at(30 * 3_600_000), at(3 * 86_400_000), at(-5000)],
    ["0s", "59s", "1m", "1h", "30h", "3d", "0s"],
  );
  assert.equal(age("never", now), "");
  assert.equal(age(null, now), "");
});
