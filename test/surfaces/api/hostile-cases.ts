/** What must be refused at the API's door, by group: each with a coded answer, and nothing changed. (Tables.) */
import type { Ask } from "../../world/http.ts";

export type Case = {
  what: string;
  /** Behind `/api/v1`; `//` begins at the root. */
  path: string;
  ask: Ask;
  status: number;
  code: string;
};

type Row = [what: string, path: string, ask?: Ask];

/** Cases that are all answered alike. */
const refused = (status: number, code: string, rows: readonly Row[]): Case[] =>
  rows.map(([what, path, ask = {}]) => ({ what, path, ask, status, code }));

const pause = "/queue/pause";
const reason = { reason: "hostile" };
const post = (body: unknown = reason, more: Ask = {}): Ask => ({ method: "POST", body, ...more });
const withHeaders = (headers: Record<string, string>, more: Ask = {}): Ask =>
  post(reason, { headers, ...more });

/** `HOST` is ours, with its port. */
export const originCases: Case[] = [
  ...refused(421, "foreign_host", [
    ["a foreign Host", pause, withHeaders({ host: "evil.example" })],
    ["a Host without its port", pause, withHeaders({ host: "127.0.0.1" })],
    ["every interface as Host", pause, withHeaders({ host: "0.0.0.0:PORT" })],
    ["a Host that begins like ours", pause, withHeaders({ host: "localhost.evil.example:PORT" })],
    ["a Host with another port", pause, withHeaders({ host: "127.0.0.1:1" })],
    ["a foreign Host on the page", "//", { as: "none", headers: { host: "evil.example:PORT" } }],
    ["a foreign Host on the stream", "/stream", { headers: { host: "evil.example:PORT" } }],
    [
      "a proxy that says it is ours",
      pause,
      withHeaders({ host: "evil.example", "x-forwarded-host": "HOST", forwarded: "host=HOST" }),
    ],
  ]),
  ...refused(403, "foreign_origin", [
    ["a foreign Origin", pause, withHeaders({ origin: "http://evil.example" })],
    ["an Origin of null", pause, withHeaders({ origin: "null" })],
    ["an Origin of another port", pause, withHeaders({ origin: "http://127.0.0.1:1" })],
    ["an Origin of another scheme", pause, withHeaders({ origin: "https://HOST" })],
    ["a fetch of another site", pause, withHeaders({ "sec-fetch-site": "cross-site" })],
    ["a fetch of the same site", pause, withHeaders({ "sec-fetch-site": "same-site" })],
    ["a foreign Origin that only looks", "/queue", { headers: { origin: "http://evil.example" } }],
    [
      "a foreign Origin that signs in",
      "/login",
      post(
        { code: "x" },
        { as: "none", headers: { origin: "http://evil.example", "x-signalbox-csrf": "1" } },
      ),
    ],
  ]),
];

export const authCases: Case[] = [
  ...refused(401, "unauthorized", [
    ["nobody", pause, post(reason, { as: "none" })],
    ["nobody who only looks", "/status", { as: "none" }],
    ["nobody at the numbers", "//metrics", { as: "none" }],
    ["nobody at the description", "/openapi.json", { as: "none" }],
    ["nobody at the stream", "/stream", { as: "none" }],
    ["nobody at a path that is not there", "/nothing", { as: "none" }],
    ["the right token in the URL", "/status?token=ADMIN", { as: "none" }],
  ]),
  ...refused(401, "bad_token", [
    [
      "a wrong token",
      pause,
      withHeaders({ authorization: `Bearer ${"planted".repeat(6)}x` }, { as: "none" }),
    ],
    ["an empty token", pause, withHeaders({ authorization: "Bearer " }, { as: "none" })],
    [
      "a token that is too long",
      pause,
      withHeaders({ authorization: `Bearer ${"a".repeat(8000)}` }, { as: "none" }),
    ],
    ["a password", pause, withHeaders({ authorization: "Basic YWRtaW46YWRtaW4=" }, { as: "none" })],
    [
      "the right token as a cookie",
      pause,
      withHeaders({ cookie: "COOKIE=ADMIN", "x-signalbox-csrf": "1" }, { as: "none" }),
    ],
    ["a cookie that was made up", "/status", { as: "none", headers: { cookie: "COOKIE=planted" } }],
  ]),
  ...refused(403, "role_too_small", [
    [
      "headers that claim a role",
      pause,
      withHeaders(
        {
          "x-role": "admin",
          "x-signalbox-role": "admin",
          "x-forwarded-user": "admin",
          "x-email": "admin@example.org",
        },
        { as: "viewer" },
      ),
    ],
    ["a viewer who says something", "/events", post({ type: "x.y", data: {} }, { as: "viewer" })],
    ["a viewer who retries", "/queue/alpha/retry", post({}, { as: "viewer" })],
    ["a viewer who asks for a link", "/login/link", post({ name: "x", role: "admin" }, { as: "viewer" })],
    ["a worker who pauses", pause, post(reason, { as: "worker" })],
    ["a worker who withdraws", "/queue/alpha/withdraw", post(reason, { as: "worker" })],
    ["a worker who resolves", "/notifications/0123456789ab/resolve", post(reason, { as: "worker" })],
    ["a worker who asks for a link", "/login/link", post({ name: "x", role: "admin" }, { as: "worker" })],
    [
      "a worker who speaks for people",
      "/events",
      post({ type: "domain.software-development.notification.acted", data: {} }, { as: "worker" }),
    ],
    [
      "a worker who speaks for the platform",
      "/events",
      post({ type: "platform.gap.found", data: {} }, { as: "worker" }),
    ],
  ]),
  ...refused(401, "bad_code", [
    [
      "a code that was made up",
      "/login",
      post(
        { code: "planted-code" },
        { as: "none", headers: { origin: "http://HOST", "x-signalbox-csrf": "1" } },
      ),
    ],
  ]),
  ...refused(403, "csrf_missing", [
    ["a sign-in that no page of ours asked for", "/login", post({ code: "x" }, { as: "none" })],
  ]),
  ...refused(415, "not_json", [
    [
      "a form",
      pause,
      post("reason=hostile", { headers: { "content-type": "application/x-www-form-urlencoded" } }),
    ],
    [
      "JSON that calls itself text",
      pause,
      post(JSON.stringify(reason), { headers: { "content-type": "text/plain" } }),
    ],
    ["a file", pause, post("x", { headers: { "content-type": "multipart/form-data; boundary=x" } })],
  ]),
  ...refused(404, "no_such_route", [
    ["PUT", pause, { method: "PUT", body: reason }],
    ["DELETE", "/queue/alpha", { method: "DELETE" }],
    [
      "a method that is overridden",
      "/queue",
      { method: "POST", body: {}, headers: { "x-http-method-override": "DELETE" } },
    ],
  ]),
  ...refused(404, "unknown_slug", [["GET where something would change", pause]]),
];

export const pathCases: Case[] = [
  ...refused(401, "unauthorized", [
    ["..", "//../../etc/passwd", { as: "none" }],
    ["%2e%2e", "//%2e%2e/%2e%2e/etc/passwd", { as: "none" }],
    ["%2f", "//..%2f..%2f..%2fetc%2fpasswd", { as: "none" }],
    ["a NUL", "//index.html%00.js", { as: "none" }],
    ["two slashes", "///etc/passwd", { as: "none" }],
    ["a backslash", "//..\\..\\etc\\passwd", { as: "none" }],
    ["a hidden file", "//.git/config", { as: "none" }],
    ["the token beside the board", "//api-token", { as: "none" }],
  ]),
  ...refused(400, "bad_request", [
    ["half an escape", "//%zz", { as: "none" }],
    ["a path that is too long", `/queue/${"a".repeat(5000)}`],
    ["a session's log out of its folder", "/sessions/..%2f..%2fapi-token/log"],
    ["a session of a hidden name", "/sessions/.x/log"],
  ]),
  ...refused(404, "unknown_session", [["a session that is not there", "/sessions/nobody/log"]]),
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
  ...refused(400, "bad_request", [
    ...badSlugs.flatMap(([what, slug]): Row[] => [
      [`a slug with ${what}`, `/why/${slug}`],
      [`a retry with ${what}`, `/queue/${slug}/retry`, post({})],
    ]),
    ["an id that is none", "/notifications/..%2f/see", post({})],
  ]),
  ...refused(404, "unknown_slug", [["a slug nobody knows", "/candidates/nobody"]]),
  ...refused(409, "not_queued", [
    ["a retry of a slug nobody knows", "/queue/nobody/retry", post({})],
    ["a withdrawal of a slug nobody knows", "/queue/nobody/withdraw", post()],
  ]),
  ...refused(404, "notification_unknown", [
    ["an acknowledgement about nothing", "/queue/nobody/ack", post({})],
    ["a notification nobody knows", "/notifications/0123456789ab/see", post({})],
  ]),
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

const domain = "domain.software-development.";
const landing = {
  type: `${domain}deployment.completed`,
  data: {
    slug: "alpha",
    branch: "alpha",
    sha: event.sha,
    merge_commit: event.sha,
    main_sha: event.sha,
    integrated_at: event.ready_at,
    checks: [],
  },
};
const started = (more: Record<string, unknown>) => ({
  type: `${domain}deployment.started`,
  data: { ...event, ...more },
});
const revoked = (words: string) => ({
  type: `${domain}review.revoked`,
  data: { slug: "alpha", review_round: 1, revoked_by: "x", reason: words },
});

export const eventCases: Case[] = [
  ...refused(400, "invalid_event", [
    ...badFields.flatMap(([field, values]) =>
      values.map((value): Row => {
        const what = `${field} ${JSON.stringify(value)}`;
        return [what, "/events", post(started({ [field]: value }), { as: "worker" })];
      }),
    ),
    ["a field too many", "/events", post(started({ admin: true }))],
    ["an event of 100 kB", "/events", post(revoked("x".repeat(100_000)))],
  ]),
  ...refused(400, "unknown_event_type", [
    ["a type nobody knows", "/events", post({ type: `${domain}nothing`, data: {} })],
  ]),
  ...refused(403, "reserved_event_type", [
    ["a landing that a worker claims", "/events", post(landing, { as: "worker" })],
    ["a landing that an admin claims", "/events", post(landing)],
  ]),
];

const raw = (text: string): Ask => ({ method: "POST", body: text });
export const bodyCases: Case[] = [
  ...refused(400, "bad_request", [
    ["half a JSON", pause, raw('{"reason":')],
    ["__proto__", pause, raw('{"reason":"x","__proto__":{"admin":true}}')],
    ["constructor.prototype", pause, raw('{"reason":"x","constructor":{"prototype":{"admin":true}}}')],
    ["20,000 brackets", pause, raw("[".repeat(20_000))],
    ["20,000 brackets that close", pause, raw(`${"[".repeat(20_000)}${"]".repeat(20_000)}`)],
    ["null", pause, raw("null")],
    ["a list", pause, raw("[]")],
    ["a text", pause, raw('"reason"')],
    ["nothing", pause, { method: "POST" }],
    ["no reason", pause, post({})],
    ["an empty reason", pause, post({ reason: "" })],
    ["a blank reason", pause, post({ reason: "   " })],
    ["a reason that is a number", pause, post({ reason: 1 })],
    ["a reason of 501 letters", pause, post({ reason: "x".repeat(501) })],
    ["a field nobody knows", pause, post({ ...reason, force: true })],
    ["bytes that call themselves gzip", pause, post("x", { headers: { "content-encoding": "gzip" } })],
    ["a snooze without a time", "/notifications/0123456789ab/snooze", post({ until: "later" })],
    ["a role nobody has", "/login/link", post({ name: "x", role: "root" })],
    ["a name with an escape", "/login/link", post({ name: "x\u001b[2J", role: "viewer" })],
  ]),
  ...refused(413, "too_large", [["200 kB", pause, raw(JSON.stringify({ reason: "x".repeat(200_000) }))]]),
];

const terminalWords: [what: string, text: string][] = [
  ["CSI", "\u001b[2Jx"],
  ["OSC 52", "\u001b]52;c;eA==\u0007"],
  ["OSC 8", "\u001b]8;;http://evil.example\u0007x"],
  ["C1", "\u009b2Jx"],
  ["a carriage return", "x\ry"],
  ["a line end", "x\ny"],
  ["a NUL", "x\u0000"],
  ["the other direction", "x\u202ey"],
  ["half a character", "x\ud800y"],
];

/** What would fool a terminal, wherever words are taken. */
export const terminalCases: Case[] = refused(
  400,
  "bad_request",
  terminalWords.map(([what, text]): Row => [`${what} in a reason`, pause, post({ reason: text })]),
);

const badQueries = [
  "/events?limit=0",
  "/events?limit=100000",
  "/events?limit=x",
  "/events?limit=1&limit=2",
  "/events?before=abc",
  "/events?before=99999999999999999999-0",
  "/events?type=(",
  "/events?slug=..",
  "/events?nothing=1",
  "/notifications?all=maybe",
  "/notifications?level=loud",
  "/notifications?after=x",
  "/history?days=0",
  "/history?days=100000",
  "/sessions/x/log?tail=1000000000",
];

export const queryCases: Case[] = [
  ...refused(
    400,
    "bad_request",
    badQueries.map((path): Row => [path, path]),
  ),
  ...refused(400, "bad_since", [
    ["a since that is none", "/events?since=yesterday"],
    ["a since of more bits than Redis has", "/events?since=5-99999999999999999999"],
    ["a since beyond all times", "/events?since=18446744073709551616"],
  ]),
];

export const streamCases: Case[] = [
  ...refused(404, "no_such_route", [["a stream that is posted to", "/stream", post({})]]),
  ...refused(404, "", [["a stream of which only the head is asked", "/stream", { method: "HEAD" }]]),
];
