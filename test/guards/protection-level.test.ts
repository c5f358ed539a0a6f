import assert from "node:assert/strict";
import { test } from "node:test";
import { isProven, proofCountsMs, protectionLevel } from "../../src/guards/protection-level.ts";

const nowMs = Date.parse("2026-11-22T12:00:00Z");
const proof = (refused: boolean, ageMs: number) => ({ at: "", atMs: nowMs - ageMs, refused, detail: "" });

test("main is enforced only where the remote was seen to refuse, and not long ago", () => {
  const cases = [
    [proof(true, 0), true, "enforced"],
    [proof(true, 0), false, "enforced"],
    [proof(true, proofCountsMs), false, "enforced"],
    [proof(true, proofCountsMs + 1), true, "detecting"],
    [proof(true, -proofCountsMs - 1), true, "detecting"],
    [proof(false, 0), true, "detecting"],
    [proof(false, 0), false, "advisory"],
    [null, true, "detecting"],
    [null, false, "advisory"],
  ] as const;
  for (const [given, isWatched, level] of cases) {
    assert.equal(protectionLevel({ proof: given, nowMs, isWatched }), level);
    assert.equal(isProven({ proof: given, nowMs }), level === "enforced");
  }
});
