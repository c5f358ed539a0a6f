/** Pure. What the API refuses, as problem details (RFC 9457): a status, a stable code, and what to do next. */
import type { Problem } from "../../board/shapes-of-api.ts";
import { Failure, type FailureKind } from "../../errors.ts";

/** Refusals that only exist over HTTP. */
const refusals = {
  unauthorized: [
    401,
    "This needs a token or a session.",
    "signalbox open prints a link that signs a browser in.",
  ],
  bad_token: [
    401,
    "This token or session is not known here, or has ended.",
    "signalbox open prints a new link.",
  ],
  bad_code: [401, "This link was used before, or is too old.", "signalbox open prints a new link."],
  role_too_small: [403, "Your role may not do this.", "Ask an admin."],
  foreign_origin: [
    403,
    "The request comes from another site.",
    "Use the board that the daemon itself serves.",
  ],
  csrf_missing: [
    403,
    "A request by cookie that changes something needs the header x-signalbox-csrf: 1.",
    null,
  ],
  foreign_host: [
    421,
    "The Host header names another host.",
    "Call it as 127.0.0.1 or localhost, with its port.",
  ],
  no_such_route: [404, "There is nothing at this path.", "GET /api/v1/openapi.json lists what there is."],
  bad_request: [400, "The request is not one that is understood here.", null],
  too_large: [413, "The body is too large.", "At most 128 KiB."],
  not_json: [415, "Bodies are JSON: content-type application/json.", null],
  too_many_headers: [431, "The headers are too large.", "At most 16 KiB."],
  too_many_requests: [429, "Too many requests.", "Wait as long as retry-after says."],
  too_many_streams: [503, "Too many streams are open.", "Close some, or wait."],
  internal_error: [500, "Something went wrong that nobody foresaw.", "The daemon's log has it."],
} as const satisfies Record<string, readonly [status: number, detail: string, hint: string | null]>;

export type RefusalCode = keyof typeof refusals;

/** A refusal of this door itself. Thrown, and answered by the error handler. */
export class Refusal extends Error {
  readonly code: RefusalCode;
  constructor(code: RefusalCode) {
    super(refusals[code][1]);
    this.name = "Refusal";
    this.code = code;
  }
}

/** The problem of a refusal; `detail` says more than the usual sentence. */
export function problemOfRefusal(code: RefusalCode, more: Partial<Problem> = {}): Problem {
  const [status, detail, hint] = refusals[code];
  return { ...typed(code, status), detail, hint, ...more };
}

/** The problem of a failure of the rooms: its kind decides the status. */
export function problemOfFailure(failure: Failure): Problem {
  const { code, kind, message, cure, problems } = failure;
  return {
    ...typed(code, statusOf(code, kind)),
    detail: message,
    hint: cure,
    ...(problems.length === 0 ? {} : { problems }),
  };
}

/** The problem of anything thrown in a handler. What nobody foresaw tells nothing of itself. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Failure) return problemOfFailure(error);
  if (error instanceof Refusal) return problemOfRefusal(error.code);
  if (!(error instanceof Error)) return problemOfRefusal("internal_error");
  const status = "statusCode" in error && typeof error.statusCode === "number" ? error.statusCode : 500;
  if ("validation" in error && Array.isArray(error.validation))
    return problemOfRefusal("bad_request", { problems: error.validation.map(problemOfIssue) });
  if (status === 413) return problemOfRefusal("too_large");
  if (status === 415) return problemOfRefusal("not_json");
  if (status === 429) return problemOfRefusal("too_many_requests");
  if (status === 404) return problemOfRefusal("no_such_route");
  return problemOfRefusal(status >= 400 && status < 500 ? "bad_request" : "internal_error");
}

const byKind: Record<FailureKind, number> = {
  failed: 500,
  bad_input: 400,
  not_ready: 409,
  refused: 403,
  unavailable: 503,
  temporary: 503,
};

function statusOf(code: string, kind: FailureKind): number {
  if (/^unknown_(?!event_type)|_unknown$/.test(code)) return 404;
  if (code === "idempotency_conflict") return 409;
  if (code === "event_too_large") return 413;
  return byKind[kind];
}

function typed(code: string, status: number): Pick<Problem, "type" | "title" | "status" | "code"> {
  return { type: `urn:signalbox:problem:${code}`, title: titles[status] ?? "Error", status, code };
}

const titles: Record<number, string> = {
  400: "Bad request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not found",
  409: "Conflict",
  413: "Content too large",
  415: "Unsupported media type",
  421: "Misdirected request",
  429: "Too many requests",
  431: "Request header fields too large",
  500: "Internal error",
  503: "Unavailable",
};

/** An issue of a schema; the text that was sent is not repeated. */
function problemOfIssue(issue: unknown): { path: string; message: string } {
  const field = (name: string) =>
    typeof issue === "object" && issue !== null && name in issue ? String(Reflect.get(issue, name)) : "";
  return { path: field("instancePath").replace(/^\//, "").replaceAll("/", "."), message: field("message") };
}

/** All refusals, for the reference. */
export const refusalCodes = Object.keys(refusals).filter(isRefusalCode);

function isRefusalCode(code: string): code is RefusalCode {
  return Object.hasOwn(refusals, code);
}
