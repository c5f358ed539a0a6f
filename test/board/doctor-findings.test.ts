import assert from "node:assert/strict";
import { test } from "node:test";
import {
  clockFinding,
  diskFinding,
  fenceFinding,
  messagesFinding,
  nodeFinding,
  quarantineFinding,
  serverFinding,
  streamFinding,
} from "../../src/board/doctor-findings.ts";

const gib = 1024 ** 3;
const behind = [{ name: "readiness", lag: 5, position: null, pending: 0 }];
const target = { surface: "webhook", target: "1", why: null, since: null, last_sent_at: null, waiting: 0 };
const server = { family: "redis", version: "7.0.15", persistence: "always", problems: [] };
const evicts = { level: "error" as const, code: "redis_evicts", message: "it evicts", cure: "noeviction" };
const memory = { level: "warning" as const, code: "redis_persistence_none", message: "no file", cure: "AOF" };

test("each finding has its level, and a cure exactly when it is not ok", () => {
  const cases: [ReturnType<typeof nodeFinding>, string][] = [
    [nodeFinding("26.10.0"), "ok"],
    [nodeFinding("22.1.0"), "error"],
    [serverFinding("embedded", server), "ok"],
    [serverFinding("remote", { ...server, problems: [memory] }), "warning"],
    [serverFinding("remote", { ...server, problems: [memory, evicts] }), "error"],
    [streamFinding(0, [], false), "ok"],
    [streamFinding(5, behind, true), "ok"],
    [streamFinding(5, behind, false), "warning"],
    [streamFinding(5000, behind, true), "warning"],
    [quarantineFinding(0), "ok"],
    [quarantineFinding(1), "warning"],
    [messagesFinding([]), "ok"],
    [
      messagesFinding([
        { ...target, state: "ok" },
        { ...target, state: "new" },
      ]),
      "ok",
    ],
    [
      messagesFinding([
        { ...target, state: "ok" },
        { ...target, state: "failing", why: "away" },
      ]),
      "warning",
    ],
    [messagesFinding([{ ...target, state: "disabled", why: "gone" }]), "warning"],
    [messagesFinding([{ ...target, state: "unusable", why: "no secret" }]), "warning"],
    [fenceFinding({ isPresent: true, token: 3 }), "ok"],
    [fenceFinding({ isPresent: false, token: 0 }), "ok"],
    [fenceFinding({ isPresent: false, token: 3 }), "warning"],
    [clockFinding(-1500), "ok"],
    [clockFinding(60_000), "warning"],
    [diskFinding(50 * gib, "/x"), "ok"],
    [diskFinding(0.5 * gib, "/x"), "warning"],
    [diskFinding(1024, "/x"), "error"],
  ];
  for (const [finding, level] of cases) {
    assert.equal(finding.level, level, finding.detail);
    assert.equal(finding.cure === null, level === "ok", finding.detail);
  }
});
