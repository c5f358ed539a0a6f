/** What must be refused at the API's door, by group: each with a coded answer, and nothing changed. (Tables.) */
import type { Ask } from "../../world/http.ts";

export type Case = {
  what: string;
  /** Behind `/api/v1`; `//` begins at the root. */
  path: string;
  ask?: Ask;
  status: number;
  code: string;
};

const pause = "/queue/pause";
const reason = { reason: "hostile" };
const post = (body: unknown = reason, more: Ask = {}): Ask => ({ method: "POST", body, ...more });
const withHeaders = (headers: Record<string, string>, more: Ask = {}): Ask =>
  post(reason, { headers, ...more });

/** `HOST` is ours, with its port. */
export const originCases: Case[] = [
  {
    what: "a foreign Host",
    path: pause,
    ask: withHeaders({ host: "evil.example" }),
    status: 421,
    code: "foreign_host",
  },
  {
    what: "a Host without its port",
    path: pause,
    ask: withHeaders({ host: "127.0.0.1" }),
    status: 421,
    code: "foreign_host",
  },
  {
    what: "every interface as Host",
    path: pause,
    ask: withHeaders({ host: "0.0.0.0:PORT" }),
    status: 421,
    code: "foreign_host",
  },
  {
    what: "a Host that begins like ours",
    path: pause,
    ask: withHeaders({ host: "localhost.evil.example:PORT" }),
    status: 421,
    code: "foreign_host",
  },
  {
    what: "a Host with another port",
    path: pause,
    ask: withHeaders({ host: "127.0.0.1:1" }),
    status: 421,
    code: "foreign_host",
  },
  {
    what: "a foreign Host on the page",
    path: "//",
    ask: { as: "none", headers: { host: "evil.example:PORT" } },
    status: 421,
    code: "foreign_host",
  },
  {
    what: "a foreign Host on the stream",
    path: "/stream",
    ask: { headers: { host: "evil.example:PORT" } },
    status: 421,
    code: "foreign_host",
  },
  {
    what: "a proxy that says it is ours",
    path: pause,
    ask: withHeaders({ host: "evil.example", "x-forwarded-host": "HOST", forwarded: "host=HOST" }),
    status: 421,
    code: "foreign_host",
  },
  {
    what: "a foreign Origin",
    path: pause,
    ask: withHeaders({ origin: "http://evil.example" }),
    status: 403,
    code: "foreign_origin",
  },
  {
    what: "an Origin of null",
    path: pause,
    ask: withHeaders({ origin: "null" }),
    status: 403,
    code: "foreign_origin",
  },
  {
    what: "an Origin of another port",
    path: pause,
    ask: withHeaders({ origin: "http://127.0.0.1:1" }),
    status: 403,
    code: "foreign_origin",
  },
  {
    what: "an Origin of another scheme",
    path: pause,
    ask: withHeaders({ origin: "https://HOST" }),
    status: 403,
    code: "foreign_origin",
  },
  {
    what: "a fetch of another site",
    path: pause,
    ask: withHeaders({ "sec-fetch-site": "cross-site" }),
    status: 403,
    code: "foreign_origin",
  },
  {
    what: "a fetch of the same site",
    path: pause,
    ask: withHeaders({ "sec-fetch-site": "same-site" }),
    status: 403,
    code: "foreign_origin",
  },
  {
    what: "a foreign Origin that only looks",
    path: "/queue",
    ask: { headers: { origin: "http://evil.example" } },
    status: 403,
    code: "foreign_origin",
  },
  {
    what: "a foreign Origin that signs in",
    path: "/login",
    ask: post(
      { code: "x" },
      { as: "none", headers: { origin: "http://evil.example", "x-signalbox-csrf": "1" } },
    ),
    status: 403,
    code: "foreign_origin",
  },
];

export const authCases: Case[] = [
  { what: "nobody", path: pause, ask: post(reason, { as: "none" }), status: 401, code: "unauthorized" },
  { what: "nobody who only looks", path: "/status", ask: { as: "none" }, status: 401, code: "unauthorized" },
  {
    what: "nobody at the numbers",
    path: "//metrics",
    ask: { as: "none" },
    status: 401,
    code: "unauthorized",
  },
  {
    what: "nobody at the description",
    path: "/openapi.json",
    ask: { as: "none" },
    status: 401,
    code: "unauthorized",
  },
  { what: "nobody at the stream", path: "/stream", ask: { as: "none" }, status: 401, code: "unauthorized" },
  {
    what: "nobody at a path that is not there",
    path: "/nothing",
    ask: { as: "none" },
    status: 401,
    code: "unauthorized",
  },
  {
    what: "a wrong token",
    path: pause,
    ask: withHeaders({ authorization: `Bearer ${"planted".repeat(6)}x` }, { as: "none" }),
    status: 401,
    code: "bad_token",
  },
  {
    what: "an empty token",
    path: pause,
    ask: withHeaders({ authorization: "Bearer " }, { as: "none" }),
    status: 401,
    code: "bad_token",
  },
  {
    what: "a token that is too long",
    path: pause,
    ask: withHeaders({ authorization: `Bearer ${"a".repeat(8000)}` }, { as: "none" }),
    status: 401,
    code: "bad_token",
  },
  {
    what: "a password",
    path: pause,
    ask: withHeaders({ authorization: "Basic YWRtaW46YWRtaW4=" }, { as: "none" }),
    status: 401,
    code: "bad_token",
  },
  {
    what: "the right token in the URL",
    path: "/status?token=ADMIN",
    ask: { as: "none" },
    status: 401,
    code: "unauthorized",
  },
  {
    what: "the right token as a cookie",
    path: pause,
    ask: withHeaders({ cookie: "COOKIE=ADMIN", "x-signalbox-csrf": "1" }, { as: "none" }),
    status: 401,
    code: "bad_token",
  },
  {
    what: "a cookie that was made up",
    path: "/status",
    ask: { as: "none", headers: { cookie: "COOKIE=planted" } },
    status: 401,
    code: "bad_token",
  },
  {
    what: "headers that claim a role",
    path: pause,
    ask: withHeaders(
      {
        "x-role": "admin",
        "x-signalbox-role": "admin",
        "x-forwarded-user": "admin",
        "x-email": "admin@example.org",
      },
      { as: "viewer" },
    ),
    status: 403,
    code: "role_too_small",
  },
  {
    what: "a viewer who says something",
    path: "/events",
    ask: post({ type: "x.y", data: {} }, { as: "viewer" }),
    status: 403,
    code: "role_too_small",
  },
  {
    what: "a viewer who retries",
    path: "/queue/alpha/retry",
    ask: post({}, { as: "viewer" }),
    status: 403,
    code: "role_too_small",
  },
  {
    what: "a viewer who asks for a link",
    path: "/login/link",
    ask: post({ name: "x", role: "admin" }, { as: "viewer" }),
    status: 403,
    code: "role_too_small",
  },
  {
    what: "a worker who pauses",
    path: pause,
    ask: post(reason, { as: "worker" }),
    status: 403,
    code: "role_too_small",
  },
  {
    what: "a worker who withdraws",
    path: "/queue/alpha/withdraw",
    ask: post(reason, { as: "worker" }),
    status: 403,
    code: "role_too_small",
  },
  {
    what: "a worker who resolves",
    path: "/notifications/0123456789ab/resolve",
    ask: post(reason, { as: "worker" }),
    status: 403,
    code: "role_too_small",
  },
  {
    what: "a worker who asks for a link",
    path: "/login/link",
    ask: post({ name: "x", role: "admin" }, { as: "worker" }),
    status: 403,
    code: "role_too_small",
  },
  {
    what: "a worker who speaks for people",
    path: "/events",
    ask: post({ type: "domain.software-development.notification.acted", data: {} }, { as: "worker" }),
    status: 403,
    code: "role_too_small",
  },
  {
    what: "a worker who speaks for the platform",
    path: "/events",
    ask: post({ type: "platform.gap.found", data: {} }, { as: "worker" }),
    status: 403,
    code: "role_too_small",
  },
  {
    what: "a code that was made up",
    path: "/login",
    ask: post(
      { code: "planted-code" },
      { as: "none", headers: { origin: "http://HOST", "x-signalbox-csrf": "1" } },
    ),
    status: 401,
    code: "bad_code",
  },
  {
    what: "a sign-in that no page of ours asked for",
    path: "/login",
    ask: post({ code: "x" }, { as: "none" }),
    status: 403,
    code: "csrf_missing",
  },
  {
    what: "a form",
    path: pause,
    ask: post("reason=hostile", { headers: { "content-type": "application/x-www-form-urlencoded" } }),
    status: 415,
    code: "not_json",
  },
  {
    what: "JSON that calls itself text",
    path: pause,
    ask: post(JSON.stringify(reason), { headers: { "content-type": "text/plain" } }),
    status: 415,
    code: "not_json",
  },
  {
    what: "a file",
    path: pause,
    ask: post("x", { headers: { "content-type": "multipart/form-data; boundary=x" } }),
    status: 415,
    code: "not_json",
  },
  { what: "PUT", path: pause, ask: { method: "PUT", body: reason }, status: 404, code: "no_such_route" },
  { what: "DELETE", path: "/queue/alpha", ask: { method: "DELETE" }, status: 404, code: "no_such_route" },
  { what: "GET where something would change", path: pause, status: 404, code: "unknown_slug" },
  {
    what: "a method that is overridden",
    path: "/queue",
    ask: { method: "POST", body: {}, headers: { "x-http-method-override": "DELETE" } },
    status: 404,
    code: "no_such_route",
  },
];

const unknown = { status: 401, code: "unauthorized" };
export const pathCases: Case[] = [
  { what: "..", path: "//../../etc/passwd", ask: { as: "none" }, ...unknown },
  { what: "%2e%2e", path: "//%2e%2e/%2e%2e/etc/passwd", ask: { as: "none" }, ...unknown },
  { what: "%2f", path: "//..%2f..%2f..%2fetc%2fpasswd", ask: { as: "none" }, ...unknown },
  { what: "a NUL", path: "//index.html%00.js", ask: { as: "none" }, ...unknown },
  { what: "two slashes", path: "///etc/passwd", ask: { as: "none" }, ...unknown },
  { what: "a backslash", path: "//..\\..\\etc\\passwd", ask: { as: "none" }, ...unknown },
  { what: "a hidden file", path: "//.git/config", ask: { as: "none" }, ...unknown },
  { what: "the token beside the board", path: "//api-token", ask: { as: "none" }, ...unknown },
  { what: "half an escape", path: "//%zz", ask: { as: "none" }, status: 400, code: "bad_request" },
  { what: "a path that is too long", path: `/queue/${"a".repeat(5000)}`, status: 400, code: "bad_request" },
  {
    what: "a session's log out of its folder",
    path: "/sessions/..%2f..%2fapi-token/log",
    status: 400,
    code: "bad_request",
  },
  { what: "a session of a hidden name", path: "/sessions/.x/log", status: 400, code: "bad_request" },
  { what: "a session that is not there", path: "/sessions/nobody/log", status: 404, code: "unknown_session" },
];

const badSlugs: [what: string, slug: string][] = [
  ["a folder above", "..%2fx"],
  ["a line end", "a%0ab"],
  ["a NUL", "a%00"],
  ["an escape", "a%1b[2J"],
  ["upper case", "Alpha"],
  ["another alphabet", encodeURIComponent("аlpha")],
  ["an option", "-rf"],
  ["a reserved word", "__proto__"],
  ["65 letters", "a".repeat(65)],
  ["a shell's words", encodeURIComponent("$(id)")],
];

export const nameCases: Case[] = [
  ...badSlugs.flatMap(([what, slug]) => [
    { what: `a slug with ${what}`, path: `/why/${slug}`, status: 400, code: "bad_request" },
    {
      what: `a retry with ${what}`,
      path: `/queue/${slug}/retry`,
      ask: post({}),
      status: 400,
      code: "bad_request",
    },
  ]),
  { what: "a slug nobody knows", path: "/candidates/nobody", status: 404, code: "unknown_slug" },
  {
    what: "a retry of a slug nobody knows",
    path: "/queue/nobody/retry",
    ask: post({}),
    status: 409,
    code: "not_queued",
  },
  {
    what: "a withdrawal of a slug nobody knows",
    path: "/queue/nobody/withdraw",
    ask: post(),
    status: 409,
    code: "not_queued",
  },
  {
    what: "an acknowledgement about nothing",
    path: "/queue/nobody/ack",
    ask: post({}),
    status: 404,
    code: "notification_unknown",
  },
  {
    what: "a notification nobody knows",
    path: "/notifications/0123456789ab/see",
    ask: post({}),
    status: 404,
    code: "notification_unknown",
  },
  {
    what: "an id that is none",
    path: "/notifications/..%2f/see",
    ask: post({}),
    status: 400,
    code: "bad_request",
  },
];

const event = {
  slug: "alpha",
  branch: "alpha",
  sha: "a".repeat(40),
  remote: "origin",
  pushed_at: "2026-11-22T10:00:00Z",
  pusher: "ada",
  worker_session_id: "worker-1",
  orchestrator_session_id: "orchestrator-1",
  ready_at: "2026-11-22T10:00:00Z",
};
const badFields: [field: string, values: string[]][] = [
  [
    "branch",
    [
      "--upload-pack=x",
      "-oProxyCommand=x",
      "--output=x",
      "HEAD",
      "refs/heads/x",
      "a:b",
      "a..b",
      "a~1",
      "a@{1}",
      "x.lock",
      "a b",
      "a\nb",
      "a\u001b[2J",
      "a\u009b2J",
      "a\u202eb",
      "a\u200bb",
      "a\\b",
    ],
  ],
  ["sha", ["abc", "A".repeat(40), "--all", `${"a".repeat(40)}\n`, "g".repeat(40)]],
  ["remote", ["ext::sh -c id", "file:///tmp/x", "-u", "https://user:planted@example.org/x", "../x"]],
  ["slug", ["../x", "a\nb", "Alpha", "a".repeat(65), "-x"]],
  ["pusher", ["a\u001b]0;x\u0007", "a\nb", ""]],
  ["ready_at", ["yesterday", "2026-13-01T00:00:00Z"]],
];

export const eventCases: Case[] = [
  ...badFields.flatMap(([field, values]) =>
    values.map((value) => ({
      what: `${field} ${JSON.stringify(value)}`,
      path: "/events",
      ask: post(
        { type: "domain.software-development.deployment.started", data: { ...event, [field]: value } },
        { as: "worker" },
      ),
      status: 400,
      code: "invalid_event",
    })),
  ),
  {
    what: "a field too many",
    path: "/events",
    ask: post({ type: "domain.software-development.deployment.started", data: { ...event, admin: true } }),
    status: 400,
    code: "invalid_event",
  },
  {
    what: "a type nobody knows",
    path: "/events",
    ask: post({ type: "domain.software-development.nothing", data: {} }),
    status: 400,
    code: "unknown_event_type",
  },
  {
    what: "a landing that a worker claims",
    path: "/events",
    ask: post(
      {
        type: "domain.software-development.deployment.completed",
        data: {
          slug: "alpha",
          branch: "alpha",
          sha: event.sha,
          merge_commit: event.sha,
          main_sha: event.sha,
          integrated_at: event.ready_at,
          checks: [],
        },
      },
      { as: "worker" },
    ),
    status: 403,
    code: "reserved_event_type",
  },
  {
    what: "a landing that an admin claims",
    path: "/events",
    ask: post({
      type: "domain.software-development.deployment.completed",
      data: {
        slug: "alpha",
        branch: "alpha",
        sha: event.sha,
        merge_commit: event.sha,
        main_sha: event.sha,
        integrated_at: event.ready_at,
        checks: [],
      },
    }),
    status: 403,
    code: "reserved_event_type",
  },
  {
    what: "an event of 100 kB",
    path: "/events",
    ask: post({
      type: "domain.software-development.review.revoked",
      data: { slug: "alpha", review_round: 1, revoked_by: "x", reason: "x".repeat(100_000) },
    }),
    status: 400,
    code: "invalid_event",
  },
];

const raw = (text: string): Ask => ({ method: "POST", body: text });
export const bodyCases: Case[] = [
  { what: "half a JSON", path: pause, ask: raw('{"reason":'), status: 400, code: "bad_request" },
  {
    what: "__proto__",
    path: pause,
    ask: raw('{"reason":"x","__proto__":{"admin":true}}'),
    status: 400,
    code: "bad_request",
  },
  {
    what: "constructor.prototype",
    path: pause,
    ask: raw('{"reason":"x","constructor":{"prototype":{"admin":true}}}'),
    status: 400,
    code: "bad_request",
  },
  { what: "20,000 brackets", path: pause, ask: raw("[".repeat(20_000)), status: 400, code: "bad_request" },
  {
    what: "20,000 brackets that close",
    path: pause,
    ask: raw(`${"[".repeat(20_000)}${"]".repeat(20_000)}`),
    status: 400,
    code: "bad_request",
  },
  {
    what: "200 kB",
    path: pause,
    ask: raw(JSON.stringify({ reason: "x".repeat(200_000) })),
    status: 413,
    code: "too_large",
  },
  { what: "null", path: pause, ask: raw("null"), status: 400, code: "bad_request" },
  { what: "a list", path: pause, ask: raw("[]"), status: 400, code: "bad_request" },
  { what: "a text", path: pause, ask: raw('"reason"'), status: 400, code: "bad_request" },
  { what: "nothing", path: pause, ask: { method: "POST" }, status: 400, code: "bad_request" },
  { what: "no reason", path: pause, ask: post({}), status: 400, code: "bad_request" },
  { what: "an empty reason", path: pause, ask: post({ reason: "" }), status: 400, code: "bad_request" },
  { what: "a blank reason", path: pause, ask: post({ reason: "   " }), status: 400, code: "bad_request" },
  {
    what: "a reason that is a number",
    path: pause,
    ask: post({ reason: 1 }),
    status: 400,
    code: "bad_request",
  },
  {
    what: "a reason of 501 letters",
    path: pause,
    ask: post({ reason: "x".repeat(501) }),
    status: 400,
    code: "bad_request",
  },
  {
    what: "a field nobody knows",
    path: pause,
    ask: post({ ...reason, force: true }),
    status: 400,
    code: "bad_request",
  },
  {
    what: "bytes that call themselves gzip",
    path: pause,
    ask: post("x", { headers: { "content-encoding": "gzip" } }),
    status: 400,
    code: "bad_request",
  },
  {
    what: "a snooze without a time",
    path: "/notifications/0123456789ab/snooze",
    ask: post({ until: "later" }),
    status: 400,
    code: "bad_request",
  },
  {
    what: "a role nobody has",
    path: "/login/link",
    ask: post({ name: "x", role: "root" }),
    status: 400,
    code: "bad_request",
  },
  {
    what: "a name with an escape",
    path: "/login/link",
    ask: post({ name: "x\u001b[2J", role: "viewer" }),
    status: 400,
    code: "bad_request",
  },
];

/** What would fool a terminal, wherever words are taken. */
export const terminalCases: Case[] = [
  ["CSI", "\u001b[2Jx"],
  ["OSC 52", "\u001b]52;c;eA==\u0007"],
  ["OSC 8", "\u001b]8;;http://evil.example\u0007x"],
  ["C1", "\u009b2Jx"],
  ["a carriage return", "x\ry"],
  ["a line end", "x\ny"],
  ["a NUL", "x\u0000"],
  ["the other direction", "x\u202ey"],
].map(([what, text]) => ({
  what: `${what} in a reason`,
  path: pause,
  ask: post({ reason: text }),
  status: 400,
  code: "bad_request",
}));

export const queryCases: Case[] = [
  "/events?limit=0",
  "/events?limit=100000",
  "/events?limit=x",
  "/events?limit=1&limit=2",
  "/events?before=abc",
  "/events?type=(",
  "/events?slug=..",
  "/events?nothing=1",
  "/notifications?all=maybe",
  "/notifications?level=loud",
  "/notifications?after=x",
  "/history?days=0",
  "/history?days=100000",
  "/sessions/x/log?tail=1000000000",
].map((path) => ({ what: path, path, status: 400, code: "bad_request" }));
queryCases.push({
  what: "a since that is none",
  path: "/events?since=yesterday",
  status: 400,
  code: "bad_since",
});

export const streamCases: Case[] = [
  { what: "a stream that is posted to", path: "/stream", ask: post({}), status: 404, code: "no_such_route" },
  {
    what: "a stream of which only the head is asked",
    path: "/stream",
    ask: { method: "HEAD" },
    status: 404,
    code: "",
  },
];
