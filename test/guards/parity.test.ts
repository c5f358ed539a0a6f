import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  countVerdicts,
  type DifferingFile,
  digestOf,
  foreignAttribute,
  type Judged,
  otherSettings,
  settledVerdict,
  whyDiffers,
} from "../../src/guards/parity.ts";

const merge = { tree: "t", parents: ["p", "s"] };

test("what git and history agree about, or cannot, is settled without a look at the files", () => {
  assert.deepEqual(settledVerdict(merge, { kind: "clean", tree: "t" }), { kind: "identical" });
  assert.equal(settledVerdict(merge, { kind: "clean", tree: "other" }), null);
  const conflicted = { kind: "conflicted" as const, paths: ["a"], submodulesOnly: false };
  assert.deepEqual(settledVerdict(merge, conflicted), { kind: "both_conflict", paths: ["a"] });
  const reasons: [Parameters<typeof settledVerdict>, RegExp][] = [
    [[merge, { ...conflicted, submodulesOnly: true }], /^submodules/],
    [[merge, { kind: "unrelated" }], /^unrelated histories/],
    [[merge, { kind: "failed", detail: "no such commit" }], /no such commit/],
    [
      [
        { ...merge, parents: ["p", "s", "q"] },
        { kind: "clean", tree: "t" },
      ],
      /2 branches at once/,
    ],
  ];
  for (const [given, why] of reasons) {
    const verdict = settledVerdict(...given);
    assert.match(verdict?.kind === "differs" ? verdict.why : "", why);
  }
});

test("the reason of a difference is read from the files", () => {
  const trees = { history: "h", main: "m", branch: "b" };
  const file: DifferingFile = {
    path: "a",
    history: "1",
    main: "2",
    branch: "3",
    sameButForLineEnds: false,
    attribute: null,
  };
  const cases: [Parameters<typeof whyDiffers>, RegExp][] = [
    [[{ ...trees, history: "m" }, [file]], /main was kept.*\(ours\)/],
    [[{ ...trees, history: "b" }, [file]], /branch was taken.*\(theirs\)/],
    [[trees, [{ ...file, sameButForLineEnds: true }]], /only line endings/],
    [[trees, [{ ...file, sameButForLineEnds: true }, file]], /edited in the merge/],
    [[trees, [{ ...file, attribute: "merge=npm" }]], /\.gitattributes has merge=npm/],
    [[trees, [{ ...file, attribute: "filter=lfs" }, file]], /edited in the merge/],
    [
      [
        trees,
        [
          { ...file, history: "2" },
          { ...file, history: null, branch: null },
        ],
      ],
      /whole from one side/,
    ],
    [[trees, [file]], /edited in the merge/],
  ];
  for (const [given, why] of cases) assert.match(whyDiffers(...given), why);
});

test("attributes that a merge without a checkout leaves out are found by git's patterns, the last one counts", () => {
  const text = [
    "# a comment merge=no",
    "*.lock merge=npm",
    "/assets/** filter=lfs diff=lfs merge=lfs -text",
    "docs/*.txt text working-tree-encoding=UTF-16",
    "CHANGELOG.md merge=union",
  ].join("\n");
  const cases: [string, string | null][] = [
    ["yarn.lock", "merge=npm"],
    ["deep/er/yarn.lock", "merge=npm"],
    ["assets/a/b.png", "filter=lfs"],
    ["other/assets/a.png", null],
    ["docs/a.txt", "working-tree-encoding=UTF-16"],
    ["docs/a/b.txt", null],
    ["CHANGELOG.md", null],
    ["assets/x.lock", "filter=lfs"],
  ];
  for (const [path, found] of cases) assert.equal(foreignAttribute(text, path), found, path);
  fc.assert(fc.property(fc.string(), fc.string(), (any, path) => void foreignAttribute(any, path)));
});

test("a report counts every merge once, and its digest is the same for the same verdicts alone", () => {
  const verdict = fc.oneof(
    fc.constant<Judged["verdict"]>({ kind: "identical" }),
    fc.constant<Judged["verdict"]>({ kind: "both_conflict", paths: [] }),
    fc.string().map((why): Judged["verdict"] => ({ kind: "differs", paths: [], why })),
  );
  const judged = fc.array(fc.record({ commit: fc.stringMatching(/^[0-9a-f]{40}$/), verdict }));
  fc.assert(
    fc.property(judged, judged, (one, two) => {
      const { merges, identical, both_conflict, differs } = countVerdicts(one);
      assert.equal(merges, identical + both_conflict + differs.length);
      assert.equal(merges, one.length);
      assert.equal(digestOf(one), digestOf([...one]));
      if (JSON.stringify(one) !== JSON.stringify(two)) assert.notEqual(digestOf(one), digestOf(two));
    }),
  );
  assert.ok(otherSettings.every(({ why }) => /^(another strategy|filters): /.test(why)));
});
