import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { argumentsOf, type CommandValues, parseCommand } from "../../../src/config/command-template.ts";
import { readConfiguration } from "../../../src/config/document.ts";

const values: CommandValues = {
  slug: "add-login",
  branch: "feature/login",
  base: "origin/main",
  worktree: "/home/ada/my shop/trees/add-login",
};

function split(template: string, given: CommandValues = values): string[] {
  const parsed = parseCommand(template);
  assert.equal(parsed.kind, "parsed", `${template}: ${parsed.kind === "invalid" ? parsed.why : ""}`);
  return parsed.kind === "parsed" ? argumentsOf(parsed.words, given) : [];
}

describe("a command is split as a shell splits it, and nothing more", () => {
  const cases: [template: string, words: string[]][] = [
    [`claude -p "/build {slug}"`, ["claude", "-p", "/build add-login"]],
    [`claude -p '/build {slug}'`, ["claude", "-p", "/build add-login"]],
    [
      `codex exec "review {branch} against {base}"`,
      ["codex", "exec", "review feature/login against origin/main"],
    ],
    [
      "{worktree}/scripts/build.sh --in={worktree}",
      ["/home/ada/my shop/trees/add-login/scripts/build.sh", "--in=/home/ada/my shop/trees/add-login"],
    ],
    [`  a   b\t c  `, ["a", "b", "c"]],
    [`a "" '' b`, ["a", "", "", "b"]],
    [`a b"c d"'e f'g`, ["a", "bc de fg"]],
    [String.raw`a "q\"q" "b\\b" "n\n" 'r\r' s\ s \'x\'`, ["a", 'q"q', "b\\b", "n\\n", "r\\r", "s s", "'x'"]],
    [
      `a; b && c | d > e < f & $(g) \`h\` $HOME ~ * ? [x] #i !j {k`,
      [
        "a;",
        "b",
        "&&",
        "c",
        "|",
        "d",
        ">",
        "e",
        "<",
        "f",
        "&",
        "$(g)",
        "`h`",
        "$HOME",
        "~",
        "*",
        "?",
        "[x]",
        "#i",
        "!j",
        "{k",
      ],
    ],
    [`jq '{"a": {"b": 1}}' {} {Upper} {{slug}}`, ["jq", '{"a": {"b": 1}}', "{}", "{Upper}", "{slug}"]],
    [`söme "prög räm"`, ["söme", "prög räm"]],
  ];
  for (const [template, words] of cases) test(template, () => assert.deepEqual(split(template), words));
});

test("a value is one part of one argument, whatever is in it", () => {
  const anything = fc.string({ unit: "binary" });
  fc.assert(
    fc.property(anything, anything, (branch, base) => {
      const words = split(`run "{branch} x" '{base}' {branch}{base}`, { ...values, branch, base });
      assert.deepEqual(words, ["run", `${branch} x`, base, `${branch}${base}`]);
    }),
  );
  assert.deepEqual(split("run {branch}", { ...values, branch: "{base}" }), ["run", "{base}"]);
});

test("words that are quoted come back as they were", () => {
  const quoted = (word: string) =>
    `'${word.replaceAll("'", "'\\''").replaceAll(/\{([a-z_]+)\}/g, "{{$1}}")}'`;
  const word = fc.string({ unit: "grapheme" }).filter((text) => !text.includes("\0") && !text.includes("{{"));
  fc.assert(
    fc.property(fc.array(word, { minLength: 1 }), (words) => {
      fc.pre(words[0] !== "");
      assert.deepEqual(split(words.map(quoted).join(" ")), words);
    }),
  );
});

test("nothing that can be written makes it throw", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => parseCommand(text).kind.length > 0));
});

describe("what is no command is refused, with the reason", () => {
  const cases: [template: string, why: RegExp][] = [
    ["", /names no program/],
    ["   ", /names no program/],
    [`"" x`, /names no program/],
    [`claude -p "/build {slug}`, /quote " is not closed/],
    ["claude -p 'x", /quote ' is not closed/],
    [`a "b\\"`, /quote " is not closed/],
    ["a b\\", /lone backslash/],
    ["a {slgu}", /\{slgu\} is not known \(did you mean \{slug\}\?\)/],
    ["a {wherever}", /known are \{slug\}, \{branch\}, \{base\}, \{worktree\}/],
    ["a \0", /NUL/],
  ];
  for (const [template, why] of cases)
    test(JSON.stringify(template), () => {
      const parsed = parseCommand(template);
      assert.equal(parsed.kind, "invalid");
      if (parsed.kind === "invalid") assert.match(parsed.why, why);
    });
});

test("the configuration refuses such a command where it is written, by its line", () => {
  const reading = readConfiguration(
    `main: main\nworkers:\n  build: claude -p "/build {slug}\n  review: "x {nope}"\n`,
  );
  assert.equal(reading.kind, "refused");
  if (reading.kind !== "refused") return;
  const told = reading.problems.map(({ path, message }) => `${path}: ${message}`);
  assert.equal(told.length, 2, told.join("\n"));
  assert.match(told[0] ?? "", /^workers\.build.*: .*quote " is not closed/);
  assert.match(told[1] ?? "", /^workers\.review.*: .*\{nope\} is not known/);
});
