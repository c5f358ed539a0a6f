import assert from "node:assert/strict";
import { test } from "node:test";
import {
  clockFinding,
  diskFinding,
  earFinding,
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

const nowMs = Date.parse("2026-11-22T10:10:00.000Z");
const at = (agoMs: number) => new Date(nowMs - agoMs).toISOString();
const heard = { hears: true, answered_at: at(20_000), trouble: null };
const trouble = { why: "Another process hears it.", conflict: false, at: at(60_000) };

test("whether commands are heard is told with when it was last answered, and why not", () => {
  const words = (...given: Parameters<typeof earFinding>) => earFinding(...given).detail;
  assert.equal(words(heard, nowMs, true), "commands are heard; last answered 2026-11-22T10:09:40Z");
  assert.equal(
    words({ hears: false, answered_at: null, trouble }, nowMs, true),
    "commands are not heard since 2026-11-22T10:09:00Z: Another process hears it. (never answered yet)",
  );
  const quarrel = { ...heard, trouble: { ...trouble, conflict: true } };
  assert.match(words(quarrel, nowMs, true), /^commands are heard in part only: Another process hears it\./);
  const later = { ...quarrel, answered_at: at(-890_000) };
  assert.match(words(later, nowMs + 900_000, true), /^commands are heard; /);
});

test("every target is named with how it fares, the troubled ones first", () => {
  const sent = { ...target, state: "ok" as const, last_sent_at: "2026-11-22T10:00:00.123Z" };
  const broken = {
    ...target,
    surface: "telegram",
    target: "ann",
    state: "failing" as const,
    why: "away",
    waiting: 2,
  };
  const fresh = { ...target, target: "2", state: "new" as const };
  assert.equal(
    messagesFinding([sent, fresh]).detail,
    "webhook:1: last told 2026-11-22T10:00:00Z; webhook:2: nothing sent yet",
  );
  const { detail, cure } = messagesFinding([sent, broken]);
  assert.equal(
    detail,
    "telegram:ann is failing (away): nothing sent yet, 2 waiting; webhook:1: last told 2026-11-22T10:00:00Z",
  );
  assert.equal(cure, "signalbox notify test telegram:ann");
});

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
    [earFinding(heard, nowMs, true), "ok"],
    [earFinding(heard, nowMs, false), "warning"],
    [earFinding(null, nowMs, true), "warning"],
    [earFinding({ ...heard, hears: false, trouble }, nowMs, true), "warning"],
    [earFinding({ ...heard, trouble }, nowMs, true), "ok"],
    [earFinding({ ...heard, trouble: { ...trouble, conflict: true } }, nowMs, true), "warning"],
    [earFinding({ ...heard, trouble: { ...trouble, conflict: true } }, nowMs + 900_000, true), "warning"],
    [earFinding({ ...heard, answered_at: at(300_000) }, nowMs, true), "warning"],
    [earFinding({ ...heard, answered_at: null }, nowMs, true), "warning"],
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
