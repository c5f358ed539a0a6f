import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import fc from "fast-check";
import {
  checkBranch,
  checkFullRef,
  checkRemoteName,
  checkSha,
  checkSlug,
  escapeForDisplay,
  escapeLinesForDisplay,
  isDeviceName,
  slugFromBranch,
} from "../../src/git/names.ts";

const longSlug = "a".repeat(64);
const sha1 = "0123456789abcdef0123456789abcdef01234567";

test("slugs that are one are taken", () => {
  for (const slug of ["a", "0", "fix-login", "a--b", longSlug, "x1", "console"])
    assert.equal(checkSlug(slug), null, slug);
});

test("slugs that are none are refused with a sentence that shows them escaped", () => {
  const bad = [
    "",
    "-a",
    "a-",
    "A",
    "a_b",
    "a.b",
    "../x",
    "a/b",
    "a b",
    "a\nb",
    "a\0",
    "ä",
    "а",
    "a".repeat(65),
    "x".repeat(10_240),
    "con",
    "nul",
    "lpt1",
    "--upload-pack=x",
    "a\u202eb",
    "__proto__",
  ];
  for (const slug of bad) {
    const wrong = checkSlug(slug);
    assert.ok(wrong !== null && wrong.length < 300, JSON.stringify(slug));
    assert.doesNotMatch(wrong, /[\p{Cc}\p{Cf}]/u);
  }
});

test("branches that are one are taken", () => {
  const good = [
    "topic",
    "feature/x",
    "a.b",
    "über",
    "功能/一",
    "main2",
    "mainline",
    "feature/main",
    "user@host",
    "x@",
    "$(id)",
    "`id`",
    "a;b|c",
    "'q'",
    '"',
    "<x>",
    "#1",
    "maine",
    "i",
    "a{b}",
    "release-1.0",
    "😀",
  ];
  for (const branch of good) assert.equal(checkBranch(branch, "main"), null, branch);
});

const badBranches = [
  "",
  "-",
  "-x",
  "--upload-pack=touch x",
  "--output=y",
  "-oProxyCommand=x",
  "+main ",
  "HEAD",
  "head",
  "refs/heads/x",
  "REFS/heads/x",
  "refs",
  "main",
  "main/x",
  "origin/main",
  "a:b",
  "a^b",
  "a~b",
  "a?b",
  "a*b",
  "a[b",
  "a\\b",
  "a b",
  "a..b",
  "a@{b",
  "@{-1}",
  "@",
  "a.",
  "a.lock",
  "a.LOCK",
  "a.lock/b",
  ".a",
  "a/.b",
  "/a",
  "a/",
  "a//b",
  "a\nb",
  "a\tb",
  "a\0b",
  "a\x7fb",
  "a\x1b[31mb",
  "a\u009bb",
  "a\u0085b",
  "a\u202eb",
  "a\u2066b",
  "a\u200bb",
  "a\u200db",
  "a\ufeffb",
  "a\u00adb",
  "a\u2028b",
  "a\u{e0041}b",
  "a\ud800b",
  "a\ufe0f",
  "MAIN",
  "Main",
  "mаin",
  "ｍain",
  "maın",
  "máin",
  "a\ufff9b",
  "x".repeat(241),
  `${"a/".repeat(300)}b`,
  "x".repeat(10_240),
];

test("branches that are hostile, ambiguous or main's look-alikes are refused", () => {
  for (const branch of badBranches) {
    const wrong = checkBranch(branch, "main");
    assert.ok(wrong !== null && wrong.length < 800, JSON.stringify(branch));
    assert.doesNotMatch(wrong, /[\p{Cc}\p{Cf}]/u);
  }
});

test("what git refuses as a branch is refused here", () => {
  const takenByGit = (name: string): boolean => {
    try {
      execFileSync("git", ["check-ref-format", "--branch", name], { stdio: "ignore" });
      return true;
    } catch {
      return false;
    }
  };
  const alphabet = fc.constantFrom(..."ab./-@{}~^:?*[\\ \t-", "lock", "..", "@{", "é");
  const names = fc.array(alphabet, { minLength: 1, maxLength: 6 }).map((parts) => parts.join(""));
  const property = fc.property(names, (name) => {
    if (checkBranch(name, "main") === null) assert.ok(takenByGit(name), JSON.stringify(name));
  });
  fc.assert(property, { numRuns: 400 });
});

test("only full lower-case object ids are taken", () => {
  for (const sha of [sha1, "a".repeat(64)]) assert.equal(checkSha(sha), null);
  const bad = [
    "",
    "abc",
    sha1.slice(1),
    `${sha1}0`,
    sha1.toUpperCase().replace(/\d/g, "A"),
    "0".repeat(40),
    "0".repeat(64),
    "--all",
    `${sha1}\n`,
    `${sha1}^`,
    "HEAD",
    ` ${sha1}`,
  ];
  for (const sha of bad) assert.notEqual(checkSha(sha), null, JSON.stringify(sha));
});

test("remote names follow the pattern and git's own rules", () => {
  for (const name of ["origin", "Up.stream_2-x", "1"]) assert.equal(checkRemoteName(name), null, name);
  for (const name of [
    "",
    "-o",
    ".",
    "a/b",
    "a b",
    "ext::sh",
    "a..b",
    "a.",
    "a.lock",
    "https://x",
    "a\n",
    "ö",
    "x".repeat(101),
  ]) {
    assert.notEqual(checkRemoteName(name), null, JSON.stringify(name));
  }
});

test("full refs begin with refs/ and have git's form", () => {
  for (const ref of ["refs/heads/main", "refs/signalbox/lease"]) assert.equal(checkFullRef(ref), null, ref);
  for (const ref of [
    "main",
    "HEAD",
    "refs/",
    "refs/a..b",
    "refs/a:b",
    "refs/a b",
    "+refs/heads/main",
    "refs/heads/x\n",
    "refs/x.lock",
    "-refs/x",
  ]) {
    assert.notEqual(checkFullRef(ref), null, JSON.stringify(ref));
  }
});

test("a slug is made from a branch name", () => {
  assert.equal(slugFromBranch("Feature/Add_Thing"), "feature-add-thing");
  assert.equal(slugFromBranch("über/x"), "ber-x");
  assert.equal(slugFromBranch("a__b"), "a--b");
  assert.match(slugFromBranch("功能"), /^branch-[0-9a-f]{6}$/);
  assert.match(slugFromBranch("x".repeat(200)), /^x{57}-[0-9a-f]{6}$/);
  assert.match(slugFromBranch("con"), /^con-[0-9a-f]{6}$/);
});

test("a slug made from any text is a valid one", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "binary", maxLength: 300 }),
      (text) => checkSlug(slugFromBranch(text)) === null,
    ),
  );
});

test("what could fool a terminal or an eye is shown as its code point", () => {
  assert.equal(
    escapeForDisplay("a\u001b[31mb\n\u202ec\u200b\u009b"),
    "a\\u{1b}[31mb\\u{a}\\u{202e}c\\u{200b}\\u{9b}",
  );
  assert.equal(escapeForDisplay("plain über 功能 😀"), "plain über 功能 😀");
  assert.equal(escapeForDisplay("\ud800"), "\\u{d800}");
  assert.equal(escapeLinesForDisplay("a\tb\r\nc\u001b"), "a\tb\nc\\u{1b}");
});

test("escaped text has nothing left to escape", () => {
  const property = fc.property(fc.string({ unit: "binary", maxLength: 80 }), (text) => {
    const shown = escapeForDisplay(text);
    assert.doesNotMatch(shown, /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
    assert.equal(escapeForDisplay(shown), shown);
  });
  fc.assert(property);
});

test("device names are known with their endings and streams", () => {
  for (const part of ["con", "NUL.txt", "Com1", "aux.c.d", "lpt9 ", "prn:x", "CONIN$"])
    assert.equal(isDeviceName(part), true, part);
  for (const part of ["console", "com", "com10", "xcon", ".con"])
    assert.equal(isDeviceName(part), false, part);
});
