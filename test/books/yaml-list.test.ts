import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import { parse } from "yaml";
import { flowWithout, itemLines, listToken } from "../../src/books/list-tokens.ts";
import { isInside, lineEnd, lineStart, nextLine, spliced } from "../../src/books/splices.ts";
import { readList, withFirst, withoutSlugs } from "../../src/books/yaml-list.ts";

function without(text: string, ...slugs: string[]): string {
  const edit = withoutSlugs(text, new Set(slugs));
  return edit.kind === "edited" ? edit.text : assert.fail(`unusual: ${text}`);
}

function first(text: string, entry = { slug: "new", title: "New: it's" }): string {
  const edit = withFirst(text, entry);
  return edit.kind === "edited" ? edit.text : assert.fail(`unusual: ${text}`);
}

suite("taking slugs out of a list", () => {
  const cases: [string, string, string][] = [
    ["the only entry", "- slug: a\n", ""],
    ["the first", "- slug: a\n  title: A\n- slug: b\n", "- slug: b\n"],
    ["the last", "- slug: b\n- slug: a\n  title: A\n", "- slug: b\n"],
    ["one without a final line end", "- slug: b\n- slug: a", "- slug: b"],
    ["with CRLF", "- slug: a\r\n  x: 1\r\n- slug: b\r\n", "- slug: b\r\n"],
    ["twice listed", "- slug: a\n- slug: b\n- slug: a\n", "- slug: b\n"],
    ["between blank lines", "- slug: x\n\n- slug: a\n\n- slug: b\n", "- slug: x\n\n- slug: b\n"],
    ["last after a blank line", "- slug: b\n\n- slug: a\n\n", "- slug: b\n"],
    ["below a heading comment", "# order\n\n- slug: a\n- slug: b\n", "# order\n\n- slug: b\n"],
    ["the only one below a comment", "# order\n- slug: a\n", "# order\n"],
    ["before a comment of the list", "- slug: a\n# later\n- slug: b\n", "# later\n- slug: b\n"],
    ["with its own comments", "- slug: a # one\n  # two\n  x: 1 # three\n- slug: b\n", "- slug: b\n"],
    ["before a footer", "- slug: b\n- slug: a\n# end\n", "- slug: b\n# end\n"],
    ["in an indented list", "  - slug: a\n    x: 1\n  - slug: b\n", "  - slug: b\n"],
    ["with a block text", "- slug: a\n  t: |\n    one\n\n    two\n- slug: b\n", "- slug: b\n"],
    ["after a document start", "---\n- slug: a\n- slug: b\n", "---\n- slug: b\n"],
    ["before a document end", "- slug: b\n- slug: a\n...\n", "- slug: b\n...\n"],
    ["quoted", "- 'slug': \"a\"\n- slug: 'b'\n", "- slug: 'b'\n"],
    ["written as a flow map", "- {slug: a, x: [1]}\n- { slug: b }\n", "- { slug: b }\n"],
    ["in a flow list, first", "[{slug: a}, {slug: b}]\n", "[{slug: b}]\n"],
    ["in a flow list, last", "[ {slug: b}, {slug: a} ]\n", "[ {slug: b} ]\n"],
    ["in a flow list, middle", "[{slug: b},{slug: a},{slug: c}]", "[{slug: b},{slug: c}]"],
    ["in a flow list, alone", "[{slug: a}] # none\n", "[] # none\n"],
    ["in a flow list, of several lines", "[\n  {slug: a},\n  {slug: b},\n]\n", "[\n  {slug: b},\n]\n"],
    ["in a flow list, last of several lines", "[\n  {slug: b},\n  {slug: a},\n]\n", "[\n  {slug: b},\n]\n"],
    ["out of a flow after", "- slug: b\n  after: [a, c] # why\n", "- slug: b\n  after: [c] # why\n"],
    ["out of an after with spaces", "- slug: b\n  after: [ c, a ]\n", "- slug: b\n  after: [ c ]\n"],
    ["out of an after of one", "- slug: b\n  after: [a]\n", "- slug: b\n  after: []\n"],
    [
      "out of a block after",
      "- slug: b\n  after:\n    - a\n    - c # c\n",
      "- slug: b\n  after:\n    - c # c\n",
    ],
    [
      "out of a block after of one",
      "- slug: b\n  after:\n    - a\n  x: 1\n",
      "- slug: b\n  after: []\n  x: 1\n",
    ],
    [
      "out of a flat block after",
      "- slug: b\n  after:\n  - a\n  - c\n  x: 1\n",
      "- slug: b\n  after:\n  - c\n  x: 1\n",
    ],
    [
      "out of a block after with a comment below",
      "- slug: b\n  after:\n    - c\n    - a\n    # last\n- slug: d\n",
      "- slug: b\n  after:\n    - c\n    # last\n- slug: d\n",
    ],
    [
      "out of a block after of one with a comment below",
      "- slug: b\n  after:\n  - a\n  # last\n",
      "- slug: b\n  after: []\n  # last\n",
    ],
    ["out of a plain after", "- slug: b\n  after: a\n", "- slug: b\n  after: []\n"],
    ["twice out of an after", "- slug: b\n  after: [a, c, a]\n", "- slug: b\n  after: [c]\n"],
    ["in all of an after", "- slug: b\n  after: [a, a]\n", "- slug: b\n  after: []\n"],
    ["and nowhere else", "- slug: b\n  title: a\n  before: [a]\n", "- slug: b\n  title: a\n  before: [a]\n"],
    [
      "with an anchor others use",
      "- slug: a\n  after: &x [c]\n- slug: b\n  after: *x\n",
      "- slug: b\n  after: [c]\n",
    ],
    ["with an anchored text", "- slug: a\n  by: &me Ada\n- slug: b\n  by: *me\n", "- slug: b\n  by: Ada\n"],
    ["that is an anchor itself", "- slug: &s a\n- slug: b\n  after: [*s, c]\n", "- slug: b\n  after: [c]\n"],
    [
      "from a shared after",
      "- slug: c\n  after: &x [a, d]\n- slug: b\n  after: *x\n",
      "- slug: c\n  after: &x [d]\n- slug: b\n  after: *x\n",
    ],
    ["that is not there, beside what equals nothing", "- .nan\n- x: .nan\n\n\n", "- .nan\n- x: .nan\n\n\n"],
    ["that is not there", "# only\n- slug: b  # x\n", "# only\n- slug: b  # x\n"],
    ["from an empty file", "", ""],
    ["from nothing but comments", "# none yet\n", "# none yet\n"],
    ["with a byte order mark", "\uFEFF- slug: a\n- slug: b\n", "\uFEFF- slug: b\n"],
    [
      "of several lines behind a byte order mark",
      "\uFEFF- slug: a\n  x: 1\n- slug: b\n",
      "\uFEFF- slug: b\n",
    ],
    ["among entries that are no maps", "- just text\n- slug: a\n- 7\n", "- just text\n- 7\n"],
    ["with a name like a keyword", '- slug: "true"\n- slug: a\n', '- slug: "true"\n'],
  ];
  for (const [what, before, after] of cases) {
    test(`takes out ${what}`, () => {
      assert.equal(without(before, "a"), after);
      assert.equal(without(after, "a"), after);
    });
  }

  test("takes several out at once, with the aliases of the one in the other", () => {
    assert.equal(
      without("- slug: a\n  after: &x [b]\n- slug: b\n  after: *x\n- slug: c\n  after: [a, b]\n", "a", "b"),
      "- slug: c\n  after: []\n",
    );
  });
});

suite("putting an entry in front", () => {
  const entry = '- slug: new\n  title: "New: it\'s"\n';
  const cases: [string, string, string][] = [
    ["of entries", "- slug: a\n", `${entry}- slug: a\n`],
    ["in an empty file", "", entry],
    [
      "below a heading comment",
      "# newest first\n\n- slug: a # x\n",
      `# newest first\n\n${entry}- slug: a # x\n`,
    ],
    ["below nothing but a comment", "# newest first", `# newest first\n${entry}`],
    ["of an indented list", "  - slug: a\n", `${entry.replaceAll(/^/gm, "  ").trimEnd()}\n  - slug: a\n`],
    ["with CRLF", "- slug: a\r\n", `${entry.replaceAll("\n", "\r\n")}- slug: a\r\n`],
    ["without a final line end", "- slug: a", `${entry}- slug: a`],
    ["of an empty flow list", "[]\n", '[{slug: new, title: "New: it\'s"}]\n'],
    ["of a flow list", "[{slug: a}]\n", '[{slug: new, title: "New: it\'s"}, {slug: a}]\n'],
    ["after a document start", "---\n- slug: a\n", `---\n${entry}- slug: a\n`],
    ["of a document without entries", "---\n", `---\n${entry}`],
  ];
  for (const [what, before, after] of cases) {
    test(`writes it ${what}`, () => assert.equal(first(before), after));
  }

  test("quotes what another YAML reader would take for a date, a number or a truth", () => {
    const text = first("", { slug: "yes", title: "2026-01-02" });
    assert.equal(text, '- slug: "yes"\n  title: "2026-01-02"\n');
    assert.match(first("", { slug: "a", title: "1234567" }), /"1234567"/);
  });

  test("keeps a title of blanks that are none to YAML", () => {
    for (const title of ["\u00a0", "\u3000x", "x\u2028", "\ufeff", " ", "\t"])
      assert.deepEqual(parse(first("- slug: a\n", { slug: "b", title })), [
        { slug: "b", title },
        { slug: "a" },
      ]);
  });

  test("keeps any title readable", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (title) => {
        assert.deepEqual(parse(first("- slug: a\n", { slug: "b", title })), [
          { slug: "b", title },
          { slug: "a" },
        ]);
      }),
    );
  });
});

suite("a file that is no such list", () => {
  const malformed: [string, string][] = [
    ["broken", "- slug: [a\n"],
    ["a map", "slug: a\n"],
    ["a text", "hello\n"],
    ["two documents", "- slug: a\n---\n- slug: b\n"],
    ["with duplicate keys", "- slug: a\n  slug: b\n"],
    ["an alias bomb", bomb()],
    ["endlessly nested", "[".repeat(100_000)],
    ["with conflict markers", "<<<<<<< HEAD\n- slug: a\n=======\n- slug: b\n>>>>>>> x\n"],
    ["huge", `# ${"x".repeat(5 << 20)}`],
  ];
  for (const [what, text] of malformed) {
    test(`is malformed, never an exception: ${what}`, () => {
      assert.equal(readList(text).kind, "malformed");
      assert.equal(withoutSlugs(text, new Set(["a"])).kind, "unusual");
      assert.equal(withFirst(text, { slug: "n" }).kind, "unusual");
    });
  }

  test("is left alone where a value holds itself, by an alias inside of what it names", () => {
    for (const text of ["- &x [*x]\n- slug: a\n", "- &x {slug: b, by: *x, after: [a]}\n- slug: a\n"]) {
      assert.equal(readList(text).kind, "list");
      assert.equal(withoutSlugs(text, new Set(["a"])).kind, "unusual");
      assert.equal(withFirst(text, { slug: "n" }).kind, "unusual");
    }
  });

  test("is read behind its byte order mark as without it", () => {
    const text = "- slug: a\n  after: [b]\n- slug: c\n";
    assert.deepEqual(readList(`\uFEFF${text}`), readList(text));
  });

  test("is read as its entries where it is one, empty ones included", () => {
    assert.deepEqual(readList("- slug: a\n- 7\n- [x]\n"), { kind: "list", entries: [{ slug: "a" }] });
    assert.deepEqual(readList("# nothing\n"), { kind: "list", entries: [] });
  });
});

suite("any list", () => {
  const slug = fc.constantFrom("a", "b", "c", "d", "long-slug", "x1");
  const comment = fc.constantFrom("", "  # note", " # b: [c]");
  const item = fc.record({
    slug,
    after: fc.array(slug, { maxLength: 4 }),
    style: fc.constantFrom("flow", "block", "flat", "map"),
    comment,
    above: fc.constantFrom("", "# above\n", "\n", "\n# above\n\n"),
  });
  const file = fc.record({
    items: fc.array(item, { maxLength: 6 }),
    head: fc.constantFrom("", "# head\n", "---\n", "# head\n\n"),
    crlf: fc.boolean(),
    chopped: fc.boolean(),
  });
  type File = typeof file extends fc.Arbitrary<infer T> ? T : never;

  function textOf({ items, head, crlf, chopped }: File): string {
    const entries = items.map(({ slug: name, after, style, comment: note, above }) => {
      const flow = `[${after.join(", ")}]`;
      if (style === "map") return `${above}- {slug: ${name}, after: ${flow}}${note}\n`;
      const list =
        style === "flow" || after.length === 0
          ? ` ${flow}${note}\n`
          : `${note}\n${after.map((one) => `${style === "flat" ? "  " : "    "}- ${one}${note}\n`).join("")}`;
      return `${above}- slug: ${name}${note}\n  after:${list}  title: "${name}!"\n`;
    });
    const text = head + entries.join("");
    const ended = chopped ? text.replace(/\n+$/, "") : text;
    return crlf ? ended.replaceAll("\n", "\r\n") : ended;
  }

  test("loses exactly the slugs, keeps every other line and comment, and is left alone the second time", () => {
    fc.assert(
      fc.property(file, slug, (made, gone) => {
        const text = textOf(made);
        const result = without(text, gone);
        const value = (all: string) =>
          (parse(all) ?? []).map((one: { after: string[] }) => ({ ...one, after: one.after ?? [] }));
        assert.deepEqual(
          value(result),
          value(text)
            .filter((one: { slug: string }) => one.slug !== gone)
            .map((one: { after: string[] }) => ({
              ...one,
              after: one.after.filter((other) => other !== gone),
            })),
        );
        assert.equal(count(result, /^# above/gm), count(text, /^# above/gm));
        assert.equal(count(result, /^# head/gm), count(text, /^# head/gm));
        const lines = new Set(text.split("\n").map((line) => line.trimEnd()));
        for (const line of result.split("\n")) {
          assert.ok(
            line.trim() === "" || lines.has(line.trimEnd()) || line.includes("after:"),
            JSON.stringify(line),
          );
        }
        assert.equal(without(result, gone), result);
      }),
      { numRuns: 500 },
    );
  });
});

suite("the text's own tools", () => {
  test("splices do not disturb each other, and the outer one counts", () => {
    const splices = [
      { from: 4, to: 5, text: "Y" },
      { from: 0, to: 1, text: "X" },
      { from: 3, to: 6, text: "-" },
    ];
    assert.equal(spliced("abcdefg", splices), "Xbc-g");
  });

  test("lines are found from any place in them", () => {
    assert.deepEqual([lineStart("ab\ncd", 4), nextLine("ab\ncd", 1), nextLine("ab\ncd", 4)], [3, 3, 5]);
    assert.deepEqual([lineEnd("a\r\nb"), lineEnd("a\nb")], ["\r\n", "\n"]);
    assert.ok(isInside(1, [{ from: 1, to: 2 }]) && !isInside(2, [{ from: 1, to: 2 }]));
  });

  test("what is no list from a text has no tokens", () => {
    assert.equal(listToken(null), null);
    assert.equal(typeof itemLines, typeof flowWithout);
  });
});

function count(text: string, pattern: RegExp): number {
  return [...text.matchAll(pattern)].length;
}

function bomb(): string {
  const lines = ["- &a0 [x, x, x, x, x, x, x, x, x, x]"];
  for (let level = 1; level < 10; level++)
    lines.push(`- &a${level} [${Array.from({ length: 10 }, () => `*a${level - 1}`).join(", ")}]`);
  return lines.join("\n");
}
