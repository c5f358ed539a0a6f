/** What became of a call, by the words of the Bot API and the codes of the network. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Refusal, refusalOf, silenceOf } from "../../../src/surfaces/telegram/refusals.ts";
import { refusals, tooManyRequests } from "../../telegram/bot-api-answers.ts";

type Kind = Refusal["kind"];

const byWords: [keyof typeof refusals, Kind][] = [
  ["unauthorized", "unauthorized"],
  ["notFound", "unauthorized"],
  ["conflict", "conflict"],
  ["webhookActive", "conflict"],
  ["notModified", "unchanged"],
  ["editNotFound", "message_gone"],
  ["cannotEdit", "message_gone"],
  ["textEmpty", "invalid"],
  ["textTooLong", "invalid"],
  ["editTooLong", "invalid"],
  ["buttonData", "invalid"],
  ["queryTooOld", "invalid"],
  ["chatNotFound", "chat_gone"],
  ["blocked", "chat_gone"],
  ["deactivated", "chat_gone"],
  ["kicked", "chat_gone"],
  ["neverStarted", "chat_gone"],
];

for (const [name, kind] of byWords)
  test(`${refusals[name].description.slice(0, 60)} means ${kind}`, () => {
    assert.equal(refusalOf(said(refusals[name])).kind, kind);
  });

test("asked to wait, for as long as was said; a second where nothing was", () => {
  assert.deepEqual(refusalOf(said(tooManyRequests(37))), { kind: "too_many", afterMs: 37_000 });
  const { description } = tooManyRequests(1);
  assert.deepEqual(refusalOf(said({ error_code: 429, description })), { kind: "too_many", afterMs: 1000 });
});

test("asked to wait for what is no time, or for longer than a day, it asks again by then", () => {
  const pauses: [asked: unknown, seconds: number][] = [
    [0, 1],
    [-5, 1],
    [Number.NaN, 1],
    ["soon", 1],
    [86_400, 86_400],
    [9e15, 86_400],
  ];
  for (const [asked, seconds] of pauses) {
    // as: a server may answer what its own protocol does not know.
    const retryAfterS = asked as number;
    const refusal = refusalOf({ code: 429, description: "Too Many Requests", retryAfterS });
    assert.deepEqual(refusal, { kind: "too_many", afterMs: seconds * 1000 }, String(asked));
  }
});

test("what no Bot API answers is no reason to give a message up", () => {
  for (const code of [Number.NaN, 0, 200, 302])
    assert.equal(refusalOf({ code, description: "undefined" }).kind, "unknown", String(code));
});

test("a group that moved says where it is", () => {
  const parameters = { migrate_to_chat_id: -1001 };
  const answer = { error_code: 400, description: "Bad Request: group chat was upgraded", parameters };
  assert.deepEqual(refusalOf(said(answer)), { kind: "moved", to: "-1001" });
});

test("of what went wrong at the server, only what nobody took is certainly not done", () => {
  const kinds = [500, 502, 503, 504].map(
    (error_code) => refusalOf(said({ error_code, description: "x" })).kind,
  );
  assert.deepEqual(kinds, ["unknown", "unreachable", "unreachable", "unknown"]);
});

test("without an answer, only a connection that was never made is certain", () => {
  for (const code of ["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "CERT_HAS_EXPIRED"])
    assert.equal(silenceOf(code).kind, "unreachable", code);
  for (const code of ["ECONNRESET", "ETIMEDOUT", "EPIPE", null])
    assert.equal(silenceOf(code).kind, "unknown");
});

test("Telegram's words are repeated on one short, harmless line", () => {
  const description = `Bad Request: <b>no\u001b[31m\n/resume @ann ${"x".repeat(500)}`;
  const refusal = refusalOf(said({ error_code: 400, description }));
  assert.ok(refusal.kind === "invalid" && refusal.why.length < 260);
  assert.doesNotMatch(refusal.why, /[\p{Cc}<@/]/u);
});

function said(answer: {
  error_code: number;
  description: string;
  parameters?: { retry_after?: number; migrate_to_chat_id?: number };
}) {
  const { error_code: code, description, parameters } = answer;
  const { retry_after: retryAfterS, migrate_to_chat_id: migrateTo } = parameters ?? {};
  return { code, description, retryAfterS, migrateTo };
}
