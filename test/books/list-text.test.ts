import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parse as parseYaml } from "yaml";
import { parse } from "../../src/books/list-parse.ts";
import {
  behindByteOrderMark,
  blockEntry,
  checked,
  flowText,
  isSame,
  tidyEnd,
} from "../../src/books/list-text.ts";

test("what is written as an entry reads back as the same words, by readers of both YAML versions", () => {
  const word = fc.oneof(
    fc.constantFrom(
      "no",
      "on",
      "2026-01-01",
      "1_000",
      "~",
      "a: b",
      "a # b",
      "- a",
      "[x]",
      "'",
      '"',
      "{",
      ",",
      "*a",
    ),
    fc.string({ maxLength: 20 }).map((text) => text.replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, "")),
  );
  fc.assert(
    fc.property(word, fc.array(word, { maxLength: 3 }), (title, after) => {
      const entry = { slug: "x", title, after };
      for (const text of [blockEntry(entry, 2, "\n"), `[${flowText(entry)}]`]) {
        assert.deepEqual(parseYaml(text), [entry]);
        assert.deepEqual(parseYaml(text, { version: "1.1" }), [entry]);
      }
    }),
  );
});

test("a text that does not read as it should is no edit", () => {
  assert.deepEqual(checked("- slug: a\n", [{ slug: "a" }]), { kind: "edited", text: "- slug: a\n" });
  assert.deepEqual(checked("- slug: a\n", [{ slug: "b" }]), { kind: "unusual" });
  assert.deepEqual(checked("- [", []), { kind: "unusual" });
  assert.ok(!isSame([{ a: 1, b: 2 }], [{ b: 2, a: 1 }]), "the order of keys counts");
});

test("a byte order mark is behind nothing's offset, and a text ends as it did", () => {
  const seen = behindByteOrderMark("\uFEFFa", (rest) => ({ kind: "edited", text: `${rest}b` }));
  assert.deepEqual(seen, { kind: "edited", text: "\uFEFFab" });
  assert.deepEqual(
    [tidyEnd("a\n", "b\n\n\n"), tidyEnd("a", "b\n"), tidyEnd("a\r\n", "b"), tidyEnd("a\n", " \n")],
    ["b\n", "b", "b\r\n", ""],
  );
});

test("any text is parsed or told what is wrong with it", () => {
  for (const text of ["", "# only\n", "- a\n"]) assert.equal(parse(text).kind, "parsed", text);
  for (const text of ["a: b", "- [", "[".repeat(100_000), "- *x", "x".repeat(5 << 20)])
    assert.equal(parse(text).kind, "malformed", text.slice(0, 20));
});
