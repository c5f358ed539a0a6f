import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type PrepareInput, prepareKey, scriptCandidates } from "../../src/orchestration/prepare-inputs.ts";

const input = (path: string, text: string): PrepareInput => ({ path, content: Buffer.from(text) });

test("the key is the same in whatever order the files were found", () => {
  const files = fc.uniqueArray(fc.tuple(fc.string(), fc.string()), { selector: ([path]) => path });
  fc.assert(
    fc.property(files, fc.array(fc.string()), (pairs, argv) => {
      const inputs = pairs.map(([path, text]) => input(path, text));
      assert.equal(prepareKey(argv, inputs), prepareKey(argv, inputs.toReversed()));
    }),
  );
});

test("the key is another one when a file, its place, or a word of the command is another one", () => {
  const keys = [
    prepareKey(["npm", "ci"], [input("package-lock.json", "{}")]),
    prepareKey(["npm", "ci"], [input("package-lock.json", "{ }")]),
    prepareKey(["npm", "ci"], [input("web/package-lock.json", "{}")]),
    prepareKey(["npm ci"], [input("package-lock.json", "{}")]),
    prepareKey(["npm", "ci"], []),
    prepareKey(["npm", "ci"], [input("package-lock.json", "{}"), input("go.sum", "")]),
  ];
  assert.equal(new Set(keys).size, keys.length);
});

test("a word may name a script of the worktree, and nothing outside of it", () => {
  const argv = ["sh", "./scripts/prepare.sh", "--flag", "/etc/passwd", "../up.sh", "a/../../b", "", "x..y"];
  assert.deepEqual(scriptCandidates(argv), ["sh", "scripts/prepare.sh", "x..y"]);
});
