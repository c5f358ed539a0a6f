/** Text for Telegram: never too long, never out of its marks, and nothing in it that a name could do harm with. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  bold,
  cut,
  letter,
  longestMessage,
  name,
  passage,
  phrase,
  type Span,
  title,
  type Written,
  written,
} from "../../../src/surfaces/telegram/text.ts";

/** What Telegram itself would make a link of, were it not set in `code` or `pre`. */
const alive = [
  ["a command", "/resume"],
  ["a command after a word", "tap /pause now"],
  ["a mention", "ask @ann_lee"],
  ["a tag", "see #release"],
  ["money", "pay $USD"],
  ["an address", "https://evil.example/login"],
  ["a bare address", "see evil.example"],
  ["a file that is an address, too", "README.md conflicts"],
  ["a post box", "ann@example.org"],
] as const;

for (const [what, text] of alive)
  test(`${what} in what others wrote is set in code`, () => {
    for (const span of [title(text), phrase(text), passage(text)])
      assert.ok(typeof span !== "string" && (span.style === "code" || span.style === "pre"), text);
  });

test("calm words stay words: a title is bold, a sentence is plain", () => {
  assert.deepEqual(title("shop is on main"), { text: "shop is on main", style: "bold" });
  assert.equal(phrase("By 1a2b3c4; checks: none."), "By 1a2b3c4; checks: none.");
  assert.equal(
    passage("Branch feature/x at 1a2b3c4, handed over by w-1."),
    "Branch feature/x at 1a2b3c4, handed over by w-1.",
  );
});

test("characters that fool an eye are shown by their number", () => {
  for (const [given, shown] of [
    ["a\u202eb", "a\\u{202e}b"],
    ["a\u200bb", "a\\u{200b}b"],
    ["a\u0000b", "a\\u{0}b"],
    ["a\u009bb", "a\\u{9b}b"],
    ["a\u001b]52;c;x\u0007b", "a\\u{1b}]52;c;x\\u{7}b"],
  ] as const) {
    const { text } = written([[name(given)]]);
    assert.equal(text, shown);
  }
});

test("marks are counted in UTF-16 units, after the ends were trimmed", () => {
  const { text, entities } = written([["  "], ["🚦 ", bold("zwei"), " "], [name("drei")], ["  "]]);
  assert.equal(text, "🚦 zwei \ndrei");
  assert.deepEqual(entities, [
    { type: "bold", offset: 3, length: 4 },
    { type: "code", offset: 9, length: 4 },
  ]);
});

test("a long middle is shortened, and says so, and head and foot are whole", () => {
  const body = passage("x@y\n".repeat(3000));
  const { text, entities } = letter({ head: [[bold("Head")]], body, foot: [[name("foot/foot")]] });
  assert.ok(text.length <= longestMessage && text.length > longestMessage - 10, String(text.length));
  assert.match(text, /^Head\n/);
  assert.match(text, /… \(11999 characters in all\)\nfoot\/foot$/);
  assert.equal(entities.length, 3);
});

test("a cut never leaves half a character", () => {
  assert.equal(cut("🚦🚦🚦", 4), "🚦…");
  assert.equal(cut("abc", 3), "abc");
  assert.equal(cut("abcd", 3), "ab…");
});

const text = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({ unit: "grapheme" }),
  fc.constantFrom(...alive.map(([, each]) => each)),
);
const span: fc.Arbitrary<Span> = fc.oneof(
  text.map(title),
  text.map(name),
  text.map(phrase),
  text.map(passage),
  text.map(bold),
);

test("any words make a message that Telegram takes", () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(span, { maxLength: 6 }), { maxLength: 40 }),
      fc.nat(9000),
      (lines, more) => {
        expectWellFormed(written(lines));
        const head = lines.slice(0, 2);
        const short = head.map((line) => line.slice(0, 2));
        expectWellFormed(letter({ head: short, body: passage("é.a".repeat(more)), foot: [["end"]] }));
      },
    ),
    { numRuns: 300 },
  );
});

function expectWellFormed({ text, entities }: Written): void {
  assert.ok(text.length <= longestMessage);
  assert.equal(text, text.trim());
  assert.ok(entities.length <= 100);
  let end = 0;
  for (const { offset, length } of entities) {
    assert.ok(offset >= end && length > 0, "marks overlap");
    end = offset + length;
  }
  assert.ok(end <= text.length, "a mark ends beyond the text");
}
