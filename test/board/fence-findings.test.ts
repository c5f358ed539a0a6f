import assert from "node:assert/strict";
import { test } from "node:test";
import { keyFinding, noServerHook, serverHookFinding } from "../../src/board/fence-findings.ts";

const proof = (refused: boolean) => ({ at: "2026-11-22T12:00:00Z", atMs: 0, refused, detail: "" });

test("a key is well without a fence and with its owner alone, and an error where others can read it", () => {
  assert.equal(keyFinding({ kind: "none" }).level, "ok");
  assert.equal(keyFinding({ kind: "kept" }).level, "ok");
  const exposed = keyFinding({ kind: "exposed", path: "/p/key/integrator", mode: "0644" });
  assert.equal(exposed.level, "error");
  assert.match(exposed.detail, /0644/);
  assert.match(exposed.cure ?? "", /chmod 600 \/p\/key\/integrator.*guard key rotate/);
});

test("a fence is well where the remote refuses, an error where it does not, and unknown while it is away", () => {
  assert.equal(noServerHook.level, "ok");
  assert.equal(serverHookFinding({ proof: proof(true), away: null }).level, "ok");
  assert.equal(serverHookFinding({ proof: proof(false), away: null }).level, "error");
  assert.equal(serverHookFinding({ proof: null, away: null }).level, "error");
  assert.equal(serverHookFinding({ proof: proof(true), away: "no route" }).level, "warning");
});
