import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { problemSchema } from "../../../src/board/shapes-of-api.ts";
import { badInput, Failure, unavailable } from "../../../src/errors.ts";
import { problemOf, problemOfRefusal, Refusal, refusalCodes } from "../../../src/surfaces/api/problems.ts";

const cases: [error: unknown, status: number, code: string][] = [
  [badInput("bad_slug", "no"), 400, "bad_slug"],
  [badInput("unknown_slug", "no"), 404, "unknown_slug"],
  [badInput("unknown_session", "no"), 404, "unknown_session"],
  [badInput("notification_unknown", "no"), 404, "notification_unknown"],
  [badInput("unknown_event_type", "no"), 400, "unknown_event_type"],
  [badInput("idempotency_conflict", "no"), 409, "idempotency_conflict"],
  [badInput("event_too_large", "no"), 413, "event_too_large"],
  [new Failure({ code: "not_blocked", kind: "not_ready", message: "no" }), 409, "not_blocked"],
  [new Failure({ code: "reserved_event_type", kind: "refused", message: "no" }), 403, "reserved_event_type"],
  [unavailable("redis_unreachable", "away"), 503, "redis_unreachable"],
  [new Failure({ code: "raced", kind: "temporary", message: "again" }), 503, "raced"],
  [new Refusal("bad_token"), 401, "bad_token"],
  [Object.assign(new Error("x"), { statusCode: 413 }), 413, "too_large"],
  [Object.assign(new Error("x"), { statusCode: 415 }), 415, "not_json"],
  [Object.assign(new Error("x"), { statusCode: 429 }), 429, "too_many_requests"],
  [Object.assign(new Error("x"), { statusCode: 404 }), 404, "no_such_route"],
  [Object.assign(new Error("x"), { statusCode: 400 }), 400, "bad_request"],
  [new TypeError("a bug"), 500, "internal_error"],
  ["thrown", 500, "internal_error"],
];

for (const [error, status, code] of cases)
  test(`${code} is ${status}`, () => {
    const problem = problemOf(error);
    assert.deepEqual([problem.status, problem.code], [status, code]);
    assert.deepEqual(problemSchema.parse(problem), problem);
  });

test("what nobody foresaw tells nothing of itself", () => {
  const text = JSON.stringify(problemOf(new Error("secret at /home/ada")));
  assert.doesNotMatch(text, /secret|ada/);
});

test("a schema's issues are told by their place, without what was sent", () => {
  const error = Object.assign(new Error("x"), {
    statusCode: 400,
    validation: [{ instancePath: "/data/sha", message: "must be a sha", params: { input: "planted" } }],
  });
  const problem = problemOf(error);
  assert.deepEqual(problem.problems, [{ path: "data.sha", message: "must be a sha" }]);
  assert.doesNotMatch(JSON.stringify(problem), /planted/);
});

test("every refusal is in the reference of the API", () => {
  const page = readFileSync(join(import.meta.dirname, "../../../docs/api.md"), "utf8");
  for (const code of refusalCodes) {
    assert.ok(page.includes(`| ${problemOfRefusal(code).status} | \`${code}\` |`), code);
  }
});
