import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import { parse } from "yaml";
import { type Book, type BookFile, bookkeeping, type Landed } from "../../src/integration/bookkeeping.ts";
import { declinesDemo, headingOf, projectVersion, snapshotText } from "../../src/integration/snapshot.ts";

const commit = "0123456789abcdef0123456789abcdef01234567";
const stats = { files: 3, insertions: 10, deletions: 2, commits: 2, authors: ["Ada", "Grace"] };

function landed(slug: string, more: Partial<Landed> = {}): Landed {
  return {
    slug,
    title: null,
    deliveredAt: "2026-01-02T03:04:05.678Z",
    mergeCommit: commit,
    version: "1.2.3",
    stats,
    ...more,
  };
}

/** A tree below the root, as the edits see it. */
type Tree = { [path: string]: string };

function bookOf(tree: Tree, slug: string): Book {
  const file = (path: string): BookFile =>
    tree[path] === undefined ? { kind: "absent" } : { kind: "text", text: tree[path] };
  const names = Object.keys(tree).flatMap((path) => /^todos\/([^/]+)/.exec(path)?.[1] ?? []);
  return {
    folders: { todos: "todos", demos: "demos" },
    roadmap: file("todos/roadmap.yaml"),
    delivered: file("todos/delivered.yaml"),
    demo: file(`todos/${slug}/demo.md`),
    todoNames: new Set(names),
  };
}

function deliver(tree: Tree, slug: string, more: Partial<Landed> = {}): { tree: Tree; warnings: string[] } {
  const { edits, warnings } = bookkeeping(bookOf(tree, slug), landed(slug, more));
  const after = { ...tree };
  for (const [path, text] of edits) {
    if (text !== null) after[path] = text;
    else
      for (const known of Object.keys(after))
        if (known === path || known.startsWith(`${path}/`)) delete after[known];
  }
  return { tree: after, warnings };
}

const roadmap = `# Priority order.

- slug: login
  title: Log in
  after: [base]
# the rest can wait
- slug: logout
  after: [login, base]
`;

suite("the bookkeeping of a landing", () => {
  test("moves the item from the roadmap to the front of what was delivered", () => {
    const { tree } = deliver(
      {
        "todos/roadmap.yaml": roadmap,
        "todos/delivered.yaml": "# newest first\n- slug: base\n",
        "todos/login/plan.md": "x",
      },
      "login",
    );
    assert.equal(
      tree["todos/roadmap.yaml"],
      "# Priority order.\n\n# the rest can wait\n- slug: logout\n  after: [base]\n",
    );
    assert.equal(
      tree["todos/delivered.yaml"],
      `# newest first\n- slug: login\n  title: Log in\n  date: "2026-01-02"\n  commit: ${commit}\n- slug: base\n`,
    );
    assert.equal(tree["todos/login/plan.md"], undefined);
  });

  test("does nothing in a repository without todos", () => {
    assert.deepEqual(bookkeeping(bookOf({ "src/a.ts": "" }, "login"), landed("login")), {
      edits: new Map(),
      warnings: [],
    });
  });

  test("does nothing for a slug that is no work item", () => {
    const tree = { "todos/roadmap.yaml": roadmap, "todos/delivered.yaml": "- slug: base\n" };
    assert.deepEqual(deliver(tree, "hotfix").tree, tree);
  });

  test("takes a slug that is no listed item out of after lists all the same", () => {
    const tree = { "todos/roadmap.yaml": "- slug: b\n  after: [hotfix, c]\n" };
    assert.equal(deliver(tree, "hotfix").tree["todos/roadmap.yaml"], "- slug: b\n  after: [c]\n");
  });

  test("delivers an item that has a folder and no roadmap entry", () => {
    const { tree } = deliver({ "todos/bug-7/requirements.md": "x" }, "bug-7", { title: "Fix the crash" });
    assert.deepEqual(parse(tree["todos/delivered.yaml"] ?? ""), [
      { slug: "bug-7", title: "Fix the crash", date: "2026-01-02", commit },
    ]);
    assert.equal(tree["todos/bug-7/requirements.md"], undefined);
  });

  test("removes a folder that a branch brought back, without delivering twice", () => {
    const once = deliver({ "todos/roadmap.yaml": roadmap, "todos/login/a.md": "x" }, "login").tree;
    const again = deliver({ ...once, "todos/login/a.md": "ghost" }, "login").tree;
    assert.deepEqual(again, once);
  });

  test("done twice changes nothing", () => {
    const tree = { "todos/roadmap.yaml": roadmap, "todos/login/demo.md": "# Demo: In\n" };
    const once = deliver(tree, "login").tree;
    const again = bookkeeping(
      bookOf(once, "login"),
      landed("login", { deliveredAt: "2027-01-01T00:00:00.000Z" }),
    );
    assert.deepEqual([...again.edits], []);
  });

  test("delivers a group with its last child, and its group with it", () => {
    const start: Tree = {
      "todos/roadmap.yaml":
        "- slug: top\n- slug: web\n  title: The web\n  group: top\n- slug: a\n  group: web\n- slug: b\n  group: web\n- slug: z\n  after: [web]\n",
      "todos/web/requirements.md": "x",
    };
    const first = deliver(start, "a").tree;
    assert.deepEqual(parse(first["todos/delivered.yaml"] ?? ""), [
      { slug: "a", title: "a", date: "2026-01-02", commit, group: "web" },
    ]);
    assert.ok(first["todos/web/requirements.md"]);
    const second = deliver(first, "b").tree;
    assert.deepEqual(
      parse(second["todos/delivered.yaml"] ?? "").map(
        ({ slug, title, children }: Record<string, unknown>) => ({ slug, title, children }),
      ),
      [
        { slug: "top", title: "top", children: ["web"] },
        { slug: "web", title: "The web", children: ["a", "b"] },
        { slug: "b", title: "b", children: undefined },
        { slug: "a", title: "a", children: undefined },
      ],
    );
    assert.equal(second["todos/roadmap.yaml"], "- slug: z\n  after: []\n");
    assert.equal(second["todos/web/requirements.md"], undefined);
    assert.deepEqual(deliver(second, "b").tree, second);
  });

  test("survives a circle of groups and a group that is its own child", () => {
    for (const text of ["- slug: a\n  group: a\n", "- slug: a\n  group: b\n- slug: b\n  group: a\n"]) {
      const { tree, warnings } = deliver({ "todos/roadmap.yaml": text }, "a");
      assert.deepEqual(warnings, []);
      assert.equal(parse(tree["todos/delivered.yaml"] ?? "").at(-1).slug, "a");
    }
  });

  test("takes a group that is no slug for a mere label", () => {
    const { tree } = deliver({ "todos/roadmap.yaml": "- slug: a\n  group: Back end\n" }, "a");
    assert.equal(parse(tree["todos/delivered.yaml"] ?? "").length, 1);
  });

  test("never holds up a landing by a malformed book: it is left alone, and said so", () => {
    const broken = "- slug: [login\n";
    for (const name of ["roadmap", "delivered"]) {
      const start: Tree = {
        "todos/roadmap.yaml": roadmap,
        "todos/login/a.md": "x",
        [`todos/${name}.yaml`]: broken,
      };
      const { tree, warnings } = deliver(start, "login");
      assert.equal(tree[`todos/${name}.yaml`], broken);
      assert.match(warnings.join(), new RegExp(`^todos/${name}\\.yaml was left as it is: [^.]+\\.$`));
      assert.equal(tree["todos/login/a.md"], undefined);
    }
  });

  test("leaves a book alone that is a symlink or no text", () => {
    const book = bookOf({ "todos/login/a.md": "x" }, "login");
    const unreadable: BookFile = { kind: "unreadable", why: "it is a symlink" };
    const { edits, warnings } = bookkeeping(
      { ...book, roadmap: unreadable, delivered: unreadable, demo: unreadable },
      landed("login"),
    );
    assert.deepEqual([...edits], [["todos/login", null]]);
    assert.equal(warnings.length, 3);
  });

  test("keeps a hostile title on one line", () => {
    const { tree } = deliver({ "todos/x/a.md": "" }, "x", { title: "a\n- slug: evil\u001b[31m\u202e: #" });
    assert.deepEqual(
      parse(tree["todos/delivered.yaml"] ?? "").map(({ slug, title }: Record<string, unknown>) => [
        slug,
        title,
      ]),
      [["x", "a - slug: evil [31m : #"]],
    );
  });

  test("works in folders of another name", () => {
    const book: Book = {
      ...bookOf({ "todos/x/demo.md": "# X" }, "x"),
      folders: { todos: "docs/work", demos: "shows" },
    };
    assert.deepEqual(
      [...bookkeeping(book, landed("x")).edits.keys()],
      ["docs/work/delivered.yaml", "shows/x/demo.md", "shows/x/snapshot.json", "docs/work/x"],
    );
  });

  test("delivers every item exactly once, in whatever order they land", () => {
    const slugs = ["a", "b", "c", "d", "e"];
    fc.assert(
      fc.property(
        fc.shuffledSubarray(slugs, { minLength: 5 }),
        fc.array(fc.constantFrom("g", "h", null), { minLength: 5, maxLength: 5 }),
        (order, groups) => {
          const text = slugs
            .map(
              (slug, index) =>
                `- slug: ${slug}\n${groups[index] ? `  group: ${groups[index]}\n` : ""}  after: [${slugs.slice(0, index).join(", ")}]\n`,
            )
            .join("");
          const end = order.reduce<Tree>((tree, slug) => deliver(tree, slug).tree, {
            "todos/roadmap.yaml": text,
          });
          const rows: Record<string, unknown>[] = parse(end["todos/delivered.yaml"] ?? "");
          assert.equal(end["todos/roadmap.yaml"], "");
          const items = rows.filter(({ children }) => children === undefined).map(({ slug }) => slug);
          assert.deepEqual(items, order.toReversed());
          for (const group of ["g", "h"]) {
            const children = slugs.filter((_, index) => groups[index] === group);
            const row = rows.find(({ slug }) => slug === group);
            assert.deepEqual(
              row?.children,
              children.length === 0 ? undefined : order.filter((slug) => children.includes(slug)),
            );
          }
        },
      ),
    );
  });
});

suite("a demo", () => {
  test("is kept as it was, with a snapshot of the delivery", () => {
    const { tree } = deliver({ "todos/login/demo.md": "# Demo: Logging in\r\n\r\nLook.\r\n" }, "login");
    assert.equal(tree["demos/login/demo.md"], "# Demo: Logging in\r\n\r\nLook.\r\n");
    assert.equal(tree["todos/login/demo.md"], undefined);
    const snapshot = JSON.parse(tree["demos/login/snapshot.json"] ?? "");
    assert.deepEqual(snapshot, {
      slug: "login",
      title: "Logging in",
      version: "1.2.3",
      delivered_at: "2026-01-02T03:04:05.678Z",
      merge_commit: commit,
      ...stats,
    });
    assert.deepEqual(Object.keys(snapshot).slice(0, 5), [
      "slug",
      "title",
      "version",
      "delivered_at",
      "merge_commit",
    ]);
  });

  test("is skipped where the item has none, or says that it has none", () => {
    for (const text of [
      undefined,
      "<!-- no-demo: nothing to see -->\n",
      "# A\n\n<!-- NO-DEMO: internal -->\n",
    ]) {
      const start: Tree = {
        "todos/login/a.md": "x",
        ...(text === undefined ? {} : { "todos/login/demo.md": text }),
      };
      const { tree } = deliver(start, "login");
      assert.deepEqual(Object.keys(tree), ["todos/delivered.yaml"]);
    }
  });

  test("is declined only near the top, and only with a reason", () => {
    assert.ok(declinesDemo("<!-- no-demo: x -->"));
    assert.ok(declinesDemo(`${"\n".repeat(9)}<!-- no-demo: x -->`));
    assert.ok(!declinesDemo(`${"\n".repeat(10)}<!-- no-demo: x -->`));
    assert.ok(!declinesDemo("<!-- no-demo: -->") && !declinesDemo("no-demo: x"));
  });

  test("is called by its first heading", () => {
    const cases: [string, string | null][] = [
      ["# Demo: A b\n", "A b"],
      ["text\n\n# One #\n# Two\n", "One"],
      ["## Not this\n", null],
      ["#nor this\n", null],
      ["# Demo:\n", null],
      ["", null],
    ];
    for (const [text, title] of cases) assert.equal(headingOf(text), title, text);
  });
});

suite("a snapshot", () => {
  test("is JSON with a line end", () => {
    const text = snapshotText({
      ...stats,
      slug: "a",
      title: '"',
      version: null,
      delivered_at: "t",
      merge_commit: commit,
    });
    assert.ok(text.endsWith("}\n"));
    assert.equal(JSON.parse(text).version, null);
  });

  const versions: [string, Parameters<typeof projectVersion>[0], string | null][] = [
    ["package.json", { "package.json": '{"version": "1.0.0"}' }, "1.0.0"],
    [
      "pyproject's project table",
      { "pyproject.toml": '[tool.x]\nversion = "9"\n[project]\nname = "a"\nversion = "2.1" # x\n' },
      "2.1",
    ],
    ["poetry's table", { "pyproject.toml": "[tool.poetry]\nversion = '3'\n" }, "3"],
    [
      "Cargo.toml",
      { "Cargo.toml": '[package]\nversion = "0.4.0"\n[dependencies]\nversion = "9"\n' },
      "0.4.0",
    ],
    [
      "the next file where one has none",
      { "package.json": "{}", "pyproject.toml": '[project]\nversion="5"' },
      "5",
    ],
    ["nothing, from broken files", { "package.json": "{", "pyproject.toml": "version = 1" }, null],
    ["nothing, from a version that is none", { "package.json": '{"version": {"a": 1}}' }, null],
    ["nothing, from control characters", { "package.json": '{"version": "1\\u001b[31m"}' }, null],
    ["nothing, without files", {}, null],
  ];
  for (const [what, files, version] of versions) {
    test(`takes the version from ${what}`, () => assert.equal(projectVersion(files), version));
  }
});
