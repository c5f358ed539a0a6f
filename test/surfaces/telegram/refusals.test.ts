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
