import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { suite, test } from "node:test";
import { isReasonCode, reasonCodes, reasonOf } from "../../src/integration/reasons.ts";

suite("reason codes", () => {
  test("are those of the specification", () => {
    assert.deepEqual([...reasonCodes].sort(), [
      "branch_gone",
      "check_failed",
      "check_not_started",
      "check_timeout",
      "conflict",
      "internal",
      "not_reachable",
      "push_refused",
      "review_revoked",
      "too_large",
      "unrelated_history",
      "unreviewed_changes",
      "unsafe_path",
      "withdrawn",
    ]);
  });

  for (const code of reasonCodes) {
    test(`${code} has one sentence, and a next action that names a command there is`, () => {
      const { sentence, nextAction } = reasonOf(code);
      assert.match(sentence, /^[A-Z][^.]+\.$/);
      assert.match(nextAction, /signalbox (?:submit|queue retry SLUG|doctor|reload)/);
    });
  }

  test("are told from other words", () => {
    assert.ok(isReasonCode("conflict"));
    assert.ok(!isReasonCode("constructor") && !isReasonCode("Conflict") && !isReasonCode(""));
  });

  test("are documented word for word", async () => {
    const text = await readFile(join(import.meta.dirname, "../../docs/errors.md"), "utf8");
    const documented = [...text.matchAll(/^\| `([a-z_]+)` \| (.+?) \| (.+?) \|$/gm)].map((row) =>
      row.slice(1, 4),
    );
    assert.deepEqual(
      documented.filter(([code = ""]) => isReasonCode(code)),
      reasonCodes.map((code) => [code, reasonOf(code).sentence, reasonOf(code).nextAction]),
    );
  });
});
