import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { fenceScript, quoted } from "../../src/guards/remote/fence-text.ts";
import { runChild } from "../world/child.ts";

const shell = async (script: string) =>
  (await runChild("/bin/sh", ["-c", script], { cwd: "/", env: { PATH: process.env.PATH } })).stdout;

describe("words for the shell", () => {
  test("a quoted word is the word, whatever is in it", async () => {
    for (const word of ["main", "it's", "$(touch /x)", "`x`", 'a"b', "a\\b", "ö", "", "*", "a;b", "''"])
      assert.equal(await shell(`printf %s ${quoted(word)}`), word);
  });
});

test("the script holds each hook whole, filled in, and nothing of it is filled in twice", () => {
  const parts = {
    setup: "main=@MAIN@\n@HOOKS@\nsigners: @SIGNERS@ @PREVIOUS_FOLDER@\n",
    preReceive: "pre @MAIN@ @MAIN_PATTERN@ @PREVIOUS_FOLDER@\n",
    procReceive: "proc @PATH@\n",
    referenceTransaction: "transaction @REPOSITORY@\n",
  };
  const script = fenceScript(parts, { main: "@PATH@", repository: "shop", keys: [] });
  assert.match(script, /^main='refs\/heads\/@PATH@'$/m);
  assert.match(script, /^pre 'refs\/heads\/@PATH@' .* @PREVIOUS_FOLDER@$/m);
  assert.match(script, /^transaction 'shop'$/m);
  assert.match(script, /^proc '\/usr/m);
  assert.match(script, /hook_pre_receive\(\) \{\n\tcat <<'SIGNALBOX_END'\npre /);
});
