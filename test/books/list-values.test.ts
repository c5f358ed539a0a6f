/**
 * What is read and edited by parts must be what is read and edited whole, to the byte: held for lists as people write
 * them, for hostile ones, and for what becomes of either by one change after another.
 */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import { addition, afterWithout, isGone, removal } from "../../src/books/list-edits.ts";
import { parse } from "../../src/books/list-parse.ts";
import { type Entry, type ListEdit, tidyEnd } from "../../src/books/list-text.ts";
import { itemText, type ListValues, readValues } from "../../src/books/list-values.ts";
import { type Splice, spliced } from "../../src/books/splices.ts";
import { withFirst, withoutSlugs } from "../../src/books/yaml-list.ts";

const slug = fc.constantFrom("a", "b", "c");
const entry: Entry = { slug: "new", title: "yes", after: ["a"] };

/** Items as people write them, in every style, with comments and blank lines where they may stand. */
const tidyItem = fc
  .record({
    slug,
    after: fc.array(slug, { maxLength: 3 }),
    style: fc.constantFrom("flow", "spaced", "block", "flat", "map", "plain", "wide", "quoted"),
    note: fc.constantFrom("", "", "  # why: [a]"),
    below: fc.constantFrom(
      "",
      "",
      "\n",
      "# between\n",
      "\n# on its own\n\n",
      "  # inside\n",
      "  t: |\n    - b\n\n",
    ),
  })
  .map(({ slug: name, after, style, note, below }) => {
    const [one = "c"] = after;
    const indent = style === "flat" ? "  " : "    ";
    switch (style) {
      case "map":
        return `- {slug: ${name}, after: [${after.join(",")}]}${note}\n${below.replace(/^ .*/s, "")}`;
      case "plain":
        return `- after: ${one}${note}\n  slug: ${name}\n${below}`;
      case "wide":
        return `-   slug:   ${name}\n    after: [ ${after.join(" , ")} ]\n${below.replaceAll("  ", "    ")}`;
      case "quoted":
        return `- "slug": '${name}'\n  title: "two\n    lines"\n  after: ["${one}"]${note}\n${below}`;
      case "flow":
      case "spaced":
        return `- slug: ${name}${note}\n  after: [${after.join(style === "flow" ? ", " : " ,")}]\n${below}`;
      default: {
        const lines = after.map((each) => `${indent}- ${each}${note}\n`).join("");
        return `- slug: ${name}\n  after:${lines === "" ? " []\n" : `\n${lines}`}${below}`;
      }
    }
  });

/** What is no map, reaches into other items, or ends somewhere else than it seems to. */
const oddItem = fc.constantFrom(
  ...[
    "- text\n",
    "- 7\n",
    "- ~\n",
    "- \n",
    "-\n",
    "- [x]\n",
    "- - a\n  - b\n",
    "- # note\n  slug: a\n",
    "---\n",
    "...\n",
  ],
  ...[
    "- &x a\n",
    "- *x\n",
    "- slug: &x a\n",
    "- after: *x\n",
    "- &x [*x]\n",
    "- !!str 7\n",
    "- !!set {a}\n",
    "- ! a\n",
  ],
  ...[
    '- "open\n',
    '- closed"\n',
    "- [open,\n",
    "- closed]\n",
    "- 'a\n# b'\n",
    "- [a,\n  b]\n",
    "- {slug: a,\n",
    "}\n",
  ],
  ...[
    "- |\n  a\n # b\n",
    "- |+\n  a\n\n\n",
    "- >-\n  a\n\n  b\n",
    "- |2\n   a\n",
    "- |\n# a\n",
    "- t: |\n    a\n  # b\n",
  ],
  ...[
    "- a: 1\n  a: 2\n",
    "- a: b: c\n",
    "- a\n b\n",
    "- a: 1\n b: 2\n",
    "  - a\n",
    "- ? a\n  : b\n",
    "- __proto__: {slug: a}\n",
  ],
  ...[
    "- a\t# b\n",
    "\t- a\n",
    "- a\rb\n",
    "\r\n",
    "- \uFEFFa\n",
    "\uFEFF",
    "\u00a0\n",
    "%YAML 1.1\n",
    "- <<: {slug: a}\n",
    "- .nan\n",
  ],
);

const head = fc.constantFrom(
  ...["", "", "# newest first\n", "# order\n\n  # by hand\n\n", "\n", "  \n"],
  ...["---\n", "%YAML 1.1\n---\n", "# - slug: a\n", "text\n", "&x\n", "\t\n", "\r\n", "\u00a0\n", "[]\n"],
);

/** A text, and what becomes of it, by one change after another. */
const versions = (item: fc.Arbitrary<string>) =>
  fc
    .record({
      head,
      items: fc.array(item, { maxLength: 6 }),
      changes: fc.array(
        fc.record({ at: fc.nat(6), gone: fc.nat(2), added: fc.array(item, { maxLength: 2 }), head }),
        { maxLength: 3 },
      ),
      end: fc.constantFrom("\n", "\n", "\r\n"),
      mark: fc.constantFrom("", "", "\uFEFF"),
      isChopped: fc.boolean(),
    })
    .map(({ head: first, items, changes, end, mark, isChopped }) => {
      const texts = [first + items.join("")];
      let current = items;
      for (const { at, gone, added, head: next } of changes) {
        current = current.toSpliced(at, gone, ...added);
        texts.push((gone === 0 && added.length === 0 ? next : first) + current.join(""));
      }
      return texts.map((text) => {
        const ended = isChopped ? text.replace(/\n+$/, "") : text;
        return mark + ended.replaceAll("\n", end);
      });
    });

const anyItem = fc.oneof({ weight: 8, arbitrary: tidyItem }, { weight: 1, arbitrary: oddItem });
const history = fc.oneof(versions(tidyItem), versions(anyItem), versions(oddItem));

suite("a list that is read by parts", () => {
  test("says what the whole of it says, or why it is none", () => {
    let plain = 0;
    let others = 0;
    fc.assert(
      fc.property(history, (texts) => {
        for (const text of texts) {
          const reading = readValues(text);
          assert.deepEqual(saidBy(reading), saidWhole(text), JSON.stringify(text));
          if (isPlain(reading)) plain++;
          else others++;
        }
      }),
      { numRuns: 800 },
    );
    assert.ok(plain > 150 && others > 150, `${plain} were plain and ${others} were not`);
  });

  test("is edited as the whole of it would be", () => {
    let byParts = 0;
    fc.assert(
      fc.property(history, fc.uniqueArray(slug, { minLength: 1, maxLength: 2 }), (texts, names) => {
        const gone = new Set(names);
        for (const text of texts) {
          const told = JSON.stringify(text);
          const without = withoutSlugs(text, gone);
          assert.deepEqual(
            without,
            behindMark(text, (rest) => takenOutWhole(rest, gone)),
            told,
          );
          assert.deepEqual(
            withFirst(text, entry),
            behindMark(text, (rest) => putFirstWhole(rest)),
            told,
          );
          if (isPlain(readValues(text)) && without.kind === "edited" && without.text !== text) byParts++;
        }
      }),
      { numRuns: 800 },
    );
    assert.ok(byParts > 50, `only ${byParts} were edited by parts`);
  });

  const neighbours: [string, string, string][] = [
    ["the end of a longer item", "- a- b\n", "- c\n- b\n"],
    ["the start of a longer item", "- c\n- a\n", "- c\n- ab\n"],
    ["an item that goes on", "- c\n- a\n", "- c\n- a\n  b\n"],
    ["an item without its line end", "- c\n- a", "- c\n- a\n- a"],
    ["one of several equal items", "- a\n- a\n- a\n", "- a\n- a\n"],
    ["one more equal item", "- a\n- a\n", "- a\n- a\n- a\n"],
    ["items in another order", "- a\n- b\n- c\n- d\n", "- a\n- c\n- b\n- d\n"],
    ["an item below another head", "# x\n- a\n- b\n", "- b\n- a\n"],
    ["a comment that looks like an item", "# - a\n- b\n", "- a\n- b\n"],
  ];
  for (const [what, known, text] of neighbours)
    test(`is told from one that has been read: ${what}`, () => {
      readValues(known);
      assert.deepEqual(saidBy(readValues(text)), saidWhole(text));
      readValues(known);
      assert.ok(isPlain(readValues(text)));
    });

  const plainLists: [string, string][] = [
    ["maps below comments", "# order\n\n- slug: a\n  # why\n- slug: b # x\n\n# end\n"],
    ["block texts", "- slug: a\n  t: |\n    - b: &x *y !z\n\n    # c\n- slug: b\n"],
    ["CRLF", "# a\r\n\r\n- slug: a\r\n  x: 1\r\n- slug: b\r\n"],
    ["words with & and ! in them", "- title: you & me!\n- title: 'a *b &c'\n"],
    ["values that are no maps", "- text\n  goes on\n- 7\n- - a\n  - b\n- \n"],
  ];
  for (const [what, text] of plainLists)
    test(`is a plain list with ${what}`, () => assert.ok(isPlain(readValues(text))));

  const otherLists: [string, string][] = [
    ["an anchor", "- slug: &x a\n- slug: b\n"],
    ["a tag", "- slug: !!str a\n- slug: b\n"],
    ["a document start", "---\n- slug: a\n"],
    ["a directive", "%YAML 1.1\n---\n- slug: a\n"],
    ["a document end", "- slug: a\n...\n"],
    ["an indented list", "  - slug: a\n  - slug: b\n"],
    ["a hyphen on a line of its own", "- a\n-\n  slug: a\n"],
    ["a flow list", "[{slug: a}]\n"],
    ["a text that only looks like items", "- 'a\n- b'\n"],
  ];
  for (const [what, text] of otherLists)
    test(`is no plain list with ${what}`, () => assert.ok(!isPlain(readValues(text))));
});

suite("what is remembered of lists", () => {
  const thousand = (name: string) =>
    Array.from({ length: 1000 }, (_, at) => `- slug: ${name}-${at}\n  after: [${name}-${at + 500}]\n`);

  test("spares all items but the changed ones from being parsed again", () => {
    const items = thousand("spared");
    const before = valuesOf(`# order\n${items.join("")}`);
    const changed = items.with(3, "- slug: other\n").toSpliced(700, 1).toSpliced(400, 0, "- slug: more\n");
    const after = valuesOf(`# another order\n\n${changed.join("")}`);
    const known = new Set(before);
    assert.deepEqual(
      after.filter((value) => !known.has(value)),
      [{ slug: "other" }, { slug: "more" }],
    );
  });

  test("is what an edit has left, so that the next one finds it read", () => {
    const text = thousand("left").join("");
    const before = valuesOf(text);
    const edit = withoutSlugs(text, new Set(["left-7"]));
    const after = valuesOf(edit.kind === "edited" ? edit.text : assert.fail());
    assert.equal(after.length, 999);
    assert.ok(after.every((value, at) => value === before[at < 7 ? at : at + 1]));
  });

  test("is the last few texts, and no item of another one", () => {
    const value = () => valuesOf("- slug: forgotten\n")[0];
    const first = value();
    assert.equal(value(), first);
    for (let at = 0; at < 8; at++) readValues(`- slug: newer-${at}\n`);
    assert.notEqual(value(), first);
    assert.deepEqual(value(), first);
  });

  test("cannot be changed by those who are told it", () => {
    const [value] = valuesOf("- slug: a\n  after: [b]\n  more: {x: [1]}\n");
    const isFrozen = (one: unknown): boolean =>
      typeof one !== "object" || one === null || (Object.isFrozen(one) && Object.values(one).every(isFrozen));
    assert.ok(isFrozen(value));
    assert.ok(isFrozen(valuesOf("- &x {a: [1]}\n- *x\n")));
    assert.ok(
      readValues("- &x [*x]\n- !!binary aGk=\n").kind === "list",
      "what holds itself, and bytes, included",
    );
  });

  test("gives each item its text", () => {
    const text = "# order\n- a\n# b\n- c";
    const reading = readValues(text);
    const starts = isPlain(reading) ? (reading.starts ?? []) : [];
    assert.deepEqual(
      [0, 1].map((at) => itemText(text, starts, at)),
      ["- a\n# b\n", "- c"],
    );
  });
});

function isPlain(reading: ListValues): reading is Extract<ListValues, { kind: "list" }> {
  return reading.kind === "list" && reading.starts !== null;
}

function valuesOf(text: string): readonly unknown[] {
  const reading = readValues(text);
  return reading.kind === "list" ? reading.values : assert.fail(reading.why);
}

function saidBy(reading: ListValues): unknown {
  return reading.kind === "list" ? reading.values : reading.why;
}

function saidWhole(text: string): unknown {
  const parsed = parse(text);
  return parsed.kind === "parsed" ? parsed.values : parsed.why;
}

function behindMark(text: string, edit: (rest: string) => ListEdit): ListEdit {
  if (!text.startsWith("\uFEFF")) return edit(text);
  const edited = edit(text.slice(1));
  return edited.kind === "edited" ? { kind: "edited", text: `\uFEFF${edited.text}` } : edited;
}

/** The edit by one look at the whole text. */
function takenOutWhole(text: string, gone: ReadonlySet<string>): ListEdit {
  const parsed = parse(text);
  if (parsed.kind === "malformed") return { kind: "unusual" };
  const kept = parsed.values.filter((value) => !isGone(value, gone));
  const expected = kept.map((value) => afterWithout(value, gone));
  const isAsItWas = expected.every((value, at) => Object.is(value, parsed.values[at]));
  if (isAsItWas && expected.length === parsed.values.length) return { kind: "edited", text };
  const splices = removal(text, gone);
  return checkedWhole(splices, expected, (found) => tidyEnd(text, spliced(text, found)));
}

function putFirstWhole(text: string): ListEdit {
  const parsed = parse(text);
  if (parsed.kind === "malformed") return { kind: "unusual" };
  return checkedWhole(addition(text, entry), [entry, ...parsed.values], (found) => spliced(text, found));
}

function checkedWhole(
  splices: readonly Splice[] | null,
  expected: readonly unknown[],
  edited: (splices: readonly Splice[]) => string,
): ListEdit {
  if (splices === null) return { kind: "unusual" };
  const text = edited(splices);
  const parsed = parse(text);
  return parsed.kind === "parsed" && isWrittenAlike(parsed.values, expected)
    ? { kind: "edited", text }
    : { kind: "unusual" };
}

function isWrittenAlike(a: unknown, b: unknown): boolean {
  try {
    return JSON.stringify(a) === JSON.stringify(b);
  } catch {
    return false;
  }
}
