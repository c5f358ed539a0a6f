/** Everything that must not get through the API's door: each answered with its code, on safe headers, and nothing changed. */
import assert from "node:assert/strict";
import { readdir, readFile, stat } from "node:fs/promises";
import { connect } from "node:net";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { tokenFiles } from "../../../src/board/api-place.ts";
import { handOver } from "../../world/facts.ts";
import { type Answer, type Api, type Ask, apiOf } from "../../world/http.ts";
import { shareWorld } from "../../world/shared.ts";
import { waitUntil } from "../../world/wait-until.ts";
import type { World } from "../../world/world.ts";
import {
  authCases,
  bodyCases,
  type Case,
  eventCases,
  nameCases,
  originCases,
  pathCases,
  queryCases,
  streamCases,
  terminalCases,
} from "./hostile-cases.ts";

const journey = shareWorld();

/** Everything that somebody could have changed, as it is now. */
async function stateOf(world: World, api: Api): Promise<unknown> {
  const [queue, notifications, events, status] = await Promise.all(
    ["/queue", "/notifications?all=1", "/events?before=&limit=1", "/status"].map((path) => api.ask(path)),
  );
  const { paused } = z.looseObject({ paused: z.unknown() }).parse(status?.json);
  const { items } = z.object({ items: z.array(z.object({ streamid: z.string() })) }).parse(events?.json);
  return {
    queue: queue?.json,
    notifications: notifications?.json,
    newest: items[0]?.streamid,
    paused,
    main: await world.origin.ref("refs/heads/main"),
    files: (await readdir(api.privateDir)).sort(),
    sessions: await readFile(join(api.privateDir, "web-sessions.json"), "utf8").catch(() => null),
  };
}

function isSafe(answer: Answer, what: string): void {
  assert.match(answer.headers["content-security-policy"]?.toString() ?? "", /default-src 'none'/, what);
  assert.equal(answer.headers["x-content-type-options"], "nosniff", what);
  assert.equal(answer.headers["x-frame-options"], "DENY", what);
  assert.equal(answer.headers["access-control-allow-origin"], undefined, what);
}

async function refuses(world: World, cases: readonly Case[]): Promise<void> {
  const api = await apiOf(world);
  const before = await stateOf(world, api);
  const fill = (text: string) => fillIn(text, api);
  for (const { what, path, ask, status, code } of cases) {
    const headers = Object.fromEntries(
      Object.entries(ask.headers ?? {}).map(([name, value]) => [
        name,
        typeof value === "string" ? fill(value) : value,
      ]),
    );
    const asked: Ask = { ...ask, headers };
    const answer = await api.ask(fill(path), asked);
    assert.deepEqual(
      [answer.status, answer.code ?? ""],
      [status, code],
      `${what}: ${answer.text.slice(0, 500)}`,
    );
    isSafe(answer, what);
    for (const role of ["admin", "worker", "viewer"] as const)
      assert.ok(!answer.text.includes(api.token(role)), `${what}: a token is in the answer`);
  }
  assert.deepEqual(await stateOf(world, api), before);
}

function fillIn(text: string, api: Api): string {
  const port = api.host.split(":").at(-1) ?? "";
  return text
    .replaceAll("HOST", api.host)
    .replaceAll("PORT", port)
    .replaceAll("ADMIN", api.token("admin"))
    .replaceAll("COOKIE", cookieName);
}

let cookieName = "signalbox_session";

/** Signs in as a browser does; the cookie it gets. */
async function signIn(
  api: Api,
  role: "admin" | "viewer",
): Promise<{ cookie: string; code: string; attributes: string }> {
  const link = z
    .object({ url: z.string() })
    .parse((await api.post("/login/link", { name: "ada", role })).json);
  const code = new URL(link.url).hash.replace("#code=", "");
  const answer = await api.post("/login", { code }, { as: "none", headers: fromPage(api) });
  assert.equal(answer.status, 200, answer.text);
  const [line = ""] = answer.headers["set-cookie"] ?? [];
  const [cookie = "", ...attributes] = line.split("; ");
  return { cookie, code, attributes: attributes.join("; ") };
}

function fromPage(api: Api): Record<string, string> {
  return { origin: api.url, "x-signalbox-csrf": "1" };
}

journey("there is a queue that can be damaged", async (world) => {
  const api = await apiOf(world);
  await api.post("/queue/pause", { reason: "for the test" });
  const worker = await world.worker("alpha");
  await worker.commit({ "alpha.txt": "alpha\n" });
  await handOver(world, worker);
  await waitUntil(async () => ((await api.ask("/queue")).text.includes('"queued"') ? true : null), {
    what: "alpha is queued",
  });
  const { cookie } = await signIn(api, "admin");
  [cookieName = ""] = cookie.split("=");
});

journey("a foreign Host or Origin", (world) => refuses(world, originCases));
journey("nobody, somebody else, and somebody of another role", (world) => refuses(world, authCases));
journey("paths that lead elsewhere", (world) => refuses(world, pathCases));
journey("names that are none", (world) => refuses(world, nameCases));
journey("facts that are none", (world) => refuses(world, eventCases));
journey("bodies that are none", (world) => refuses(world, bodyCases));
journey("words that would fool a terminal", (world) => refuses(world, terminalCases));
journey("queries that are none", (world) => refuses(world, queryCases));
journey("streams that are none", (world) => refuses(world, streamCases));

journey("at least 76 cases are held, beside those in this file", async () => {
  const all = [
    originCases,
    authCases,
    pathCases,
    nameCases,
    eventCases,
    bodyCases,
    terminalCases,
    queryCases,
    streamCases,
  ];
  assert.ok(all.flat().length >= 76, `${all.flat().length}`);
});

journey("a request without a Host is refused", async (world) => {
  const api = await apiOf(world);
  const head = `GET /api/v1/status HTTP/1.0\r\nauthorization: Bearer ${api.token("admin")}\r\n\r\n`;
  assert.match(await speak(api, head), /^HTTP\/1\.1 421 /);
  assert.match(await speak(api, head.replace("1.0", "1.1")), /^HTTP\/1\.1 4\d\d /);
});

journey("two requests in one are not smuggled past the gate", async (world) => {
  const api = await apiOf(world);
  const hidden = `POST /api/v1/queue/resume HTTP/1.1\r\nHost: ${api.host}\r\n\r\n`;
  const head = `POST /api/v1/queue/pause HTTP/1.1\r\nHost: ${api.host}\r\ntransfer-encoding: chunked\r\ncontent-length: ${hidden.length}\r\n\r\n0\r\n\r\n${hidden}`;
  const answer = await speak(api, head);
  assert.match(answer, /^HTTP\/1\.1 4\d\d /);
  assert.doesNotMatch(answer, /HTTP\/1\.1 2\d\d /);
});

journey("a whole URL in place of a path is refused, whatever host it names", async (world) => {
  const api = await apiOf(world);
  const rest = `Host: ${api.host}\r\nauthorization: Bearer ${api.token("admin")}\r\n\r\n`;
  for (const target of [`http://evil.example/api/v1/me`, `http://${api.host}/api/v1/me`, "*"]) {
    const answer = await speak(api, `${target === "*" ? "OPTIONS" : "GET"} ${target} HTTP/1.1\r\n${rest}`);
    assert.match(answer, /^HTTP\/1\.1 421 [\s\S]*"code":"foreign_host"/, target);
  }
});

journey("what is no HTTP is a problem like any other", async (world) => {
  const api = await apiOf(world);
  const head = `GET /api/v1/me HTTP/1.1\r\nHost: ${api.host}\r\n`;
  const cases: [said: string, status: number, code: string][] = [
    ["HELLO\r\n\r\n", 400, "bad_request"],
    ["\u0016\u0003\u0001\u0002\r\n\r\n", 400, "bad_request"],
    [`${head}x: a\u0000b\r\n\r\n`, 400, "bad_request"],
    [`${head}x: ${"a".repeat(20_000)}\r\n\r\n`, 431, "too_many_headers"],
    [head.replace("/me", `/${"a".repeat(20_000)}`).concat("\r\n"), 431, "too_many_headers"],
  ];
  for (const [said, status, code] of cases) {
    const answer = await speak(api, said);
    const [heads = "", body = ""] = answer.split("\r\n\r\n");
    assert.match(heads, new RegExp(`^HTTP/1\\.1 ${status} `), JSON.stringify(said.slice(0, 40)));
    assert.match(heads, /^content-type: application\/problem\+json\r?$/m);
    assert.match(heads, /^x-content-type-options: nosniff\r?$/m);
    assert.equal(JSON.parse(body).code, code);
  }
});

journey("a WebSocket is not spoken", async (world) => {
  const api = await apiOf(world);
  const head = `GET /api/v1/stream HTTP/1.1\r\nHost: ${api.host}\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: x\r\n\r\n`;
  assert.match(await speak(api, head), /^HTTP\/1\.1 401 /);
});

journey("it listens on loopback alone", async (world) => {
  const api = await apiOf(world);
  const others = Object.values(networkInterfaces())
    .flatMap((each) => each ?? [])
    .filter(({ internal, family }) => !internal && family === "IPv4");
  for (const { address } of others) {
    const error = await new Promise((resolve) => {
      const socket = connect({ host: address, port: Number(new URL(api.url).port) });
      socket.on("connect", () => resolve(null));
      socket.on("error", (failure: NodeJS.ErrnoException) => resolve(failure.code));
    });
    assert.equal(error, "ECONNREFUSED", address);
  }
});

journey("tokens are their owner's alone, and one that others could read is replaced", async (world) => {
  const api = await apiOf(world);
  const tokens = Object.values(tokenFiles);
  for (const name of [...tokens, "web-sessions.json", "port"])
    assert.equal((await stat(join(api.privateDir, name))).mode & 0o777, 0o600, name);
  assert.equal(
    new Set(
      ["admin", "worker", "viewer"].map((role) =>
        api.token(role === "admin" ? "admin" : role === "worker" ? "worker" : "viewer"),
      ),
    ).size,
    3,
  );
});

journey(
  "a one-time link works once, and its cookie is out of reach of scripts and other sites",
  async (world) => {
    const api = await apiOf(world);
    const { cookie, code, attributes } = await signIn(api, "admin");
    assert.match(attributes, /HttpOnly/);
    assert.match(attributes, /SameSite=Strict/);
    assert.match(attributes, /Path=\//);
    const replayed = await api.post("/login", { code }, { as: "none", headers: fromPage(api) });
    assert.deepEqual([replayed.status, replayed.code], [401, "bad_code"]);
    const me = await api.ask("/me", { as: "none", headers: { cookie } });
    assert.deepEqual(me.json, { name: "ada", role: "admin" });
  },
);

journey("a cookie alone changes nothing: it needs our header, and our own page", async (world) => {
  const api = await apiOf(world);
  const { cookie } = await signIn(api, "admin");
  const before = await stateOf(world, api);
  const tries: [headers: Record<string, string>, code: string][] = [
    [{ cookie }, "csrf_missing"],
    [{ cookie, origin: api.url }, "csrf_missing"],
    [{ cookie, "x-signalbox-csrf": "1" }, "foreign_origin"],
    [{ cookie, "x-signalbox-csrf": "1", origin: "http://127.0.0.1:1" }, "foreign_origin"],
    [{ cookie, "x-signalbox-csrf": "1", "sec-fetch-site": "same-site" }, "foreign_origin"],
  ];
  for (const [headers, code] of tries) {
    const answer = await api.post("/queue/resume", {}, { as: "none", headers });
    assert.deepEqual([answer.status, answer.code], [403, code]);
  }
  assert.deepEqual(await stateOf(world, api), before);
});

journey("a viewer's link looks, and does no more", async (world) => {
  const api = await apiOf(world);
  const { cookie } = await signIn(api, "viewer");
  const headers = { cookie, ...fromPage(api) };
  assert.equal((await api.ask("/board", { as: "none", headers })).status, 200);
  const answer = await api.post("/queue/resume", {}, { as: "none", headers });
  assert.deepEqual([answer.status, answer.code], [403, "role_too_small"]);
});

journey("who has signed out is nobody", async (world) => {
  const api = await apiOf(world);
  const { cookie } = await signIn(api, "admin");
  const headers = { cookie, ...fromPage(api) };
  assert.equal((await api.post("/logout", {}, { as: "none", headers })).status, 204);
  assert.equal((await api.ask("/me", { as: "none", headers })).code, "bad_token");
});

journey("who guesses codes is slowed down", async (world) => {
  const api = await apiOf(world);
  const guess = () => api.post("/login", { code: "guess" }, { as: "none", headers: fromPage(api) });
  const answers = await Promise.all(Array.from({ length: 40 }, guess));
  const last = answers.find(({ status }) => status === 429);
  assert.equal(last?.code, "too_many_requests");
  assert.match(String(last?.headers["retry-after"]), /^\d+$/);
});

journey(
  "no token, code, cookie or password is in a log, an event or a file that is not its own",
  async (world) => {
    const api = await apiOf(world);
    const { cookie } = await signIn(api, "admin").catch(() => ({ cookie: "=" }));
    const secrets = [
      api.token("admin"),
      api.token("worker"),
      api.token("viewer"),
      cookie.split("=")[1] ?? "",
      "planted",
    ].filter((each) => each !== "");
    const events = (await world.signalbox("events", "--json")).stdout;
    const names = await readdir(api.privateDir, { recursive: true, withFileTypes: true });
    const own = new Set<string>(Object.values(tokenFiles));
    const files = names.filter((each) => each.isFile() && !own.has(each.name));
    for (const secret of secrets) {
      assert.ok(!events.includes(secret), "a secret is in an event");
      for (const each of files) {
        const path = join(each.parentPath, each.name);
        const content = await readFile(path).catch(() => Buffer.alloc(0));
        assert.ok(!content.includes(secret), `${path} holds a secret`);
      }
    }
    const page = await api.ask("//", { as: "none" });
    for (const secret of secrets) assert.ok(!page.text.includes(secret), "the page holds a secret");
  },
);

journey("the queue goes on as if nothing had been", async (world) => {
  const api = await apiOf(world);
  assert.equal((await api.post("/queue/resume")).status, 200);
  await world.events.until({ type: "deployment.completed", slug: "alpha" });
});

/** Sends bytes and gives back what is answered, until the other side closes or a second has passed. */
function speak(api: Api, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port: Number(new URL(api.url).port) });
    let heard = "";
    socket.setTimeout(1000, () => socket.destroy());
    socket.on("data", (chunk) => {
      heard += chunk.toString("latin1");
    });
    socket.on("close", () => resolve(heard));
    socket.on("error", reject);
    socket.end(text);
  });
}
