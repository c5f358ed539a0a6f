/** The end of what a worker printed: as it was where it is usual, and bounded where it is not. */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import { logEnd } from "../../src/board/log-end.ts";

suite("the end of an output", () => {
  const table: [what: string, text: string, lines: number, shown: string][] = [
    ["nothing", "", 10, ""],
    ["no lines wanted", "a\nb\n", 0, ""],
    ["one line without an end", "a", 10, "a\n"],
    ["the last ones", "a\nb\nc\n", 2, "b\nc\n"],
    ["all, where fewer are there", "a\nb\n", 10, "a\nb\n"],
    ["empty lines are lines", "a\n\n\n", 2, "\n\n"],
    ["what would fool a terminal", "a\u001b[2J\u202eb\tc\n", 1, "a\\u{1b}[2J\\u{202e}b\tc\n"],
    ["a long line", "x".repeat(2001), 1, `${"x".repeat(2000)} [… 2001 characters in all]\n`],
    [
      "no half of a character",
      `${"x".repeat(1999)}😀y`,
      1,
      `${"x".repeat(1999)}\ufffd [… 2002 characters in all]\n`,
    ],
  ];
  for (const [what, text, lines, shown] of table)
    test(`shows ${what}`, () => assert.equal(logEnd(text, lines), shown));

  test("keeps the newest lines where all are too much, and says how many are not there", () => {
    const text = Array.from({ length: 5000 }, (_, at) => `${at} ${"x".repeat(995)}`).join("\n");
    const shown = logEnd(text, 5000).trimEnd().split("\n");
    assert.ok(shown.at(-1)?.startsWith("4999 "));
    const [, left = ""] = /^\[… (\d+) lines more …\]$/.exec(shown[0] ?? "") ?? [];
    assert.equal(Number(left) + shown.length - 1, 5000);
    assert.ok(shown[1]?.startsWith(`${left} `));
  });

  test("is never long, whatever was printed, and at least the last line is there", () => {
    const line = fc.tuple(fc.constantFrom("x", "\u202e", "😀", "\u001b[", "ü"), fc.nat(400_000));
    fc.assert(
      fc.property(
        fc.array(line, { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 1, max: 8 }),
        (parts, lines) => {
          const text = parts.map(([unit, count]) => `-${unit.repeat(count)}`).join("\n");
          const shown = logEnd(text, lines);
          assert.ok(shown.length < 2_500_000);
          assert.ok(shown.startsWith("-"));
        },
      ),
      { numRuns: 30 },
    );
  });
});
