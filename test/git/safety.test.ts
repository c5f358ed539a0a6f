import assert from "node:assert/strict";
import { test } from "node:test";
import { unsafeMode, unsafePath } from "../../src/git/path-safety.ts";
import { pathProblems } from "../../src/git/safety.ts";

const open = { submodules: true, symlinks: true };
const side = (mode: string) => ({ mode, id: "1".repeat(40) });

test("paths that are safe everywhere are safe", () => {
  for (const path of [
    "a",
    "a/b.c",
    ".gitignore",
    ".github/x",
    "git",
    "a.git",
    "über/功能 x",
    "console.log",
    ".env",
    "a~1",
    "-x",
    "$(x)",
  ])
    assert.equal(unsafePath(path), null, path);
});

test("paths that are .git somewhere, climb out, or cannot exist on Windows are unsafe", () => {
  const bad = [
    ".git/config",
    "a/.git/hooks/x",
    ".GIT/x",
    ".Git",
    ".git./x",
    ".git /x",
    ".git. . /x",
    "git~1/x",
    "GIT~2",
    ".g\u200cit/x",
    ".gi\u202et",
    "\ufeff.git",
    ".git:x",
    ".git::$INDEX_ALLOCATION/x",
    "．git/x",
    "..",
    "../x",
    "a/../b",
    "./a",
    "/a",
    "",
    "a//b",
    "a/",
    "con",
    "a/NUL.txt",
    "COM1.c",
    "lpt¹",
    "x ",
    "x.",
    "a./b",
    "a\\b",
    "c:x",
    "a\nb",
    "a\u0085b",
    `${"x".repeat(256)}`,
    "bad\ufffd",
  ];
  for (const path of bad) assert.notEqual(unsafePath(path), null, JSON.stringify(path));
});

test("modes git does not know, and links where git reads a file, are unsafe", () => {
  for (const [path, mode] of [
    [".gitmodules", "120000"],
    ["d/.gitattributes", "120000"],
    ["a", "000000"],
  ] as const)
    assert.notEqual(unsafeMode(path, mode), null);
  for (const [path, mode] of [
    ["a", "100644"],
    ["a", "100755"],
    ["a", "120000"],
    ["a", "160000"],
  ] as const)
    assert.equal(unsafeMode(path, mode), null);
});

test("what is removed, or was so on main already, is no problem; new ones are told once per reason", () => {
  const changed = [
    { path: "con", before: side("100644"), after: null },
    { path: "aux.c", before: side("100644"), after: side("100644") },
    { path: "x:\u202e", before: null, after: side("100644") },
    { path: "y:", before: null, after: side("100644") },
    { path: "s", before: null, after: side("160000") },
    { path: "l", before: null, after: side("120000") },
  ];
  const found = pathProblems(changed, { submodules: false, symlinks: false });
  assert.deepEqual(
    found.map(({ paths }) => paths),
    [["x:\\u{202e}", "y:"], ["s"], ["l"]],
  );
  assert.match(found[0]?.message ?? "", /and 1 more/);
  assert.equal(pathProblems(changed, open).length, 1);
});
