import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import { parse } from "yaml";
import { type Position, withEntryAt, withEntryMoved } from "../../src/books/placing.ts";

const last: Position = { at: "last" };
const first: Position = { at: "first" };
const before = (slug: string): Position => ({ at: "before", slug });
const after = (slug: string): Position => ({ at: "after", slug });

function added(text: string, position: Position = last, entry: Record<string, unknown> = { slug: "new" }) {
  const edit = withEntryAt(text, entry, position);
  return edit.kind === "edited" ? edit.text : edit.kind;
}

function moved(text: string, slug: string, position: Position) {
  const edit = withEntryMoved(text, slug, position);
  return edit.kind === "edited" ? edit.text : edit.kind;
}

const commented = `# The roadmap, in order.

# Ada asked for this
- slug: a # soon
  title: "A: first"

# --- next quarter ---

- slug: b
  after: [a]
# needs a decision
- slug: c
`;

suite("an entry put into a list", () => {
  const cases: [string, string, Position, string][] = [
    ["an empty file", "", last, "- slug: new\n"],
    ["a file of comments only", "# plans\n", last, "# plans\n- slug: new\n"],
    ["an empty flow list", "[]\n", last, "[{slug: new}]\n"],
    ["a list's end", "- slug: a\n", last, "- slug: a\n- slug: new\n"],
    ["a list without a final line end", "- slug: a", last, "- slug: a\n- slug: new"],
    ["a list with a comment behind it", "- slug: a\n# end\n", last, "- slug: a\n- slug: new\n# end\n"],
    ["a list that is indented", "  - slug: a\n", last, "  - slug: a\n  - slug: new\n"],
    ["a list with Windows line ends", "- slug: a\r\n", last, "- slug: a\r\n- slug: new\r\n"],
    ["a list behind a byte order mark", "\uFEFF- slug: a\n", last, "\uFEFF- slug: a\n- slug: new\n"],
    ["the front, below the head comment", "# head\n- slug: a\n", first, "# head\n- slug: new\n- slug: a\n"],
    [
      "the front, above the first entry's own comment",
      "# head\n\n# why a\n- slug: a\n",
      first,
      "# head\n\n- slug: new\n# why a\n- slug: a\n",
    ],
    [
      "the place before another",
      "- slug: a\n# b!\n- slug: b\n",
      before("b"),
      "- slug: a\n- slug: new\n# b!\n- slug: b\n",
    ],
    ["the place after another", "- slug: a\n- slug: b\n", after("a"), "- slug: a\n- slug: new\n- slug: b\n"],
    [
      "a list set apart by blank lines",
      "- slug: a\n\n- slug: b\n",
      last,
      "- slug: a\n\n- slug: b\n\n- slug: new\n",
    ],
    [
      "the middle of a list set apart by blank lines",
      "- slug: a\n\n- slug: b\n",
      after("a"),
      "- slug: a\n\n- slug: new\n\n- slug: b\n",
    ],
    ["a flow list's end", "[{slug: a}]\n", last, "[{slug: a}, {slug: new}]\n"],
    ["a flow list's front", "[{slug: a}]\n", first, "[{slug: new}, {slug: a}]\n"],
  ];
  for (const [what, text, position, expected] of cases)
    test(`goes to ${what}`, () => assert.equal(added(text, position), expected));

  test("is written so that every reader takes its words for words", () => {
    const entry = { slug: "new", title: "yes: # no", description: "2026-01-01", after: ["a", "no"] };
    const text = added("- slug: a\n", last, entry);
    assert.deepEqual(parse(text), [{ slug: "a" }, entry]);
    assert.deepEqual(parse(text, { version: "1.1" }), [{ slug: "a" }, entry]);
  });

  test("names the neighbour that is not there, and leaves a text that is no list alone", () => {
    assert.deepEqual(withEntryAt("- slug: a\n", { slug: "new" }, before("zz")), {
      kind: "no_such",
      slug: "zz",
    });
    assert.equal(added("slug: a\n"), "unusual");
    assert.equal(added("- slug: [\n"), "unusual");
  });
});

suite("an entry moved in a list", () => {
  test("takes the comments directly above it along, and no other", () => {
    assert.equal(
      moved(commented, "c", first),
      `# The roadmap, in order.

# needs a decision
- slug: c
# Ada asked for this
- slug: a # soon
  title: "A: first"

# --- next quarter ---

- slug: b
  after: [a]
`,
    );
    assert.equal(
      moved(commented, "a", last),
      `# The roadmap, in order.

# --- next quarter ---

- slug: b
  after: [a]
# needs a decision
- slug: c
# Ada asked for this
- slug: a # soon
  title: "A: first"
`,
    );
  });

  const cases: [string, string, string, Position, string][] = [
    ["up", "- slug: a\n- slug: b\n", "b", first, "- slug: b\n- slug: a\n"],
    ["down", "- slug: a\n- slug: b\n- slug: c\n", "a", after("b"), "- slug: b\n- slug: a\n- slug: c\n"],
    ["up, without a final line end", "- slug: a\n- slug: b", "b", first, "- slug: b\n- slug: a"],
    ["down, without a final line end", "- slug: a\n- slug: b", "a", last, "- slug: b\n- slug: a"],
    ["nowhere, where it is there", "- slug: a\n- slug: b\n", "a", before("b"), "- slug: a\n- slug: b\n"],
    [
      "below the head comment",
      "# head\n- slug: a\n- slug: b\n",
      "b",
      first,
      "# head\n- slug: b\n- slug: a\n",
    ],
    [
      "away from the head comment",
      "# head\n- slug: a\n- slug: b\n",
      "a",
      last,
      "# head\n- slug: b\n- slug: a\n",
    ],
    [
      "with blank lines between",
      "- slug: a\n\n- slug: b\n\n- slug: c\n",
      "c",
      first,
      "- slug: c\n\n- slug: a\n\n- slug: b\n",
    ],
    [
      "in a flow list",
      "[{slug: a}, {slug: b}, {slug: c}]",
      "c",
      before("b"),
      "[{slug: a}, {slug: c}, {slug: b}]",
    ],
    ["to a flow list's end", "[{slug: a}, {slug: b}]", "a", last, "[{slug: b}, {slug: a}]"],
    ["behind a byte order mark", "\uFEFF- slug: a\n- slug: b\n", "b", first, "\uFEFF- slug: b\n- slug: a\n"],
  ];
  for (const [what, text, slug, position, expected] of cases)
    test(`goes ${what}`, () => assert.equal(moved(text, slug, position), expected));

  test("names who is not there", () => {
    assert.deepEqual(withEntryMoved("- slug: a\n", "zz", first), { kind: "no_such", slug: "zz" });
    assert.deepEqual(withEntryMoved("- slug: a\n", "a", after("zz")), { kind: "no_such", slug: "zz" });
  });
});

const names = ["a", "b", "c", "d"];
const listing = fc
  .record({
    order: fc.shuffledSubarray(names, { minLength: 1 }),
    head: fc.constantFrom("", "# head\n", "# head\n\n", "---\n", "\n"),
    gap: fc.constantFrom("", "\n"),
    lead: fc.constantFrom("", "# why NAME\n"),
    tail: fc.constantFrom("", "# tail\n", "\n# tail\n"),
    indent: fc.constantFrom("", "  "),
  })
  .map(({ order, head, gap, lead, tail, indent }) => {
    const items = order.map(
      (name) =>
        `${lead.replace("NAME", name)}${indent}- slug: ${name} # ${name}!\n${indent}  title: T${name}\n`,
    );
    return { text: head + items.join(gap) + tail, order };
  });
const place = fc.oneof(
  fc.constant(first),
  fc.constant(last),
  fc.constantFrom(...names).map(before),
  fc.constantFrom(...names).map(after),
);

test("whatever is added or moved, every other line stays, in its order, and the list reads as it should", () => {
  fc.assert(
    fc.property(listing, place, fc.constantFrom(...names), ({ text, order }, position, slug) => {
      const lines = (of: string) => of.split("\n").filter((line) => line.trim() !== "");
      const put = withEntryAt(text, { slug: "new" }, position);
      const isThere = !("slug" in position) || order.includes(position.slug);
      assert.equal(put.kind, isThere ? "edited" : "no_such", text);
      if (put.kind === "edited")
        assert.deepEqual(
          lines(put.text).filter((line) => !line.includes("new")),
          lines(text),
        );
      const shifted = withEntryMoved(text, slug, position);
      assert.equal(shifted.kind, isThere && order.includes(slug) ? "edited" : "no_such", text);
      if (shifted.kind !== "edited") return;
      assert.deepEqual(lines(shifted.text).toSorted(), lines(text).toSorted());
      const others = (of: string) =>
        lines(of).filter((line) => !new RegExp(`\\b${slug}\\b|T${slug}`).test(line));
      assert.deepEqual(others(shifted.text), others(text));
    }),
    { numRuns: 400 },
  );
});

test("a hostile text is answered, never thrown at", () => {
  const yamlish = fc.array(
    fc.constantFrom("- ", "slug: a", "\n", "  ", "[", "]", "{", "}", "&x ", "*x", "#", "|", ","),
  );
  fc.assert(
    fc.property(yamlish, place, (pieces, position) => {
      const text = pieces.join("");
      withEntryAt(text, { slug: "new" }, position);
      withEntryMoved(text, "a", position);
    }),
  );
});
